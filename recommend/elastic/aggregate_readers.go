package elastic

import (
	"cmp"
	"context"
	"slices"

	"vitrine.dev/recommend"
)

// Readers are counted in passes of about so many journeys. They are looked for
// among so many journeys of a group first, in passes of so many groups as take so
// many clauses: queries of Elasticsearch have 1,024 at least.
const (
	journeysAtOnce = 45_000 // fewer than a page of buckets, give or take
	journeysLooked = 12
	mostClauses    = 1_000
	groupsAtOnce   = 10_000 // by one value each, which takes no clause
)

// Readers is described at [recommend.Aggregates].
func (s *Store) Readers(ctx context.Context, q *recommend.JourneyQuery, each func(recommend.ReaderSteps) error) error {
	if err := q.Validate(); err != nil {
		return err
	}
	a := scripted(q, func(b *bucketAnswer) error {
		slot, took := slotAndTook(b)
		key, _ := groupKey(b, q.By, slot)
		return each(recommend.ReaderSteps{Reader: b.text(readerField), Key: key, Slot: slot, Class: recommend.Class(b.text(apartField)), Took: uint8(took)}) //nolint:gosec // a bit for each of eight steps
	}, apartField, "took")
	a.sources = slices.Insert(a.sources, 0, any(sourceOf(readerField, map[string]any{"field": readerField})))
	if err := s.point(ctx, recommend.KindJourney, func(p *point) error { return p.byReader(ctx, a) }); err != nil {
		return unavailable("count readers", err)
	}
	return nil
}

// byReader reads the buckets of a, of which a reader is a source: one part of the
// readers after another, each with all its buckets, so that it takes as long as
// there are journeys. To page through the buckets of all readers would take a
// pass over all journeys for every page.
func (p *point) byReader(ctx context.Context, a *aggregation) error {
	n, err := p.count(ctx, a.filter)
	if err != nil {
		return err
	}
	parts := min(drawn, n/p.s.atOnce+1)
	for i := range parts {
		part := *a
		if parts > 1 {
			lots := map[string]int64{"gte": i * drawn / parts, "lt": (i + 1) * drawn / parts}
			part.filter = append(slices.Clip(slices.Clone(a.filter)), between(drawField, lots))
		}
		if err := p.composite(ctx, &part); err != nil {
			return err
		}
	}
	return nil
}

// findSome finds out which groups are of many readers, and who the readers of the
// others are. A pick has as many readers as pairs. Of other groups readers with
// low lots are looked at, of so few lots that some twelve journeys of a group
// should be among them: most groups are then known to be of many. Of those that
// are not, more readers are looked at, in the end all. So it takes a small part
// of the time that counting does, however large groups are.
func (t *journeyTally) findSome(ctx context.Context, p *point) error {
	var open []*tallied
	entered := int64(0)
	for _, g := range t.groups {
		switch {
		case g.entered == 0:
		case g.entered >= recommend.FewestReaders && slices.Contains(t.q.By, recommend.ByPick):
			g.Many = true
		default:
			open = append(open, g)
			entered += g.entered
		}
	}
	const further = 16
	lots := min(drawn, p.s.looked*drawn*int64(len(open))/max(1, entered)+1)
	if len(open) == len(t.groups) && lots < drawn { // nearly all will be found to be of many
		if err := t.look(ctx, p, nil, lots); err != nil {
			return err
		}
		lots *= further
	}
	for ; ; lots *= further {
		lots = min(drawn, lots)
		open = slices.DeleteFunc(open, func(g *tallied) bool { return g.Many })
		// Neighbours are together, so that a query of several names few values.
		slices.SortFunc(open, func(x, y *tallied) int { return cmp.Or(slices.Compare(x.Key, y.Key), x.Slot-y.Slot) })
		for some := range slices.Chunk(open, t.atOnce()) {
			if err := t.look(ctx, p, some, lots); err != nil {
				return err
			}
		}
		if lots == drawn || len(open) == 0 {
			return nil
		}
	}
}

// atOnce is how many groups are looked at in one pass, see groupsFilter.
func (t *journeyTally) atOnce() int {
	if _, ok := t.oneBy(); ok || len(t.q.By) == 0 && len(t.q.Edges) == 2 {
		return groupsAtOnce
	}
	return max(1, mostClauses/(2*len(t.q.By)+len(t.q.Steps)))
}

// oneBy is the dimension that chooses groups by itself: the only one, or the
// pick, which has few journeys beside those of a group.
func (t *journeyTally) oneBy() (i int, ok bool) {
	if i = slices.Index(t.q.By, recommend.ByPick); i >= 0 {
		return i, true
	}
	return 0, len(t.q.By) == 1 && len(t.q.Edges) == 2
}

// look looks at the readers of some groups, or of all where none are given, whose
// lots are below a number.
func (t *journeyTally) look(ctx context.Context, p *point, some []*tallied, lots int64) error {
	a := scripted(t.q, func(b *bucketAnswer) error {
		slot, _ := slotAndTook(b)
		g := t.in(b, slot)
		if reader := b.text(readerField); !g.Many && !slices.Contains(g.Some, reader) {
			g.Some = append(g.Some, reader)
		}
		if len(g.Some) == recommend.FewestReaders {
			g.Many, g.Some = true, nil
		}
		return nil
	}, "took", readerField)
	a.filter = append(a.filter, none(exists(apartField)))
	if lots < drawn {
		a.filter = append(a.filter, between(drawField, map[string]int64{"lt": lots}))
	}
	if len(some) > 0 {
		a.filter = append(a.filter, t.groupsFilter(some)...)
	}
	return p.composite(ctx, a)
}

// groupsFilter chooses the journeys of some groups, and few others; it is empty
// where that are all.
func (t *journeyTally) groupsFilter(some []*tallied) []any {
	slots := len(t.q.Edges) > 2
	if by, ok := t.oneBy(); ok {
		values := make([]string, len(some))
		for i, g := range some {
			values[i] = g.Key[by]
		}
		return []any{oneOf(string(t.q.By[by]), slices.Compact(values)...)}
	}
	if len(t.q.By) == 0 && !slots {
		return nil
	}
	groups := make([]any, len(some))
	for i, g := range some {
		var both []any
		for k, d := range t.q.By {
			both = append(both, oneOf(string(d), g.Key[k]))
		}
		if slots {
			both = append(both, enteredBetween(t.q, t.q.Edges[g.Slot], t.q.Edges[g.Slot+1]))
		}
		groups[i] = all(both...)
	}
	return []any{anyOf(groups...)}
}
