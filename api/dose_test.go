package api_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"vitrine.dev/api"
	"vitrine.dev/api/web"
	"vitrine.dev/recommend"
)

func TestInsertionsStandApartAmongOtherThings(t *testing.T) {
	s := open(t)
	s.stock(12)
	ann := s.token(t, "ann", api.ScopeWindowRead)
	for organic, want := range map[int][]int{3: nil, 4: {2}, 9: {2, 7}, 40: {2, 7, 12, 17, 22, 27, 32, 37, 42, 47}} {
		reader := fmt.Sprint("reader", organic)
		w := into[recommend.Window](s.do("GET", fmt.Sprintf("/v1/window/insertions?organic_count=%d", organic), nil, s.token(t, reader, api.ScopeWindowRead)).is(200))
		var got []int
		experts := make(map[string]bool)
		for _, item := range w.Items {
			got = append(got, item.Position)
			experts[item.Expert.ID] = true
		}
		if fmt.Sprint(got) != fmt.Sprint(want) || len(experts) != len(want) || w.Degraded || w.Reason != "" {
			t.Errorf("among %d: positions %v of %d experts, want %v; %v %q", organic, got, len(experts), want, w.Missing, w.Reason)
		}
	}
	for _, query := range []string{"", "organic_count=x", "organic_count=4&seed=x", "organic_count=4&reader=other"} {
		if r := s.do("GET", "/v1/window/insertions?"+query, nil, ann); r.status < 400 {
			t.Errorf("%q: got %d, want a refusal", query, r.status)
		}
	}
	s.do("GET", "/v1/window/insertions?organic_count=0", nil, ann).problem(422, "validation")
}

func TestADoseIsSetAndKept(t *testing.T) {
	w := newWorld(t)
	a, b := w.open(t), w.open(t)
	a.stock(8)
	ann := w.token(t, "ann", api.ScopeWindowRead)
	ask := func(s *site) recommend.Window {
		t.Helper()
		return into[recommend.Window](s.do("GET", "/v1/window/insertions?organic_count=12", nil, ann).is(200))
	}
	a.do("PUT", "/v1/me/dose", object{"per_day": 41}, ann).problem(422, "validation")
	a.do("PUT", "/v1/me/dose", object{"per_day": 4}, ann).is(200)
	if n, m := len(ask(a).Items), len(ask(b).Items); n != 3 || m != 1 {
		t.Errorf("got %d and %d picks, want 3 and the one that is left of 4", n, m)
	}
	full := ask(a)
	if full.Reason != "fatigue_cap" || !full.NextAllowedAt.Equal(w.clock.now().Add(24*time.Hour)) {
		t.Errorf("reason %q until %v, want a day", full.Reason, full.NextAllowedAt)
	}
	b.do("PUT", "/v1/me/dose", object{"per_day": 0}, ann).is(200)
	if none := ask(a); none.Reason != "fatigue_cap" || !none.NextAllowedAt.IsZero() {
		t.Errorf("reason %q until %v, want never", none.Reason, none.NextAllowedAt)
	}
	if out := string(a.do("GET", "/v1/me/export", nil, ann).is(200).body); !strings.Contains(out, `{"type":"dose","data":{"per_day":0`) {
		t.Errorf("the export lacks the dose:\n%s", out)
	}
	a.do("PUT", "/v1/me/dose", object{}, ann).is(200)
	if got := into[object](a.do("GET", "/v1/me/dose", nil, ann).is(200)); got["per_day"] != nil || got["policy_per_day"] != 40.0 {
		t.Errorf("got %v, want the policy's", got)
	}
	if rest := ask(b); len(rest.Items) != 3 {
		t.Errorf("got %d picks of experts who did not come yet, want 3", len(rest.Items))
	}
}

func TestWithoutTheFoldNoPickIsInserted(t *testing.T) {
	s := open(t)
	s.stock(4)
	ann := s.token(t, "ann", api.ScopeWindowRead)
	s.engine.stalled = true
	w := into[recommend.Window](s.do("GET", "/v1/window/insertions?organic_count=8", nil, ann).is(200))
	if len(w.Items) != 0 || !w.Degraded || fmt.Sprint(w.Missing) != "[dose]" {
		t.Errorf("got %d picks, missing %v; want none while nobody can tell", len(w.Items), w.Missing)
	}
}

// TestNoSequenceOfCallsExceedsTheDose asks two processes, whose folds stall now
// and then, and never reports what was seen.
func TestNoSequenceOfCallsExceedsTheDose(t *testing.T) {
	w := newWorld(t)
	sites := []*site{w.open(t), w.open(t)}
	sites[0].stock(14)
	n := 0
	rapid.Check(t, func(r *rapid.T) {
		n++
		token := w.token(t, fmt.Sprint("reader", n), api.ScopeWindowRead)
		var at []time.Time
		last := make(map[string]time.Time)
		for range rapid.IntRange(1, 25).Draw(r, "calls") {
			w.clock.advance(time.Duration(rapid.SampledFrom([]int{0, 1, 300, 600, 7_200, 86_399}).Draw(r, "seconds")) * time.Second)
			s := sites[rapid.IntRange(0, 1).Draw(r, "process")]
			page := into[recommend.Window](s.do("GET", fmt.Sprintf("/v1/window/insertions?organic_count=%d", rapid.IntRange(1, 60).Draw(r, "organic")), nil, token).is(200))
			for _, item := range page.Items {
				now := w.clock.now()
				if before, ok := last[item.Expert.ID]; ok && now.Sub(before) < 10*time.Minute {
					r.Fatalf("two picks of %s within %v", item.Expert.ID, now.Sub(before))
				}
				last[item.Expert.ID] = now
				at = append(at, now)
				if k := len(at) - 41; k >= 0 && now.Sub(at[k]) < 24*time.Hour {
					r.Fatalf("41 picks within %v", now.Sub(at[k]))
				}
			}
		}
	})
}

func TestAFormSetsTheDose(t *testing.T) {
	s := open(t)
	session := s.token(t, "ann", api.ScopeWindowRead)
	cookie := header{"Cookie", "vitrine_session=" + strings.TrimPrefix(session.value, "Bearer ")}
	form, ours := header{"Content-Type", "application/x-www-form-urlencoded"}, header{"Sec-Fetch-Site", "same-origin"}
	s.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	set := func() any { return into[object](s.do("GET", "/v1/me/dose", nil, session).is(200))["per_day"] }

	s.do("POST", "/v1/me/dose", "per_day=5", cookie, form, header{"Sec-Fetch-Site", "cross-site"}).problem(403, "cross-site-request")
	s.do("POST", "/v1/me/dose", "per_day=5", cookie, ours).problem(415, "media-type-unsupported")
	if got := set(); got != nil {
		t.Fatalf("another site's form set %v", got)
	}
	if r := s.do("POST", "/v1/me/dose", "per_day=5", cookie, form, ours).is(303); r.header.Get("Location") != "/me#dose" {
		t.Errorf("leads to %q", r.header.Get("Location"))
	}
	if got := set(); got != 5.0 {
		t.Errorf("set %v, want 5", got)
	}
	for _, wrong := range []string{"per_day=41", "per_day=-1", "per_day=many"} {
		s.do("POST", "/v1/me/dose", wrong, cookie, form, ours).problem(422, "validation")
	}
	s.do("POST", "/v1/me/dose", "per_day=", cookie, form, ours).is(303)
	if got := set(); got != nil {
		t.Errorf("set %v, want the policy's", got)
	}
}

// TestNoSequenceOfWindowsExceedsTheDose asks for windows, their next pages, web
// pages and insertions of two processes under a policy that bounds them all.
func TestNoSequenceOfWindowsExceedsTheDose(t *testing.T) {
	w := newWorld(t)
	const most = 15
	policy, err := recommend.ParsePolicy(fmt.Appendf(nil, "version: bounded\ndose: {windows: true, per_day: %d}\n", most))
	if err != nil {
		t.Fatal(err)
	}
	first := w.open(t)
	first.stock(14)
	w.world.SetPolicy(t.Context(), policy)
	pages := func(c *api.Config) {
		c.Pages, err = web.New(web.Config{
			Windows: c.Windows.(web.Windows), Store: w.engine, World: w.world, Now: w.clock.now, Admit: api.AdmitOf,
			Session: func(r *http.Request) (string, []string, bool) { return w.keys.Session(r, w.clock.now()) },
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	sites := []*site{w.open(t, pages), w.open(t, pages)}
	onPage := regexp.MustCompile(`<li data-pick="([^"]+)"`)
	author := make(map[string]string)
	stocked, err := w.config().Windows.Window(t.Context(), recommend.WindowRequest{Limit: 50})
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range stocked.Items {
		author[i.Pick] = i.Expert.ID
	}
	n := 0
	rapid.Check(t, func(r *rapid.T) {
		n++
		token := w.token(t, fmt.Sprint("windowed", n), api.ScopeWindowRead)
		cookie := header{"Cookie", "vitrine_session=" + strings.TrimPrefix(token.value, "Bearer ")}
		var all []recommend.Given
		took := func(picks ...string) {
			for _, p := range picks {
				if author[p] == "" {
					r.Fatalf("pick %s is of nobody", p)
				}
				all = append(all, recommend.Given{Pick: p, Expert: author[p], At: w.clock.now()})
			}
		}
		ask := func(s *site, path string) recommend.Window {
			page := into[recommend.Window](s.do("GET", path, nil, token).is(200))
			if page.Degraded || len(page.Items) == 0 && page.Reason != "fatigue_cap" && strings.HasPrefix(path, "/v1/window?limit") {
				r.Fatalf("%s: %d picks, degraded %v, reason %q", path, len(page.Items), page.Degraded, page.Reason)
			}
			for _, i := range page.Items {
				took(i.Pick)
			}
			return page
		}
		cursor := ""
		for range rapid.IntRange(1, 15).Draw(r, "calls") {
			w.clock.advance(time.Duration(rapid.SampledFrom([]int{0, 1, 300, 600, 7_200, 86_399}).Draw(r, "seconds")) * time.Second)
			s := sites[rapid.IntRange(0, 1).Draw(r, "process")]
			had := len(all)
			switch kind := rapid.SampledFrom([]string{"window", "next", "page", "insertions"}).Draw(r, "kind"); {
			case kind == "insertions":
				ask(s, fmt.Sprintf("/v1/window/insertions?organic_count=%d", rapid.IntRange(1, 60).Draw(r, "organic")))
			case kind == "page":
				plain := *s // pages are not in the contract
				plain.client = http.DefaultClient
				body := string(plain.do("GET", "/?lang=en", nil, cookie).is(200).body)
				for _, m := range onPage.FindAllStringSubmatch(body, -1) {
					took(m[1])
				}
				if len(all) == had && !strings.Contains(body, "Enough picks for now") {
					r.Fatalf("a page without cards does not say why")
				}
			case kind == "next" && cursor != "":
				if reply := s.do("GET", "/v1/window?cursor="+url.QueryEscape(cursor), nil, token); reply.status == 200 {
					page := into[recommend.Window](reply)
					for _, i := range page.Items {
						took(i.Pick)
					}
					cursor = page.NextCursor
				}
			default:
				cursor = ask(s, fmt.Sprintf("/v1/window?limit=%d", rapid.IntRange(1, 20).Draw(r, "limit"))).NextCursor
			}
		}
		w.clock.advance(24 * time.Hour)
		if page := ask(sites[0], "/v1/window?limit=5"); len(page.Items) == 0 {
			r.Fatalf("a day later there is no window: %+v", page)
		}
		for i := range all {
			day := 0
			for k := i; k >= 0 && all[i].At.Sub(all[k].At) < 24*time.Hour; k-- {
				day++
				if passed := all[i].At.Sub(all[k].At); k < i && all[k].Expert == all[i].Expert && passed < 10*time.Minute {
					r.Fatalf("two picks of %s within %v", all[i].Expert, passed)
				}
			}
			if day > most {
				r.Fatalf("%d picks within a day, %d allowed", day, most)
			}
		}
	})
}

// TestSomebodyUnknownHasAWindow is of a policy that bounds windows: there is
// nobody whom the picks could be counted for.
func TestSomebodyUnknownHasAWindow(t *testing.T) {
	w := newWorld(t)
	s := w.open(t)
	s.stock(4)
	policy, err := recommend.ParsePolicy([]byte("version: bounded\ndose: {windows: true}\n"))
	if err != nil {
		t.Fatal(err)
	}
	w.world.SetPolicy(t.Context(), policy)
	windows := w.config().Windows
	page, err := windows.Window(t.Context(), recommend.WindowRequest{Admit: func(context.Context, string, []recommend.ServedPick) (string, *recommend.Dose, error) {
		t.Error("leave is asked for nobody")
		return "", nil, recommend.ErrUnavailable
	}})
	if err != nil || len(page.Items) != 4 || page.Degraded {
		t.Errorf("got %+v, %v; want 4 picks", page, err)
	}
}
