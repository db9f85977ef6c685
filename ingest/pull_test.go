package ingest_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vitrine.dev/ingest"
	"vitrine.dev/recommend"
)

// askFunc is a partner that only knows orders.
type askFunc func(q recommend.OrderQuery) ([]recommend.OrderReport, string, error)

func (f askFunc) OrdersSince(_ context.Context, q recommend.OrderQuery) ([]recommend.OrderReport, string, error) {
	return f(q)
}

func (askFunc) Lookup(context.Context, string) (*recommend.Product, error) {
	return nil, recommend.ErrNotFound
}

func (askFunc) ConvertLink(context.Context, recommend.Conversion) (recommend.Checkout, error) {
	return recommend.Checkout{}, recommend.ErrInvalid
}

// A ledger of what was appended, folded at once into the store unless Lag.
type foldedLog struct {
	t     testing.TB
	mu    sync.Mutex
	bench *bench
	store *memStore
	lag   bool
	all   []recommend.Event
}

func newFoldedLog(t testing.TB) *foldedLog {
	return &foldedLog{t: t, bench: newOrderBench(), store: newMemStore()}
}

func (l *foldedLog) Append(ctx context.Context, topic string, es ...recommend.Event) ([]recommend.Position, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if topic != recommend.TopicOrders {
		l.t.Errorf("appended to %s", topic)
	}
	l.all = append(l.all, es...)
	if l.lag {
		return nil, nil
	}
	return nil, l.fold(ctx, es...)
}

func (l *foldedLog) fold(ctx context.Context, es ...recommend.Event) error {
	for _, e := range es {
		if _, err := l.bench.fold(ingest.Orders(), e); err != nil && !errors.Is(err, recommend.ErrInvalid) {
			return err
		}
	}
	for _, d := range l.bench.docs {
		if err := l.store.Put(ctx, d); err != nil {
			return err
		}
	}
	return nil
}

func (l *foldedLog) covered() []recommend.Span {
	o := doc[recommend.Order](l.t, l.bench, recommend.KindOrder, recommend.SyncID("jd"))
	return o.Sync.Covered
}

func (l *foldedLog) puller(now time.Time) *ingest.Puller {
	return &ingest.Puller{Store: l.store, Log: l, Now: func() time.Time { return now }}
}

// shop answers with what changed in the window, two reports a page, and counts
// the questions.
type shop struct {
	mu      sync.Mutex
	orders  []recommend.OrderReport
	asked   []recommend.OrderQuery
	refuses func(q recommend.OrderQuery) error
}

func (s *shop) ask(q recommend.OrderQuery) ([]recommend.OrderReport, string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, q)
	if s.refuses != nil {
		if err := s.refuses(q); err != nil {
			return nil, "", err
		}
	}
	var in []recommend.OrderReport
	for _, r := range s.orders {
		if !r.At.Before(q.From) && r.At.Before(q.To) {
			in = append(in, r)
		}
	}
	from, _ := strconv.Atoi(q.Cursor)
	to := min(from+2, len(in))
	next := ""
	if to < len(in) {
		next = strconv.Itoa(to)
	}
	return in[from:to], next, nil
}

func (s *shop) channel() recommend.Channel {
	return recommend.Channel{Partner: "jd", Adapter: askFunc(s.ask), Pull: time.Minute, PullFrom: 12 * time.Hour}
}

// sells makes n orders paid over the twelve hours before noon.
func sells(n int) *shop {
	s := &shop{}
	for i := range n {
		s.orders = append(s.orders, recommend.OrderReport{
			ID: fmt.Sprint("o", i), Partner: "jd", Line: "1", Amount: cny(int64(100 + i)), State: "paid",
			At: noon.Add(-12*time.Hour + time.Duration(i)*12*time.Hour/time.Duration(n)),
		})
	}
	return s
}

func TestAPullAsksForEverythingInWindowsThatPartnersTake(t *testing.T) {
	for name, tt := range map[string]struct {
		promotion bool
		most      time.Duration
	}{"on other days": {false, 3 * time.Hour}, "in a promotion": {true, 20 * time.Minute}} {
		t.Run(name, func(t *testing.T) {
			s, l := sells(40), newFoldedLog(t)
			ch := s.channel()
			ch.Promotion = tt.promotion
			if err := l.puller(noon).Pull(t.Context(), ch); err != nil {
				t.Fatal(err)
			}
			for i, q := range s.asked {
				if d := q.To.Sub(q.From); d > tt.most || d <= 10*time.Minute {
					t.Errorf("a window of %s, want at most %s", d, tt.most)
				}
				if q.Cursor == "" && i > 0 && !q.From.Equal(s.asked[i-1].To.Add(-10*time.Minute)) {
					t.Errorf("window %d begins %s after the one before ended at %s", i, q.From, s.asked[i-1].To)
				}
			}
			for _, r := range s.orders {
				if doc[recommend.Order](t, l.bench, recommend.KindOrder, r.ID).Lines[0].Paid.Amount != r.Amount.Amount {
					t.Errorf("order %s is not there", r.ID)
				}
			}
			if diff := cmp.Diff([]recommend.Span{{From: noon.Add(-12 * time.Hour), To: noon}}, l.covered()); diff != "" {
				t.Errorf("covered (-want +got):\n%s", diff)
			}
			s.asked = nil
			if err := l.puller(noon.Add(time.Minute)).Pull(t.Context(), ch); err != nil {
				t.Fatal(err)
			}
			if len(s.asked) != 1 || !s.asked[0].From.Equal(noon.Add(-10*time.Minute)) || !s.asked[0].To.Equal(noon.Add(time.Minute)) {
				t.Errorf("a minute later asked %+v, want that minute and the overlap", s.asked)
			}
		})
	}
}

func TestACursorIsHandedBackAsItCame(t *testing.T) {
	l := newFoldedLog(t)
	var got []string
	cursors := []string{"", `{"p":2} %"'`, "終わり", "3"}
	ch := recommend.Channel{Partner: "jd", Pull: time.Minute, PullFrom: time.Hour, Adapter: askFunc(func(q recommend.OrderQuery) ([]recommend.OrderReport, string, error) {
		got = append(got, q.Cursor)
		return nil, append(cursors, "")[len(got)], nil
	})}
	if err := l.puller(noon).Pull(t.Context(), ch); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got, cursors) {
		t.Errorf("got %q, want %q", got, cursors)
	}
	ch.Adapter = askFunc(func(recommend.OrderQuery) ([]recommend.OrderReport, string, error) { return nil, "again", nil })
	if err := l.puller(noon.Add(time.Hour)).Pull(t.Context(), ch); !errors.Is(err, recommend.ErrUnavailable) {
		t.Errorf("a cursor that stands still: %v, want unavailable", err)
	}
}

func TestAWindowThatFailedIsAskedForAgain(t *testing.T) {
	s, l := sells(40), newFoldedLog(t)
	hole := func(q recommend.OrderQuery) bool {
		return q.To.After(noon.Add(-8*time.Hour)) && q.To.Before(noon.Add(-5*time.Hour))
	}
	s.refuses = func(q recommend.OrderQuery) error {
		if hole(q) {
			return fmt.Errorf("too old: %w", recommend.ErrInvalid)
		}
		return nil
	}
	if err := l.puller(noon).Pull(t.Context(), s.channel()); !errors.Is(err, recommend.ErrInvalid) {
		t.Fatalf("got %v, want the refusal", err)
	}
	if got := l.covered(); len(got) != 2 || !got[1].To.Equal(noon) {
		t.Fatalf("covered %v, want a gap in the middle and all until now", got)
	}
	s.refuses, s.asked = nil, nil
	if err := l.puller(noon).Pull(t.Context(), s.channel()); err != nil {
		t.Fatal(err)
	}
	for _, q := range s.asked {
		if !hole(q) {
			t.Errorf("asked %+v again", q)
		}
	}
	if len(s.asked) == 0 || len(l.covered()) != 1 {
		t.Errorf("covered %v, want no gap", l.covered())
	}
	s.refuses = func(recommend.OrderQuery) error { return recommend.ErrUnavailable }
	if err := l.puller(noon.Add(9*time.Hour)).Pull(t.Context(), s.channel()); !errors.Is(err, recommend.ErrUnavailable) {
		t.Errorf("got %v, want unavailable", err)
	}
	if got := l.covered(); !got[0].To.Equal(noon) {
		t.Errorf("covered %v, want until noon", got)
	}
}

func TestTwoPullersOfOnePartnerDoNoHarm(t *testing.T) {
	s, one := sells(40), newFoldedLog(t)
	if err := one.puller(noon).Pull(t.Context(), s.channel()); err != nil {
		t.Fatal(err)
	}
	two := newFoldedLog(t)
	two.lag = true
	var both sync.WaitGroup
	for _, at := range []time.Time{noon, noon.Add(-7 * time.Minute)} {
		both.Go(func() {
			if err := two.puller(at).Pull(t.Context(), s.channel()); err != nil {
				t.Error(err)
			}
		})
	}
	both.Wait()
	if err := two.fold(t.Context(), two.all...); err != nil {
		t.Fatal(err)
	}
	for _, r := range s.orders {
		a := doc[recommend.Order](t, one.bench, recommend.KindOrder, r.ID)
		b := doc[recommend.Order](t, two.bench, recommend.KindOrder, r.ID)
		if diff := cmp.Diff(a, b); diff != "" {
			t.Errorf("order %s (-one +two):\n%s", r.ID, diff)
		}
	}
	if got := two.covered(); len(got) != 1 || !got[0].To.Equal(noon) {
		t.Errorf("covered %v", got)
	}
}

func TestAReportThatIsWrongIsKeptForSomebodyToSee(t *testing.T) {
	s, l := sells(3), newFoldedLog(t)
	s.orders[1].State = "lost"
	s.orders[2].Partner = "weidian"
	if err := l.puller(noon).Pull(t.Context(), s.channel()); err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, e := range l.all {
		if e.Type == recommend.TypeOrderReported && !slices.Contains(ids, e.Key) {
			ids = append(ids, e.Key)
		}
	}
	if !slices.Equal(ids, []string{"o0", "o1"}) {
		t.Errorf("appended %v, want the good one, and the wrong one for the dead letters", ids)
	}
}

func TestAPartnerThatFailsHoldsUpNoOther(t *testing.T) {
	s, l := sells(10), newFoldedLog(t)
	ctx, cancel := context.WithCancel(t.Context())
	var mu sync.Mutex
	waits := map[time.Duration]int{}
	p := l.puller(noon)
	p.Backoff = func(attempt int) time.Duration { return time.Duration(attempt+1) * time.Second }
	p.Wait = func(ctx context.Context, d time.Duration) error {
		mu.Lock()
		defer mu.Unlock()
		waits[d]++
		if waits[3*time.Second] > 0 && waits[time.Minute] > 2 {
			cancel()
		}
		return ctx.Err()
	}
	down := askFunc(func(recommend.OrderQuery) ([]recommend.OrderReport, string, error) { panic("bad adapter") })
	p.Channels = []recommend.Channel{
		{Partner: "taobao", Adapter: down, Pull: time.Hour},
		s.channel(),
		{Partner: "weidian", Adapter: down}, // its orders come by themselves
	}
	p.Run(ctx, ingest.Duty{Topic: recommend.TopicPicks, Partitions: 1}) // nothing to do there
	p.Run(ctx, ingest.Duty{Topic: recommend.TopicOrders, Partitions: 1})
	if waits[time.Second] != 1 || waits[2*time.Second] != 1 || waits[time.Minute] < 3 {
		t.Errorf("waits %v, want one partner backing off and the other asked every minute", waits)
	}
	if got := l.covered(); len(got) != 1 {
		t.Errorf("covered %v", got)
	}
}

func TestADutyIsDoneWhereItsPartitionIsHeld(t *testing.T) {
	cluster := newCluster(t, 4)
	pub := newPublisher(t, cluster)
	var mu sync.Mutex
	holds := map[string]map[int]bool{"one": {}, "two": {}}
	held := func(who string) int {
		mu.Lock()
		defer mu.Unlock()
		return len(holds[who])
	}
	consumer := func(who string) *ingest.Consumer {
		c := newConsumer(t, cluster, newMemStore(), pub, recommend.TopicOrders)
		c.Duties = func(ctx context.Context, d ingest.Duty) {
			mu.Lock()
			for other, ps := range holds {
				if ps[d.Partition] {
					t.Errorf("%s has partition %d while %s does", who, d.Partition, other)
				}
			}
			holds[who][d.Partition] = true
			mu.Unlock()
			if d.Partitions != 4 || d.Topic != recommend.TopicOrders {
				t.Errorf("got %+v", d)
			}
			<-ctx.Done()
			mu.Lock()
			delete(holds[who], d.Partition)
			mu.Unlock()
		}
		return c
	}
	stopOne := start(t, consumer("one"))
	await(t, "one to hold all", func() bool { return held("one") == 4 })
	stopTwo := start(t, consumer("two"))
	await(t, "both to hold half", func() bool { return held("one") == 2 && held("two") == 2 })
	stopOne()
	if held("one") != 0 {
		t.Error("one stopped before its duties did")
	}
	await(t, "two to hold all", func() bool { return held("two") == 4 })
	stopTwo()
	if held("two") != 0 {
		t.Error("two stopped before its duties did")
	}
}

func TestAKeyHasOnePartition(t *testing.T) {
	cluster := newCluster(t, 7)
	pub := newPublisher(t, cluster)
	for i := range 40 {
		e := testEvent(fmt.Sprint("sync:p", i), i, told{})
		at, err := pub.Append(t.Context(), recommend.TopicOrders, e)
		if err != nil {
			t.Fatal(err)
		}
		if got := ingest.PartitionOf(e.Key, 7); got != at[0].Partition {
			t.Fatalf("%s: %d, appended to %d", e.Key, got, at[0].Partition)
		}
	}
}
