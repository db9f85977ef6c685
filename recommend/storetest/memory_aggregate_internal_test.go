package storetest

import (
	"context"

	"vitrine.dev/recommend"
)

var _ recommend.Aggregates = (*memory)(nil)

func (m *memory) each(_ context.Context, kind recommend.Kind, f func(recommend.Document) error) error {
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
