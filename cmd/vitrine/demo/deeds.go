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

// deeds makes what sixty visitors did in the thirty days before now, so that
// there is something to see for analysts. They are none of the readers that
// anybody can act as: those begin with nothing done. Visitors look at what they
// like more than at other things, and few buy.
func deeds(lib *library, picks []Pick, now time.Time) []Deed {
	const visitors, days, cards = 60, 30, 6
	var all []Deed
	for v := range visitors {
		who := fmt.Sprintf("visitor-%02d", v+1)
		d := throw("visitor", who)
		likes := make(map[string]bool)
		for range 3 {
			likes[one(d, lib.topics).ID] = true
		}
		for day := range days {
			if !d.chance(40) {
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
				if d.chance(40) {
					did("purchase", 6*time.Minute)
					if d.chance(10) {
						did("refund", 50*time.Hour)
					}
				}
			}
		}
	}
	slices.SortStableFunc(all, func(a, b Deed) int { return a.At.Compare(b.At) })
	return all
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
