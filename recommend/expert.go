package recommend

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// A VerifiedExpert is the value of a [TypeExpertVerified] event: a moderator's
// word on who may publish about what. The latest one for an expert holds whole.
type VerifiedExpert struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Topics   []string `json:"topics"`
	Verified bool     `json:"verified"`
	Bio      string   `json:"bio,omitempty"`

	Extra map[string]json.RawMessage `json:"-"`
}

// Validate reports what is wrong with the form of v as a [*Refusal].
func (v *VerifiedExpert) Validate() error {
	const mostTopics = 100
	ps := idProblem(v.ID, "/id")
	if n := utf8.RuneCountInString(strings.TrimSpace(v.Name)); n == 0 || n > 100 {
		ps = append(ps, Problem{Code: "validation", Pointer: "/name", Message: fmt.Sprintf("name has %d characters", n), Fix: "give 1 to 100 characters"})
	}
	if n := utf8.RuneCountInString(v.Bio); n > 1000 {
		ps = append(ps, Problem{Code: "validation", Pointer: "/bio", Message: fmt.Sprintf("bio has %d characters", n), Fix: "give at most 1000"})
	}
	if len(v.Topics) > 0 {
		ps = append(ps, topicProblems(v.Topics, "/topics", mostTopics)...)
	}
	return Refuse(ps...)
}

// Standing is what an expert may do.
type Standing string

// The standings of an expert.
const (
	StandingActive    Standing = "active"
	StandingLimited   Standing = "limited"   // shown to followers only
	StandingFrozen    Standing = "frozen"    // may not publish; picks stay
	StandingSuspended Standing = "suspended" // may not publish; picks are hidden
)

// An Expert is a publisher, verified per topic: the body of a [KindExpert]
// document.
type Expert struct {
	ID       string     `json:"id"`
	Name     string     `json:"name"`
	Bio      string     `json:"bio,omitempty"`
	Topics   []Approval `json:"topics"`
	Verified bool       `json:"verified"`
	Standing Standing   `json:"standing"`
	// Since is when the expert was first verified; probation counts from it.
	Since time.Time `json:"since"`
	// Archived says that the expert came with a trusted archive and has no
	// probation.
	Archived bool `json:"archived,omitempty"`
	// Trust is 0 to 100; 50 is the prior of somebody nothing is known about.
	Trust float64 `json:"trust"`
	// Past holds what he might do earlier, oldest first, at most 50.
	Past []Tenure `json:"past,omitempty"`

	Extra map[string]json.RawMessage `json:"-"`
}

// PriorTrust is the trust in an expert before any order has settled.
const PriorTrust = 50.0

// An Approval lets an expert publish on a topic from Since on.
type Approval struct {
	Topic string    `json:"topic"`
	Since time.Time `json:"since"`
}

// A Tenure is what an expert might do until a ruling or a verification
// changed it. A pick is judged by the one that its event falls into: what was
// accepted is accepted again when the log is replayed after a freeze.
type Tenure struct {
	Until    time.Time  `json:"until"`
	Verified bool       `json:"verified"`
	Standing Standing   `json:"standing"`
	Topics   []Approval `json:"topics"`
}

// maxTenures is how many tenures an expert's document lists.
const maxTenures = 50

// asOf is e with the rights he had at a time.
func (e *Expert) asOf(at time.Time) *Expert {
	if e == nil {
		return nil
	}
	then := *e
	for _, p := range e.Past {
		if at.Before(p.Until) {
			then.Verified, then.Standing, then.Topics = p.Verified, p.Standing, p.Topics
			break
		}
	}
	return &then
}

// change applies a change of rights at a time and keeps what was before.
func (e *Expert) change(at time.Time, verified bool, standing Standing, topics []Approval) {
	same := e.Verified == verified && e.Standing == standing && slices.Equal(e.Topics, topics)
	if n := len(e.Past); n > 0 && at.Before(e.Past[n-1].Until) {
		at = e.Past[n-1].Until // clocks of two producers differ; the log's order holds
	}
	if e.Standing != "" && !same {
		e.Past = bounded(e.Past, Tenure{Until: at, Verified: e.Verified, Standing: e.Standing, Topics: e.Topics}, maxTenures)
	}
	e.Verified, e.Standing, e.Topics = verified, standing, topics
}

// Stand applies a ruling that entered the log at.
func (e *Expert) Stand(standing Standing, at time.Time) {
	e.change(at, e.Verified, standing, e.Topics)
}

// Approved reports whether e may publish on topic: it, or a topic it lies in,
// has been approved.
func (e *Expert) Approved(topic string) bool {
	if e == nil || !e.Verified {
		return false
	}
	for _, a := range e.Topics {
		if TopicWithin(topic, a.Topic) {
			return true
		}
	}
	return false
}

// approvedBy is Approved as of a time: approvals later than at do not count,
// so that what was refused is refused again when the log is replayed. slack
// allows for clocks that differ.
func (e *Expert) approvedBy(topic string, at time.Time, slack time.Duration) bool {
	if !e.Approved(topic) {
		return false
	}
	for _, a := range e.Topics {
		if TopicWithin(topic, a.Topic) && !a.Since.After(at.Add(slack)) {
			return true
		}
	}
	return false
}

// Hidden reports whether e's picks are kept from everybody.
func (e *Expert) Hidden() bool {
	return e == nil || !e.Verified || e.Standing == StandingSuspended
}

// MayPublish reports whether e's standing lets him publish.
func (e *Expert) MayPublish() bool {
	return e != nil && e.Verified && (e.Standing == StandingActive || e.Standing == StandingLimited)
}

// Verify applies a verification that entered the log at. Topics approved
// before keep the time they were approved at.
func (e *Expert) Verify(v *VerifiedExpert, at time.Time, archived bool, standing Standing) {
	if e.ID == "" {
		e.ID, e.Since, e.Trust, e.Archived = v.ID, at, PriorTrust, archived
	}
	topics := make([]Approval, 0, len(v.Topics))
	for _, t := range v.Topics {
		since := at
		for _, a := range e.Topics {
			if a.Topic == t {
				since = a.Since
			}
		}
		topics = append(topics, Approval{Topic: t, Since: since})
	}
	e.change(at, v.Verified, standing, topics)
	e.Name, e.Bio, e.Extra = v.Name, v.Bio, v.Extra
}

type (
	verifiedFields VerifiedExpert
	expertFields   Expert
)

// MarshalJSON writes the known fields, then the unknown ones by name.
func (v VerifiedExpert) MarshalJSON() ([]byte, error) {
	return marshalExtra(verifiedFields(v), v.Extra)
}

// UnmarshalJSON keeps unknown fields in Extra.
func (v *VerifiedExpert) UnmarshalJSON(b []byte) error {
	var f verifiedFields
	extra, err := unmarshalExtra(b, &f)
	if err != nil {
		return err
	}
	*v = VerifiedExpert(f)
	v.Extra = extra
	return nil
}

// MarshalJSON writes the known fields, then the unknown ones by name.
func (e Expert) MarshalJSON() ([]byte, error) { return marshalExtra(expertFields(e), e.Extra) }

// UnmarshalJSON keeps unknown fields in Extra.
func (e *Expert) UnmarshalJSON(b []byte) error {
	var f expertFields
	extra, err := unmarshalExtra(b, &f)
	if err != nil {
		return err
	}
	*e = Expert(f)
	e.Extra = extra
	return nil
}
