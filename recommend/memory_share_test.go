package recommend_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vitrine.dev/ranking"
	"vitrine.dev/recommend"
)

// sharedRow is a row of a product that was shown once.
func sharedRow(at int64) []byte {
	var l ranking.Lists
	l.Shown(0, at)
	return l.Row(0)
}

// TestAMemoryGoesOnFromWhatAnotherShared moves what was learned through rows and
// states: the memory that takes them has the same to share.
func TestAMemoryGoesOnFromWhatAnotherShared(t *testing.T) {
	from, to := recommend.NewMemory(recommend.DefaultPolicy()), recommend.NewMemory(recommend.DefaultPolicy())
	if rows, surfaces := from.Changes(); rows != nil || surfaces != nil {
		t.Fatalf("a new memory has changes: %v %v", rows, surfaces)
	}
	if err := from.SetRows("product:jd:1", map[string][]byte{recommend.FamilyLists: sharedRow(7)}); err != nil {
		t.Fatal(err)
	}
	rows, _ := from.Changes()
	want := []recommend.LearnedRow{{Family: recommend.FamilyLists, Of: "product:jd:1", Row: sharedRow(7)}}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Fatalf("changes differ (-want +got):\n%s", diff)
	}
	for _, r := range rows {
		if err := to.SetRows(r.Of, map[string][]byte{r.Family: r.Row}); err != nil {
			t.Fatal(err)
		}
	}
	if got, _ := to.Changes(); !slices.EqualFunc(got, want, func(a, b recommend.LearnedRow) bool { return cmp.Equal(a, b) }) {
		t.Errorf("the other has %+v, want %+v", got, want)
	}
	for _, bad := range []map[string][]byte{{"magic": sharedRow(1)}, {recommend.FamilyLists: []byte("x")}} {
		if err := to.SetRows("product:jd:1", bad); err == nil {
			t.Errorf("%v is taken", bad)
		}
	}
	to.ForgetRows()
	if got, _ := to.Changes(); got != nil {
		t.Errorf("after forgetting all %v has changed", got)
	}
}

func TestAMemoryRestartsFromWeights(t *testing.T) {
	m := recommend.NewMemory(recommend.DefaultPolicy())
	if err := m.Restart(recommend.SurfaceHome, []recommend.ModelWeight{{Name: "interest", Value: .125}}); err != nil {
		t.Fatal(err)
	}
	if err := m.Resume(recommend.SurfaceHome, json.RawMessage(`{"lists":-1}`)); err == nil {
		t.Error("a state with a negative count is taken")
	}
	g := ranking.NewGuard(ranking.NewSoftmax([]ranking.Prior{{Name: "interest", Scale: 1}}, ranking.Pace{Rate: .1}), ranking.DefaultRule())
	for key := range uint64(20) {
		x := ranking.NewTable(2, "interest")
		x.Column("interest")[0] = 1
		g.Take(ranking.Example{Key: key, Features: x, Target: []float64{1, 0}})
	}
	state, err := g.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Resume(recommend.SurfaceHome, state); err != nil {
		t.Fatal(err)
	}
	if _, surfaces := m.Changes(); surfaces != nil {
		t.Errorf("what it was told is told as changed: %v", surfaces)
	}
	if got, want := m.Lists(recommend.SurfaceHome), g.Softmax().Lists(); got != want {
		t.Errorf("it learned from %d lists, want %d", got, want)
	}
	if err := m.Restart(recommend.SurfaceHome, nil); err != nil {
		t.Errorf("back to the prior: %v", err)
	}
}
