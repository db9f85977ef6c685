package recommend

import (
	"slices"
	"time"
)

// A Publisher holds what decides about an expert's next event: the body of a
// [KindPublisher] document. It lists every pick that is live or younger than
// the longest window of a publishing rule.
type Publisher struct {
	Expert string           `json:"expert"`
	Picks  []PublishedEntry `json:"picks,omitempty"` // by Counted, oldest first
	Seen   Seen             `json:"seen,omitempty"`
}

// A PublishedEntry is one pick as its publisher's limits see it.
type PublishedEntry struct {
	Pick    string    `json:"p"`
	Product string    `json:"k"`
	State   PickState `json:"s"`
	// Counted is when the pick counts for limits: its publication, or the time
	// it was deferred to.
	Counted  time.Time `json:"t"`
	Revision int64     `json:"r"`
	// Paid says that it is, or once was, a gift or paid for.
	Paid bool `json:"paid,omitempty"`
	// Former are the products that it led to before edits, at most 20.
	Former []string `json:"fk,omitempty"`
	// Shingles are a sketch of the reason, kept while it is compared with.
	Shingles []uint32 `json:"sh,omitempty"`
	// Said is when an edit gave the reason; zero: when the pick was published.
	Said time.Time `json:"sd,omitzero"`
	// WithdrawnAt is set while withdrawn.
	WithdrawnAt time.Time `json:"w,omitzero"`
	// Was is the state to go back to when restored.
	Was PickState `json:"was,omitempty"`
	// Trusted entries came with an archive.
	Trusted bool `json:"tr,omitempty"`
}

// Entry returns the entry of a pick, or nil.
func (p *Publisher) Entry(pick string) *PublishedEntry {
	for i := len(p.Picks) - 1; i >= 0; i-- {
		if p.Picks[i].Pick == pick {
			return &p.Picks[i]
		}
	}
	return nil
}

// said is when the reason was given.
func (e *PublishedEntry) said() time.Time {
	if e.Said.IsZero() {
		return e.Counted
	}
	return e.Said
}

// recommends reports whether e leads to product, or did before an edit.
func (e *PublishedEntry) recommends(product string) bool {
	return e.Product == product || slices.Contains(e.Former, product)
}

// LivePickOf returns the entry of a pick of product that is not withdrawn, or nil.
func (p *Publisher) LivePickOf(product string) *PublishedEntry {
	for i := len(p.Picks) - 1; i >= 0; i-- {
		if e := &p.Picks[i]; e.Product == product && e.State != PickWithdrawn {
			return e
		}
	}
	return nil
}

// add inserts e in order of Counted and forgets withdrawn picks whose time to
// be restored, and to count, is over.
func (p *Publisher) add(e PublishedEntry, rules *PublishRules) {
	i := len(p.Picks)
	for i > 0 && p.Picks[i-1].Counted.After(e.Counted) {
		i--
	}
	p.Picks = slices.Insert(p.Picks, i, e)
	keep := max(rules.Undo.D(), rules.SameProduct.D(), rules.PaidShare.Window.D(), 24*time.Hour)
	p.Picks = slices.DeleteFunc(p.Picks, func(o PublishedEntry) bool {
		return o.State == PickWithdrawn && e.Counted.Sub(o.Counted) > keep && e.Counted.Sub(o.WithdrawnAt) > keep
	})
	for j := range p.Picks {
		if p.Picks[j].Shingles != nil && e.Counted.Sub(p.Picks[j].said()) > rules.Similar.Window.D() {
			p.Picks[j].Shingles = nil
		}
	}
}
