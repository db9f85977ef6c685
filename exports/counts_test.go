package exports_test

import (
	"context"

	"vitrine.dev/analytics"
)

// counts are what an analyst answers.
type counts struct {
	groups []analytics.Group
	err    error
	asked  int
	before func(context.Context) error // runs while a funnel is counted
}

func (c *counts) Funnel(ctx context.Context, r *analytics.Request) (*analytics.Funnel, error) {
	c.asked++
	if c.before != nil {
		if err := c.before(ctx); err != nil {
			return nil, err
		}
	}
	return &analytics.Funnel{
		From: r.Edges[0], To: r.Edges[1], AsOf: r.AsOf, Steps: []analytics.Step{{Step: "open", Count: 9, Unit: "pair", RateFromFirst: 1, RateFromPrevious: 1}},
		Groups: c.groups, Complete: "all of it",
	}, c.err
}

func (c *counts) Top(ctx context.Context, r *analytics.Request) (*analytics.Funnel, error) {
	return c.Funnel(ctx, r)
}

func (c *counts) Series(_ context.Context, r *analytics.Request) (*analytics.Series, error) {
	s := &analytics.Series{Funnel: analytics.Funnel{From: r.Edges[0], To: r.Edges[len(r.Edges)-1], AsOf: r.AsOf, Steps: []analytics.Step{{Step: "open", Count: 9, Unit: "pair"}}}}
	for i := range len(r.Edges) - 1 {
		s.Items = append(s.Items, analytics.Slot{From: r.Edges[i], To: r.Edges[i+1], Steps: []analytics.Step{{Step: "open", Count: float64(i), Unit: "pair"}}, Few: i == 1})
	}
	return s, c.err
}

func (c *counts) MoneyOf(_ context.Context, r *analytics.Request) (*analytics.Money, error) {
	sum := analytics.Amounts{Currency: "CNY", Lines: 7.5, Gross: 100, Refunded: 10, Canceled: 5, Net: 85, Earned: 8}
	return &analytics.Money{
		From: r.Edges[0], To: r.Edges[1], AsOf: r.AsOf, Model: "split", Totals: []analytics.Amounts{sum}, Own: []analytics.Amounts{sum},
		Groups:       []analytics.MoneyGroup{{Key: map[string]string{"source": "=mei"}, Amounts: sum}},
		Unattributed: []analytics.MoneyGroup{{Key: map[string]string{"reason": "no-token"}, Amounts: sum}},
	}, c.err
}

func (c *counts) Retain(_ context.Context, r *analytics.Request) (*analytics.Retention, error) {
	from, to := r.Edges[0], r.Edges[1]
	return &analytics.Retention{From: from, To: to, AsOf: r.AsOf, Step: "open", Back: "cart", Cohorts: []analytics.Cohort{
		{From: from, To: to, Readers: 8, Back: []analytics.Returned{{From: from, Readers: 4, Rate: .5, Interval: [2]float64{.25, .75}}, {From: to, Readers: 2, Rate: .25, Open: true}}},
		{From: from, To: to, Few: true},
		{From: from, To: to},
	}}, c.err
}
