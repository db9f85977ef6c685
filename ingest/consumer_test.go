package ingest_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/segmentio/kafka-go"

	"vitrine.dev/ingest"
	"vitrine.dev/recommend"
)

func appendAll(t testing.TB, p *ingest.Publisher, topic string, events ...recommend.Event) {
	t.Helper()
	if _, err := p.Append(t.Context(), topic, events...); err != nil {
		t.Fatal(err)
	}
}

// counting is one event for each number from first, on key.
func counting(key string, first, n int) []recommend.Event {
	out := make([]recommend.Event, n)
	for i := range out {
		out[i] = testEvent(key, first+i, told{N: first + i})
	}
	return out
}

// upTo is what counting folds to.
func upTo(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

func awaitNumbers(t testing.TB, s *memStore, key string, n int) {
	t.Helper()
	await(t, fmt.Sprintf("%d numbers of %s", n, key), func() bool { return len(numbers(t, s, key)) >= n })
	if diff := cmp.Diff(upTo(n), numbers(t, s, key)); diff != "" {
		t.Errorf("numbers of %s differ (-want +got):\n%s", key, diff)
	}
}

// While the broker looks for the group's coordinator nothing is known: then it
// is more than none.
func lagOf(t testing.TB, c *ingest.Consumer) (n int64) {
	t.Helper()
	lag, err := c.Lag(t.Context())
	if errors.Is(err, recommend.ErrUnavailable) {
		return 1
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range lag {
		n += l.Events()
	}
	return n
}

func TestAnEventBecomesItsDocuments(t *testing.T) {
	cluster := newCluster(t, 3)
	p := newPublisher(t, cluster)
	store := newMemStore()
	c := newConsumer(t, cluster, store, p, recommend.TopicPicks)
	appendAll(t, p, recommend.TopicPicks, counting("a", 0, 20)...)
	await(t, "the lag before anything runs", func() bool { return lagOf(t, c) == 20 })
	start(t, c)
	awaitNumbers(t, store, "a", 20)
	await(t, "the commit", func() bool { return lagOf(t, c) == 0 })
}

func TestStoreThatIsDownMeansLagAndNotLoss(t *testing.T) {
	cluster := newCluster(t, 1)
	p := newPublisher(t, cluster)
	store := newMemStore()
	var down atomic.Bool
	var refused atomic.Int64
	store.fail = func(string, []recommend.Document) error {
		if down.Load() {
			refused.Add(1)
			return fmt.Errorf("down: %w", recommend.ErrUnavailable)
		}
		return nil
	}
	c := newConsumer(t, cluster, store, p, recommend.TopicPicks)
	start(t, c)
	appendAll(t, p, recommend.TopicPicks, counting("a", 0, 10)...)
	awaitNumbers(t, store, "a", 10)
	for i := range 2 {
		down.Store(true)
		appendAll(t, p, recommend.TopicPicks, counting("a", 10+10*i, 5)...)
		garble(t, cluster, recommend.TopicPicks, "a", "not json")
		appendAll(t, p, recommend.TopicPicks, counting("a", 15+10*i, 5)...)
		before := refused.Load()
		await(t, "attempts", func() bool { return refused.Load() > before+3 })
		if n := len(numbers(t, store, "a")); n != 10+10*i {
			t.Errorf("%d numbers while the store is down, want %d", n, 10+10*i)
		}
		await(t, "the lag", func() bool { return lagOf(t, c) == 11 })
		down.Store(false)
		awaitNumbers(t, store, "a", 20+10*i)
	}
	await(t, "the commit", func() bool { return lagOf(t, c) == 0 })
	if got := deadReasons(t, cluster); !slices.Equal(got, []string{"not-json", "not-json"}) {
		t.Errorf("dead letters %v, want two of garbage", got)
	}
}

// garble writes a record that is no event.
func garble(t testing.TB, cluster ingest.Cluster, topic, key, value string) {
	t.Helper()
	m := encode(t, ingest.Codec{}, testEvent(key, 0, told{}))
	m.Value = []byte(value)
	writeRaw(t, cluster, topic, m)
}

// writeRaw writes messages as a foreign producer does.
func writeRaw(t testing.TB, cluster ingest.Cluster, topic string, ms ...kafka.Message) {
	t.Helper()
	transport := &kafka.Transport{}
	defer transport.CloseIdleConnections()
	w := &kafka.Writer{
		Addr: kafka.TCP(cluster.Brokers...), Topic: cluster.Prefix + topic, Transport: transport,
		RequiredAcks: kafka.RequireAll, BatchTimeout: time.Millisecond, Balancer: kafka.Murmur2Balancer{Consistent: true},
	}
	if err := errors.Join(w.WriteMessages(t.Context(), ms...), w.Close()); err != nil {
		t.Fatal(err)
	}
}

func deadReasons(t testing.TB, cluster ingest.Cluster) (out []string) {
	t.Helper()
	letters, err := ingest.ListDead(t.Context(), cluster, ingest.DeadFilter{})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range letters {
		out = append(out, d.Reason)
	}
	return out
}

func TestConsumerGoesOnWhereItWasStopped(t *testing.T) {
	cluster := newCluster(t, 1)
	p := newPublisher(t, cluster)
	store := newMemStore()
	appendAll(t, p, recommend.TopicPicks, counting("a", 0, 500)...)
	for n := 100; n <= 400; n += 100 {
		// Told to stop in the middle of a batch, which it finishes, as it does the
		// one after it where that is under way.
		reached, told := make(chan struct{}), make(chan struct{})
		var once sync.Once
		store.fail = func(op string, docs []recommend.Document) error {
			if op == "put" && docs[len(docs)-1].Version >= int64(n) {
				once.Do(func() {
					close(reached)
					<-told
				})
			}
			return nil
		}
		c := newConsumer(t, cluster, store, p, recommend.TopicPicks)
		c.BatchSize = 7
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- c.Run(ctx) }()
		<-reached
		cancel()
		close(told)
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		got, lag := len(numbers(t, store, "a")), lagOf(t, c)
		if got < n || got > n+2*7 {
			t.Errorf("%d numbers stored after a stop at %d", got, n)
		}
		if int64(got)+lag != 500 {
			t.Errorf("%d numbers stored and a lag of %d: a stop commits what is stored, want 500 together", got, lag)
		}
	}
	start(t, newConsumer(t, cluster, store, p, recommend.TopicPicks))
	awaitNumbers(t, store, "a", 500)
}

// rulingFolder keeps what it is told under its key as a ruling.
func rulingFolder() ingest.Folder {
	f := testFolder(recommend.TopicRulings)
	f.Kind = recommend.KindRuling
	return f
}

func TestEarlyEventWaitsForTheOtherTopic(t *testing.T) {
	cluster := newCluster(t, 2)
	p := newPublisher(t, cluster)
	store := newMemStore()
	var held atomic.Bool
	held.Store(true)
	store.fail = func(_ string, docs []recommend.Document) error {
		if len(docs) > 0 && docs[0].Kind == recommend.KindRuling && held.Load() {
			return recommend.ErrUnavailable
		}
		return nil
	}
	var refreshed atomic.Int64
	c := newConsumer(t, cluster, store, p, recommend.TopicPicks)
	c.Folders = append(c.Folders, rulingFolder())
	c.Refresh = func(context.Context) error {
		refreshed.Add(1)
		return nil
	}
	appendAll(t, p, recommend.TopicRulings, testEvent("r1", 0, told{N: 1}))
	appendAll(t, p, recommend.TopicPicks,
		testEvent("a", 0, told{N: 0}), testEvent("a", 1, told{N: 1, Wait: "r1"}), testEvent("a", 2, told{N: 2, Wait: "r9"}), testEvent("a", 3, told{N: 3}))
	start(t, c)
	awaitNumbers(t, store, "a", 1) // what comes before is not held up
	held.Store(false)
	await(t, "the others", func() bool { return len(numbers(t, store, "a")) == 3 })
	if diff := cmp.Diff([]int{0, 1, 3}, numbers(t, store, "a")); diff != "" {
		t.Errorf("numbers differ (-want +got):\n%s", diff)
	}
	if got := deadReasons(t, cluster); !slices.Equal(got, []string{"unheard"}) {
		t.Errorf("dead letters %v, want the one that refers to nothing", got)
	}
	if refreshed.Load() == 0 {
		t.Error("the scene was not refreshed after the wait")
	}
}

func TestWaitEndsWhenNobodyFoldsTheOtherTopic(t *testing.T) {
	cluster := newCluster(t, 1)
	p := newPublisher(t, cluster)
	store := newMemStore()
	c := newConsumer(t, cluster, store, p, recommend.TopicPicks)
	c.Patience = 200 * time.Millisecond
	appendAll(t, p, recommend.TopicRulings, testEvent("r1", 0, told{N: 1}))
	appendAll(t, p, recommend.TopicPicks, testEvent("a", 0, told{N: 1, Wait: "r1"}), testEvent("a", 1, told{N: 0}))
	start(t, c)
	awaitNumbers(t, store, "a", 1)
	if got := deadReasons(t, cluster); !slices.Equal(got, []string{"unheard"}) {
		t.Errorf("dead letters %v, want unheard", got)
	}
}

func TestForeignGarbageGoesToTheDeadLettersWithItsReason(t *testing.T) {
	cluster := newCluster(t, 2)
	p := newPublisher(t, cluster)
	store := newMemStore()
	start(t, newConsumer(t, cluster, store, p, recommend.TopicPicks))
	var want []string
	appendAll(t, p, recommend.TopicPicks, counting("a", 0, 5)...)
	for code, ways := range malformations() {
		if code == ingest.CodeTooLarge {
			continue // the broker itself refuses it
		}
		for _, spoil := range ways {
			m := encode(t, ingest.Codec{}, testEvent("a", 0, told{}))
			spoil(&m)
			writeRaw(t, cluster, recommend.TopicPicks, m)
			want = append(want, code)
		}
	}
	appendAll(t, p, recommend.TopicPicks, counting("a", 5, 5)...)
	awaitNumbers(t, store, "a", 10)
	await(t, "the letters", func() bool { return len(deadReasons(t, cluster)) == len(want) })
	got := deadReasons(t, cluster)
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("reasons differ (-want +got):\n%s", diff)
	}
}

func TestConsumerIsMeasured(t *testing.T) {
	cluster := newCluster(t, 1)
	p := newPublisher(t, cluster)
	store := newMemStore()
	reg := prometheus.NewPedanticRegistry()
	m, err := ingest.NewMetrics(reg)
	if err != nil {
		t.Fatal(err)
	}
	c := newConsumer(t, cluster, store, p, recommend.TopicPicks)
	c.Metrics = m
	start(t, c)
	appendAll(t, p, recommend.TopicPicks, counting("a", 0, 3)...)
	appendAll(t, p, recommend.TopicPicks, testEvent("a", 2, told{N: 2}), testEvent("a", 9, told{N: -1}))
	want := map[string]float64{
		"vitrine_ingest_events_total{outcome=applied}":   3,
		"vitrine_ingest_events_total{outcome=dead}":      1,
		"vitrine_ingest_events_total{outcome=duplicate}": 1,
		"vitrine_ingest_events_total{outcome=skipped}":   0,
		"vitrine_ingest_lag_events{partition=0}":         0,
		"vitrine_ingest_oldest_seconds{partition=0}":     0,
		"vitrine_ingest_rebalances_total{}":              1,
		"vitrine_ingest_retries_total{}":                 0,
	}
	var got map[string]float64
	await(t, "the figures", func() bool {
		got = gather(t, reg)
		return cmp.Equal(want, got)
	})
}

// gather returns counters and gauges by name and labels other than the topic.
func gather(t testing.TB, reg prometheus.Gatherer) map[string]float64 {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if m.GetHistogram() != nil {
				continue
			}
			var labels []string
			for _, l := range m.GetLabel() {
				if l.GetName() != "topic" {
					labels = append(labels, l.GetName()+"="+l.GetValue())
				}
			}
			out[f.GetName()+"{"+strings.Join(labels, ",")+"}"] = m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	return out
}

func TestConsumerThatIsPutTogetherWrongSaysSo(t *testing.T) {
	whole := func() *ingest.Consumer {
		return &ingest.Consumer{
			Cluster: ingest.Cluster{Brokers: []string{"127.0.0.1:1"}}, Folders: []ingest.Folder{testFolder(recommend.TopicPicks)},
			Store: voidStore{}, Log: hand{}, Dead: hand{}, Scene: noScene,
		}
	}
	for name, spoil := range map[string]func(*ingest.Consumer){
		"no broker":            func(c *ingest.Consumer) { c.Cluster.Brokers = nil },
		"no fold":              func(c *ingest.Consumer) { c.Folders = nil },
		"no store":             func(c *ingest.Consumer) { c.Store = nil },
		"two folds of a topic": func(c *ingest.Consumer) { c.Folders = append(c.Folders, c.Folders[0]) },
	} {
		t.Run(name, func(t *testing.T) {
			c := whole()
			spoil(c)
			if err := c.Run(t.Context()); err == nil {
				t.Error("Run took it")
			}
		})
	}
}

func TestConsumerStopsWhileTheBrokerIsAway(t *testing.T) {
	c := &ingest.Consumer{
		Cluster: ingest.Cluster{Brokers: []string{"127.0.0.1:1"}}, Folders: []ingest.Folder{testFolder(recommend.TopicPicks)},
		Store: voidStore{}, Log: hand{}, Dead: hand{}, Scene: noScene,
	}
	stop := start(t, c)
	began := time.Now()
	stop()
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("stopping took %v", took)
	}
}

func TestLogThatIsShorterThanWhatWasFoldedIsTold(t *testing.T) {
	cluster := newCluster(t, 1)
	p := newPublisher(t, cluster)
	appendAll(t, p, recommend.TopicPicks, counting("a", 0, 3)...)
	c := newConsumer(t, cluster, newMemStore(), p, recommend.TopicPicks)
	commit(t, cluster, recommend.TopicPicks, 7)
	var out syncBuffer
	c.Logger = slog.New(slog.NewTextHandler(&out, nil))
	start(t, c)
	await(t, "the complaint", func() bool {
		return strings.Contains(out.String(), "level=ERROR") && strings.Contains(out.String(), "ends at 3 but was folded up to 7")
	})
}

// commit says for the consumer's group that partition 0 was folded up to at. A
// broker that was just started has no coordinator for the group yet and answers
// by partition that it did not take the offset: then commit asks again.
func commit(t testing.TB, cluster ingest.Cluster, topic string, at int64) {
	t.Helper()
	transport := &kafka.Transport{}
	defer transport.CloseIdleConnections()
	client := &kafka.Client{Addr: kafka.TCP(cluster.Brokers...), Transport: transport}
	name := cluster.Prefix + topic
	await(t, "the group's coordinator", func() bool {
		res, err := client.OffsetCommit(t.Context(), &kafka.OffsetCommitRequest{
			GroupID: cluster.Prefix + ingest.DefaultGroup + "-" + topic, GenerationID: -1,
			Topics: map[string][]kafka.OffsetCommit{name: {{Partition: 0, Offset: at}}},
		})
		if err == nil {
			for _, p := range res.Topics[name] {
				err = errors.Join(err, p.Error)
			}
		}
		var temporary interface{ Temporary() bool }
		if err != nil && (!errors.As(err, &temporary) || !temporary.Temporary()) {
			t.Fatal(err)
		}
		return err == nil
	})
}
