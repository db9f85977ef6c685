package api_test

import (
	"context"

	"vitrine.dev/recommend"
)

// Journeys counts those that were folded.
func (e *engine) Journeys(_ context.Context, q *recommend.JourneyQuery, each func(recommend.JourneyGroup) error) error {
	if err := q.Validate(); err != nil {
		return err
	}
	sums := recommend.NewJourneySums(q)
	e.mu.Lock()
	defer e.mu.Unlock()
	for ref, d := range e.docs {
		var j recommend.Journey
		if ref.Kind != recommend.KindJourney {
			continue
		}
		if err := recommend.UnmarshalZero(d.Body, &j); err != nil {
			return err
		}
		sums.Add(d.ID, &j)
	}
	return sums.Groups(each)
}

// Exposures counts those that were folded.
func (e *engine) Exposures(_ context.Context, q *recommend.ExposureQuery, each func(recommend.ExposureGroup) error) error {
	if err := q.Validate(); err != nil {
		return err
	}
	sums := recommend.NewExposureSums(q)
	e.mu.Lock()
	defer e.mu.Unlock()
	for ref, d := range e.docs {
		var x recommend.Exposure
		if ref.Kind != recommend.KindExposure {
			continue
		}
		if err := recommend.UnmarshalZero(d.Body, &x); err != nil {
			return err
		}
		sums.Add(&x)
	}
	return sums.Groups(each)
}

// Returns counts those that were folded.
func (e *engine) Returns(ctx context.Context, q *recommend.ReturnQuery, each func(recommend.Periods) error) error {
	if err := q.Validate(); err != nil {
		return err
	}
	sums := recommend.NewReturnSums(q)
	err := e.Each(ctx, recommend.KindJourney, func(d recommend.Document) error {
		var j recommend.Journey
		err := recommend.UnmarshalZero(d.Body, &j)
		sums.Add(&j)
		return err
	})
	if err != nil {
		return err
	}
	return sums.Readers(each)
}

// Each goes through what was folded.
func (e *engine) Each(_ context.Context, kind recommend.Kind, f func(recommend.Document) error) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	for ref, d := range e.docs {
		if ref.Kind != kind {
			continue
		}
		if err := f(d); err != nil {
			return err
		}
	}
	return nil
}

// Lags counts those that were folded.
func (e *engine) Lags(ctx context.Context, q *recommend.JourneyQuery, each func(recommend.Lag) error) error {
	if err := q.Validate(); err != nil {
		return err
	}
	sums := recommend.NewLagSums(q)
	err := e.Each(ctx, recommend.KindJourney, func(d recommend.Document) error {
		var j recommend.Journey
		err := recommend.UnmarshalZero(d.Body, &j)
		sums.Add(d.ID, &j)
		return err
	})
	if err != nil {
		return err
	}
	return sums.Lags(each)
}
