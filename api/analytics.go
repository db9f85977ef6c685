package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
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

// Bounds of what analysts ask for.
const (
	askedDays  = 30 // without from
	someGroups = 50 // without limit
	mostGroups = 1_000
	mostValues = 200 // values of one filter
)

// funnel tells how many came how far.
func (s *Server) funnel(c *call) error {
	return s.analyse(c, func(r *analytics.Request) (any, error) {
		f, err := s.Analyst.Funnel(c.ctx(), r)
		if err != nil {
			return nil, err
		}
		return s.pageOf(c, f)
	})
}

// top tells what the best are by a rate.
func (s *Server) top(c *call) error {
	return s.analyse(c, func(r *analytics.Request) (any, error) {
		by, given := c.GetQuery("by")
		if !given {
			return nil, invalidQuery("by", "missing", "name what is compared, one of "+strings.Join(analytics.Dimensions(), ", "))
		}
		r.By = []string{by}
		f, err := s.Analyst.Top(c.ctx(), r)
		if err != nil {
			return nil, err
		}
		limit, err := c.groups()
		if err != nil {
			return nil, err
		}
		answer := funnelPage{Funnel: f, Total: len(f.Groups)}
		f.Groups = f.Groups[:min(limit, len(f.Groups))]
		return answer, nil
	})
}

// series tells of one interval after the other.
func (s *Server) series(c *call) error {
	return s.analyse(c, func(r *analytics.Request) (any, error) {
		if err := c.intervals(r, "day"); err != nil {
			return nil, err
		}
		return s.Analyst.Series(c.ctx(), r)
	})
}

// money tells what orders are worth.
func (s *Server) money(c *call) error {
	return s.answer(c, c.asked, func(r *analytics.Request) (any, error) {
		r.By = c.list("breakdown")
		m, err := s.Analyst.MoneyOf(c.ctx(), r)
		if err != nil {
			return nil, err
		}
		limit, err := c.groups()
		if err != nil {
			return nil, err
		}
		answer := moneyPage{Money: m, Total: len(m.Groups)}
		m.Groups = m.Groups[:min(limit, len(m.Groups))]
		return answer, nil
	})
}

// A moneyPage is the first of the groups of money.
type moneyPage struct {
	*analytics.Money
	Total int `json:"groups_total"` // before the limit
}

// retention tells how many readers came back.
func (s *Server) retention(c *call) error {
	return s.answer(c, c.asked, func(r *analytics.Request) (any, error) {
		if err := c.returning(r); err != nil {
			return nil, err
		}
		return s.Analyst.Retain(c.ctx(), r)
	})
}

// returning reads what readers begin and come back with.
func (c *call) returning(r *analytics.Request) error {
	step, back := c.Query("step"), c.Query("back")
	if step == "" {
		step = recommend.ActOpen
	}
	if back == "" {
		back = step
	}
	r.Steps = []string{step, back}
	return c.intervals(r, "week")
}

// intervals cuts the time of r.
func (c *call) intervals(r *analytics.Request, without string) error {
	zone, err := c.zone()
	if err != nil {
		return err
	}
	interval := c.Query("interval")
	if interval == "" {
		interval = without
	}
	edges, ok := edgesOf(r.Edges[0], r.Edges[1], interval, zone)
	if !ok {
		return invalidQuery("interval", "not known: "+shorten(interval), "use hour, day, week or month")
	}
	r.Edges = edges
	return nil
}

// analyse answers with what f makes of a request about steps.
func (s *Server) analyse(c *call, f func(*analytics.Request) (any, error)) error {
	return s.answer(c, c.metrics, f)
}

// answer answers with what f makes of what read reads.
func (s *Server) answer(c *call, read func() (*analytics.Request, error), f func(*analytics.Request) (any, error)) error {
	if s.Analyst == nil {
		return fmt.Errorf("%w: nothing is counted here", recommend.ErrUnavailable)
	}
	r, err := read()
	if err != nil {
		return err
	}
	answer, err := f(r)
	if refusal, ok := errors.AsType[*recommend.Refusal](err); ok { // it is about the query
		p := refusal.Problems[0]
		x := invalidQuery(strings.TrimPrefix(p.Pointer, "/"), p.Message, p.Fix)
		x.errors = refusal.Problems
		return x
	}
	if err != nil {
		return err
	}
	c.private()
	return c.json(http.StatusOK, answer)
}

// A funnelPage is a funnel with some of its groups.
type funnelPage struct {
	*analytics.Funnel
	Total int    `json:"groups_total"` // before paging
	Next  string `json:"next_cursor,omitempty"`
}

const funnelScope = "metrics/funnel"

// pageOf keeps the groups after the cursor, as many as asked for. A cursor names
// the last group by count and key; so a group that grew meanwhile may come twice.
func (s *Server) pageOf(c *call, f *analytics.Funnel) (*funnelPage, error) {
	limit, err := c.groups()
	if err != nil {
		return nil, err
	}
	page := &funnelPage{Funnel: f, Total: len(f.Groups)}
	name := func(g *analytics.Group) string {
		by := c.list("breakdown")
		key := append(make([]string, 0, len(by)+1), strconv.FormatFloat(g.Steps[0].Count, 'g', -1, 64))
		for _, d := range by {
			key = append(key, g.Key[d])
		}
		return strings.Join(key, "\x00")
	}
	if cursor, given := c.GetQuery("cursor"); given {
		last, err := s.cursors.open(funnelScope, cursor)
		if err != nil {
			return nil, err
		}
		count, key, _ := strings.Cut(last, "\x00")
		n, err := strconv.ParseFloat(count, 64)
		if err != nil {
			return nil, refuse("cursor-invalid", "the cursor is not one of this list")
		}
		f.Groups = slices.DeleteFunc(f.Groups, func(g analytics.Group) bool {
			_, own, _ := strings.Cut(name(&g), "\x00")
			return g.Steps[0].Count > n || g.Steps[0].Count == n && own <= key
		})
	}
	if len(f.Groups) > limit {
		f.Groups = f.Groups[:limit]
		page.Next = s.cursors.seal(funnelScope, name(&f.Groups[limit-1]))
	}
	return page, nil
}

// metrics reads which steps are counted.
func (c *call) metrics() (*analytics.Request, error) {
	r, err := c.asked()
	if err != nil {
		return nil, err
	}
	r.Steps, r.By = c.list("steps"), c.list("breakdown")
	if len(r.Steps) == 0 {
		return nil, invalidQuery("steps", "missing", "name some, such as open,cart,order")
	}
	var ok bool
	if r.Ordered, ok = either(c.Query("mode"), "ordered", "any"); !ok {
		return nil, invalidQuery("mode", "neither ordered nor any", "use one of them")
	}
	pairs, ok := either(c.Query("unit"), "pair", "reader")
	if r.Readers = !pairs; !ok {
		return nil, invalidQuery("unit", "neither pair nor reader", "use one of them")
	}
	if r.Times, err = strconv.ParseBool(cmp.Or(c.Query("times"), "false")); err != nil {
		return nil, invalidQuery("times", "neither true nor false", "use one of them")
	}
	r.Window, err = c.window()
	return r, err
}

// asked reads of what something is counted.
func (c *call) asked() (*analytics.Request, error) {
	r := &analytics.Request{Where: make(map[string][]string), Model: c.Query("attribution")}
	var err error
	if r.Edges, err = c.span(); err != nil {
		return nil, err
	}
	if r.AsOf, err = c.moment("as_of", time.UTC, time.Time{}); err != nil {
		return nil, err
	}
	for _, d := range analytics.Dimensions() {
		values := c.QueryArray(d)
		if len(values) > mostValues {
			return nil, invalidQuery(d, "too many values", "give "+strconv.Itoa(mostValues)+" at most")
		}
		if len(values) > 0 {
			r.Where[d] = values
		}
	}
	return r, nil
}

// either is whether a value is the first or, ok too, the second; nothing is the first.
func either(v, first, second string) (is, ok bool) {
	return v == first || v == "", v == first || v == "" || v == second
}

// window is for how long after the entry a step counts. There is none that fits
// everything; so it must be said.
func (c *call) window() (time.Duration, error) {
	text, given := c.GetQuery("window")
	if !given {
		return 0, invalidQuery("window", "missing", "say for how long after the first a step counts, such as 15d")
	}
	if days, ok := strings.CutSuffix(text, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n > 0 && n <= 3650 {
			return time.Duration(n) * 24 * time.Hour, nil
		}
	} else if d, err := time.ParseDuration(text); err == nil && d >= time.Millisecond && d <= 3650*24*time.Hour {
		return d, nil
	}
	return 0, invalidQuery("window", "no time from 1ms to 3650d", "give days or hours, such as 15d or 6h")
}

// span is from when to when pairs enter; without anything the last days, to the
// end of this hour.
func (c *call) span() ([]time.Time, error) {
	zone, err := c.zone()
	if err != nil {
		return nil, err
	}
	to, err := c.moment("to", zone, c.now().UTC().Truncate(time.Hour).Add(time.Hour))
	if err != nil {
		return nil, err
	}
	from, err := c.moment("from", zone, to.AddDate(0, 0, -askedDays))
	if err == nil && !from.Before(to) {
		err = invalidQuery("from", "not before to", "let from be before to")
	}
	return []time.Time{from, to}, err
}

// moment is a time, or a day in zone.
func (c *call) moment(name string, zone *time.Location, without time.Time) (time.Time, error) {
	text, given := c.GetQuery(name)
	if !given {
		return without, nil
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t.UTC(), nil
	}
	if t, err := time.ParseInLocation(time.DateOnly, text, zone); err == nil {
		return t.UTC(), nil
	}
	return time.Time{}, invalidQuery(name, "no time", "write a day such as 2026-11-11, or a time such as 2026-11-11T00:00:00Z")
}

// zone is the time zone that days are of.
func (c *call) zone() (*time.Location, error) {
	text, given := c.GetQuery("tz")
	if !given {
		return time.UTC, nil
	}
	zone, err := time.LoadLocation(text)
	if err != nil || text == "" || text == "Local" {
		return nil, invalidQuery("tz", "no time zone", "name one of the IANA list, such as Asia/Shanghai")
	}
	return zone, nil
}

// groups is how many groups of a breakdown are answered at once.
func (c *call) groups() (int, error) {
	text, given := c.GetQuery("limit")
	if !given {
		return someGroups, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > mostGroups {
		return 0, invalidQuery("limit", "not a number from 1 to "+strconv.Itoa(mostGroups), "give one, or leave it out")
	}
	return n, nil
}

// list is a parameter of values between commas.
func (c *call) list(name string) []string {
	var values []string
	for v := range strings.SplitSeq(c.Query(name), ",") {
		if v = strings.TrimSpace(v); v != "" {
			values = append(values, v)
		}
	}
	return values
}

// edgesOf are from, the beginnings of intervals after it in zone, and to. It
// ends early where there are more than can be asked for.
func edgesOf(from, to time.Time, interval string, zone *time.Location) (edges []time.Time, ok bool) {
	y, m, d := from.In(zone).Date()
	var next func(i int) time.Time
	switch interval {
	case "hour":
		start := from.Truncate(time.Hour)
		next = func(i int) time.Time { return start.Add(time.Duration(i) * time.Hour) }
	case "day":
		next = func(i int) time.Time { return time.Date(y, m, d+i, 0, 0, 0, 0, zone) }
	case "week": // begins on Monday
		d -= (int(from.In(zone).Weekday()) + 6) % 7
		next = func(i int) time.Time { return time.Date(y, m, d+7*i, 0, 0, 0, 0, zone) }
	case "month":
		next = func(i int) time.Time { return time.Date(y, m+time.Month(i), 1, 0, 0, 0, 0, zone) }
	default:
		return nil, false
	}
	edges = []time.Time{from}
	for i := 1; len(edges) <= recommend.MostSlots+1; i++ {
		t := next(i).UTC()
		if !t.Before(to) {
			break
		}
		if t.After(edges[len(edges)-1]) {
			edges = append(edges, t)
		}
	}
	return append(edges, to), true
}
