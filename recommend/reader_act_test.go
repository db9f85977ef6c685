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

// An expert who acts on a pick of his own makes a journey, and is counted in
// nothing that windows are ranked by, not even when it is taken back.
func TestWhatExpertsDoWithTheirOwnIsNotCounted(t *testing.T) {
	var r recommend.Reader
	rules, now := &recommend.DefaultPolicy().Reader, opening()
	for _, kind := range []string{recommend.ActImpression, recommend.ActOpen, recommend.ActBookmark, recommend.ActUnbookmark, recommend.ActHide} {
		for _, own := range []bool{true, false} {
			e, err := r.Act(&recommend.Action{Kind: kind, Pick: map[bool]string{true: "own", false: "other"}[own], Own: own, At: now}, recommend.Acting{Rules: rules, Appended: now})
			if err != nil {
				t.Fatal(err)
			}
			if counted := len(e.Counts) > 0; counted == own {
				t.Errorf("%s, own: %t: counts %+v", kind, own, e.Counts)
			}
			if kind == recommend.ActImpression && e.Shown.Own != own {
				t.Errorf("shown %+v, own: %t", e.Shown, own)
			}
			if steps := len(e.Steps) > 0; steps != (kind != recommend.ActImpression) {
				t.Errorf("%s, own: %t: steps %+v", kind, own, e.Steps)
			}
		}
	}
	for _, c := range r.Erase(now).Counts {
		if c.Pick == "own" {
			t.Errorf("forgetting takes back %+v, which was never counted", c)
		}
	}
}
