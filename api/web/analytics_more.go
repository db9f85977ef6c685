package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"vitrine.dev/analytics"
	"vitrine.dev/recommend"
)

// Live is how a process does at the moment. What it does not measure is nil:
// one that only answers folds nothing.
type Live struct {
	At time.Time `json:"at"`
	// Windows and Actions are how many pages of cards were made, and actions
	// folded, since the process began.
	Windows *float64 `json:"windows"`
	Actions *float64 `json:"actions"`
	// Lag is events not yet folded, Oldest the age of the oldest of them in seconds.
	Lag    *float64 `json:"lag"`
	Oldest *float64 `json:"oldest_seconds"`
	// Visible is the mean time in seconds from a publication until windows can
	// show it, since the process began.
	Visible *float64 `json:"visible_seconds"`
}

// analyst reports whether the visitor may see figures.
func (s *site) analyst(q *request) bool {
	return s.Analyst != nil && (s.Demo != nil || q.may(scopeMetrics))
}

// live answers with [Live] for the tiles of the page for analysts.
func (s *site) live(q *request) error {
	if !s.analyst(q) || s.Live == nil {
		http.NotFound(q.w, q.Request)
		return nil
	}
	now, err := s.Live()
	if err != nil {
		return fmt.Errorf("live: %w", err)
	}
	b, err := json.Marshal(now)
	if err != nil {
		return fmt.Errorf("live: %w", err)
	}
	q.w.Header().Set("Content-Type", "application/json")
	q.w.Header().Set("Cache-Control", "no-store")
	answer(q.w, http.StatusOK, b)
	return nil
}

// money fills b with what orders are worth.
func (b *analyticsBody) money(q *request) (err error) {
	r := b.request(q.site.Now(), nil)
	r.Model = b.Model
	r.By = b.moneyBy()
	if b.Money, err = q.site.Analyst.MoneyOf(q.ctx(), r); err != nil {
		return err
	}
	for _, t := range b.Money.Totals {
		b.Amounts = append(b.Amounts, amountsRow{Name: t.Currency, Amounts: t})
	}
	for i, g := range b.Money.Groups {
		if i == shownGroups {
			break
		}
		b.Worth = append(b.Worth, amountsRow{Name: q.named(g.Key[b.By], b.By), Amounts: g.Amounts})
	}
	for _, g := range b.Money.Unattributed {
		b.Unattributed = append(b.Unattributed, amountsRow{Name: g.Key["reason"], Amounts: g.Amounts})
	}
	return nil
}

// moneyBy is what money is broken down by: orders know neither source nor arm.
func (b *analyticsBody) moneyBy() []string {
	if b.By == analytics.BySource || b.By == analytics.ByArm {
		return nil
	}
	return []string{b.By}
}

// cohorts is the time in which readers of a cohort began: a day in a week, else
// a week.
func (b *analyticsBody) cohorts() time.Duration {
	if b.Days <= 7 {
		return 24 * time.Hour
	}
	return 7 * 24 * time.Hour
}

// An amountsRow is sums with a name.
type amountsRow struct {
	Name string
	analytics.Amounts
}

// Of writes an amount in the currency of r.
func (r amountsRow) Of(amount int64) *recommend.Money {
	return &recommend.Money{Amount: amount, Currency: r.Currency}
}

// returns fills b with who came back.
func (b *analyticsBody) returns(q *request) (err error) {
	r := b.request(q.site.Now(), []string{recommend.ActOpen, recommend.ActOpen})
	step := b.cohorts()
	from, to := r.Edges[0], r.Edges[1]
	r.Edges = []time.Time{to}
	for t := to.Add(-step); !t.Before(from); t = t.Add(-step) {
		r.Edges = append([]time.Time{t}, r.Edges...)
	}
	b.Retention, err = q.site.Analyst.Retain(q.ctx(), r)
	return err
}

// experiments fills b with how arms compare.
func (b *analyticsBody) experiments(q *request) (err error) {
	b.Experiments, err = q.site.Windows.Experiments(q.ctx(), q.lang)
	return err
}
