package ingest_test

import (
	"encoding/json"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vitrine.dev/recommend"
)

// A replacedStore is one whose documents a rebuild replaces.
type replacedStore struct {
	*memStore
	generation atomic.Uint64
}

func (s *replacedStore) Generation() uint64 { return s.generation.Load() }

// replace puts other numbers in the place of those of key, as of the same event.
func (s *replacedStore) replace(t *testing.T, key string, numbers ...int) {
	t.Helper()
	body, err := json.Marshal(tally{Numbers: numbers})
	if err != nil {
		t.Fatal(err)
	}
	ref := recommend.Ref{Kind: kindState, ID: key}
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.docs[ref]
	d.Body = body
	s.docs[ref] = d
	s.generation.Add(1)
}

func TestFoldsGoOnFromDocumentsThatWereReplaced(t *testing.T) {
	cluster := newCluster(t, 1)
	p := newPublisher(t, cluster)
	store := &replacedStore{memStore: newMemStore()}
	c := newConsumer(t, cluster, store, p, recommend.TopicPicks)
	start(t, c)
	folded := func() {
		t.Helper()
		await(t, "the folds", func() bool { return lagOf(t, c) == 0 })
	}
	appendAll(t, p, recommend.TopicPicks, counting("a", 0, 3)...)
	folded()

	store.replace(t, "a", 100)
	appendAll(t, p, recommend.TopicPicks, counting("a", 3, 1)...)
	folded()
	if diff := cmp.Diff([]int{100, 3}, numbers(t, store.memStore, "a")); diff != "" {
		t.Errorf("replaced between two batches, numbers (-want +got):\n%s", diff)
	}

	var once atomic.Bool
	store.mu.Lock()
	store.fail = func(op string, _ []recommend.Document) error {
		if op != "put" || !once.CompareAndSwap(false, true) {
			return nil
		}
		store.docs[recommend.Ref{Kind: kindState, ID: "a"}] = recommend.Document{
			Ref: recommend.Ref{Kind: kindState, ID: "a"}, Version: 3, Body: json.RawMessage(`{"Numbers":[200]}`),
		}
		return fmt.Errorf("replaced: %w", recommend.ErrConflict)
	}
	store.mu.Unlock()
	appendAll(t, p, recommend.TopicPicks, counting("a", 4, 1)...)
	folded()
	if diff := cmp.Diff([]int{200, 4}, numbers(t, store.memStore, "a")); diff != "" {
		t.Errorf("replaced within a batch, numbers (-want +got):\n%s", diff)
	}
}
