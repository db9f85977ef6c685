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
	if err := s.counts.Acquire(ctx, 1); err != nil {
		return unavailable("count journeys", err)
	}
	defer s.counts.Release(1)
	sums := recommend.NewJourneySums(q)
	var j recommend.Journey
	err := s.Each(ctx, recommend.KindJourney, func(d recommend.Document) error {
		j = recommend.Journey{}
		if err := recommend.UnmarshalZero(d.Body, &j); err != nil {
			return unavailable("count "+d.String(), err)
		}
		sums.Add(&j)
		return nil
	})
	if err != nil {
		return err
	}
	return sums.Groups(each)
}

// Exposures is described at [recommend.Aggregates]; it reads them all as well.
func (s *Store) Exposures(ctx context.Context, q *recommend.ExposureQuery, each func(recommend.ExposureGroup) error) error {
	if err := q.Validate(); err != nil {
		return err
	}
	if err := s.counts.Acquire(ctx, 1); err != nil {
		return unavailable("count exposures", err)
	}
	defer s.counts.Release(1)
	sums := recommend.NewExposureSums(q)
	var e recommend.Exposure
	err := s.Each(ctx, recommend.KindExposure, func(d recommend.Document) error {
		e = recommend.Exposure{}
		if err := recommend.UnmarshalZero(d.Body, &e); err != nil {
			return unavailable("count "+d.String(), err)
		}
		sums.Add(&e)
		return nil
	})
	if err != nil {
		return err
	}
	return sums.Groups(each)
}
