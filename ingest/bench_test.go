package ingest_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"vitrine.dev/ingest"
	"vitrine.dev/recommend"
)

// A voidStore takes everything and has nothing.
type voidStore struct{ recommend.Store }

func (voidStore) Put(context.Context, ...recommend.Document) error { return nil }
func (voidStore) Get(context.Context, ...recommend.Ref) ([]recommend.Document, error) {
	return nil, nil
}
func (voidStore) Check(context.Context) error { return nil }

// BenchmarkAppend reports the latency of one event at a time, alone and in a
// crowd.
func BenchmarkAppend(b *testing.B) {
	for _, writers := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			p := newPublisher(b, newCluster(b, 1))
			e := testEvent("k", 1, told{N: 1, Note: "an event of the usual size has a few hundred bytes of data in it, most of them words"})
			if _, err := p.Append(b.Context(), recommend.TopicPicks, e); err != nil {
				b.Fatal(err)
			}
			var mu sync.Mutex
			var took []time.Duration
			b.SetParallelism(writers)
			b.ReportAllocs()
			work := make(chan struct{})
			var wg sync.WaitGroup
			for range writers {
				wg.Go(func() {
					for range work {
						began := time.Now()
						if _, err := p.Append(b.Context(), recommend.TopicPicks, e); err != nil {
							b.Error(err)
						}
						mu.Lock()
						took = append(took, time.Since(began))
						mu.Unlock()
					}
				})
			}
			for b.Loop() {
				work <- struct{}{}
			}
			close(work)
			wg.Wait()
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
		})
	}
}

// BenchmarkConsumer reports events per second from the broker through a fold
// into a store that costs nothing, and from an importer into the broker.
func BenchmarkConsumer(b *testing.B) {
	const events = 50_000
	cluster := newCluster(b, 3)
	p := newPublisher(b, cluster)
	batch := make([]recommend.Event, 0, 1000)
	began := time.Now()
	for i := range events {
		batch = append(batch, testEvent(fmt.Sprintf("key-%d", i%5000), i, told{N: i % 10, Note: "some words to make the event as long as events are"}))
		if len(batch) == cap(batch) {
			if _, err := p.Append(b.Context(), recommend.TopicPicks, batch...); err != nil {
				b.Fatal(err)
			}
			batch = batch[:0]
		}
	}
	in := time.Since(began)
	for b.Loop() {
		c := newConsumer(b, cluster, voidStore{}, p, recommend.TopicPicks)
		c.Group = fmt.Sprint("bench-", time.Now().UnixNano())
		stop := start(b, c)
		began := time.Now()
		await(b, "all events", func() bool {
			lag, err := ingest.Lag(b.Context(), cluster, c.Group, recommend.TopicPicks)
			var left int64
			for _, l := range lag {
				left += l.Events()
			}
			return err == nil && left == 0
		})
		b.ReportMetric(events/time.Since(began).Seconds(), "events/s")
		stop()
	}
	b.ReportMetric(events/in.Seconds(), "appends/s")
}

// BenchmarkPublishToFold reports how long after its append began an event is
// in the store.
func BenchmarkPublishToFold(b *testing.B) {
	cluster := newCluster(b, 3)
	p := newPublisher(b, cluster)
	store := newMemStore()
	start(b, newConsumer(b, cluster, store, p, recommend.TopicPicks))
	appendAll(b, p, recommend.TopicPicks, testEvent("first", 0, told{}))
	await(b, "the first", func() bool { return len(numbers(b, store, "first")) == 1 })
	var took []time.Duration
	n := 0
	for b.Loop() {
		n++
		key := fmt.Sprint("k", n)
		began := time.Now()
		appendAll(b, p, recommend.TopicPicks, testEvent(key, n, told{N: n}))
		for store.body(recommend.Ref{Kind: kindState, ID: key}) == "" {
			time.Sleep(100 * time.Microsecond)
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
}
