package web_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"vitrine.dev/analytics"
	"vitrine.dev/api/web"
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
	answer.LeftOut.Groups = 3
	return answer, nil
}

func (f *figures) Series(_ context.Context, r *analytics.Request) (*analytics.Series, error) {
	s := new(analytics.Series)
	for i := range len(r.Edges) - 1 {
		s.Items = append(s.Items, analytics.Slot{From: r.Edges[i], To: r.Edges[i+1], Few: i == 1, Steps: []analytics.Step{{Count: float64(10 * i)}, {Count: float64(i)}}})
	}
	return s, nil
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
	if code, body := get("/analytics", "mei window:read", "en"); code != http.StatusForbidden || strings.Contains(body, "8640") || !strings.Contains(body, "metrics:read") || len(f.asked) > 0 {
		t.Errorf("somebody else is answered with %d, want 403 that names the scope", code)
	}
	for lang, words := range map[string][]string{"en": {"Opened", "Sent back", "3 groups of few readers"}, "zh": {"打开", "退款", "3 个读者过少的分组"}} {
		code, body := get("/analytics?days=7&by=expert", "ana metrics:read", lang)
		if code != http.StatusOK {
			t.Fatalf("status %d, want 200", code)
		}
		for _, want := range append(words, "8640", "4321", "1.00%–25.0%", "&lt;one&gt;", `href="/experts/%3cone%3e"`, "<svg class=\"chart\"") {
			if !strings.Contains(body, want) {
				t.Errorf("%s: the page lacks %q", lang, want)
			}
		}
		if strings.Contains(body, "<one>") {
			t.Errorf("%s: a name is not escaped", lang)
		}
	}
	last := f.asked[len(f.asked)-1]
	if days := last.Edges[1].Sub(last.Edges[0]).Hours() / 24; days != 7 {
		t.Errorf("asked for %v days, want 7", days)
	}
	if code, _ := get("/analytics?days=1000000&by=colour", "ana metrics:read", "en"); code != http.StatusOK {
		t.Errorf("what the page does not offer is answered with %d, want what it shows without", code)
	}
}
