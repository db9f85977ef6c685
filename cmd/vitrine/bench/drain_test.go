package bench

import (
	"slices"
	"testing"

	"vitrine.dev/ingest"
)

func TestAShareDealsAllInProportion(t *testing.T) {
	s := &share[int]{all: []int{1, 2, 3, 4, 5, 6}, messages: 4}
	var got [][]int
	for _, n := range []int{1, 1, 2, 1} {
		got = append(got, s.of(n))
	}
	want := [][]int{{1}, {2, 3}, {4, 5, 6}, {}}
	if !slices.EqualFunc(got, want, slices.Equal) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestEndsAreOneKeyInEveryPartition(t *testing.T) {
	for _, n := range []int{1, 3, 12} {
		for p, key := range ends("gate", n) {
			if got := ingest.PartitionOf(key, n); got != p {
				t.Errorf("of %d: %s is in partition %d, want %d", n, key, got, p)
			}
		}
	}
}
