package web

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"vitrine.dev/analytics"
	"vitrine.dev/recommend"
)

// Analyst counts what readers did: an [analytics.Analyst] is one.
type Analyst interface {
	Funnel(ctx context.Context, r *analytics.Request) (*analytics.Funnel, error)
	Series(ctx context.Context, r *analytics.Request) (*analytics.Series, error)
	Top(ctx context.Context, r *analytics.Request) (*analytics.Funnel, error)
	MoneyOf(ctx context.Context, r *analytics.Request) (*analytics.Money, error)
	Retain(ctx context.Context, r *analytics.Request) (*analytics.Retention, error)
}

// Who may see the page, besides anybody in a demo.
const scopeMetrics = "metrics:read"

// How much of a breakdown the page shows.
const (
	shownGroups = 20
	shownTop    = 10
)

// steps of the page's funnel, and the two that groups are compared by.
func pageSteps() []string {
	return []string{analytics.StepImpression, recommend.ActOpen, recommend.ActBookmark, recommend.ActCart, "clickout", "order", "settled", "refunded"}
}

func comparedSteps() []string { return []string{analytics.StepImpression, recommend.ActOpen, "order"} }

// analyticsBody is what the page for analysts shows.
type analyticsBody struct {
	Allowed bool
	Days    int
	By      string
	Spans   []int
	Bys     []string
	Funnel  *analytics.Funnel
	Rows    []funnelRow
	Groups  []groupRow
	More    int // groups that are not shown
	Series  *chart
	Top     []groupRow
	Few     int // groups of the breakdown of whom nothing is told

	Live         bool
	Model        string // of attribution
	Models       []string
	Money        *analytics.Money
	Amounts      []amountsRow // of all, by currency
	Worth        []amountsRow // of groups of the breakdown
	Unattributed []amountsRow
	Retention    *analytics.Retention
	Experiments  []recommend.ExperimentReport
	Files        *filesBody // nil: the visitor can make none
	Persons      []person   // nobody: who may see it has a token
}

// A funnelRow is a step with the length of its bar, 0 to 100.
type funnelRow struct {
	analytics.Step
	Bar float64
}

// A groupRow is a group of a breakdown; Rate is that of the last step.
type groupRow struct {
	Name  string
	Href  string // of what is named, "" where there is no page
	Steps []analytics.Step
	Rate  analytics.Step
	Timed bool // the median of Rate is shown
}

// A chart is bars side by side, one for each interval.
type chart struct {
	Width, Height int
	Most          float64
	Bars          []bar
}

// A bar is an interval: what was opened, and of that what was ordered.
type bar struct {
	From           time.Time
	Opened         float64
	Ordered        float64
	Few            bool
	X, W           int
	Y, H, Y2, High float64
}

// analytics shows analysts what converts.
func (s *site) analytics(q *request) error {
	b := &analyticsBody{Days: 30, By: analytics.BySource, Model: analytics.Models()[0], Models: analytics.Models(), Live: s.Live != nil, Spans: []int{7, 30, 90}, Bys: []string{
		analytics.BySource, analytics.ByRoot, analytics.ByExpert, analytics.ByPartner, analytics.ByArm,
	}}
	title, err := q.words.text("metrics.title")
	if err != nil {
		return err
	}
	v := view{Title: title, Nav: "metrics", Script: "analytics.js", Say: []string{"metrics.say."}, Body: b}
	b.Allowed = s.analyst(q)
	if !b.Allowed {
		return q.show(http.StatusForbidden, "analytics", v)
	}
	if n, err := strconv.Atoi(q.URL.Query().Get("days")); err == nil && slices.Contains(b.Spans, n) {
		b.Days = n
	}
	if model := q.URL.Query().Get("model"); slices.Contains(b.Models, model) {
		b.Model = model
	}
	if by := q.URL.Query().Get("by"); slices.Contains(b.Bys, by) {
		b.By = by
	}
	if err := b.fill(q); err != nil {
		return err
	}
	return q.show(http.StatusOK, "analytics", v)
}

// may reports whether the visitor's session has a scope.
func (q *request) may(scope string) bool {
	_, scopes, ok := q.site.Session(q.Request)
	return ok && slices.Contains(scopes, scope)
}

func (b *analyticsBody) request(now time.Time, steps []string, by ...string) *analytics.Request {
	to := now.UTC().Truncate(time.Hour).Add(time.Hour)
	days := time.Duration(b.Days) * 24 * time.Hour
	return &analytics.Request{Steps: steps, Window: days, Edges: []time.Time{to.Add(-days), to}, By: by}
}

func (b *analyticsBody) fill(q *request) (err error) {
	a, now := q.site.Analyst, q.site.Now()
	whole := b.request(now, pageSteps())
	whole.Times = true
	if b.Funnel, err = a.Funnel(q.ctx(), whole); err != nil {
		return err
	}
	for i, step := range b.Funnel.Steps {
		if i == 0 {
			step.Interval = nil // all of them, for sure
		}
		row := funnelRow{Step: step}
		if most := b.Funnel.Steps[0].Count; most > 0 {
			row.Bar = min(100, 100*step.Count/most)
		}
		b.Rows = append(b.Rows, row)
	}
	compared := b.request(now, comparedSteps(), b.By)
	compared.Times = true
	groups, err := a.Funnel(q.ctx(), compared)
	if err != nil {
		return err
	}
	b.Few = groups.LeftOut.Groups
	b.More = max(0, len(groups.Groups)-shownGroups)
	b.Groups = q.rows(groups.Groups[:len(groups.Groups)-b.More], b.By)
	for i := range b.Groups {
		b.Groups[i].Timed = true
	}
	top, err := a.Top(q.ctx(), b.request(now, []string{recommend.ActOpen, "order"}, analytics.ByPick))
	if err != nil {
		return err
	}
	top.Groups = slices.DeleteFunc(top.Groups, func(g analytics.Group) bool { return g.Steps[1].Count == 0 })
	b.Top = q.rows(top.Groups[:min(len(top.Groups), shownTop)], analytics.ByPick)
	r := b.request(now, []string{recommend.ActOpen, "order"})
	from := r.Edges[0]
	r.Edges = nil
	for d := range b.Days + 1 {
		r.Edges = append(r.Edges, from.Add(time.Duration(d)*24*time.Hour))
	}
	series, err := a.Series(q.ctx(), r)
	if err != nil {
		return err
	}
	b.Series = newChart(series)
	for _, fill := range []func(*request) error{b.money, b.returns, b.experiments, b.files} {
		if err := fill(q); err != nil {
			return err
		}
	}
	return nil
}

// rows are groups with the names of what they are of.
func (q *request) rows(groups []analytics.Group, by string) []groupRow {
	rows := make([]groupRow, 0, len(groups))
	for _, g := range groups {
		key := g.Key[by]
		row := groupRow{Name: q.named(key, by), Steps: g.Steps, Rate: g.Steps[len(g.Steps)-1]}
		switch by {
		case analytics.ByPick:
			row.Href = "/picks/" + key
		case analytics.ByExpert:
			if key != "" {
				row.Href = "/experts/" + key
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// named is what a value of a dimension is called.
func (q *request) named(key, by string) string {
	if by == analytics.ByPick {
		if p, err := q.site.Windows.Pick(q.ctx(), key, recommend.Viewer{Lang: q.lang}); err == nil && p.Product.Title != "" {
			return p.Product.Title
		}
	}
	return key // what it is called by
}

// about is a time in seconds by its largest unit.
func (c *catalog) about(seconds float64) (string, error) {
	d := time.Duration(seconds * float64(time.Second))
	for _, unit := range []time.Duration{24 * time.Hour, time.Hour, time.Minute} {
		if d >= 2*unit {
			return c.span(recommend.Duration(d.Round(unit)))
		}
	}
	if d >= time.Minute {
		return c.span(recommend.Duration(time.Minute))
	}
	return c.span(recommend.Duration(d.Truncate(time.Second)))
}

// newChart lays the bars of a series out.
func newChart(s *analytics.Series) *chart {
	const width, height, gap = 720, 160, 2
	c := &chart{Width: width, Height: height}
	for _, item := range s.Items {
		b := bar{From: item.From, Few: item.Few}
		if len(item.Steps) > 1 {
			b.Opened, b.Ordered = item.Steps[0].Count, item.Steps[1].Count
		}
		c.Most = max(c.Most, b.Opened, b.Ordered)
		c.Bars = append(c.Bars, b)
	}
	each := width / max(1, len(c.Bars))
	for i := range c.Bars {
		b := &c.Bars[i]
		b.X, b.W = i*each, max(1, each-gap)
		if c.Most > 0 {
			b.H = height * b.Opened / c.Most
			b.High = height * b.Ordered / c.Most
		}
		b.Y, b.Y2 = height-b.H, height-b.High
	}
	return c
}

// count is a count without an exponent, and with a fraction where it has one.
// share is a rate in percent, as exact as it is of use.
func share(rate float64) string {
	const exact = .1
	if rate < exact {
		return fmt.Sprintf("%.2f%%", 100*rate)
	}
	return fmt.Sprintf("%.1f%%", 100*rate)
}
