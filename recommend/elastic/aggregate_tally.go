package elastic

import (
	"context"

	"vitrine.dev/recommend"
)

// A journeyTally adds buckets up: those of one group differ by the bits that were
// taken.
type journeyTally struct {
	q      *recommend.JourneyQuery
	groups map[string]*tallied
}

// A tallied is a group with how many pairs in Counts entered.
type tallied struct {
	recommend.JourneyGroup
	entered int64
}

// scripted counts what took any step, by a script, with by as last dimensions.
func scripted(q *recommend.JourneyQuery, each func(*bucketAnswer) error, by ...string) *aggregation {
	a := &aggregation{each: each, runtime: map[string]any{"took": tookField(q, emitSlot)}, filter: []any{enteredFilter(q)}}
	a.except(q.Except)
	a.dimensions(q.By, q.Where)
	for _, name := range by {
		a.source(name, map[string]any{"field": name, "missing_bucket": name == apartField})
	}
	return a
}

func (t *journeyTally) countPairs(ctx context.Context, p *point) error {
	rest := scripted(t.q, t.add, apartField, "took")
	if steps, ok := straight(t.q); ok {
		if err := p.composite(ctx, steps.aggregation(t)); err != nil {
			return err
		}
		rest.filter = append(rest.filter, anyOf(steps.rest...))
	}
	if err := p.composite(ctx, rest); err != nil {
		return err
	}
	return t.findSome(ctx, p)
}

// add counts the pairs of a bucket.
func (t *journeyTally) add(b *bucketAnswer) error {
	slot, took := slotAndTook(b)
	t.in(b, slot).take(recommend.Class(b.text(apartField)), took, b.Count)
	return nil
}

// slotAndTook is what [emitSlot] emitted.
func slotAndTook(b *bucketAnswer) (slot int, took int64) {
	const bits = 8
	v := b.number("took")
	return int(v >> bits), v & (1<<bits - 1)
}

func (g *tallied) take(c recommend.Class, took, n int64) {
	switch c {
	case recommend.ClassOwn:
		g.Own += n
	case recommend.ClassBot:
		g.Bots += n
	case recommend.ClassUnproven:
		g.Unproven += n
	case recommend.ClassCounted:
		g.entered += n
		for i := range g.Counts {
			g.Counts[i] += took >> i & 1 * n
		}
	}
}

func (t *journeyTally) in(b *bucketAnswer, slot int) *tallied {
	key, name := groupKey(b, t.q.By, slot)
	g := t.groups[name]
	if g == nil {
		g = &tallied{JourneyGroup: recommend.JourneyGroup{Key: key, Slot: slot, Counts: make([]int64, len(t.q.Steps))}}
		t.groups[name] = g
	}
	return g
}
