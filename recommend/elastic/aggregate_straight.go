package elastic

import (
	"fmt"
	"slices"
	"time"

	"vitrine.dev/recommend"
)

// A straightPath answers a query of the journeys that took the steps of [path]
// one after another, all within the window: such a one took each step that it
// has, and so the bits of its steps are all there is to know. The others, and
// those that are counted apart, are the rest.
type straightPath struct {
	q     *recommend.JourneyQuery
	bits  []int // of the steps of q, in path
	rest  []any // what is none, as queries: few journeys, that the index finds
	every int64 // milliseconds from one slot to the next; 0 where there is one
}

// straight is the path of a query that asks for steps in the order of path, and
// of one slot or, by the first step, of slots that are equally long; false for
// others, of which all journeys are the rest.
func straight(q *recommend.JourneyQuery) (straightPath, bool) {
	p := straightPath{q: q, rest: []any{exists(apartField), between(spanField, map[string]int64{"gt": q.Window.Milliseconds()})}}
	if p.every = equally(q.Edges); q.Window.Milliseconds() >= crooked || len(q.Edges) > 2 && (p.every == 0 || !q.Ordered && len(q.Steps) > 1) {
		return p, false
	}
	for _, kind := range q.Steps {
		i := slices.Index(path[:], kind)
		if i < 0 || len(p.bits) > 0 && i < p.bits[len(p.bits)-1] {
			return p, false
		}
		p.bits = append(p.bits, i)
		if !q.AsOf.IsZero() {
			p.rest = append(p.rest, between(firstField+"."+kind, map[string]int64{"gt": q.AsOf.UnixMilli()}))
		}
	}
	return p, true
}

// equally is how far edges lie apart in milliseconds, where there are more than
// two and all lie as far; else 0.
func equally(edges []time.Time) int64 {
	if len(edges) == 2 { //nolint:mnd // one slot
		return 0
	}
	every := edges[1].UnixMilli() - edges[0].UnixMilli()
	for i := 2; i < len(edges); i++ {
		if edges[i].UnixMilli()-edges[i-1].UnixMilli() != every {
			return 0
		}
	}
	return every
}

// aggregation counts the straight journeys for t.
func (p *straightPath) aggregation(t *journeyTally) *aggregation {
	a := &aggregation{filter: []any{p.entered(), none(p.rest...)}}
	from := p.q.Edges[0].UnixMilli()
	a.each = func(b *bucketAnswer) error {
		slot := 0
		if p.every > 0 {
			slot = int((b.number("slot") - from) / p.every)
		}
		t.in(b, slot).take(recommend.ClassCounted, p.took(b.number(kindsField)), b.Count)
		return nil
	}
	a.except(p.q.Except)
	a.dimensions(p.q.By, p.q.Where)
	if p.every > 0 {
		a.sources = append(a.sources, map[string]any{"slot": map[string]any{"date_histogram": map[string]any{
			"field": firstField + "." + p.q.Steps[0], "fixed_interval": fmt.Sprint(p.every, "ms"), "offset": fmt.Sprint(from%p.every, "ms"),
		}}})
	}
	a.source(kindsField, map[string]any{"field": kindsField})
	return a
}

// entered is which of them did, exactly: by the first step where steps are
// ordered, else by the first that was taken.
func (p *straightPath) entered() any {
	from, until := p.q.Edges[0], p.q.Edges[len(p.q.Edges)-1]
	if p.q.Ordered {
		return firstBetween(p.q.Steps[0], from, until)
	}
	var first, before []any
	for _, kind := range p.q.Steps {
		entered := firstBetween(kind, from, until)
		if len(before) > 0 {
			entered = all(entered, none(before...))
		}
		first = append(first, entered)
		before = append(before, exists(firstField+"."+kind))
	}
	return anyOf(first...)
}

// took are the steps of q that one with the bits kinds took.
func (p *straightPath) took(kinds int64) (took int64) {
	for i, bit := range p.bits {
		if kinds>>bit&1 == 1 {
			took |= 1 << i
		} else if p.q.Ordered {
			break
		}
	}
	return took
}
