package ingest_test

import (
	"fmt"
	"testing"
	"time"

	"vitrine.dev/ingest"
	"vitrine.dev/recommend"
)

// A trafficBench folds actions and orders, and what each causes in the orders.
type trafficBench struct {
	*bench
	t      testing.TB
	clicks int
	orders []recommend.Event // as they lie in the log
}

func newTraffic(t testing.TB) *trafficBench { return &trafficBench{bench: newOrderBench(), t: t} }

func (b *trafficBench) play(f ingest.Folder, e recommend.Event) {
	b.t.Helper()
	if f.Topic == recommend.TopicOrders {
		b.orders = append(b.orders, e)
	}
	out := b.mustFold(b.t, f, e)
	for _, next := range out.Appends[recommend.TopicOrders] {
		next.Appended = e.Appended
		if e.Appended.IsZero() {
			next.Appended = e.Time
		}
		b.play(ingest.Orders(), next)
	}
}

// click is a way to the checkout of p1, and its token.
func (b *trafficBench) click(reader string, at time.Time, near bool) string {
	b.t.Helper()
	b.clicks++
	k := aClick()
	k.ID, k.Reader, k.At = fmt.Sprint("k", b.clicks), reader, at
	b.play(ingest.Actions(), event(recommend.TypeActed, reader, at, recommend.Action{
		ID: "a-" + k.ID, Reader: reader, Kind: recommend.ActCheckout, Pick: k.Pick, Expert: k.Expert, Product: k.Product, At: at, Click: &k, Near: near,
	}))
	return mint(b.t, k)
}

// buy pays for the order o1 ten minutes after the click.
func (b *trafficBench) buy(token string, at time.Time) {
	b.t.Helper()
	r := aReport(b.t, "paid", 10000, at.Add(10*time.Minute))
	r.Token = token
	e := reported(r)
	e.Appended = noon
	b.play(ingest.Orders(), e)
}

// farm is 30 clicks from one network within five minutes, and the last's token.
func (b *trafficBench) farm(at time.Time) (token string) {
	for i := range 30 {
		token = b.click(fmt.Sprint("bot", i), at.Add(time.Duration(i)*10*time.Second), i > 0)
	}
	return token
}

func TestAnOrderWhoseClickLayInABurstIsHeld(t *testing.T) {
	at := noon.Add(-30 * time.Minute)
	t.Run("that comes before the burst is known", func(t *testing.T) {
		b := newTraffic(t)
		first := b.click("early", at, false)
		b.buy(first, at)
		wantLine(t, b.bench, "pending", "awaiting-settlement", time.Time{})
		b.farm(at)
		s := theSignal(t, b.bench, "click-burst")
		wantLine(t, b.bench, "on_hold", "click-burst", s.Expires)
	})
	t.Run("that comes after", func(t *testing.T) {
		b := newTraffic(t)
		token := b.farm(at)
		b.buy(token, at)
		s := theSignal(t, b.bench, "click-burst")
		wantLine(t, b.bench, "on_hold", "click-burst", s.Expires)
		if x := s.Evidence.Buckets; s.Subject.String() != "pick:p1" || s.Expert != "mei" || len(x) != 1 || x[0].Clicks != 30 || x[0].Readers != 30 || x[0].Networks != 1 || s.Evidence.Width != 600 {
			t.Errorf("got %+v, want the figures of the burst", s)
		}
		b.play(ingest.Orders(), resolved(s, recommend.SignalDismissed, noon))
		wantLine(t, b.bench, "pending", "awaiting-settlement", time.Time{})
		if l, _ := earned(t, b.bench); l.Entries[len(l.Entries)-1].Reason != "signal-dismissed" || l.Entries[len(l.Entries)-1].By != "m1" {
			t.Errorf("got %+v, want an entry that says who decided", l.Entries)
		}
	})
	t.Run("from few readers with many networks", func(t *testing.T) {
		b := newTraffic(t)
		token := ""
		for i := range 30 {
			token = b.click(fmt.Sprint("bot", i%3), at.Add(time.Duration(i)*10*time.Second), false)
		}
		b.buy(token, at)
		s := theSignal(t, b.bench, "click-burst")
		wantLine(t, b.bench, "on_hold", "click-burst", s.Expires)
	})
	t.Run("until nobody has decided in time", func(t *testing.T) {
		b := newTraffic(t)
		b.buy(b.farm(at), at)
		s := theSignal(t, b.bench, "click-burst")
		end := event(recommend.TypeSignalEnded, s.Key, noon, recommend.SignalEnded{Signal: s.ID, Key: s.Key, At: noon})
		end.Appended = s.Expires
		b.play(ingest.Orders(), end)
		wantLine(t, b.bench, "pending", "awaiting-settlement", time.Time{})
		if l, _ := earned(t, b.bench); l.Entries[len(l.Entries)-1].Reason != "signal-expired" {
			t.Errorf("got %+v, want an entry that says why", l.Entries)
		}
	})
}

// TestAReplayRaisesTheSameSignals folds the log of orders once more, as a rebuild
// does: what events caused lies in it already.
func TestAReplayRaisesTheSameSignals(t *testing.T) {
	b := newTraffic(t)
	at := noon.Add(-30 * time.Minute)
	b.buy(b.farm(at), at)
	s := theSignal(t, b.bench, "click-burst")
	b.play(ingest.Orders(), resolved(s, recommend.SignalUpheld, noon))
	again := newOrderBench()
	for _, e := range b.orders {
		again.mustFold(t, ingest.Orders(), e)
	}
	for ref, d := range b.docs {
		switch ref.Kind { //nolint:exhaustive // the others are of other topics
		case recommend.KindOrder, recommend.KindEarning, recommend.KindSignal:
			if got := again.docs[ref].Body; string(got) != string(d.Body) {
				t.Errorf("%s: got %s, want %s", ref, got, d.Body)
			}
		}
	}
}

func TestTrafficThatIsHonestIsNoBurst(t *testing.T) {
	at := noon.Add(-30 * time.Minute)
	for name, traffic := range map[string]func(b *trafficBench) string{
		"a viral pick": func(b *trafficBench) (token string) {
			for i := range 200 {
				token = b.click(fmt.Sprint("r", i), at.Add(time.Duration(i)*2*time.Second), i%3 == 0)
			}
			return token
		},
		"a reader who clicks again": func(b *trafficBench) (token string) {
			for i := range 19 {
				token = b.click("r1", at.Add(time.Duration(i)*10*time.Second), i > 0)
			}
			return token
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newTraffic(t)
			b.buy(traffic(b), at)
			wantLine(t, b.bench, "pending", "awaiting-settlement", time.Time{})
			if s := signals(t, b.bench); len(s) != 0 {
				t.Errorf("got %+v, want no signal", s)
			}
		})
	}
}

func TestAWatchKnowsNobody(t *testing.T) {
	b := newTraffic(t)
	at := noon.Add(-30 * time.Minute)
	out := b.mustFold(t, ingest.Actions(), event(recommend.TypeActed, "r1", at, recommend.Action{
		ID: "a1", Reader: "r1", Kind: recommend.ActCheckout, Pick: "p1", Expert: "mei", Product: "jd:1", At: at, Click: &recommend.Click{ID: "k1", Reader: "r1", Pick: "p1", Expert: "mei", Product: "jd:1", At: at},
	}))
	told := out.Appends[recommend.TopicOrders]
	if len(told) != 1 || string(told[0].Data) != `{"pick":"p1","expert":"mei","at":"2026-11-23T11:30:00Z"}` {
		t.Fatalf("told %+v, want the pick and the time alone", told)
	}
	own := recommend.Click{ID: "k2", Reader: "r1", Pick: "p1", Expert: "mei", Product: "jd:1", At: at, Self: true}
	out = b.mustFold(t, ingest.Actions(), event(recommend.TypeActed, "r1", at, recommend.Action{ID: "a2", Reader: "r1", Kind: recommend.ActCheckout, Pick: "p1", Expert: "mei", Product: "jd:1", At: at, Click: &own}))
	if n := len(out.Appends); n != 0 {
		t.Errorf("an expert's own click is told of: %+v", out.Appends)
	}
	robots := recommend.Click{ID: "k3", Reader: "r1", Pick: "p1", Expert: "mei", Product: "jd:1", At: at, Bot: true}
	out = b.mustFold(t, ingest.Actions(), event(recommend.TypeActed, "r1", at, recommend.Action{ID: "a3", Reader: "r1", Kind: recommend.ActCheckout, Pick: "p1", Expert: "mei", Product: "jd:1", At: at, Click: &robots, Bot: true}))
	if n := len(out.Appends); n != 0 {
		t.Errorf("a robot's click is told of: %+v", out.Appends)
	}
}
