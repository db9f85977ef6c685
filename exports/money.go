package exports

import (
	"context"
	"slices"

	"vitrine.dev/analytics"
)

// What else a row of money is of.
const (
	ofUnattributed = "unattributed"
	ofOwn          = "own" // purchases of experts by their own picks
)

// moneyTable has a row for each sum in one currency: of all, of each group, of
// what nobody is credited for, and of what experts bought of their own.
func (d *Desk) moneyTable(j *Job, a About, m *analytics.Money) *table {
	by := j.Request.By
	a.AsOf, a.Complete, a.LeftOut, a.Disclosure = m.AsOf.UTC(), m.Complete, &m.LeftOut, d.disclosed(j)
	a.Columns = slices.Concat([]string{"schema", "as_of", "from", "to", "attribution", "of"}, by, []string{
		"reason", "currency", "lines", "gross", "refunded", "canceled", "net", "earned", "held", "disclosure_label", "disclosure_short_label", "relationship",
	})
	return &table{About: a, rows: func(_ context.Context, write func(row) error) error {
		sums := make([]moneySum, 0, len(m.Totals)+len(m.Groups))
		for _, of := range m.Totals {
			sums = append(sums, moneySum{ofAll, analytics.MoneyGroup{Amounts: of}})
		}
		for _, g := range m.Groups {
			sums = append(sums, moneySum{ofGroup, g})
		}
		for _, g := range m.Unattributed {
			sums = append(sums, moneySum{ofUnattributed, g})
		}
		for _, of := range m.Own {
			sums = append(sums, moneySum{ofOwn, analytics.MoneyGroup{Amounts: of}})
		}
		for i := range sums {
			s := &sums[i]
			r := append(make(row, 0, len(a.Columns)), a.Schema, a.AsOf, m.From.UTC(), m.To.UTC(), m.Model, s.of)
			for _, d := range by {
				r = append(r, s.value(d))
			}
			r = append(r, s.value("reason"), s.Currency, s.Lines, s.Gross, s.Refunded, s.Canceled, s.Net, s.Earned, s.Held)
			if err := write(append(r, a.disclosed()...)); err != nil {
				return err
			}
		}
		return nil
	}}
}

type moneySum struct {
	of string
	analytics.MoneyGroup
}

// value is that of a dimension, nil where the sum is of all of them.
func (s *moneySum) value(d string) any {
	if v, known := s.Key[d]; known {
		return v
	}
	return nil
}

// retentionTable has a row for each cohort and interval; of a cohort that is
// empty or of few readers one that says so alone.
func retentionTable(a About, t *analytics.Retention) *table {
	a.AsOf, a.Complete, a.LeftOut = t.AsOf.UTC(), t.Complete, &t.LeftOut
	a.Columns = []string{
		"schema", "as_of", "step", "back", "cohort_from", "cohort_to", "few_readers", "cohort_readers", "from", "readers", "rate", "interval_low", "interval_high", "open",
	}
	return &table{About: a, rows: func(_ context.Context, write func(row) error) error {
		for i := range t.Cohorts {
			c := &t.Cohorts[i]
			cohort := row{a.Schema, a.AsOf, t.Step, t.Back, c.From.UTC(), c.To.UTC(), c.Few, c.Readers}
			if c.Few {
				cohort[len(cohort)-1] = nil
			}
			if len(c.Back) == 0 {
				if err := write(slices.Concat(cohort, make(row, len(a.Columns)-len(cohort)))); err != nil {
					return err
				}
			}
			for _, b := range c.Back {
				if err := write(slices.Concat(cohort, row{b.From.UTC(), b.Readers, b.Rate, b.Interval[0], b.Interval[1], b.Open})); err != nil {
					return err
				}
			}
		}
		return nil
	}}
}
