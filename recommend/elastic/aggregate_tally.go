package elastic

import (
	"context"

	"vitrine.dev/recommend"
)

// A journeyTally adds buckets up: those of one group lie in a row by the bits
// that were taken, and where readers are counted by reader before that.
type journeyTally struct {
	q      *recommend.JourneyQuery
	groups map[string]*tallied
	group  *tallied // that the last reader is counted in
	reader string
	took   int64
	class  recommend.Class
}

// A tallied is a group with how many pairs in Counts entered.
type tallied struct {
	recommend.JourneyGroup
	entered int64
}

// scripted counts what took any step, by a script, with by as last dimensions.
func (t *journeyTally) scripted(each func(*bucketAnswer) error, by ...string) *aggregation {
	a := &aggregation{each: each, runtime: map[string]any{"took": tookField(t.q, emitSlot)}, filter: []any{enteredFilter(t.q)}}
	a.except(t.q.Except)
	a.dimensions(t.q.By, t.q.Where)
	for _, name := range by {
		a.source(name, map[string]any{"field": name, "missing_bucket": name == apartField})
	}
	return a
}

func (t *journeyTally) countPairs(ctx context.Context, p *point) error {
	rest := t.scripted(t.add, apartField, "took")
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

func (t *journeyTally) countReaders(ctx context.Context, p *point) error {
	a := t.scripted(t.addReader, apartField, readerField, "took")
	err := p.byReader(ctx, a)
	t.close()
	return err
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

// addReader counts a bucket of one reader.
func (t *journeyTally) addReader(b *bucketAnswer) error {
	slot, took := slotAndTook(b)
	g, c := t.in(b, slot), recommend.Class(b.text(apartField))
	if reader := b.text(readerField); g != t.group || reader != t.reader || t.class != c {
		t.close()
		t.group, t.reader, t.class = g, reader, c
	}
	t.took |= took
	return nil
}

// close counts the last reader.
func (t *journeyTally) close() {
	if t.group != nil {
		t.group.take(t.class, t.took, 1)
	}
	t.group, t.took = nil, 0
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
