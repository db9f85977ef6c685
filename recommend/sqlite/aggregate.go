package sqlite

import (
	"context"

	"vitrine.dev/recommend"
)

var _ recommend.Aggregates = (*Store)(nil)

// Journeys is described at [recommend.Aggregates]. Like the other counts it reads
// everything, a page at a time, so that nothing else waits: what is written
// meanwhile is counted or not. One counts at a time, and takes one processor;
// others wait for their turn, as long as ctx allows.
func (s *Store) Journeys(ctx context.Context, q *recommend.JourneyQuery, each func(recommend.JourneyGroup) error) error {
	return recommend.Scan(s.inTurn).Journeys(ctx, q, each)
}

// Readers is described at [recommend.Aggregates].
func (s *Store) Readers(ctx context.Context, q *recommend.JourneyQuery, each func(recommend.ReaderSteps) error) error {
	return recommend.Scan(s.inTurn).Readers(ctx, q, each)
}

// Exposures is described at [recommend.Aggregates].
func (s *Store) Exposures(ctx context.Context, q *recommend.ExposureQuery, each func(recommend.ExposureGroup) error) error {
	return recommend.Scan(s.inTurn).Exposures(ctx, q, each)
}

// Lags is described at [recommend.Aggregates].
func (s *Store) Lags(ctx context.Context, q *recommend.JourneyQuery, each func(recommend.Lag) error) error {
	return recommend.Scan(s.inTurn).Lags(ctx, q, each)
}

// Returns is described at [recommend.Aggregates].
func (s *Store) Returns(ctx context.Context, q *recommend.ReturnQuery, each func(recommend.Periods) error) error {
	return recommend.Scan(s.inTurn).Returns(ctx, q, each)
}

// inTurn is Each for one at a time.
func (s *Store) inTurn(ctx context.Context, kind recommend.Kind, f func(recommend.Document) error) error {
	if err := s.counts.Acquire(ctx, 1); err != nil {
		return unavailable("count "+string(kind), err)
	}
	defer s.counts.Release(1)
	return s.Each(ctx, kind, f)
}
