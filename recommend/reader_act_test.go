package recommend_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

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

// What a robot does is done, and makes a journey; it moves nothing that windows
// are ranked by, is in no arm, and is nothing that the reader is known by.
func TestWhatRobotsDoIsNotCounted(t *testing.T) {
	rules, now := &recommend.DefaultPolicy().Reader, opening()
	kinds := []string{
		recommend.ActImpression, recommend.ActOpen, recommend.ActBookmark, recommend.ActCart, recommend.ActCheckout, recommend.ActPurchase,
		recommend.ActRefund, recommend.ActShare, recommend.ActHide, recommend.ActReport,
	}
	for _, bot := range []bool{true, false} {
		r := recommend.Reader{ID: "r"}
		for _, kind := range kinds {
			a := &recommend.Action{ID: "a-" + kind, Reader: "r", Kind: kind, Pick: "p1", Expert: "mei", Category: "fraud", Arm: "colour:red", Bot: bot, At: now}
			e, err := r.Act(a, recommend.Acting{Rules: rules, Appended: now, Trusted: true})
			if err != nil {
				t.Fatalf("%s: %v", kind, err)
			}
			if counted := len(e.Counts) > 0; counted == bot {
				t.Errorf("%s, by a robot: %t: counts %+v", kind, bot, e.Counts)
			}
			if kind == recommend.ActImpression && e.Shown.Bot != bot {
				t.Errorf("shown %+v, to a robot: %t", e.Shown, bot)
			}
			if steps := len(e.Steps) > 0; steps != (kind != recommend.ActImpression) {
				t.Errorf("%s, by a robot: %t: steps %+v", kind, bot, e.Steps)
			}
			if arms := r.TallyArms(a, &e, true, recommend.DefaultPolicy()); bot && len(arms) > 0 {
				t.Errorf("%s of a robot is in the arms %+v", kind, arms)
			}
		}
		if len(r.Bookmarks) != 1 || len(r.Cart.Lines) != 1 || len(r.Feedback) != 1 || len(r.Reports) != 1 {
			t.Errorf("by a robot: %t: not done: %+v", bot, r)
		}
		if none := len(r.History) == 0 && len(r.Arms) == 0; none != bot {
			t.Errorf("by a robot: %t: history %v, arms %v", bot, r.History, r.Arms)
		}
	}
}

// A robot that takes back what the reader did leaves nothing counted that is not
// there any more.
func TestWhatARobotTakesBackIsCountedNoMore(t *testing.T) {
	var r recommend.Reader
	rules, now := &recommend.DefaultPolicy().Reader, opening().Truncate(time.Second)
	for _, c := range []struct {
		kind string
		bot  bool
		want []recommend.Count
	}{
		{recommend.ActBookmark, false, []recommend.Count{{Pick: "p1", Kind: recommend.ActBookmark, Readers: 1, At: now}}},
		{recommend.ActUnbookmark, true, []recommend.Count{{Pick: "p1", Kind: recommend.ActBookmark, Readers: -1, At: now}}},
		{recommend.ActBookmark, true, nil},
		{recommend.ActUnbookmark, false, nil},
	} {
		e, err := r.Act(&recommend.Action{Kind: c.kind, Pick: "p1", Bot: c.bot, At: now}, recommend.Acting{Rules: rules, Appended: now})
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(c.want, e.Counts); d != "" {
			t.Errorf("%s, by a robot: %t (-want +got):\n%s", c.kind, c.bot, d)
		}
	}
}
