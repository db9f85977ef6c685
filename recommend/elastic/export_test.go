package elastic

import (
	"context"

	"vitrine.dev/recommend"
)

// CountBare counts documents by the columns that they have, with the aggregation
// that counts of journeys are made by, and without a script: the floor of those.
func (s *Store) CountBare(ctx context.Context, q *recommend.JourneyQuery) (n int64, err error) {
	a := &aggregation{kind: recommend.KindJourney, filter: []any{enteredFilter(q)}, each: func(b *bucketAnswer) error {
		n += b.Count
		return nil
	}}
	a.dimensions(q.By, q.Where)
	a.source("own", map[string]any{"field": "own"})
	a.source("unproven", map[string]any{"field": "unproven"})
	err = s.composite(ctx, a)
	return n, err
}
