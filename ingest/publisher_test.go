package ingest_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"vitrine.dev/ingest"
	"vitrine.dev/ingest/broker"
	"vitrine.dev/recommend"
)

func TestAppendTellsWhereEachEventLies(t *testing.T) {
	cluster := newCluster(t, 3)
	p := newPublisher(t, cluster)
	const writers, each = 8, 60
	var mu sync.Mutex
	seen := map[recommend.Position]string{} // position → event
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := 0; i < each; i += 3 {
				var events []recommend.Event
				for j := range 3 {
					events = append(events, testEvent(fmt.Sprintf("w%d-%d", w, j), 1000*w+i+j, told{N: i}))
				}
				at, err := p.Append(t.Context(), recommend.TopicPicks, events...)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				for j, pos := range at {
					if other, twice := seen[pos]; twice {
						t.Errorf("%v was told for %s and %s", pos, other, events[j].ID)
					}
					seen[pos] = events[j].ID
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	// What a consumer reads there is what was said to be there.
	got := map[recommend.Position]string{}
	c := newConsumer(t, cluster, newMemStore(), p)
	f := testFolder(recommend.TopicPicks)
	check := f.Check
	f.Check = func(e recommend.Event) (any, error) {
		mu.Lock()
		defer mu.Unlock()
		got[recommend.Position{Topic: e.Topic, Partition: e.Partition, Offset: e.Offset}] = e.ID
		return check(e)
	}
	c.Folders = []ingest.Folder{f}
	start(t, c)
	await(t, "all events", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(got) == writers*each
	})
	mu.Lock()
	defer mu.Unlock()
	for pos, id := range seen {
		if got[pos] != id {
			t.Errorf("at %v is %q, told was %q", pos, got[pos], id)
		}
	}
}

func TestEventsOfOneKeyLieWhereJavaPutsThem(t *testing.T) {
	// Partitions of six by Apache Kafka's BuiltInPartitioner.partitionForKey.
	// Murmur2 of "21", "foobar" and "a-little-bit-long-string" is that of the
	// tests of Kafka's own Utils.
	want := map[string]int32{"21": -973932308, "foobar": -790332482, "a-little-bit-long-string": -985981536}
	cluster := newCluster(t, 6)
	p := newPublisher(t, cluster)
	for key, hash := range want {
		at, err := p.Append(t.Context(), recommend.TopicPicks, testEvent(key, 1, told{}))
		if err != nil {
			t.Fatal(err)
		}
		if w := int(hash&0x7fffffff) % 6; at[0].Partition != w {
			t.Errorf("%s is in partition %d, want %d", key, at[0].Partition, w)
		}
	}
}

func TestAppendRefusesAllWhenOneIsMalformed(t *testing.T) {
	cluster := newCluster(t, 1)
	p := newPublisher(t, cluster)
	large := testEvent("a", 2, told{})
	large.Data = []byte(`{"a":"` + strings.Repeat("x", ingest.MaxEvent) + `"}`)
	for name, bad := range map[string]recommend.Event{"too large": large, "without a key": testEvent("", 2, told{})} {
		_, err := p.Append(t.Context(), recommend.TopicPicks, testEvent("a", 1, told{}), bad)
		if !errors.Is(err, recommend.ErrInvalid) || errors.Is(err, recommend.ErrUnavailable) {
			t.Errorf("%s: Append gave %v, want ErrInvalid alone", name, err)
		}
	}
	c := newConsumer(t, cluster, newMemStore(), p, recommend.TopicPicks)
	await(t, "no event appended", func() bool { return lagOf(t, c) == 0 }) // not while the group has no coordinator
}

func TestLargestEventPasses(t *testing.T) {
	cluster := newCluster(t, 1)
	p := newPublisher(t, cluster)
	e := testEvent("a", 1, told{})
	e.Data = []byte(`{"a":"` + strings.Repeat("x", ingest.MaxEvent-1000) + `"}`)
	if _, err := p.Append(t.Context(), recommend.TopicPicks, e, e, e); err != nil {
		t.Errorf("Append: %v", err)
	}
}

func TestAppendWithoutABrokerIsUnavailableByItsDeadline(t *testing.T) {
	b, err := broker.Open(t.TempDir(), broker.Options{})
	if err != nil {
		t.Fatal(err)
	}
	cluster := ingest.Cluster{Brokers: []string{b.Addr()}}
	if err := ingest.Ensure(t.Context(), cluster, ingest.Layout{Default: 1}); err != nil {
		t.Fatal(err)
	}
	p := newPublisher(t, cluster)
	appendAll(t, p, recommend.TopicPicks, testEvent("a", 1, told{}))
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	began := time.Now()
	_, err = p.Append(ctx, recommend.TopicPicks, testEvent("a", 2, told{}))
	if !errors.Is(err, recommend.ErrUnavailable) || errors.Is(err, recommend.ErrInvalid) {
		t.Errorf("Append gave %v, want ErrUnavailable alone", err)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("Append took %v", took)
	}
}

func TestClosedPublisherIsUnavailable(t *testing.T) {
	p := ingest.NewPublisher(ingest.PublisherConfig{Cluster: newCluster(t, 1)})
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Append(t.Context(), recommend.TopicPicks, testEvent("a", 1, told{})); !errors.Is(err, recommend.ErrUnavailable) {
		t.Errorf("Append gave %v, want ErrUnavailable", err)
	}
}

func TestEventsCarryTheProducersClock(t *testing.T) {
	cluster := newCluster(t, 1)
	now := time.Date(2026, 11, 1, 12, 0, 0, 987_000_000, time.UTC)
	p := ingest.NewPublisher(ingest.PublisherConfig{Cluster: cluster, Now: func() time.Time { return now }})
	t.Cleanup(func() { _ = p.Close() })
	appendAll(t, p, recommend.TopicPicks, testEvent("a", 1, told{}))
	at := make(chan time.Time, 1)
	c := newConsumer(t, cluster, newMemStore(), p)
	f := testFolder(recommend.TopicPicks)
	f.Check = func(e recommend.Event) (any, error) {
		select {
		case at <- e.Appended:
		default:
		}
		return told{}, nil
	}
	c.Folders = []ingest.Folder{f}
	start(t, c)
	if got := <-at; !got.Equal(now) {
		t.Errorf("appended at %v, want %v", got, now)
	}
}

func TestEnsureIsSafeToRunTwiceAndAtOnce(t *testing.T) {
	cluster := newCluster(t, 2)
	other := ingest.Cluster{Brokers: cluster.Brokers, Prefix: cluster.Prefix + "x."}
	if os.Getenv("VITRINE_TEST_KAFKA") != "" {
		t.Cleanup(func() { deleteTopics(t, other) })
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if err := ingest.Ensure(t.Context(), other, ingest.Layout{Default: 2, Partitions: map[string]int{recommend.TopicDead: 1}}); err != nil {
				t.Errorf("Ensure: %v", err)
			}
		})
	}
	wg.Wait()
	err := ingest.Ensure(t.Context(), other, ingest.Layout{Default: 3, Partitions: map[string]int{recommend.TopicActions: 2}})
	var layout *ingest.LayoutError
	if !errors.As(err, &layout) {
		t.Fatalf("Ensure of another layout gave %v, want a LayoutError", err)
	}
	if len(layout.Topics) != len(recommend.Topics())-1 || layout.Topics[recommend.TopicPicks] != 2 || layout.Topics[recommend.TopicDead] != 1 {
		t.Errorf("topics that differ: %v", layout.Topics)
	}
	if !strings.Contains(err.Error(), "rebuild") {
		t.Errorf("error %q does not say what to do", err)
	}
}

func TestEnsureWithoutABrokerIsUnavailable(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	if err := ingest.Ensure(ctx, ingest.Cluster{Brokers: []string{"127.0.0.1:1"}}, ingest.Layout{}); !errors.Is(err, recommend.ErrUnavailable) {
		t.Errorf("Ensure gave %v, want ErrUnavailable", err)
	}
}
