package sqlite

import (
	"context"

	"vitrine.dev/recommend"
)

var _ recommend.Aggregates = (*Store)(nil)

// Journeys is described at [recommend.Aggregates]. It reads every journey, a
// page at a time, so that nothing else waits: what is written meanwhile is
// counted or not. One counts at a time, and takes one processor; others wait for
// their turn, as long as ctx allows. The memory it takes is that of [recommend.JourneySums].
func (s *Store) Journeys(ctx context.Context, q *recommend.JourneyQuery, each func(recommend.JourneyGroup) error) error {
	if err := q.Validate(); err != nil {
		return err
	}
	sums := recommend.NewJourneySums(q)
	if err := counting(ctx, s, recommend.KindJourney, sums.Add); err != nil {
		return err
	}
	return sums.Groups(each)
}

// Exposures is described at [recommend.Aggregates]; it reads them all as well.
func (s *Store) Exposures(ctx context.Context, q *recommend.ExposureQuery, each func(recommend.ExposureGroup) error) error {
	if err := q.Validate(); err != nil {
		return err
	}
	sums := recommend.NewExposureSums(q)
	if err := counting(ctx, s, recommend.KindExposure, func(_ string, e *recommend.Exposure) { sums.Add(e) }); err != nil {
		return err
	}
	return sums.Groups(each)
}

// Lags is described at [recommend.Aggregates]; it reads every journey as well.
func (s *Store) Lags(ctx context.Context, q *recommend.JourneyQuery, each func(recommend.Lag) error) error {
	if err := q.Validate(); err != nil {
		return err
	}
	sums := recommend.NewLagSums(q)
	if err := counting(ctx, s, recommend.KindJourney, sums.Add); err != nil {
		return err
	}
	return sums.Lags(each)
}

// Returns is described at [recommend.Aggregates]; it reads every journey as well.
func (s *Store) Returns(ctx context.Context, q *recommend.ReturnQuery, each func(recommend.Periods) error) error {
	if err := q.Validate(); err != nil {
		return err
	}
	sums := recommend.NewReturnSums(q)
	if err := counting(ctx, s, recommend.KindJourney, func(_ string, j *recommend.Journey) { sums.Add(j) }); err != nil {
		return err
	}
	return sums.Readers(each)
}

// counting calls add with every document of kind, when it is its turn.
func counting[T any](ctx context.Context, s *Store, kind recommend.Kind, add func(id string, v *T)) error {
	if err := s.counts.Acquire(ctx, 1); err != nil {
		return unavailable("count "+string(kind), err)
	}
	defer s.counts.Release(1)
	return s.Each(ctx, kind, func(d recommend.Document) error {
		v := new(T)
		if err := recommend.UnmarshalZero(d.Body, v); err != nil {
			return unavailable("count "+d.String(), err)
		}
		add(d.ID, v)
		return nil
	})
}
