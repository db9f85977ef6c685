package society

import (
	"math"
	"slices"
	"time"
)

// A choice is a product that a page may show now, as the pick of it that the
// reader would most likely open.
type choice struct {
	pick       *pick
	attraction float64 // the chance of an open, if looked at
}

// choices are the products that may be shown to rd now, one card each, in the
// order of the live picks; spared are those that rules keep from him.
func (s *society) choices(rd *reader, now time.Time) (choices, spared []choice) {
	w := s.world
	w.offered, w.spared = w.offered[:0], w.spared[:0]
	for _, p := range w.live {
		c := choice{p, rd.attraction(p, now)}
		list := &w.offered
		if rd.spares(p.product, now, s.Options) {
			list = &w.spared
		}
		if at := w.place[p.product.n]; at < len(*list) && (*list)[at].pick.product == p.product {
			if c.attraction > (*list)[at].attraction {
				(*list)[at] = c
			}
			continue
		}
		w.place[p.product.n] = len(*list)
		*list = append(*list, c)
	}
	return w.offered, w.spared
}

// spares reports whether rules keep p from the reader now.
func (rd *reader) spares(p *product, now time.Time, o Options) bool {
	m := rd.known[p.n]
	switch {
	case m == nil:
		return false
	case !m.bought.IsZero():
		return now.Sub(m.bought) < o.SpareBought
	}
	return m.opened.IsZero() && !m.shown.IsZero() && now.Sub(m.shown) < o.SpareSeen
}

// best sorts choices into the page that a reader of this taste would click on
// most. Under a position-based model with examination that falls, that is the
// order of attraction: by the rearrangement inequality no other page of as many
// cards has more expected clicks.
func best(choices []choice, cards int) []choice {
	return page(choices, cards, func(c choice) float64 { return c.attraction })
}

// page is the first cards of choices, the highest score first; of equal ones the
// older pick. Choices stay as they are.
func page(choices []choice, cards int, score func(choice) float64) []choice {
	top, scores := make([]choice, 0, cards+1), make([]float64, 0, cards+1)
	for _, c := range choices {
		x := score(c)
		at := len(top)
		for at > 0 && (scores[at-1] < x || scores[at-1] == x && top[at-1].pick.n > c.pick.n) {
			at--
		}
		if at == cards {
			continue
		}
		top, scores = slices.Insert(top, at, c), slices.Insert(scores, at, x)
		if len(top) > cards {
			top, scores = top[:cards], scores[:cards]
		}
	}
	return top
}

// expected is how many clicks a page gets on average: the sum of the chances to
// be looked at, times those to be opened then.
func (rd *reader) expected(page []choice) float64 {
	var sum float64
	for k, c := range page {
		sum += rd.page[k] * c.attraction
	}
	return sum
}

// rivals are what other pages of the same moment would get: those of rankings
// without knowledge of the reader, and those of rankings that know a part of
// what the oracle knows, which tell where the rest of a regret comes from.
type rivals struct {
	random, newest, popular float64
	declared                float64 // knows what the reader declared, what is new to him, and no more
	topics                  float64 // knows the mixture over topics instead
	quality                 float64 // knows the quality of picks too; all but the style
}

func (rd *reader) rivals(choices []choice, now time.Time) (r rivals) {
	if len(choices) == 0 {
		return r
	}
	var mean float64
	for _, c := range choices {
		mean += c.attraction / float64(len(choices))
	}
	cards := min(len(rd.page), len(choices))
	for k := range cards { // the expectation of an even draw: no luck in it
		r.random += rd.page[k] * mean
	}
	by := func(score func(choice) float64) float64 { return rd.expected(page(choices, cards, score)) }
	r.newest = by(func(c choice) float64 { return float64(c.pick.published.Unix()) })
	r.popular = by(func(c choice) float64 { return c.pick.product.fame.at(now) })
	fresh := func(c choice) float64 { return rd.weariness(c.pick.product, now) }
	r.declared = by(func(c choice) float64 { return 4*rd.declared[c.pick.product.topic] + fresh(c) })
	r.topics = by(func(c choice) float64 { return rd.taste.fit[c.pick.product.topic] + fresh(c) })
	r.quality = by(func(c choice) float64 { return rd.taste.fit[c.pick.product.topic] + c.pick.appeal + fresh(c) })
	return r
}

// A fame counts opens, each of which counts half as much a week later.
type fame struct {
	sum  float64
	last time.Time
}

func (f *fame) at(now time.Time) float64 {
	if f.sum == 0 {
		return 0
	}
	return f.sum * math.Exp2(-float64(now.Sub(f.last))/float64(7*day))
}

func (f *fame) add(now time.Time) { f.sum, f.last = f.at(now)+1, now }
