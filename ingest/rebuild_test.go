package ingest_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vitrine.dev/ingest"
	"vitrine.dev/recommend"
)

// newRebuild folds what newConsumer folds, into store.
func newRebuild(cluster ingest.Cluster, store recommend.Store, topics ...string) *ingest.Rebuild {
	r := &ingest.Rebuild{
		Cluster: cluster, Store: store, Codec: ingest.Codec{SealKey: []byte("key")},
		Scene: noScene, Refresh: func(context.Context) error { return nil }, BatchSize: 7,
	}
	for _, topic := range topics {
		r.Folders = append(r.Folders, testFolder(topic))
	}
	return r
}

func (s *memStore) all() map[recommend.Ref]recommend.Document {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.docs)
}

func wantSame(t *testing.T, want, got *memStore) {
	t.Helper()
	if diff := cmp.Diff(want.all(), got.all()); diff != "" {
		t.Errorf("documents (-folded +rebuilt):\n%.3000s", diff)
	}
}

// chance returns events of all sorts: repeated, refused, panicking, such that
// the store refuses what they make, and such that cause others.
func chance(r *rand.Rand, n int) []recommend.Event {
	notes := []string{"", "", "", "", "tell", "panic", "fail-leaf", "poison state"}
	events := make([]recommend.Event, n)
	for i := range events {
		id := i
		if i > 0 && r.IntN(5) == 0 {
			id = r.IntN(i)
		}
		e := testEvent(fmt.Sprint("key-", r.IntN(5)), id, told{N: r.IntN(12) - 1, Note: notes[r.IntN(len(notes))]})
		events[i] = e
	}
	return events
}

func TestARebuildMakesTheDocumentsThatTheFoldsMade(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 7)) // the same each time
			cluster := newCluster(t, 3)
			p := newPublisher(t, cluster)
			folded, rebuilt := newMemStore(), newMemStore()
			c := newConsumer(t, cluster, folded, p, recommend.TopicPicks)
			stop := start(t, c)
			again := newRebuild(cluster, rebuilt, recommend.TopicPicks)
			var done, total atomic.Int64
			again.Progress = func(d, of int64) { done.Store(max(done.Load(), d)); total.Store(of) }
			for range 3 {
				appendAll(t, p, recommend.TopicPicks, chance(r, 60)...)
				garble(t, cluster, recommend.TopicPicks, "key-1", "not json")
				await(t, "the folds", func() bool { return lagOf(t, c) == 0 })
				before := endsOf(t, cluster)
				if err := again.Run(t.Context()); err != nil {
					t.Fatalf("Run: %v, want nil", err)
				}
				wantSame(t, folded, rebuilt)
				if diff := cmp.Diff(before, endsOf(t, cluster)); diff != "" {
					t.Errorf("the rebuild wrote to the log (-before +after):\n%s", diff)
				}
			}
			stop()
			if done.Load() != 183 || total.Load() != 183 {
				t.Errorf("progress: %d of %d, want 183 of 183", done.Load(), total.Load())
			}
		})
	}
}

// endsOf returns the ends of all topics, the dead letters too.
func endsOf(t *testing.T, cluster ingest.Cluster) map[string]int64 {
	t.Helper()
	ends := map[string]int64{}
	lag, err := ingest.Lag(t.Context(), cluster, "", recommend.Topics()...)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range lag {
		ends[fmt.Sprint(l.Topic, "/", l.Partition)] = l.End
	}
	return ends
}

func TestARebuildLeavesTheDeadDead(t *testing.T) {
	cluster := newCluster(t, 1)
	p := newPublisher(t, cluster)
	store := newMemStore()
	appendAll(t, p, recommend.TopicPicks, testEvent("a", 1, told{N: 1}), testEvent("a", 2, told{N: 2}), testEvent("a", 3, told{N: 3}))
	if err := p.Bury(t.Context(), ingest.DeadLetter{Topic: recommend.TopicPicks, Offset: 1, Reason: "unheard", Attempts: 1}); err != nil {
		t.Fatal(err)
	}
	if err := newRebuild(cluster, store, recommend.TopicPicks).Run(t.Context()); err != nil {
		t.Fatalf("Run: %v, want nil", err)
	}
	if diff := cmp.Diff([]int{1, 3}, numbers(t, store, "a")); diff != "" {
		t.Errorf("numbers (-want +got):\n%s", diff)
	}
}

func TestARebuildStopsWhenItIsTold(t *testing.T) {
	cluster := newCluster(t, 1)
	p := newPublisher(t, cluster)
	appendAll(t, p, recommend.TopicPicks, counting("a", 0, 10)...)
	store := newMemStore()
	ctx, cancel := context.WithCancel(t.Context())
	store.fail = func(string, []recommend.Document) error {
		cancel()
		return recommend.ErrUnavailable
	}
	if err := newRebuild(cluster, store, recommend.TopicPicks).Run(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Run: %v, want context.Canceled", err)
	}
}
