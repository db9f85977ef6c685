package api_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"vitrine.dev/api"
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
