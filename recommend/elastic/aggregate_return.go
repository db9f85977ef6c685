package elastic

import (
	"context"
	"math"

	"vitrine.dev/recommend"
)

// tookPeriods finds the intervals of a pair's first time at one step, and of its
// first and last at the other, as [recommend.ReturnQuery] says.
const tookPeriods = `
for (int k = 0; k < params.fields.size(); k++) {
	def column = doc[params.fields[k]];
	if (column.size() == 0) continue;
	long at = column.value;
	int hi = params.edges.size() - 1;
	if (at > params.as_of || at >= params.edges[hi]) continue;
	int slot = 0;
	if (at >= params.edges[0]) {
		int lo = 0;
		while (hi - lo > 1) { int mid = (lo + hi) >>> 1; if (params.edges[mid] <= at) { lo = mid } else { hi = mid } }
		slot = lo + 1;
	}
	emit((long) slot + (k == 0 ? 0 : 64));
}`

// Returns is described at [recommend.Aggregates]. It takes a bucket for each
// reader and interval.
func (s *Store) Returns(ctx context.Context, q *recommend.ReturnQuery, each func(recommend.Periods) error) error {
	if err := q.Validate(); err != nil {
		return err
	}
	asOf := int64(math.MaxInt64)
	if !q.AsOf.IsZero() {
		asOf = q.AsOf.UnixMilli()
	}
	fields := []string{firstField + "." + q.Begin, firstField + "." + q.Back, lastField + "." + q.Back}
	var (
		reader  string
		periods recommend.Periods
	)
	a := &aggregation{
		runtime: map[string]any{"period": map[string]any{"type": "long", "script": map[string]any{
			"source": tookPeriods, "params": map[string]any{"fields": fields, "edges": millis(q.Edges), "as_of": asOf},
		}}},
		filter: []any{none(exists(apartField)), anyOf(exists(fields[0]), exists(fields[1]))},
		each: func(b *bucketAnswer) error {
			if next := b.text(readerField); next != reader {
				if reader != "" {
					if err := each(periods); err != nil {
						return err
					}
				}
				reader, periods = next, recommend.Periods{}
			}
			periods.Add(int(b.number("period")))
			return nil
		},
	}
	a.dimensions(nil, q.Where)
	a.source(readerField, map[string]any{"field": readerField})
	a.source("period", map[string]any{"field": "period"})
	err := s.point(ctx, recommend.KindJourney, func(p *point) error { return p.byReader(ctx, a) })
	if err != nil {
		return unavailable("count readers", err)
	}
	if reader == "" {
		return nil
	}
	return each(periods)
}
