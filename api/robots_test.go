package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"vitrine.dev/api"
	"vitrine.dev/recommend"
)

var (
	byBrowser = header{"User-Agent", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"}
	byRobot   = header{"User-Agent", "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"}
)

// TestWhatRobotsDoIsCountedApart has robots do what readers do, by every way to
// act there is.
func TestWhatRobotsDoIsCountedApart(t *testing.T) {
	s := openCounting(t)
	pick := s.stock(1)[0]
	acts := object{"actions": []object{{"kind": "impression", "pick": pick}, {"kind": "open", "pick": pick}}}
	const readers, robots = 5, 3
	for i := range readers {
		who := s.token(t, fmt.Sprint("r", i), api.ScopeWindowRead)
		s.do("POST", "/v1/actions", acts, who, byBrowser).is(202)
	}
	for i := range robots {
		who := s.token(t, fmt.Sprint("robot", i), api.ScopeWindowRead)
		s.do("POST", "/v1/actions", acts, who, byRobot).is(202)
		s.do("PUT", "/v1/bookmarks/"+pick, nil, who, byRobot).is(201)
	}
	analyst := s.token(t, "ana", api.ScopeMetricsRead)
	for _, q := range []string{"funnel?window=1d&steps=", "series?window=1d&interval=day&steps=", "top?window=1d&by=pick&steps=", "funnel?window=1d&unit=reader&steps="} {
		steps, want := "impression,open,bookmark", []float64{readers, readers, 0}
		if strings.Contains(q, "unit=reader") {
			steps, want = "open,bookmark", []float64{readers, 0}
		}
		f := into[funnelAnswer](s.do("GET", "/v1/metrics/"+q+steps, nil, analyst).is(200))
		if d := gocmp.Diff(want, counts(f.Steps)); d != "" || f.LeftOut.Bots != robots || f.LeftOut.Own != 0 || f.LeftOut.Unproven != 0 {
			t.Errorf("%s: left out %+v, and counted (-want +got):\n%s", q, f.LeftOut, d)
		}
	}
	for kind, want := range map[string]int64{recommend.ActImpression: readers, recommend.ActOpen: readers, recommend.ActBookmark: 0} {
		if n := s.engine.counted(pick, kind); n != want {
			t.Errorf("the pulse counts %d readers who did %s, want %d", n, kind, want)
		}
	}
}

// TestAPairIsCountedApartOnce: a robot with the token of an expert is told as he is.
func TestAPairIsCountedApartOnce(t *testing.T) {
	s := openCounting(t)
	pick := s.stock(1)[0]
	for _, who := range []string{"x00", "robot1", "robot2"} {
		s.do("POST", "/v1/actions", object{"actions": []object{{"kind": "open", "pick": pick}}}, s.token(t, who, api.ScopeWindowRead), byRobot).is(202)
	}
	f := into[funnelAnswer](s.do("GET", "/v1/metrics/funnel?steps=open&window=1d", nil, s.token(t, "ana", api.ScopeMetricsRead)).is(200))
	if l := f.LeftOut; l.Own != 1 || l.Bots != 2 || f.Steps[0].Count != 0 {
		t.Errorf("left out %+v, counted %+v; want one of the expert's own and two of robots", l, f.Steps)
	}
}

// TestAFeedClientSaysWhichReadersAreRobots: its own User-Agent is not theirs, and
// nobody else's word is taken.
func TestAFeedClientSaysWhichReadersAreRobots(t *testing.T) {
	s := openCounting(t)
	pick := s.stock(1)[0]
	feed := s.token(t, "feed", api.ScopeWindowAny)
	var batch []object
	for i := range 8 {
		a := object{"kind": "open", "pick": pick, "reader": fmt.Sprint("reader-", i)}
		switch {
		case i >= 6:
			a["bot"] = true
		case i%2 == 0:
			a["bot"] = false
		}
		batch = append(batch, a)
	}
	body := object{"actions": batch}
	if got := into[verdicts](s.do("POST", "/v1/actions", body, feed, byRobot).is(202)); got.Accepted != 8 || len(got.Rejected) != 0 {
		t.Fatalf("got %+v, want all taken", got)
	}
	if n := s.engine.counted(pick, recommend.ActOpen); n != 6 {
		t.Errorf("the pulse counts %d readers, want the six that are no robots", n)
	}
	analyst := s.token(t, "ana", api.ScopeMetricsRead)
	f := into[funnelAnswer](s.do("GET", "/v1/metrics/funnel?steps=open&window=1d", nil, analyst).is(200))
	if f.Steps[0].Count != 6 || f.LeftOut.Bots != 2 {
		t.Errorf("%v counted and %d left out of robots, want 6 and 2", f.Steps[0].Count, f.LeftOut.Bots)
	}
	ann := s.token(t, "ann", api.ScopeWindowRead)
	for _, said := range []bool{true, false} {
		got := into[verdicts](s.do("POST", "/v1/actions", object{"actions": []object{{"kind": "open", "pick": pick, "bot": said}, {"kind": "open", "pick": pick}}}, ann, byBrowser).is(202))
		if d := gocmp.Diff(map[int]string{0: "insufficient-scope /actions/0/bot"}, got.codes()); d != "" || got.Accepted != 1-got.Duplicate || got.Rejected[0].Fix == "" {
			t.Errorf("a reader says %t: %+v (-want +got):\n%s", said, got, d)
		}
	}
	if got := s.did(feed, object{"kind": "open", "pick": pick, "reader": "reader-0", "bot": "yes"}); len(got.Rejected) != 1 {
		t.Errorf("got %+v, want what is neither true nor false refused", got)
	}
}

// TestARobotsClicksMakeNoBurst sends robots where a farm of as many readers is held.
func TestARobotsClicksMakeNoBurst(t *testing.T) {
	for _, robots := range []bool{true, false} {
		s, p, pick, _ := selling(t, func(c *api.Config) { c.TrustedProxies = []string{"127.0.0.1"} })
		agent := byBrowser
		if robots {
			agent = byRobot
		}
		leave := func(name string, agent header) {
			who := s.token(t, name, api.ScopeWindowRead)
			s.do("POST", "/v1/clickouts", object{"pick_id": pick}, who, agent, key(name), header{"X-Forwarded-For", "198.51.100.7"}).is(201)
		}
		for i := range 25 {
			leave(fmt.Sprint("many", i), agent)
		}
		if k, err := s.engine.clicks.Open(p.last.Token); err != nil || k.Bot != robots {
			t.Errorf("the click says %t, %v; want %t", k.Bot, err, robots)
		}
		page := into[signalPage](s.do("GET", "/v1/signals?kind=click-burst&subject=pick:"+pick, nil, s.moderator()).is(200))
		if burst := len(page.Items) > 0; burst == robots {
			t.Errorf("robots: %t: signals %+v", robots, page.Items)
		}
		leave("somebody", byBrowser)
		if near := s.engine.lastNear(t); near == robots {
			t.Errorf("robots: %t: a reader of their network is near another: %t", robots, near)
		}
	}
}

// lastNear is whether the last way to a checkout in the log was near another.
func (e *engine) lastNear(t *testing.T) (near bool) {
	t.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, x := range e.log[recommend.TopicActions] {
		var a recommend.Action
		if x.Type != recommend.TypeActed {
			continue
		}
		if err := json.Unmarshal(x.Data, &a); err != nil {
			t.Fatal(err)
		}
		if a.Kind == recommend.ActCheckout {
			near = a.Near
		}
	}
	return near
}

// BenchmarkAct is an action of one reader, by a User-Agent that is known and by
// one that is new each time, and none.
func BenchmarkAct(b *testing.B) {
	for name, agent := range map[string]string{"none": "", "known": byBrowser.value, "new": byBrowser.value + " Build/"} {
		b.Run(name, func(b *testing.B) {
			w := newWorld(b)
			server, err := api.New(w.config())
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(server.Close)
			pick := w.stocked(b, 50)[0]
			body := fmt.Sprintf(`{"actions":[{"kind":"follow","pick":%q}]}`, pick) // rejected: all but the append
			who := w.token(b, "ann", api.ScopeWindowRead)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				r := httptest.NewRequestWithContext(b.Context(), http.MethodPost, "/v1/actions", strings.NewReader(body))
				r.Header.Set("Content-Type", "application/json")
				r.Header.Set(who.name, who.value)
				if agent != "" {
					r.Header.Set("User-Agent", agent)
				}
				if name == "new" {
					r.Header.Set("User-Agent", fmt.Sprint(agent, i))
				}
				got := httptest.NewRecorder()
				server.ServeHTTP(got, r)
				if got.Code != http.StatusAccepted {
					b.Fatalf("status %d: %s", got.Code, got.Body)
				}
			}
		})
	}
}
