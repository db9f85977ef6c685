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
		sums.Add(ref.ID, &j)
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

func (m *memory) Returns(_ context.Context, q *recommend.ReturnQuery, each func(recommend.Periods) error) error {
	if err := q.Validate(); err != nil {
		return err
	}
	sums := recommend.NewReturnSums(q)
	err := m.Each(context.Background(), recommend.KindJourney, func(d recommend.Document) error {
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

func (m *memory) Each(_ context.Context, kind recommend.Kind, f func(recommend.Document) error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for ref, row := range m.rows {
		if ref.Kind != kind {
			continue
		}
		if err := f(recommend.Document{Ref: ref, Version: row.Version, Body: row.Body}); err != nil {
			return err
		}
	}
	return nil
}

func (m *memory) Lags(ctx context.Context, q *recommend.JourneyQuery, each func(recommend.Lag) error) error {
	if err := q.Validate(); err != nil {
		return err
	}
	sums := recommend.NewLagSums(q)
	err := m.Each(ctx, recommend.KindJourney, func(d recommend.Document) error {
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
