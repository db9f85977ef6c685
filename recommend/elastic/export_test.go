package elastic

import (
	"context"

	"vitrine.dev/recommend"
)

// CountAtOnce lets n journeys be counted by reader in one pass, forty buckets be in
// one page, and the readers of
// one journey of each group be looked at first.
func (s *Store) CountAtOnce(n int64) { s.atOnce, s.looked, s.page = n, 1, 40 }

// CountBare counts the journeys that took a step of q in its time by q's
// dimensions and one more column, with one aggregation of the kind that counts
// are made by, and knows nothing of windows, classes and readers: the floor of
// those.
func (s *Store) CountBare(ctx context.Context, q *recommend.JourneyQuery) (n int64, err error) {
	a := &aggregation{filter: []any{enteredFilter(q)}, each: func(b *bucketAnswer) error {
		n += b.Count
		return nil
	}}
	a.dimensions(q.By, q.Where)
	a.source(kindsField, map[string]any{"field": kindsField})
	err = s.composite(ctx, recommend.KindJourney, a)
	return n, err
}
