package recommend_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"vitrine.dev/recommend"
)

func TestTheOldestPicksActedOnAreForgottenWithTheirJourneys(t *testing.T) {
	rules := &recommend.DefaultPolicy().Reader
	r := &recommend.Reader{Traces: make(recommend.Traces)}
	now := opening()
	act := func(kind, pick string) recommend.Effects {
		t.Helper()
		e, err := r.Act(&recommend.Action{Kind: kind, Pick: pick, At: now}, recommend.Acting{Rules: rules, Appended: now})
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	act(recommend.ActBookmark, "kept")
	kept := r.Traces["kept"]
	kept.Acted = 1
	r.Traces["kept"] = kept
	for i := range 20_000 {
		r.Traces[fmt.Sprint("p", i)] = recommend.Trace{Did: 2, Acted: int64(10 + i), Journey: true}
	}
	e := act(recommend.ActOpen, "new")
	if got, want := len(e.Forgotten), 2000; got != want {
		t.Fatalf("%d journeys forgotten, want %d", got, want)
	}
	slices.Sort(e.Forgotten)
	for _, pick := range []string{"kept", "new", "p2000", "p19999"} {
		if _, ok := r.Traces[pick]; !ok {
			t.Errorf("%s is forgotten", pick)
		}
	}
	for _, pick := range []string{"p0", "p1999"} {
		if _, there := slices.BinarySearch(e.Forgotten, pick); !there {
			t.Errorf("%s is not forgotten", pick)
		}
	}
}

// What is decided on a document read again is what was decided on the one in
// memory: folds do both.
func TestTracesAreReadAsTheyWereWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ts := make(recommend.Traces)
		for range rapid.IntRange(1, 5).Draw(t, "traces") {
			ts[rapid.StringMatching(`[A-Za-z0-9][A-Za-z0-9._~-]{0,8}`).Draw(t, "pick")] = recommend.Trace{
				Did: rapid.Uint16().Draw(t, "did"), Seen: rapid.Int64().Draw(t, "seen"), Acted: rapid.Int64Min(0).Draw(t, "acted"),
				Shown: rapid.IntRange(0, 20).Draw(t, "shown"), Opened: rapid.IntRange(0, 20).Draw(t, "opened"),
				Carted: rapid.Int64Range(0, 2e9).Draw(t, "carted"), Journey: rapid.Bool().Draw(t, "journey"),
			}
		}
		b, err := json.Marshal(ts)
		if err != nil {
			t.Fatal(err)
		}
		var got recommend.Traces
		if err := json.Unmarshal(b, &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(ts, got); diff != "" {
			t.Fatalf("%s (-want +got):\n%s", b, diff)
		}
	})
}

func TestARefusedActionLeavesTheReaderAlone(t *testing.T) {
	rules := &recommend.DefaultPolicy().Reader
	now := opening()
	lines := make([]recommend.CartLine, 201)
	for i := range lines {
		lines[i] = recommend.CartLine{Pick: fmt.Sprint("p", i), Quantity: 1}
	}
	for name, a := range map[string]recommend.Action{
		"too many pieces": {Kind: recommend.ActCart, Pick: "p1", Quantity: 100},
		"too many lines":  {Kind: recommend.ActMerge, Lines: lines},
		"a foreign click": {Kind: recommend.ActComplain, Click: &recommend.Click{ID: "c1"}},
		"a refund":        {Kind: recommend.ActRefund, Pick: "p1"},
	} {
		a.At = now
		r := &recommend.Reader{ID: "r"}
		_, err := r.Act(&a, recommend.Acting{Rules: rules, Appended: now})
		if !errors.Is(err, recommend.ErrInvalid) {
			t.Errorf("%s: got %v, want a refusal", name, err)
		}
		if diff := cmp.Diff(&recommend.Reader{ID: "r"}, r); diff != "" {
			t.Errorf("%s changed the reader:\n%s", name, diff)
		}
	}
}
