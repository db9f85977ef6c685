package storetest

import (
	"context"

	"vitrine.dev/recommend"
)

var _ recommend.Aggregates = (*memory)(nil)

func (m *memory) Journeys(_ context.Context, q *recommend.JourneyQuery, each func(recommend.JourneyGroup) error) error {
	if err := q.Validate(); err != nil {
		return err
	}
	sums := recommend.NewJourneySums(q)
	m.mu.Lock()
	defer m.mu.Unlock()
	for ref, row := range m.rows {
		var j recommend.Journey
		if ref.Kind != recommend.KindJourney {
			continue
		}
		if err := recommend.UnmarshalZero(row.Body, &j); err != nil {
			return err
		}
		sums.Add(&j)
	}
	return sums.Groups(each)
}

func (m *memory) Exposures(_ context.Context, q *recommend.ExposureQuery, each func(recommend.ExposureGroup) error) error {
	sums := recommend.NewExposureSums(q)
	m.mu.Lock()
	defer m.mu.Unlock()
	for ref, row := range m.rows {
		var e recommend.Exposure
		if ref.Kind != recommend.KindExposure {
			continue
		}
		if err := recommend.UnmarshalZero(row.Body, &e); err != nil {
			return err
		}
		sums.Add(&e)
	}
	return sums.Groups(each)
}
