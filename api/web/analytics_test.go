package web_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"vitrine.dev/analytics"
	"vitrine.dev/api/web"
	"vitrine.dev/recommend"
)

// figures are what an analyst answers: always the same.
type figures struct{ asked []*analytics.Request }

func (f *figures) Funnel(_ context.Context, r *analytics.Request) (*analytics.Funnel, error) {
	f.asked = append(f.asked, r)
	in := [2]float64{.01, .25}
	answer := &analytics.Funnel{Steps: []analytics.Step{}}
	steps := func(n int64) (s []analytics.Step) {
		for i, step := range r.Steps {
			s = append(s, analytics.Step{Step: step, Count: float64(n / int64(i+1)), RateFromFirst: 1 / float64(i+1), RateFromPrevious: .5, Interval: &in})
		}
		return s
	}
	answer.Steps = steps(8640)
	for _, by := range r.By {
		answer.Groups = []analytics.Group{{Key: map[string]string{by: "<one>"}, Steps: steps(4321)}, {Key: map[string]string{by: ""}, Steps: steps(77)}}
	}
	answer.LeftOut.Groups, answer.LeftOut.Own, answer.LeftOut.Bots = 3, 21, 34
	return answer, nil
}

func (f *figures) Series(_ context.Context, r *analytics.Request) (*analytics.Series, error) {
	s := new(analytics.Series)
	for i := range len(r.Edges) - 1 {
		s.Items = append(s.Items, analytics.Slot{From: r.Edges[i], To: r.Edges[i+1], Few: i == 1, Steps: []analytics.Step{{Count: float64(10 * i)}, {Count: float64(i)}}})
	}
	return s, nil
}

func (f *figures) MoneyOf(_ context.Context, r *analytics.Request) (*analytics.Money, error) {
	f.asked = append(f.asked, r)
	of := analytics.Amounts{Currency: "CNY", Lines: 12, Gross: 120000, Refunded: 5000, Net: 115000, Earned: 4600, Held: 700}
	m := &analytics.Money{Model: r.Model, Totals: []analytics.Amounts{of}, Unattributed: []analytics.MoneyGroup{{Key: map[string]string{"reason": "no-token"}, Amounts: of}}}
	for _, by := range r.By {
		m.Groups = []analytics.MoneyGroup{{Key: map[string]string{by: "<one>"}, Amounts: of}}
	}
	return m, nil
}

func (f *figures) Retain(_ context.Context, r *analytics.Request) (*analytics.Retention, error) {
	f.asked = append(f.asked, r)
	t := new(analytics.Retention)
	for i := range len(r.Edges) - 1 {
		t.Cohorts = append(t.Cohorts, analytics.Cohort{From: r.Edges[i], To: r.Edges[i+1], Readers: 77, Few: i == 1, Back: []analytics.Returned{{Readers: 33, Rate: 3. / 7, Open: true}}})
	}
	return t, nil
}

func (f *figures) Top(ctx context.Context, r *analytics.Request) (*analytics.Funnel, error) {
	return f.Funnel(ctx, r)
}

func TestAnalystsSeeWhatConverts(t *testing.T) {
	w := newWorld(t, nil)
	f := new(figures)
	site, err := web.New(web.Config{Windows: w.windows, Store: w, World: w.world, Analyst: f, Session: sessionOf})
	if err != nil {
		t.Fatal(err)
	}
	get := func(path, session, lang string) (int, string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody)
		r.Header.Set("X-Test-Session", session)
		r.Header.Set("Accept-Language", lang)
		answer := httptest.NewRecorder()
		site.ServeHTTP(answer, r)
		return answer.Code, answer.Body.String()
	}
	if code, body := get("/analytics", "mei window:read", "en"); code != http.StatusForbidden || strings.Contains(body, "8,640") || !strings.Contains(body, "metrics:read") || len(f.asked) > 0 {
		t.Errorf("somebody else is answered with %d, want 403 that names the scope", code)
	}
	for lang, words := range map[string][]string{"en": {"Opened", "Sent back", "3 groups of few readers", "21 of experts with their own picks, 34 of robots"}, "zh": {"打开", "退款", "3 个读者过少的分组", "34 对来自自称的爬虫"}} {
		code, body := get("/analytics?days=7&by=expert", "ana metrics:read", lang)
		if code != http.StatusOK {
			t.Fatalf("status %d, want 200", code)
		}
		for _, want := range append(words, "8,640", "4,321", "1.00%–25.0%", "&lt;one&gt;", `href="/experts/%3cone%3e"`, "<svg class=\"chart\"", "1,150", "no-token", "42.9%*") {
			if !strings.Contains(body, want) {
				t.Errorf("%s: the page lacks %q", lang, want)
			}
		}
		if strings.Contains(body, "<one>") {
			t.Errorf("%s: a name is not escaped", lang)
		}
	}
	last := f.asked[len(f.asked)-1]
	if days := last.Edges[len(last.Edges)-1].Sub(last.Edges[0]).Hours() / 24; days != 7 {
		t.Errorf("asked for %v days, want 7", days)
	}
	if code, _ := get("/analytics?days=1000000&by=colour", "ana metrics:read", "en"); code != http.StatusOK {
		t.Errorf("what the page does not offer is answered with %d, want what it shows without", code)
	}
	if code, body := get("/analytics?model=split", "ana metrics:read", "en"); code != http.StatusOK || !strings.Contains(body, `model=split#money" aria-current="true"`) {
		t.Errorf("attribution in equal parts is answered with %d, want a page of that", code)
	}
	if code, _ := get("/analytics/live", "ana metrics:read", "en"); code != http.StatusNotFound {
		t.Errorf("tiles of a process that measures nothing are answered with %d, want 404", code)
	}
}

func TestTilesAreForAnalysts(t *testing.T) {
	w := newWorld(t, nil)
	made := 42.
	site, err := web.New(web.Config{
		Windows: w.windows, Store: w, World: w.world, Analyst: new(figures), Session: sessionOf,
		Live: func() (web.Live, error) { return web.Live{At: time.Unix(1, 0).UTC(), Windows: &made}, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	for session, want := range map[string]int{"mei window:read": http.StatusNotFound, "ana metrics:read": http.StatusOK} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/analytics/live", http.NoBody)
		r.Header.Set("X-Test-Session", session)
		answer := httptest.NewRecorder()
		site.ServeHTTP(answer, r)
		if answer.Code != want {
			t.Errorf("%s: status %d, want %d", session, answer.Code, want)
		}
		const body = `{"at":"1970-01-01T00:00:01Z","windows":42,"actions":null,"lag":null,"oldest_seconds":null,"visible_seconds":null}`
		if want == http.StatusOK && answer.Body.String() != body {
			t.Errorf("got %s, want %s", answer.Body, body)
		}
	}
}

// trials has an experiment that shows a difference, and lacks readers for another.
type trials struct{ web.Windows }

func (trials) Experiments(context.Context, string) ([]recommend.ExperimentReport, error) {
	rate := recommend.Rate{Value: .3, Low: .25, High: .35, N: 400}
	return []recommend.ExperimentReport{{
		ID: "spacing", Plan: &recommend.ExperimentPlan{From: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC), Until: time.Date(2026, 12, 29, 0, 0, 0, 0, time.UTC), Part: .25}, Method: recommend.ArmMethod{Name: "<by looks>", Source: "Robbins 1970"},
		Arms: []recommend.ArmReport{
			{Name: "as-is", Metrics: []recommend.ArmMetric{{Name: "open", Did: 120, Rate: rate}}},
			{Name: "wide", Metrics: []recommend.ArmMetric{
				{Name: "open", Did: 160, Rate: rate, Difference: &recommend.ArmDifference{Value: .1, Low: .02, High: .18, P: .004, ExcludesZero: true}},
				{Name: "complaint", Guardrail: true, Did: 3, Rate: rate, Lacks: 97},
			}},
		},
	}}, nil
}

func TestAnalystsSeeHowArmsCompare(t *testing.T) {
	w := newWorld(t, nil)
	site, err := web.New(web.Config{Windows: trials{w.windows}, Store: w, World: w.world, Analyst: new(figures), Session: sessionOf})
	if err != nil {
		t.Fatal(err)
	}
	for lang, words := range map[string][]string{"en": {"a difference", "25.0% of the planned", "97 more readers", "guardrail", "Complained"}, "zh": {"有差异", "计划时间已过 25.0%", "还需 97 位读者", "护栏", "投诉"}} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/analytics", http.NoBody)
		r.Header.Set("X-Test-Session", "ana metrics:read")
		r.Header.Set("Accept-Language", lang)
		answer := httptest.NewRecorder()
		site.ServeHTTP(answer, r)
		for _, want := range append(words, "spacing", "10.0%", "2.00%–18.0%, p 0.004", "&lt;by looks&gt;") {
			if !strings.Contains(answer.Body.String(), want) {
				t.Errorf("%s: the page (%d) lacks %q", lang, answer.Code, want)
			}
		}
	}
}
