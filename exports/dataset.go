package exports

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"vitrine.dev/analytics"
	"vitrine.dev/recommend"
)

// Analyst answers what readers do: an [analytics.Analyst] is one.
type Analyst interface {
	Funnel(ctx context.Context, r *analytics.Request) (*analytics.Funnel, error)
	Series(ctx context.Context, r *analytics.Request) (*analytics.Series, error)
	Top(ctx context.Context, r *analytics.Request) (*analytics.Funnel, error)
	MoneyOf(ctx context.Context, r *analytics.Request) (*analytics.Money, error)
	Retain(ctx context.Context, r *analytics.Request) (*analytics.Retention, error)
}

// Documents are those of a store: any that counts.
type Documents interface {
	Each(ctx context.Context, kind recommend.Kind, f func(recommend.Document) error) error
}

// A table is the rows of a dataset, made while they are written.
type table struct {
	About
	rows func(ctx context.Context, write func(row) error) error
}

// schemaOf names the columns of a dataset. Its version grows when a column
// changes its meaning or goes; a column more is no new version.
func schemaOf(dataset string) string { return "vitrine.export." + dataset + "/1" }

// open counts, or gets ready to.
func (d *Desk) open(ctx context.Context, j *Job) (*table, error) {
	a := About{Schema: schemaOf(j.Dataset), AsOf: j.Request.AsOf.UTC()}
	r := j.Request
	r.Where = maps.Clone(r.Where)
	switch {
	case j.Dataset == DatasetOrders && d.Documents != nil:
		return d.orders(j, a), nil
	case j.Dataset == DatasetPicks && d.Documents != nil:
		return d.picks(j, a), nil
	case j.Dataset == DatasetOrders || j.Dataset == DatasetPicks || d.Analyst == nil:
		return nil, fmt.Errorf("%w: nothing is counted here", recommend.ErrUnavailable)
	case j.Dataset == DatasetFunnel:
		f, err := d.Analyst.Funnel(ctx, &r)
		if err != nil {
			return nil, err
		}
		return funnelTable(a, f, r.By), nil
	case j.Dataset == DatasetTop:
		f, err := d.Analyst.Top(ctx, &r)
		if err != nil {
			return nil, err
		}
		return funnelTable(a, f, r.By), nil
	case j.Dataset == DatasetSeries:
		s, err := d.Analyst.Series(ctx, &r)
		if err != nil {
			return nil, err
		}
		return seriesTable(a, s), nil
	case j.Dataset == DatasetMoney:
		m, err := d.Analyst.MoneyOf(ctx, &r)
		if err != nil {
			return nil, err
		}
		return d.moneyTable(j, a, m), nil
	case j.Dataset == DatasetRetention:
		t, err := d.Analyst.Retain(ctx, &r)
		if err != nil {
			return nil, err
		}
		return retentionTable(a, t), nil
	}
	return nil, recommend.Refuse(recommend.Problem{Code: "validation", Pointer: "/dataset", Message: "no dataset", Fix: "use one of those that are documented"})
}

// stepColumns are of a step, in the words of the API.
func stepColumns() []string {
	return []string{"step", "count", "unit", "rate_from_first", "rate_from_previous", "interval_low", "interval_high", "smoothed", "median_seconds"}
}

func stepCells(s *analytics.Step) row {
	r := row{s.Step, s.Count, s.Unit, s.RateFromFirst, s.RateFromPrevious, nil, nil, nil, nil}
	if s.Interval != nil {
		r[5], r[6] = s.Interval[0], s.Interval[1]
	}
	if s.Smoothed != nil {
		r[7] = *s.Smoothed
	}
	if s.Median != nil {
		r[8] = *s.Median
	}
	return r
}

// What a row of figures is of.
const (
	ofAll   = "all"
	ofGroup = "group"
	ofSlot  = "interval"
)

// funnelTable has a row for each step of all, then of each group.
func funnelTable(a About, f *analytics.Funnel, by []string) *table {
	a.AsOf, a.Complete, a.LeftOut = f.AsOf.UTC(), f.Complete, &f.LeftOut
	a.Columns = slices.Concat([]string{"schema", "as_of", "from", "to", "of"}, by, stepColumns())
	return &table{About: a, rows: func(_ context.Context, write func(row) error) error {
		steps := func(of string, key map[string]string, steps []analytics.Step) error {
			for i := range steps {
				r := row{a.Schema, a.AsOf, f.From.UTC(), f.To.UTC(), of}
				for _, d := range by {
					if of == ofAll {
						r = append(r, nil)
					} else {
						r = append(r, key[d])
					}
				}
				if err := write(append(r, stepCells(&steps[i])...)); err != nil {
					return err
				}
			}
			return nil
		}
		if err := steps(ofAll, nil, f.Steps); err != nil {
			return err
		}
		for i := range f.Groups {
			if err := steps(ofGroup, f.Groups[i].Key, f.Groups[i].Steps); err != nil {
				return err
			}
		}
		return nil
	}}
}

// seriesTable has a row for each step of all, then of each interval; of an
// interval of few readers one that says so alone.
func seriesTable(a About, s *analytics.Series) *table {
	a.AsOf, a.Complete, a.LeftOut = s.AsOf.UTC(), s.Complete, &s.LeftOut
	a.Columns = slices.Concat([]string{"schema", "as_of", "from", "to", "of", "few_readers"}, stepColumns())
	return &table{About: a, rows: func(_ context.Context, write func(row) error) error {
		steps := func(of string, from, to time.Time, steps []analytics.Step) error {
			for i := range steps {
				if err := write(append(row{a.Schema, a.AsOf, from.UTC(), to.UTC(), of, false}, stepCells(&steps[i])...)); err != nil {
					return err
				}
			}
			return nil
		}
		if err := steps(ofAll, s.From, s.To, s.Steps); err != nil {
			return err
		}
		for i := range s.Items {
			slot := &s.Items[i]
			if slot.Few {
				few := row{a.Schema, a.AsOf, slot.From.UTC(), slot.To.UTC(), ofSlot, true}
				if err := write(slices.Concat(few, make(row, len(stepColumns())))); err != nil {
					return err
				}
				continue
			}
			if err := steps(ofSlot, slot.From, slot.To, slot.Steps); err != nil {
				return err
			}
		}
		return nil
	}}
}
