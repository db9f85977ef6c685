package recommend

import (
	"context"
	"fmt"
)

// A Scan calls f with every document of a kind, see [Aggregates.Each], and counts
// by that: it makes the rest of [Aggregates] of an engine that has nothing better,
// and of those in tests. Its memory is that of the sums.
type Scan func(ctx context.Context, kind Kind, f func(Document) error) error

// scanned calls add with every document of kind.
func scanned[T any](ctx context.Context, s Scan, kind Kind, add func(id string, v *T)) error {
	return s(ctx, kind, func(d Document) error {
		v := new(T)
		if err := UnmarshalZero(d.Body, v); err != nil {
			return fmt.Errorf("%w: count %v: %w", ErrUnavailable, d.Ref, err)
		}
		add(d.ID, v)
		return nil
	})
}

// Journeys is described at [Aggregates].
func (s Scan) Journeys(ctx context.Context, q *JourneyQuery, each func(JourneyGroup) error) error {
	if err := q.Validate(); err != nil {
		return err
	}
	sums := NewJourneySums(q)
	if err := scanned(ctx, s, KindJourney, sums.Add); err != nil {
		return err
	}
	return sums.Groups(each)
}

// Readers is described at [Aggregates].
func (s Scan) Readers(ctx context.Context, q *JourneyQuery, each func(ReaderSteps) error) error {
	if err := q.Validate(); err != nil {
		return err
	}
	sums := NewReaderSums(q)
	if err := scanned(ctx, s, KindJourney, sums.Add); err != nil {
		return err
	}
	return sums.Readers(each)
}

// Exposures is described at [Aggregates].
func (s Scan) Exposures(ctx context.Context, q *ExposureQuery, each func(ExposureGroup) error) error {
	if err := q.Validate(); err != nil {
		return err
	}
	sums := NewExposureSums(q)
	if err := scanned(ctx, s, KindExposure, func(_ string, e *Exposure) { sums.Add(e) }); err != nil {
		return err
	}
	return sums.Groups(each)
}

// Lags is described at [Aggregates].
func (s Scan) Lags(ctx context.Context, q *JourneyQuery, each func(Lag) error) error {
	if err := q.Validate(); err != nil {
		return err
	}
	sums := NewLagSums(q)
	if err := scanned(ctx, s, KindJourney, sums.Add); err != nil {
		return err
	}
	return sums.Lags(each)
}

// Returns is described at [Aggregates].
func (s Scan) Returns(ctx context.Context, q *ReturnQuery, each func(Periods) error) error {
	if err := q.Validate(); err != nil {
		return err
	}
	sums := NewReturnSums(q)
	if err := scanned(ctx, s, KindJourney, func(_ string, j *Journey) { sums.Add(j) }); err != nil {
		return err
	}
	return sums.Readers(each)
}

// Each is described at [Aggregates].
func (s Scan) Each(ctx context.Context, kind Kind, f func(Document) error) error {
	return s(ctx, kind, f)
}
