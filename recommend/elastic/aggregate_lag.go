package elastic

import (
	"context"

	"vitrine.dev/recommend"
)

// emitLags emits, for every step taken, the slot times eight and its number, times
// 1,024, and the bucket of the time since the entry, as [recommend.LagBounds] says.
const emitLags = `
for (int i = 0; i < ts.length; i++) {
	if ((took >> i & 1) == 0) continue;
	long v = (ts[i] > at ? ts[i] - at : 0L) + 1L;
	int e = 63 - Long.numberOfLeadingZeros(v);
	long part = e < 4 ? v << (4 - e) & 15L : v >>> (e - 4) & 15L;
	emit((lo * 8L + i) * 1024L + e * 16L + part);
}`

// Lags is described at [recommend.Aggregates]. It takes one pass, and a bucket
// for every group, step and time.
func (s *Store) Lags(ctx context.Context, q *recommend.JourneyQuery, each func(recommend.Lag) error) error {
	if err := q.Validate(); err != nil {
		return err
	}
	a := &aggregation{
		runtime: map[string]any{"lag": tookField(q, emitLags)},
		filter:  []any{enteredFilter(q), none(exists(apartField))},
		each: func(b *bucketAnswer) error {
			const stepBits, timeBits = 3, 10
			n := int(b.number("lag"))
			slot, step, time := n>>(stepBits+timeBits), n>>timeBits&(1<<stepBits-1), n&(1<<timeBits-1)
			key, _ := groupKey(b, q.By, slot)
			return each(recommend.Lag{Slot: slot, Key: key, Step: step, Bucket: time, Count: b.Count})
		},
	}
	a.except(q.Except)
	a.dimensions(q.By, q.Where)
	a.source("lag", map[string]any{"field": "lag"})
	if err := s.composite(ctx, recommend.KindJourney, a); err != nil {
		return unavailable("count times", err)
	}
	return nil
}
