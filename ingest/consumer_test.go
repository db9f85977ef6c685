package ingest_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"vitrine.dev/recommend"
)

func TestAnEventBecomesItsDocuments(t *testing.T) {
	cluster := newCluster(t, 3)
	p := newPublisher(t, cluster)
	store := newMemStore()
	start(t, newConsumer(t, cluster, store, p, recommend.TopicPicks))
	at, err := p.Append(t.Context(), recommend.TopicPicks, testEvent("a", 1, told{N: 1}), testEvent("a", 2, told{N: 2}))
	if err != nil {
		t.Fatal(err)
	}
	await(t, "both numbers", func() bool { return len(numbers(t, store, "a")) == 2 })
	if diff := cmp.Diff([]int{1, 2}, numbers(t, store, "a")); diff != "" {
		t.Errorf("numbers differ (-want +got):\n%s", diff)
	}
	if at[0].Offset+1 != at[1].Offset || at[0].Partition != at[1].Partition {
		t.Errorf("positions %v: want one after the other", at)
	}
}
