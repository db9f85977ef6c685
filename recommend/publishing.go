package recommend

import (
	"slices"
	"time"
)

// Record adds a judged pick to p. It is the state half of publishing; the
// other half is [NewPick].
func (p *Publisher) Record(c Case, v *Verdict) {
	counted := c.At
	if v.State == PickDeferred {
		counted = v.DeferredUntil
	}
	p.add(PublishedEntry{
		Pick: c.PickID, Product: v.Link.Key(), State: v.State, Counted: counted, Revision: 1,
		Paid: c.Content.Relationship.Paid(), Shingles: v.shingles, Trusted: c.Trusted,
	}, &c.Policy.Publish)
}

// RecordEdit applies a judged edit to its entry and returns the revision that
// it makes.
func (e *PublishedEntry) RecordEdit(c Case, v *Verdict) int64 {
	e.Revision++
	// Once paid for, always paid for: else an edit to "none" makes room for the
	// next one. A held edit counts already, for a moderator may release it.
	e.Paid = e.Paid || c.Content.Relationship.Paid()
	if v.State == PickHeld { // the old content stays live
		return e.Revision
	}
	if v.Link.Item != "" && v.Link.Key() != e.Product {
		if !slices.Contains(e.Former, e.Product) {
			e.Former = bounded(e.Former, e.Product, maxHistory)
		}
		e.Product = v.Link.Key()
	}
	if v.shingles != nil && !c.Trusted {
		e.Shingles, e.Said = v.shingles, c.At
	}
	return e.Revision
}

// NewPick makes the document of a judged pick.
func NewPick(p *PublishedPick, v *Verdict, event string) Pick {
	pick := Pick{
		ID: p.ID, Expert: p.Expert, Product: v.Link.Key(), PickContent: p.PickContent, State: v.State,
		PublishedAt: p.PublishedAt.UTC(), DeferredUntil: v.DeferredUntil.UTC(), Revision: 1, Problems: v.Problems(),
		Policy: v.Policy, Event: event, Request: p.Request, Extra: p.Extra,
	}
	if v.DeferredUntil.IsZero() {
		pick.DeferredUntil = time.Time{}
	}
	pick.Link = v.Link.URL
	return pick
}

// maxHistory is how many earlier contents a pick keeps.
const maxHistory = 20

// Edit applies a judged edit: at once, or, when it is held, as pending beside
// the content that stays live.
func (p *Pick) Edit(e *EditedPick, v *Verdict, revision int64, event string) {
	next := PickRevision{Revision: revision, PickContent: p.PickContent, Product: p.Product, At: e.At.UTC()}
	if v.Link.Item != "" {
		next.Link, next.Product = v.Link.URL, v.Link.Key()
	}
	if e.Reason != nil {
		next.Reason = *e.Reason
	}
	if e.Topics != nil {
		next.Topics = e.Topics
	}
	if e.Inventory != nil {
		next.Inventory = e.Inventory
	}
	if e.Relationship != nil {
		next.Relationship = *e.Relationship
	}
	if e.Images != nil {
		next.Images = e.Images
	}
	p.Revision, p.Event, p.Policy, p.Refused = revision, event, v.Policy, nil
	p.Extra = mergeExtra(p.Extra, e.Extra)
	if v.State == PickHeld {
		next.Problems = v.Problems()
		p.Pending = &next
		return
	}
	p.take(next)
}

// take makes next the live content and the current one history.
func (p *Pick) take(next PickRevision) {
	at := p.EditedAt
	if at.IsZero() {
		at = p.PublishedAt
	}
	p.History = bounded(p.History, PickRevision{Revision: next.Revision - 1, PickContent: p.PickContent, Product: p.Product, At: at}, maxHistory)
	p.PickContent, p.Product, p.EditedAt, p.Pending = next.PickContent, next.Product, next.At, nil
}

// Mark applies a withdrawal or a restoration that took effect: entry is that
// of the publisher after it.
func (p *Pick) Mark(m *PickMark, entry PublishedEntry, event string) {
	p.State, p.WithdrawnAt, p.Revision, p.Event, p.Refused = entry.State, entry.WithdrawnAt, entry.Revision, event, nil
	p.Extra = mergeExtra(p.Extra, m.Extra)
}

// Released is p with its pending edit live and a hold lifted, as a moderator's
// approval makes it look to readers.
func (p *Pick) Released() *Pick {
	q := *p
	if q.State == PickHeld {
		q.State = PickPublished
	}
	if q.Pending != nil {
		q.PickContent, q.Product, q.EditedAt, q.Pending = q.Pending.PickContent, q.Pending.Product, q.Pending.At, nil
	}
	return &q
}

// Content returns the parts of e that are given, as a [Case] takes them.
func (e *EditedPick) Content() PickContent {
	c := PickContent{Topics: e.Topics, Inventory: e.Inventory, Images: e.Images}
	if e.Link != nil {
		c.Link = *e.Link
	}
	if e.Reason != nil {
		c.Reason = *e.Reason
	}
	if e.Relationship != nil {
		c.Relationship = *e.Relationship
	}
	return c
}

// Validate reports what is wrong with the form of e as a [*Refusal]. A field
// that is given may not be empty: an edit replaces, it does not remove.
func (e *EditedPick) Validate() error {
	ps := append(idProblem(e.ID, "/id"), idProblem(e.Expert, "/expert")...)
	ps = append(ps, timeProblem(e.At, "/at")...)
	if e.Link != nil && *e.Link == "" {
		ps = append(ps, Problem{Code: "validation", Pointer: "/link", Message: "empty", Fix: "leave it out to keep the link"})
	}
	if e.Reason != nil && *e.Reason == "" {
		ps = append(ps, Problem{Code: "validation", Pointer: "/reason", Message: "empty", Fix: "leave it out to keep the reason"})
	}
	if e.Topics != nil && len(e.Topics) == 0 {
		ps = append(ps, Problem{Code: "validation", Pointer: "/topics", Message: "empty", Fix: "leave it out to keep the topics"})
	}
	return Refuse(ps...)
}

// Validate reports what is wrong with the form of m as a [*Refusal].
func (m *PickMark) Validate() error {
	ps := append(idProblem(m.ID, "/id"), idProblem(m.Expert, "/expert")...)
	ps = append(ps, timeProblem(m.At, "/at")...)
	return Refuse(ps...)
}
