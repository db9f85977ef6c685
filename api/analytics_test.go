package api_test

import (
	"context"
	"fmt"
	"net/url"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"vitrine.dev/analytics"
	"vitrine.dev/api"
	"vitrine.dev/recommend"
)

type funnelAnswer struct {
	analytics.Funnel
	Total int    `json:"groups_total"`
	Next  string `json:"next_cursor"`
}

func counts(steps []analytics.Step) []float64 {
	var n []float64
	for _, s := range steps {
		n = append(n, s.Count)
	}
	return n
}

// openCounting opens a process that counts.
func openCounting(t *testing.T) *site {
	t.Helper()
	w := newWorld(t)
	return w.open(t, func(c *api.Config) {
		c.Analyst = &analytics.Analyst{Counts: w.engine, Picks: c.Windows.(analytics.Picks), Now: w.clock.now}
	})
}

func TestAFunnelCountsWhatReadersDid(t *testing.T) {
	s := openCounting(t)
	picks := s.stock(3)
	const readers = 12
	for i := range readers {
		reader := s.token(t, fmt.Sprint("r", i), api.ScopeWindowRead)
		w := into[recommend.Window](s.do("GET", "/v1/window", nil, reader).is(200))
		var acts []object
		for _, pick := range picks[:2] {
			acts = append(acts, object{"kind": "impression", "pick": pick, "window": w.ID}, object{"kind": "impression", "pick": pick, "window": w.ID})
		}
		acts = append(acts, object{"kind": "open", "pick": picks[0], "window": w.ID})
		if i%2 == 0 {
			acts = append(acts, object{"kind": "open", "pick": picks[1], "window": w.ID}, object{"kind": "open", "pick": picks[1], "window": w.ID})
		}
		s.do("POST", "/v1/actions", object{"actions": acts}, reader).is(202)
		if i%3 == 0 {
			s.do("PUT", "/v1/bookmarks/"+picks[0], nil, reader).is(201)
		}
	}
	analyst := s.token(t, "ana", api.ScopeMetricsRead)
	f := into[funnelAnswer](s.do("GET", "/v1/metrics/funnel?steps=impression,open,bookmark&window=1d", nil, analyst).is(200))
	if d := gocmp.Diff([]float64{4 * readers, readers + readers/2, readers / 3}, counts(f.Steps)); d != "" || f.Unit != "pair" || f.Complete == "" {
		t.Errorf("the funnel counts other than what was done (-want +got):\n%s%+v", d, f)
	}
	for i, s := range f.Steps {
		want := float64(s.Count) / float64(f.Steps[0].Count)
		if s.RateFromFirst != want || s.Interval == nil || s.Interval[0] > want || s.Interval[1] < want {
			t.Errorf("step %d: rate %v within %v, want %v", i, s.RateFromFirst, s.Interval, want)
		}
	}
	f = into[funnelAnswer](s.do("GET", "/v1/metrics/funnel?steps=open,bookmark&window=1d&unit=reader", nil, analyst).is(200))
	if d := gocmp.Diff([]float64{readers, readers / 3}, counts(f.Steps)); d != "" {
		t.Errorf("readers (-want +got):\n%s", d)
	}
	t.Run("who opened two picks of a topic is one of its readers", func(t *testing.T) {
		f := into[funnelAnswer](s.do("GET", "/v1/metrics/funnel?steps=open,bookmark&window=15d&mode=ordered&unit=reader&attribution=last&breakdown=root", nil, analyst).is(200))
		if len(f.Groups) != 1 || f.Groups[0].Key["root"] != "home" || gocmp.Diff([]float64{readers, readers / 3}, counts(f.Groups[0].Steps)) != "" {
			t.Errorf("%+v, want %d readers who opened at home, and %d who kept", f.Groups, readers, readers/3)
		}
		if d := gocmp.Diff([]float64{readers, readers / 3}, counts(f.Steps)); d != "" {
			t.Errorf("readers of everything (-want +got):\n%s", d)
		}
	})
	t.Run("broken down, page by page", func(t *testing.T) {
		got, cursor := make(map[string][]float64), ""
		for page := 0; page == 0 || cursor != ""; page++ {
			f := into[funnelAnswer](s.do("GET", "/v1/metrics/funnel?steps=open,bookmark&window=1d&breakdown=expert&limit=1"+cursor, nil, analyst).is(200))
			for _, g := range f.Groups {
				got[g.Key["expert"]] = counts(g.Steps)
			}
			if f.Total != 2 || len(f.Groups) > 1 {
				t.Errorf("page %d has %d of %d groups, want 1 of 2", page, len(f.Groups), f.Total)
			}
			if cursor = ""; f.Next != "" {
				cursor = "&cursor=" + url.QueryEscape(f.Next)
			}
		}
		if d := gocmp.Diff(map[string][]float64{"x00": {readers, readers / 3}, "x01": {readers / 2, 0}}, got); d != "" {
			t.Errorf("by expert (-want +got):\n%s", d)
		}
	})
	t.Run("few readers are not told of", func(t *testing.T) {
		for i := range 4 {
			reader := s.token(t, fmt.Sprint("few", i), api.ScopeWindowRead)
			s.do("POST", "/v1/actions", object{"actions": []object{{"kind": "open", "pick": picks[2]}}}, reader).is(202)
		}
		f := into[funnelAnswer](s.do("GET", "/v1/metrics/funnel?steps=open&window=1d&breakdown=pick", nil, analyst).is(200))
		if f.LeftOut.Groups != 1 || f.Total != 2 {
			t.Errorf("%d groups, %d left out; want 2, and that of 4 readers left out", f.Total, f.LeftOut.Groups)
		}
		only := into[funnelAnswer](s.do("GET", "/v1/metrics/funnel?steps=open&window=1d&pick="+picks[2], nil, analyst).is(200))
		if len(only.Steps) > 0 || only.LeftOut.Groups != 1 {
			t.Errorf("of 4 readers: %+v, want nothing told", only.Steps)
		}
	})
	t.Run("by day", func(t *testing.T) {
		from := s.clock.now().AddDate(0, 0, -3).Format(time.DateOnly)
		series := into[analytics.Series](s.do("GET", "/v1/metrics/series?steps=open,bookmark&window=1d&tz=Asia/Shanghai&from="+from, nil, analyst).is(200))
		var opened float64
		for i, item := range series.Items {
			if i > 0 && !item.From.Equal(series.Items[i-1].To) {
				t.Errorf("interval %d begins at %v, the one before ends at %v", i, item.From, series.Items[i-1].To)
			}
			if len(item.Steps) > 0 {
				opened += item.Steps[0].Count
			}
		}
		if want := readers + readers/2 + 4; opened != float64(want) || len(series.Items) < 4 {
			t.Errorf("%v opened in %d intervals, want %d in 4 or more", opened, len(series.Items), want)
		}
	})
	t.Run("the best first", func(t *testing.T) {
		top := into[funnelAnswer](s.do("GET", "/v1/metrics/top?by=pick&steps=open,bookmark&window=1d", nil, analyst).is(200))
		if len(top.Groups) != 2 || top.Groups[0].Key["pick"] != picks[0] {
			t.Errorf("%+v, want %s first of two", top.Groups, picks[0])
		}
	})
}

func TestAFunnelRefusesWhatItCannotAnswer(t *testing.T) {
	s := openCounting(t)
	analyst := s.token(t, "ana", api.ScopeMetricsRead)
	for query, field := range map[string]string{
		"steps=open":                                                "window",
		"window=1d":                                                 "steps",
		"window=1d&steps=open,follow":                               "steps",
		"window=1d&steps=open,open":                                 "steps",
		"window=1d&steps=open,impression":                           "steps",
		"window=1d&steps=impression&unit=reader":                    "unit",
		"window=1d&steps=open&unit=event":                           "unit",
		"window=1d&steps=open&mode=best":                            "mode",
		"window=0d&steps=open":                                      "window",
		"window=soon&steps=open":                                    "window",
		"window=1d&steps=open&from=yesterday":                       "from",
		"window=1d&steps=open&from=2999-01-01":                      "from",
		"window=1d&steps=open&as_of=now":                            "as_of",
		"window=1d&steps=open&tz=Mars/Olympus":                      "tz",
		"window=1d&steps=open&breakdown=colour":                     "breakdown",
		"window=1d&steps=open&breakdown=pick,pick":                  "breakdown",
		"window=1d&steps=open&limit=0":                              "limit",
		"window=1d&steps=open&breakdown=pick,expert,arm":            "breakdown",
		"window=1d&steps=impression,open&from=2026-01-01T00:30:00Z": "from",
	} {
		r := s.do("GET", "/v1/metrics/funnel?"+query, nil, analyst)
		r.problem(400, "validation")
		p := into[struct{ Errors []recommend.Problem }](r)
		if len(p.Errors) == 0 || p.Errors[0].Pointer != "/"+field || p.Errors[0].Fix == "" {
			t.Errorf("%s: %+v, want one about %s that says what to do", query, p.Errors, field)
		}
	}
	s.do("GET", "/v1/metrics/series?window=1d&steps=open&interval=minute", nil, analyst).problem(400, "validation")
	s.do("GET", "/v1/metrics/series?window=1d&steps=open&interval=hour&from=2020-01-01", nil, analyst).problem(400, "validation")
	for query, field := range map[string]string{
		"funnel?window=1d&steps=open,order&attribution=best":              "attribution",
		"funnel?window=1d&steps=open,order&attribution=first&times=true":  "times",
		"funnel?window=1d&steps=open,order&times=maybe":                   "times",
		"funnel?window=1d&steps=open,order&attribution=first&unit=reader": "unit",
		"money?attribution=best":                                          "attribution",
		"money?breakdown=source":                                          "breakdown",
		"money?arm=a":                                                     "arm",
		"money?limit=0":                                                   "limit",
		"money?from=2026-01-02&to=2026-01-01":                             "from",
		"retention?step=follow":                                           "step",
		"retention?back=impression":                                       "back",
		"retention?interval=hour&from=2026-01-01&to=2026-02-01":           "interval",
		"retention?interval=year":                                         "interval",
		"retention?topic=tea":                                             "topic",
	} {
		r := s.do("GET", "/v1/metrics/"+query, nil, analyst)
		r.problem(400, "validation")
		p := into[struct{ Errors []recommend.Problem }](r)
		if len(p.Errors) == 0 || p.Errors[0].Pointer != "/"+field || p.Errors[0].Fix == "" {
			t.Errorf("%s: %+v, want one about %s that says what to do", query, p.Errors, field)
		}
	}
	s.do("GET", "/v1/metrics/top?window=1d&steps=open,cart", nil, analyst).problem(400, "validation")
	s.do("GET", "/v1/metrics/funnel?window=1d&steps=open&cursor=x", nil, analyst).problem(400, "cursor-invalid")
	s.do("GET", "/v1/metrics/funnel?window=1d&steps=open", nil, s.token(t, "r", api.ScopeWindowRead)).problem(403, "insufficient-scope")
}

// patient notes until when it may count.
type patient struct {
	api.Analyst
	left time.Duration
}

func (p *patient) Funnel(ctx context.Context, _ *analytics.Request) (*analytics.Funnel, error) {
	at, _ := ctx.Deadline()
	p.left = time.Until(at)
	return &analytics.Funnel{Unit: "pair", Mode: "ordered", Model: "last", Steps: []analytics.Step{}, Complete: "nothing"}, nil
}

func TestAnalystsHaveMoreTimeThanOthers(t *testing.T) {
	p := new(patient)
	s := newWorld(t).open(t, func(c *api.Config) { c.Analyst, c.Timeout = p, time.Minute })
	s.do("GET", "/v1/metrics/funnel?steps=open&window=1d", nil, s.token(t, "ana", api.ScopeMetricsRead)).is(200)
	if p.left < 3*time.Minute || p.left > 4*time.Minute {
		t.Errorf("%v, want four times the minute of others", p.left)
	}
}
