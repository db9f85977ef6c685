package recommend

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Relationship is what ties an expert to what he recommends.
type Relationship string

// The relationships. The empty one is told by the partner: commission where
// the product pays any, else none.
const (
	RelationNone       Relationship = "none"
	RelationCommission Relationship = "commission"
	RelationGift       Relationship = "gift"
	RelationPaid       Relationship = "paid"
	RelationEmployee   Relationship = "employee"
)

// Paid reports whether r counts towards the share of paid picks.
func (r Relationship) Paid() bool { return r == RelationGift || r == RelationPaid }

func (r Relationship) valid() bool {
	return r == "" || slices.Contains([]Relationship{RelationNone, RelationCommission, RelationGift, RelationPaid, RelationEmployee}, r)
}

// PickState is where a pick stands by its own expert's events. Whether readers
// see it depends on rulings, the expert, the partner and the stock as well.
type PickState string

// The states of a pick.
const (
	PickPublished PickState = "published"
	PickHeld      PickState = "held"      // waits for a moderator
	PickDeferred  PickState = "deferred"  // over a publishing limit; published from DeferredUntil on
	PickWithdrawn PickState = "withdrawn" // by the expert; can be restored for 30 days
)

// PickContent is what an expert says of a product; an edit replaces parts of it.
type PickContent struct {
	Link         string       `json:"link"`
	Reason       string       `json:"reason"`
	Topics       []string     `json:"topics"`
	Inventory    *int64       `json:"inventory,omitempty"` // a claim; nil: none made
	Relationship Relationship `json:"relationship,omitempty"`
	Images       []string     `json:"images,omitempty"`
}

// A PublishedPick is the value of a [TypePickPublished] event.
type PublishedPick struct {
	ID     string `json:"id"`
	Expert string `json:"expert"`
	PickContent
	PublishedAt time.Time `json:"published_at"`
	// Request is a digest of the HTTP request that caused it, so that the same
	// idempotency key with another body is told apart on any process.
	Request string `json:"request,omitempty"`

	Extra map[string]json.RawMessage `json:"-"`
}

// An EditedPick is the value of a [TypePickEdited] event. Fields left out stay
// as they are.
type EditedPick struct {
	ID           string        `json:"id"`
	Expert       string        `json:"expert"`
	Link         *string       `json:"link,omitempty"`
	Reason       *string       `json:"reason,omitempty"`
	Topics       []string      `json:"topics,omitempty"`
	Inventory    *int64        `json:"inventory,omitempty"`
	Relationship *Relationship `json:"relationship,omitempty"`
	Images       []string      `json:"images,omitzero"` // an empty list removes them
	At           time.Time     `json:"at"`
	// Base is the revision that the editor saw; 0 edits whatever is there.
	Base int64 `json:"base,omitempty"`

	Extra map[string]json.RawMessage `json:"-"`
}

// A PickMark is the value of [TypePickWithdrawn] and [TypePickRestored] events.
type PickMark struct {
	ID     string    `json:"id"`
	Expert string    `json:"expert"`
	At     time.Time `json:"at"`
	Base   int64     `json:"base,omitempty"`

	Extra map[string]json.RawMessage `json:"-"`
}

// A Pick is one product recommended by one expert: the body of a [KindPick]
// document.
type Pick struct {
	ID      string `json:"id"`
	Expert  string `json:"expert"`
	Product string `json:"product"` // key of the product that Link leads to
	PickContent
	State         PickState `json:"state"`
	PublishedAt   time.Time `json:"published_at"`
	DeferredUntil time.Time `json:"deferred_until,omitzero"`
	EditedAt      time.Time `json:"edited_at,omitzero"`
	WithdrawnAt   time.Time `json:"withdrawn_at,omitzero"`
	// Revision counts from 1 with every change that took effect.
	Revision int64 `json:"revision"`
	// Problems says why the pick is held or deferred.
	Problems []Problem `json:"problems,omitempty"`
	// Pending is an edit that waits for a moderator; the content above stays live.
	Pending *PickRevision `json:"pending,omitempty"`
	// History holds earlier contents, oldest first, at most 20.
	History []PickRevision `json:"history,omitempty"`
	// Refused is the last event on this pick that changed nothing, so that
	// whoever appended it learns why.
	Refused *RefusedChange `json:"refused,omitempty"`
	// Policy is the version of the policy that judged it last.
	Policy string `json:"policy,omitempty"`
	// Event is the id of the last event in it.
	Event   string `json:"event"`
	Request string `json:"request,omitempty"`

	Extra map[string]json.RawMessage `json:"-"`
}

// A PickRevision is one content a pick had or may get.
type PickRevision struct {
	Revision int64 `json:"revision"`
	PickContent
	Product  string    `json:"product"`
	At       time.Time `json:"at"` // when it took effect, or was asked for
	Problems []Problem `json:"problems,omitempty"`
}

// A RefusedChange says why an event on a pick took no effect.
type RefusedChange struct {
	Event    string    `json:"event"`
	Problems []Problem `json:"problems"`
}

// Live reports whether the expert's own events make p visible at now.
func (p *Pick) Live(now time.Time) bool {
	switch p.State {
	case PickPublished:
		return true
	case PickDeferred:
		return !now.Before(p.DeferredUntil)
	case PickHeld, PickWithdrawn:
		return false
	}
	return false
}

// Partner is the id of the partner that the pick leads to.
func (p *Pick) Partner() string {
	partner, _, _ := strings.Cut(p.Product, ":")
	return partner
}

type publishedFields PublishedPick

// MarshalJSON writes the known fields, then the unknown ones by name.
func (p PublishedPick) MarshalJSON() ([]byte, error) {
	return marshalExtra(publishedFields(p), p.Extra)
}

// UnmarshalJSON keeps unknown fields in Extra.
func (p *PublishedPick) UnmarshalJSON(b []byte) error {
	var f publishedFields
	extra, err := unmarshalExtra(b, &f)
	if err != nil {
		return err
	}
	*p = PublishedPick(f)
	p.Extra = extra
	return nil
}

// ValidateIdentity reports what is wrong with ids and time as a [*Refusal].
// The content is judged by [Judge].
func (p *PublishedPick) ValidateIdentity() error {
	ps := append(idProblem(p.ID, "/id"), idProblem(p.Expert, "/expert")...)
	ps = append(ps, timeProblem(p.PublishedAt, "/published_at")...)
	return Refuse(ps...)
}

// timeProblem says what is wrong with a time that has to be given. In UTC it
// must lie in the years that RFC 3339 can write, whatever zone it came in.
func timeProblem(t time.Time, pointer string) []Problem {
	msg := ""
	switch y := t.UTC().Year(); {
	case t.IsZero():
		msg = "missing"
	case y < 1 || y > 9999:
		msg = "out of range"
	default:
		return nil
	}
	return []Problem{{Code: "validation", Pointer: pointer, Message: msg, Fix: "give the time as RFC 3339 UTC, such as 2026-11-23T08:00:00Z"}}
}

func (c *PickContent) problems(policy *Policy) []Problem {
	var ps []Problem
	if strings.TrimSpace(c.Link) == "" {
		ps = append(ps, Problem{Code: "validation", Pointer: "/link", Message: "missing", Fix: "paste the address of the product's page at a partner shop"})
	}
	ps = append(ps, reasonProblems(c.Reason, policy)...)
	ps = append(ps, topicProblems(c.Topics, "/topics", policy.Publish.Topics)...)
	if c.Inventory != nil && (*c.Inventory < 0 || *c.Inventory > 10_000_000) {
		ps = append(ps, Problem{Code: "validation", Pointer: "/inventory", Message: fmt.Sprintf("inventory %d", *c.Inventory), Fix: "give 0 to 10000000, or leave it out"})
	}
	if !c.Relationship.valid() {
		ps = append(ps, Problem{Code: "validation", Pointer: "/relationship", Message: fmt.Sprintf("%q is no relationship", clip(string(c.Relationship))), Fix: "use none, commission, gift, paid or employee"})
	}
	if n := len(c.Images); n > policy.Publish.Images {
		ps = append(ps, Problem{Code: "validation", Pointer: "/images", Message: fmt.Sprintf("%d images, %d allowed", n, policy.Publish.Images), Fix: "keep the best ones"})
		return ps
	}
	for i, s := range c.Images {
		if s == "" || len(s) > 2048 {
			ps = append(ps, Problem{Code: "validation", Pointer: fmt.Sprintf("/images/%d", i), Message: "not an address of 1 to 2048 bytes", Fix: "give the image's address"})
		}
	}
	return ps
}

func reasonProblems(reason string, policy *Policy) []Problem {
	lim := policy.Publish.Reason
	n := utf8.RuneCountInString(strings.TrimSpace(reason))
	switch {
	case n == 0:
		return []Problem{{Code: "validation", Pointer: "/reason", Message: "missing", Fix: "say why it is worth having, in your own words"}}
	case n < lim.Min:
		return []Problem{{
			Code: "reason-too-short", Pointer: "/reason", Message: fmt.Sprintf("reason has %d characters, at least %d are needed", n, lim.Min),
			Fix: "say what you tried, for whom it is, and what is not so good", Details: map[string]any{"length": n, "min": lim.Min},
		}}
	case n > lim.Max:
		return []Problem{{
			Code: "reason-too-long", Pointer: "/reason", Message: fmt.Sprintf("reason has %d characters, at most %d are allowed", n, lim.Max),
			Fix: "keep what helps a reader decide", Details: map[string]any{"length": n, "max": lim.Max},
		}}
	case strings.ContainsFunc(reason, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' && r != '\r' }):
		return []Problem{{Code: "validation", Pointer: "/reason", Message: "reason holds control characters", Fix: "remove them"}}
	}
	return nil
}

type (
	editedFields EditedPick
	markFields   PickMark
)

// MarshalJSON writes the known fields, then the unknown ones by name.
func (e EditedPick) MarshalJSON() ([]byte, error) { return marshalExtra(editedFields(e), e.Extra) }

// UnmarshalJSON keeps unknown fields in Extra.
func (e *EditedPick) UnmarshalJSON(b []byte) error {
	var f editedFields
	extra, err := unmarshalExtra(b, &f)
	if err != nil {
		return err
	}
	*e = EditedPick(f)
	e.Extra = extra
	return nil
}

// MarshalJSON writes the known fields, then the unknown ones by name.
func (m PickMark) MarshalJSON() ([]byte, error) { return marshalExtra(markFields(m), m.Extra) }

// UnmarshalJSON keeps unknown fields in Extra.
func (m *PickMark) UnmarshalJSON(b []byte) error {
	var f markFields
	extra, err := unmarshalExtra(b, &f)
	if err != nil {
		return err
	}
	*m = PickMark(f)
	m.Extra = extra
	return nil
}

type pickFields Pick

// MarshalJSON writes the known fields, then the unknown ones by name.
func (p Pick) MarshalJSON() ([]byte, error) { return marshalExtra(pickFields(p), p.Extra) }

// UnmarshalJSON keeps unknown fields in Extra.
func (p *Pick) UnmarshalJSON(b []byte) error {
	var f pickFields
	extra, err := unmarshalExtra(b, &f)
	if err != nil {
		return err
	}
	*p = Pick(f)
	p.Extra = extra
	return nil
}
