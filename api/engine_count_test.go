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
		sums.Add(&j)
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
