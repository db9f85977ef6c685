package elastic

import (
	"context"
	"math"
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
// that entered makes all groups, in pages of them where they are many. What most
// journeys took is in a column, see [straight]; a script finds it of the rest.
func (s *Store) Journeys(ctx context.Context, q *recommend.JourneyQuery, each func(recommend.JourneyGroup) error) error {
	if err := q.Validate(); err != nil {
		return err
	}
	t := &journeyTally{q: q, groups: make(map[string]*tallied)}
	if err := s.point(ctx, recommend.KindJourney, func(p *point) error { return t.countPairs(ctx, p) }); err != nil {
		return unavailable("count journeys", err)
	}
	for _, g := range t.groups {
		if err := each(g.JourneyGroup); err != nil {
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
	return enteredBetween(q, q.Edges[0], q.Edges[len(q.Edges)-1])
}

func enteredBetween(q *recommend.JourneyQuery, from, until time.Time) map[string]any {
	steps := q.Steps
	if q.Ordered {
		steps = steps[:1]
	}
	entered := make([]any, 0, len(steps))
	for _, kind := range steps {
		entered = append(entered, firstBetween(kind, from, until))
	}
	return anyOf(entered...)
}

func firstBetween(kind string, from, until time.Time) map[string]any {
	return between(firstField+"."+kind, map[string]int64{"gte": from.UnixMilli(), "lt": until.UnixMilli()})
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
		runtime: map[string]any{"hours": made(millis(q.Edges), make(map[string]any), "int took = 0; long at = doc['hour'].value;", emitSlot)},
		filter:  []any{between("hour", map[string]int64{"gte": q.Edges[0].UnixMilli(), "lt": q.Edges[len(q.Edges)-1].UnixMilli()})},
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
			g.Unproven, g.Own, g.Bots = g.Unproven+int64(b.Unproven.Value), g.Own+int64(b.Own.Value), g.Bots+int64(b.Bots.Value)
			return nil
		},
	}
	for _, name := range []string{"shown", "over", "unproven", "own", "bots"} {
		a.beside[name] = map[string]any{"sum": map[string]any{"field": name}}
	}
	a.dimensions(q.By, q.Where)
	a.source("hours", map[string]any{"field": "hours"})
	if err := s.composite(ctx, recommend.KindExposure, a); err != nil {
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
