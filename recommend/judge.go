package recommend

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"vitrine.dev/recommend/link"
)

// CheckResult is the outcome of one rule.
type CheckResult string

// The results of a check, from harmless to final.
const (
	Passed  CheckResult = "pass"
	Warned  CheckResult = "warn"  // published all the same
	Delayed CheckResult = "defer" // over a limit: refused over HTTP, deferred from the log
	Held    CheckResult = "hold"  // a moderator looks at it first
	Failed  CheckResult = "fail"
)

// A Check is one rule applied to one pick.
type Check struct {
	Rule   string      `json:"rule"`
	Result CheckResult `json:"result"`
	// Problem says what is wrong; it is nil for a pass.
	*Problem
}

// A Verdict is what the rules say of a pick. The same case under the same
// policy always gets the same verdict.
type Verdict struct {
	Checks []Check
	// Link is where the pick leads; zero when the link was refused or, for an
	// edit, not given.
	Link link.Link
	// State is that which the pick gets if nothing Failed.
	State PickState
	// DeferredUntil is set for [PickDeferred].
	DeferredUntil time.Time
	Policy        string
	shingles      []uint32
}

// Refusal returns the problems of all failed checks as a [*Refusal], or nil.
func (v *Verdict) Refusal() error { return Refuse(v.problems(Failed)...) }

// Problems returns why the pick is held or deferred.
func (v *Verdict) Problems() []Problem { return append(v.problems(Held), v.problems(Delayed)...) }

func (v *Verdict) problems(result CheckResult) []Problem {
	var ps []Problem
	for _, c := range v.Checks {
		if c.Result == result && c.Problem != nil {
			ps = append(ps, *c.Problem)
		}
	}
	return ps
}

// Has reports whether a check failed, held or deferred with code.
func (v *Verdict) Has(code string) bool {
	for _, c := range v.Checks {
		if c.Problem != nil && c.Code == code && c.Result != Passed && c.Result != Warned {
			return true
		}
	}
	return false
}

// A Case is a pick before its judge. Everything a verdict depends on is in it.
type Case struct {
	Policy *Policy
	Links  *link.Registry
	// Expert is nil for somebody who was never verified.
	Expert *Expert
	// Publisher is what the expert has published so far.
	Publisher *Publisher
	// Content is what is published; of an edit, the parts that are new.
	Content PickContent
	// Edit is the entry of the pick that is edited, nil for a new pick.
	Edit *PublishedEntry
	// PickID is the id of the new pick; the pick itself is no duplicate of itself.
	PickID string
	// At is when the pick is published, by its expert's clock.
	At time.Time
	// Appended is when the event entered the log; the expert's rights are taken
	// as of it.
	Appended time.Time
	// Trusted cases come from an archive: form, link and identity are judged,
	// limits, similarity and probation are not.
	Trusted bool

	// Partner and Product are known to the API only; the fold leaves them out,
	// for readers see a paused partner's or a restricted product's picks
	// hidden when they are read.
	Partner PartnerState
	Product *Product
}

// asOfSlack is how far clocks of two processes may differ.
const asOfSlack = 5 * time.Minute

// Judge applies the rules of the game to c. Both roads into the service call
// it: the API before it appends, the fold before it writes.
func Judge(c Case) Verdict {
	v := Verdict{Policy: c.Policy.Version, State: PickPublished}
	v.form(c)
	v.link(c)
	v.expert(c)
	v.restricted(c)
	if v.Link.Item != "" {
		v.duplicate(c)
	}
	if !c.Trusted {
		v.limits(c)
		v.similar(c)
	}
	for _, ch := range v.Checks {
		if ch.Result == Held {
			v.State, v.DeferredUntil = PickHeld, time.Time{}
		}
	}
	return v
}

func (v *Verdict) add(rule string, result CheckResult, p *Problem) {
	v.Checks = append(v.Checks, Check{Rule: rule, Result: result, Problem: p})
}

func (v *Verdict) addAll(rule string, ps []Problem) {
	if len(ps) == 0 {
		v.add(rule, Passed, nil)
	}
	for i := range ps {
		v.add(rule, Failed, &ps[i])
	}
}

func (v *Verdict) form(c Case) {
	content := c.Content
	if c.Edit != nil { // fill what an edit may leave out with what cannot fail
		if content.Link == "" {
			content.Link = "-"
		}
		if content.Reason == "" {
			content.Reason = strings.Repeat("-", c.Policy.Publish.Reason.Min)
		}
		if content.Topics == nil {
			content.Topics = []string{"any"}
		}
	}
	byRule := map[string][]Problem{}
	for _, p := range content.problems(c.Policy) {
		rule, _, _ := strings.Cut(strings.TrimPrefix(p.Pointer, "/"), "/")
		byRule[rule] = append(byRule[rule], p)
	}
	for _, rule := range []string{"reason", "topics", "inventory", "relationship", "images"} {
		v.addAll(rule, byRule[rule])
	}
	if ps := byRule["link"]; len(ps) > 0 {
		v.addAll("link", ps)
	}
	if future := c.At.Sub(c.Appended); !c.Trusted && future > c.Policy.Publish.ClockSkew.D() {
		v.add("clock", Failed, &Problem{
			Code: "clock-skew", Pointer: "/published_at", Message: fmt.Sprintf("published %s in the future", future.Round(time.Second)), Fix: "set the publisher's clock",
		})
	}
}

func (v *Verdict) link(c Case) {
	if strings.TrimSpace(c.Content.Link) == "" {
		return
	}
	l, err := c.Links.Parse(c.Content.Link)
	if err != nil {
		p := Problem{Code: "unsupported-channel", Pointer: "/link", Message: err.Error()}
		if le, ok := errors.AsType[*link.Error](err); ok {
			p = Problem{Code: le.Code, Pointer: "/link", Message: le.Message, Fix: le.Fix, Details: map[string]any{"accepted": le.Accepted}}
		}
		v.add("link", Failed, &p)
		return
	}
	v.Link = l
	v.add("link", Passed, nil)
	switch {
	case c.Partner == "" || c.Partner.Open():
	case c.Partner == PartnerPaused:
		v.add("partner", Failed, &Problem{Code: "partner-paused", Pointer: "/link", Message: "this channel is paused at the moment", Fix: "try again when it is resumed, or link the product at another partner"})
	default:
		v.add("partner", Failed, &Problem{Code: "unsupported-channel", Pointer: "/link", Message: "this channel is no longer approved", Fix: "link the product at an approved partner"})
	}
}

func (v *Verdict) expert(c Case) {
	// A right counts if he had it then, or got it so soon after that the clocks
	// may differ; so one that he lost later, or got much later, changes nothing.
	then, soon := c.Expert.asOf(c.Appended), c.Expert.asOf(c.Appended.Add(asOfSlack))
	switch {
	case c.Expert == nil || !then.Verified && !soon.Verified:
		v.add("expert", Failed, &Problem{Code: "expert-not-verified", Message: "only verified experts publish picks", Fix: "apply for verification on your topics"})
		return
	case !then.MayPublish() && !soon.MayPublish():
		v.add("expert", Failed, &Problem{Code: "publishing-frozen", Message: "publishing is " + string(then.Standing) + " for this expert", Fix: "see the notice; one appeal is possible"})
		return
	}
	v.add("expert", Passed, nil)
	var ps []Problem
	for i, t := range c.Content.Topics {
		if ValidTopic(t) && !then.approvedBy(t, c.Appended, asOfSlack) && !soon.approvedBy(t, c.Appended, asOfSlack) {
			ps = append(ps, Problem{Code: "topic-not-approved", Pointer: fmt.Sprintf("/topics/%d", i), Message: fmt.Sprintf("expert is not verified for topic %q", t), Fix: "choose among your verified topics", Details: map[string]any{"topic": t}})
		}
	}
	v.addAll("topic-approved", ps)
}

func (v *Verdict) restricted(c Case) {
	if c.Trusted {
		return
	}
	texts := []struct{ pointer, text string }{{"/reason", c.Content.Reason}}
	if c.Product != nil {
		texts = append(texts, struct{ pointer, text string }{"/link", c.Product.Title})
	}
	for _, t := range texts {
		if r, word := c.Policy.Restricts(t.text); r != nil {
			v.add("restricted", Failed, &Problem{Code: "restricted-goods", Pointer: t.pointer, Message: fmt.Sprintf("%s (%q)", r.Reason, word), Fix: "recommend something else", Details: map[string]any{"restriction": r.ID}})
			return
		}
	}
	v.add("restricted", Passed, nil)
}

func (v *Verdict) duplicate(c Case) {
	e := c.Publisher.LivePickOf(v.Link.Key())
	if e == nil || e.Pick == c.PickID || c.Edit != nil && e.Pick == c.Edit.Pick {
		v.add("duplicate", Passed, nil)
		return
	}
	if c.Trusted { // an archive may hold several reviews of one product by one person
		v.add("duplicate", Passed, nil)
		return
	}
	v.add("duplicate", Failed, &Problem{Code: "duplicate-pick", Pointer: "/link", Message: "you recommend this product already", Fix: "edit or withdraw the existing pick", Details: map[string]any{"existing_id": e.Pick}})
}
