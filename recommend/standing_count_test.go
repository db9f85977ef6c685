package recommend_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vitrine.dev/recommend"
)

func TestPagesAreCountedByWhetherTheyWereKept(t *testing.T) {
	kept, anew := keeping(t)
	anew.crowd(t, 60)
	counts := func(f *shopFloor) map[string]uint64 {
		all := make(map[string]uint64)
		for _, o := range recommend.KeptOutcomes() {
			if n := f.KeptPages(o); n > 0 {
				all[o.String()] = n
			}
		}
		return all
	}
	brief := recommend.WindowRequest{Reader: "r", Limit: 5, Brief: true}
	first := kept.window(t, brief)
	kept.window(t, brief)
	kept.window(t, recommend.WindowRequest{Reader: "r", Limit: 5, Brief: true, Cursor: first.NextCursor})
	kept.window(t, recommend.WindowRequest{Reader: "r", Limit: 5})
	kept.clock.add(31 * time.Second)
	kept.window(t, brief)
	if diff := cmp.Diff(map[string]uint64{"miss": 1, "hit": 2, "bypass": 1, "stale": 1}, counts(kept)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	anew.window(t, brief)
	if diff := cmp.Diff(map[string]uint64{"bypass": 1}, counts(anew)); diff != "" {
		t.Errorf("where nothing is kept (-want +got):\n%s", diff)
	}
}
