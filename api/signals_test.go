package api_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"vitrine.dev/api"
	"vitrine.dev/ingest"
	"vitrine.dev/recommend"
)

type signalPage struct {
	Items []struct {
		recommend.Signal
		ETag string
	}
	NextCursor string `json:"next_cursor"`
}

// rushed makes n orders that come a second after their clicks.
func (s *site) rushed(p *shop, pick string, n int) {
	s.t.Helper()
	ann := s.token(s.t, "ann", api.ScopeWindowRead)
	for i := range n {
		token := s.goTo(p, ann, pick)
		s.push(s.reported("fast"+string(rune('a'+i)), token, "paid", 20000))
	}
}

func TestAModeratorDecidesAboutASignal(t *testing.T) {
	s, p, pick, mei := selling(t)
	s.rushed(p, pick, 2)
	mod := s.moderator()
	page := into[signalPage](s.do("GET", "/v1/signals?state=open", nil, mod).is(200))
	if len(page.Items) != 2 || page.Items[0].Kind != "fast-order" || page.Items[0].Expert != "mei" || page.Items[0].Key != "" || *page.Items[0].Evidence.Seconds != 0 {
		t.Fatalf("got %+v, want two signals about mei's orders", page.Items)
	}
	one := page.Items[0]
	l := s.earned(mei, "?state=on_hold")
	if len(l.Items) != 2 || !l.Items[0].HeldUntil.Equal(page.Items[1].Expires) || l.Items[0].Reason != "fast-order" {
		t.Fatalf("got %+v, want both lines on hold, and until when", l.Items)
	}
	path := "/v1/signals/" + one.ID + "/resolve"
	finding := object{"state": "dismissed", "text": "The shop's clock."}
	s.do("POST", path, finding, mod).problem(428, "precondition-required")
	s.do("POST", path, finding, mod, ifMatch(`"r9"`)).problem(412, "precondition-failed")
	s.do("POST", path, object{"state": "open"}, mod, ifMatch(one.ETag)).problem(422, "validation")
	s.do("POST", "/v1/signals/fast-order-none/resolve", finding, mod, ifMatch("*")).problem(404, "not-found")
	s.do("POST", path, finding, mei, ifMatch(one.ETag)).problem(403, "insufficient-scope")
	r := s.do("POST", path, finding, mod, ifMatch(one.ETag)).is(200)
	if tag := r.header.Get("ETag"); tag != s.do("GET", "/v1/signals/"+one.ID, nil, mod).is(200).header.Get("ETag") || tag == one.ETag {
		t.Errorf("got %s, want the tag of the signal as it is now", tag)
	}
	s.do("POST", path, finding, mod, ifMatch(one.ETag)).is(200) // the same again
	l = s.earned(mei, "?state=pending")
	if len(l.Items) != 1 || l.Items[0].Entries[len(l.Items[0].Entries)-1].Text != "The shop's clock." {
		t.Errorf("got %+v, want one line let go, with the reason", l.Items)
	}
	if l.Balances[0].Balance != 3200 {
		t.Errorf("balance %d, want 3200: nothing was taken", l.Balances[0].Balance)
	}
	s.do("POST", "/v1/signals/"+page.Items[1].ID+"/resolve", object{"state": "upheld"}, mod, ifMatch("*")).is(200)
	if l = s.earned(mei, "?state=on_hold"); len(l.Items) != 1 || !l.Items[0].HeldUntil.IsZero() {
		t.Errorf("got %+v, want one held until a ruling", l.Items)
	}
}

func TestSignalsArePagedAndFiltered(t *testing.T) {
	s, p, pick, mei := selling(t)
	s.rushed(p, pick, 5)
	s.push(s.reported("own", s.goTo(p, mei, pick), "paid", 20000))
	analyst := s.token(t, "al", api.ScopeMetricsRead)
	seen := map[string]bool{}
	for query := "?limit=2&kind=fast-order"; query != ""; {
		page := into[signalPage](s.do("GET", "/v1/signals"+query, nil, analyst).is(200))
		for _, i := range page.Items {
			seen[i.ID] = true
		}
		if len(page.Items) > 2 {
			t.Fatalf("%d signals on a page of two", len(page.Items))
		}
		if query = ""; page.NextCursor != "" {
			query = "?limit=2&kind=fast-order&cursor=" + page.NextCursor
		}
	}
	if len(seen) != 5 {
		t.Errorf("%d signals, want 5", len(seen))
	}
	for query, want := range map[string]int{
		"?kind=self-purchase": 1, "?subject=line:own/taobao/1": 1, "?subject=line:own/taobao/2": 0, "?state=upheld": 0, "?state=open": 6,
	} {
		if page := into[signalPage](s.do("GET", "/v1/signals"+query, nil, analyst).is(200)); len(page.Items) != want {
			t.Errorf("%s: %d signals, want %d", query, len(page.Items), want)
		}
	}
	s.do("GET", "/v1/signals?kind=odd", nil, analyst).problem(400, "validation")
	s.do("GET", "/v1/signals?state=odd", nil, analyst).problem(400, "validation")
	s.do("GET", "/v1/signals?cursor=odd", nil, analyst).problem(400, "cursor-invalid")
	s.do("GET", "/v1/signals", nil, mei).problem(403, "insufficient-scope")
	s.do("GET", "/v1/signals", nil).problem(401, "unauthorized")
}

func TestFiguresSayHowOftenSignalsWereRight(t *testing.T) {
	s, p, pick, _ := selling(t)
	s.rushed(p, pick, 4)
	mod := s.moderator()
	for i, sig := range into[signalPage](s.do("GET", "/v1/signals", nil, mod).is(200)).Items[:3] {
		state := []string{"upheld", "upheld", "dismissed"}[i]
		s.do("POST", "/v1/signals/"+sig.ID+"/resolve", object{"state": state}, mod, ifMatch(sig.ETag)).is(200)
	}
	got := into[struct {
		Confidence float64
		Kinds      []struct {
			Kind                              string
			Open, Upheld, Dismissed, Resolved int
			Precision                         *float64
			Interval                          struct{ Low, High float64 }
		}
	}](s.do("GET", "/v1/metrics/signals", nil, s.token(t, "al", api.ScopeMetricsRead)).is(200))
	for _, k := range got.Kinds {
		switch k.Kind {
		case "fast-order":
			if k.Open != 1 || k.Upheld != 2 || k.Dismissed != 1 || k.Resolved != 3 || *k.Precision < 0.66 || *k.Precision > 0.67 || k.Interval.Low < 0.2 || k.Interval.High > 0.95 {
				t.Errorf("got %+v, want two of three right", k)
			}
		default:
			if k.Resolved != 0 || k.Precision != nil || k.Interval.Low != 0 || k.Interval.High != 1 {
				t.Errorf("got %+v, want nothing known", k)
			}
		}
	}
}

func TestASignalThatNobodyDecidesAboutEnds(t *testing.T) {
	s, p, pick, _ := selling(t)
	s.rushed(p, pick, 1)
	mod := s.moderator()
	one := into[signalPage](s.do("GET", "/v1/signals", nil, mod).is(200)).Items[0]
	s.clock.advance(30*24*time.Hour + time.Minute)
	var log takenAsIs
	x := ingest.SignalExpiry{Store: s.engine, Log: &log, Now: s.clock.now, Wait: func(context.Context, time.Duration) error { return context.Canceled }}
	for p := range 3 {
		x.Run(t.Context(), ingest.Duty{Topic: recommend.TopicOrders, Partition: p, Partitions: 3})
	}
	if len(log) != 1 {
		t.Fatalf("ended %+v, want one signal", log)
	}
	if _, err := s.engine.Append(t.Context(), recommend.TopicOrders, log...); err != nil {
		t.Fatal(err)
	}
	s.do("POST", "/v1/signals/"+one.ID+"/resolve", object{"state": "upheld"}, s.moderator(), ifMatch("*")).problem(409, "signal-expired")
	mei := s.token(t, "mei", api.ScopePicksWrite)
	if l := s.earned(mei, "?state=pending"); len(l.Items) != 1 || !l.Items[0].HeldUntil.IsZero() {
		t.Errorf("got %+v, want the line let go", l.Items)
	}
}

// takenAsIs keeps the events that it takes.
type takenAsIs []recommend.Event

func (l *takenAsIs) Append(_ context.Context, _ string, events ...recommend.Event) ([]recommend.Position, error) {
	*l = append(*l, events...)
	return make([]recommend.Position, len(events)), nil
}

func TestOrdersOfAFarmAreHeldAndADismissalLetsThemGo(t *testing.T) {
	s, p, pick, mei := selling(t, func(c *api.Config) { c.TrustedProxies = []string{"127.0.0.1"} })
	s.clock.advance(s.clock.now().Truncate(10 * time.Minute).Add(10 * time.Minute).Sub(s.clock.now()))
	for i := range 25 {
		s.clock.advance(time.Second)
		bot := s.token(t, fmt.Sprint("bot", i), api.ScopeWindowRead)
		s.do("POST", "/v1/clickouts", object{"pick_id": pick}, bot, key(fmt.Sprint("k", i)), header{"X-Forwarded-For", fmt.Sprint("198.51.100.", i)}).is(201)
	}
	token := p.last.Token
	s.clock.advance(time.Minute)
	s.push(s.reported("o1", token, "paid", 20000))
	l := s.earned(mei, "?state=on_hold")
	if len(l.Items) != 1 || l.Items[0].Reason != "click-burst" || l.Items[0].HeldUntil.IsZero() {
		t.Fatalf("got %+v, want a line held as of a burst", l.Items)
	}
	page := into[signalPage](s.do("GET", "/v1/signals?kind=click-burst&subject=pick:"+pick, nil, s.moderator()).is(200))
	if len(page.Items) != 1 || page.Items[0].Evidence.Buckets[0].Clicks < 20 || page.Items[0].Evidence.Buckets[0].Networks != 1 {
		t.Fatalf("got %+v, want one burst from one network", page.Items)
	}
	one := page.Items[0]
	s.do("POST", "/v1/signals/"+one.ID+"/resolve", object{"state": "dismissed", "text": "A class that buys together."}, s.moderator(), ifMatch(one.ETag)).is(200)
	if l := s.earned(mei, "?state=pending"); len(l.Items) != 1 || l.Items[0].Amount != 1600 {
		t.Errorf("got %+v, want it let go", l.Items)
	}
	if len(s.engine.dead) > 0 {
		t.Errorf("dead letters %v", s.engine.dead)
	}
}
