package elastic

import (
	"context"

	"vitrine.dev/recommend"
)

// emitLags emits, for every step taken, its number times 4,096 and the bucket of
// the time since the entry, as [recommend.LagBounds] says.
const emitLags = `
for (int i = 0; i < ts.length; i++) {
	if ((took >> i & 1) == 0) continue;
	long v = (ts[i] > at ? ts[i] - at : 0L) + 1L;
	int e = 63 - Long.numberOfLeadingZeros(v);
	long part = e < 4 ? v << (4 - e) & 15L : v >>> (e - 4) & 15L;
	emit(i * 4096L + e * 16L + part);
}`

// Lags is described at [recommend.Aggregates]. It takes one pass, and a bucket
// for every step and time.
func (s *Store) Lags(ctx context.Context, q *recommend.JourneyQuery, each func(recommend.Lag) error) error {
	if err := q.Validate(); err != nil {
		return err
	}
	a := &aggregation{
		runtime: map[string]any{"lag": tookField(q, emitLags)},
		filter:  []any{enteredFilter(q), none(exists(apartField))},
		each: func(b *bucketAnswer) error {
			const bits = 12
			n := int(b.number("lag"))
			return each(recommend.Lag{Step: n >> bits, Bucket: n & (1<<bits - 1), Count: b.Count})
		},
	}
	a.except(q.Except)
	a.dimensions(nil, q.Where)
	a.source("lag", map[string]any{"field": "lag"})
	if err := s.composite(ctx, recommend.KindJourney, a); err != nil {
		return unavailable("count times", err)
	}
	return nil
}
