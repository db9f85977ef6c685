package demo

import (
	"fmt"
	"slices"
	"time"
)

// A Deed is a line of actions.jsonl: something that a visitor did with a pick.
type Deed struct {
	ID     string    `json:"id"`
	Reader string    `json:"reader"`
	Kind   string    `json:"kind"`
	Pick   string    `json:"pick"`
	Source string    `json:"source,omitempty"`
	At     time.Time `json:"at"`
}

// A Sale is something that a visitor bought by a pick. An order of it needs a
// token that only the installation can make.
type Sale struct {
	Order         string
	Reader        string
	Pick          Pick
	Before        *Pick // of another expert for the same product, clicked before; nil is none
	Product       Product
	Clicked, Paid time.Time
	Settled       time.Time // zero: not yet
	PaidBack      int64     // in minor units, of the price
	PaidBackAt    time.Time
}

// deeds makes what eighty visitors did in the thirty days before now, so that
// there is something to see for analysts. They are none of the readers that
// anybody can act as: those begin with nothing done. Visitors look at what they
// like more than at other things, and few buy.
func deeds(lib *library, w *World, now time.Time) (all []Deed, sales []Sale) {
	const visitors, days, cards, weeks = 80, 30, 6, 4
	shop := make(map[string]*Product, len(w.Products))
	for i := range w.Products {
		shop[w.Products[i].URL] = &w.Products[i]
	}
	before := rivals(w.Picks)
	picks := w.Picks
	for v := range visitors {
		who := fmt.Sprintf("visitor-%02d", v+1)
		d := throw("visitor", who)
		likes := make(map[string]bool)
		for range 3 {
			likes[one(d, lib.topics).ID] = true
		}
		for day := range days {
			if day < v%weeks*7 || !d.chance(40) { // some come for the first time later
				continue
			}
			at := now.AddDate(0, 0, day-days).Add(time.Duration(d.between(7*60, 22*60)) * time.Minute)
			for card := range cards {
				p := liked(d, picks, likes, at)
				if p == nil {
					continue
				}
				at = at.Add(time.Duration(d.between(5, 90)) * time.Second)
				source := one(d, []string{"interests", "fresh", "trending"})
				did := func(kind string, after time.Duration) {
					if t := at.Add(after); t.Before(now) {
						all = append(all, Deed{ID: fmt.Sprintf("%s-%d-%d-%s", who, day, card, kind), Reader: who, Kind: kind, Pick: p.ID, Source: source, At: t})
					}
				}
				did("impression", 0)
				if !d.chance(30) {
					continue
				}
				did("open", 8*time.Second)
				if d.chance(25) {
					did("bookmark", 40*time.Second)
				}
				if !d.chance(30) {
					continue
				}
				did("cart", time.Minute)
				if !d.chance(50) {
					continue
				}
				did("checkout", 3*time.Minute)
				if d.chance(80) && at.Add(6*time.Minute).Before(now) {
					s := Sale{
						Order: fmt.Sprintf("demo-%s-%d-%d", who, day, card), Reader: who, Pick: *p, Product: *shop[p.Link],
						Clicked: at.Add(3 * time.Minute), Paid: at.Add(6 * time.Minute),
					}
					s.after(d, before[p.ID], now)
					sales = append(sales, s)
				}
			}
		}
	}
	slices.SortStableFunc(all, func(a, b Deed) int { return a.At.Compare(b.At) })
	if len(sales) > 0 { // nobody reads a shop's page in a second: a signal for moderators
		odd := &sales[len(sales)-1]
		odd.Paid = odd.Clicked.Add(time.Second)
	}
	return all, sales
}

// after makes up what came of a sale until now, and what came before it.
func (s *Sale) after(d *dice, rival *Pick, now time.Time) {
	if rival != nil && d.chance(50) && rival.PublishedAt.Before(s.Clicked.Add(-time.Hour)) {
		s.Before = rival
	}
	if d.chance(12) {
		s.PaidBack = s.Product.Price.Amount
		if d.chance(50) {
			s.PaidBack /= 2
		}
		if s.PaidBackAt = s.Paid.Add(50 * time.Hour); s.PaidBackAt.After(now) {
			s.PaidBack, s.PaidBackAt = 0, time.Time{}
		}
	}
	if at := s.Paid.AddDate(0, 0, 10); at.Before(now) {
		s.Settled = at
	}
}

// rivals are picks of other experts for the same product, by pick: the one that
// was published before it.
func rivals(picks []Pick) map[string]*Pick {
	last, before := make(map[string]*Pick), make(map[string]*Pick)
	for i := range picks {
		p := &picks[i]
		if r := last[p.Link]; r != nil && r.Expert != p.Expert {
			before[p.ID] = r
		}
		last[p.Link] = p
	}
	return before
}

// liked draws a pick that was published by then: of several tries the first that
// is of a topic in likes, else the last.
func liked(d *dice, picks []Pick, likes map[string]bool, by time.Time) *Pick {
	const tries = 8
	n, _ := slices.BinarySearchFunc(picks, by, func(p Pick, t time.Time) int { return p.PublishedAt.Compare(t) })
	var p *Pick
	for range tries {
		if n == 0 {
			return nil
		}
		p = &picks[d.below(n)]
		if slices.ContainsFunc(p.Topics, func(t string) bool { return likes[t] }) {
			return p
		}
	}
	return p
}
