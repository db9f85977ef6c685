package elastic

import (
	"context"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"vitrine.dev/recommend"
)

// tookSteps finds, for each journey, when the pair entered and the bits of the
// steps that it took, as [recommend.JourneyQuery] says.
const tookSteps = `
int took = 0; long at = 0L; long asOf = params.as_of; long within = params.within; int n = params.first.size();
long[] ts = new long[n];
if (params.ordered) {
	long before = 0L;
	for (int i = 0; i < n; i++) {
		def first = doc[params.first[i]];
		if (first.size() == 0) break;
		long t = first.value;
		if (i == 0) { at = t; }
		else if (t < before) { t = doc[params.last[i]].value; if (t < before) break; }
		if (t > asOf || t - at > within) break;
		before = t; ts[i] = t; took |= 1 << i;
	}
} else {
	at = Long.MAX_VALUE;
	for (int i = 0; i < n; i++) {
		def first = doc[params.first[i]];
		ts[i] = first.size() == 0 ? Long.MAX_VALUE : first.value;
		if (ts[i] <= asOf && ts[i] < at) { at = ts[i]; }
	}
	for (int i = 0; i < n; i++) {
		if (ts[i] != Long.MAX_VALUE && ts[i] <= asOf && ts[i] - at <= within) { took |= 1 << i; }
	}
}
if (took == 0) return;`

// Journeys is described at [recommend.Aggregates]. One pass over the journeys
// that entered makes all groups, in pages of them where they are many. A count
// of readers takes a bucket for each.
func (s *Store) Journeys(ctx context.Context, q *recommend.JourneyQuery, each func(recommend.JourneyGroup) error) error {
	if err := q.Validate(); err != nil {
		return err
	}
	t := &journeyTally{q: q, groups: make(map[string]*recommend.JourneyGroup)}
	a := &aggregation{kind: recommend.KindJourney, each: t.add, runtime: map[string]any{"took": tookField(q, emitSlot)}}
	a.filter = append(a.filter, enteredFilter(q))
	a.except(q.Except)
	a.dimensions(q.By, q.Where)
	a.source("own", map[string]any{"field": "own"})
	a.source("unproven", map[string]any{"field": "unproven"})
	if q.Readers {
		a.source("reader", map[string]any{"field": "reader"})
	} else {
		a.beside = map[string]any{"some": map[string]any{"terms": map[string]any{
			"field": "reader", "size": recommend.FewestReaders, "shard_size": recommend.FewestReaders,
		}}}
	}
	a.source("took", map[string]any{"field": "took"})
	if err := s.composite(ctx, a); err != nil {
		return unavailable("count journeys", err)
	}
	t.close()
	for _, g := range t.groups {
		if err := each(*g); err != nil {
			return err
		}
	}
	return nil
}

func tookField(q *recommend.JourneyQuery, emit string) map[string]any {
	first, last := make([]string, len(q.Steps)), make([]string, len(q.Steps))
	for i, kind := range q.Steps {
		first[i], last[i] = firstField+"."+kind, lastField+"."+kind
	}
	asOf := int64(math.MaxInt64)
	if !q.AsOf.IsZero() {
		asOf = q.AsOf.UnixMilli()
	}
	return made(millis(q.Edges), map[string]any{
		"first": first, "last": last, "ordered": q.Ordered, "as_of": asOf, "within": q.Window.Milliseconds(),
	}, tookSteps, emit)
}

// enteredFilter leaves out what certainly did not enter, by the index.
func enteredFilter(q *recommend.JourneyQuery) map[string]any {
	span := map[string]any{"gte": q.Edges[0].UnixMilli(), "lt": q.Edges[len(q.Edges)-1].UnixMilli()}
	steps := q.Steps
	if q.Ordered {
		steps = steps[:1]
	}
	entered := make([]any, 0, len(steps))
	for _, kind := range steps {
		entered = append(entered, map[string]any{"range": map[string]any{firstField + "." + kind: span}})
	}
	return map[string]any{"bool": map[string]any{"should": entered}}
}

// A journeyTally adds buckets up: those of one group lie in a row by the bits
// that were taken, and where readers are counted by reader before that.
type journeyTally struct {
	q      *recommend.JourneyQuery
	groups map[string]*recommend.JourneyGroup
	group  *recommend.JourneyGroup // that the last reader is counted in
	reader string
	took   int64
	class  class
}

func (t *journeyTally) add(b *bucketAnswer) error {
	const bits = 8
	slot, took := int(b.number("took")>>bits), b.number("took")&(1<<bits-1)
	g := t.in(b, slot)
	c := classOf(b)
	switch {
	case !t.q.Readers && c != told:
		apart(g, c, b.Count)
		return nil
	case !t.q.Readers:
		t.take(g, took, b.Count)
		for _, r := range b.Some.Buckets {
			if len(g.Some) < recommend.FewestReaders && !slices.Contains(g.Some, r.Key) {
				g.Some = append(g.Some, r.Key)
			}
		}
		return nil
	}
	if reader := b.text("reader"); g != t.group || reader != t.reader || t.class != c {
		t.close()
		t.group, t.reader, t.class = g, reader, c
	}
	t.took |= took
	return nil
}

// A class says whether a bucket is counted, or apart.
type class uint8

const (
	told class = iota
	unproven
	own
)

func classOf(b *bucketAnswer) class {
	if yes, _ := b.Key["own"].(bool); yes {
		return own
	}
	if yes, _ := b.Key["unproven"].(bool); yes {
		return unproven
	}
	return told
}

// close counts the last reader.
func (t *journeyTally) close() {
	switch {
	case t.group == nil:
	case t.class == told:
		t.take(t.group, t.took, 1)
	default:
		apart(t.group, t.class, 1)
	}
	t.group, t.took = nil, 0
}

func apart(g *recommend.JourneyGroup, c class, n int64) {
	if c == own {
		g.Own += n
	} else {
		g.Unproven += n
	}
}

func (t *journeyTally) take(g *recommend.JourneyGroup, took, n int64) {
	for i := range g.Counts {
		g.Counts[i] += took >> i & 1 * n
	}
}

func (t *journeyTally) in(b *bucketAnswer, slot int) *recommend.JourneyGroup {
	key, name := groupKey(b, t.q.By, slot)
	g := t.groups[name]
	if g == nil {
		g = &recommend.JourneyGroup{Key: key, Slot: slot, Counts: make([]int64, len(t.q.Steps))}
		t.groups[name] = g
	}
	return g
}

// groupKey is the key of a bucket, and a name that no other group has.
func groupKey(b *bucketAnswer, by []recommend.Dimension, slot int) (key []string, name string) {
	key = make([]string, len(by))
	for i, d := range by {
		key[i] = b.text(string(d))
	}
	return key, strconv.Itoa(slot) + "\x00" + strings.Join(key, "\x00")
}

// Exposures is described at [recommend.Aggregates].
func (s *Store) Exposures(ctx context.Context, q *recommend.ExposureQuery, each func(recommend.ExposureGroup) error) error {
	if err := q.Validate(); err != nil {
		return err
	}
	groups := make(map[string]*recommend.ExposureGroup)
	a := &aggregation{
		kind:    recommend.KindExposure,
		runtime: map[string]any{"hours": made(millis(q.Edges), make(map[string]any), "int took = 0; long at = doc['hour'].value;", emitSlot)},
		filter:  []any{map[string]any{"range": map[string]any{"hour": map[string]any{"gte": q.Edges[0].UnixMilli(), "lt": q.Edges[len(q.Edges)-1].UnixMilli()}}}},
		beside:  make(map[string]any),
		each: func(b *bucketAnswer) error {
			slot := int(b.number("hours") >> 8)
			key, name := groupKey(b, q.By, slot)
			g := groups[name]
			if g == nil {
				g = &recommend.ExposureGroup{Key: key, Slot: slot}
				groups[name] = g
			}
			g.Shown, g.Over = g.Shown+int64(b.Shown.Value), g.Over+int64(b.Over.Value)
			g.Unproven, g.Own = g.Unproven+int64(b.Unproven.Value), g.Own+int64(b.Own.Value)
			return nil
		},
	}
	for _, name := range []string{"shown", "over", "unproven", "own"} {
		a.beside[name] = map[string]any{"sum": map[string]any{"field": name}}
	}
	a.dimensions(q.By, q.Where)
	a.source("hours", map[string]any{"field": "hours"})
	if err := s.composite(ctx, a); err != nil {
		return unavailable("count exposures", err)
	}
	for _, g := range groups {
		if err := each(*g); err != nil {
			return err
		}
	}
	return nil
}

func millis(ts []time.Time) []int64 {
	ms := make([]int64, len(ts))
	for i, t := range ts {
		ms[i] = t.UnixMilli()
	}
	return ms
}
