package recommend_test

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"vitrine.dev/recommend"
)

// observe tells the learner of an action that happens now.
func (f *shopFloor) observe(tb testing.TB, a recommend.Action) {
	tb.Helper()
	a.At = f.clock.now()
	if err := f.learner.Observe(tb.Context(), &a); err != nil {
		tb.Fatal(err)
	}
}

// show lets a reader see picks in a window that somebody else made, and opens one.
func (f *shopFloor) show(tb testing.TB, reader, window string, picks []string, opened string) {
	tb.Helper()
	for _, p := range picks {
		f.observe(tb, recommend.Action{Reader: reader, Kind: recommend.ActImpression, Pick: p, Window: window})
	}
	f.clock.add(time.Second)
	f.observe(tb, recommend.Action{Reader: reader, Kind: recommend.ActOpen, Pick: opened, Window: window})
}

func (f *shopFloor) ranked(tb testing.TB, picks []string) []recommend.Item {
	tb.Helper()
	w, err := f.Rank(tb.Context(), recommend.RankRequest{Reader: "r", Picks: picks})
	if err != nil {
		tb.Fatal(err)
	}
	return w.Items
}

func TestWhatIsChosenFromListsIsRankedFirst(t *testing.T) {
	f := newShopFloor(t)
	f.stockShelf(t, 6)
	picks := []string{"p0", "p1", "p2", "p3", "p4", "p5"}
	if got := picksOf(f.ranked(t, picks)); got[0] == "p0" {
		t.Fatalf("order before anything is learned: %v; the test needs another pick", got)
	}
	for i := range 12 {
		f.show(t, "r"+strconv.Itoa(i), "w"+strconv.Itoa(i), picks, "p0")
	}
	if got := picksOf(f.ranked(t, picks)); got[0] != "p0" {
		t.Errorf("order: got %v, want the pick that all chose first", got)
	}
	if n := f.memory.Lists(recommend.SurfaceRank); n == 0 {
		t.Error("no list was learned from")
	}
}

// TestACardThatNobodyChoosesIsNotHelpedByBeingShown: what is shown alone, and
// not chosen from, says nothing for it.
func TestACardThatNobodyChoosesIsNotHelpedByBeingShown(t *testing.T) {
	f := newShopFloor(t)
	f.stockShelf(t, 4)
	score := func() float64 { return f.ranked(t, []string{"p1"})[0].Score }
	before := score()
	for i := range 20 {
		f.observe(t, recommend.Action{Reader: "x" + strconv.Itoa(i), Kind: recommend.ActImpression, Pick: "p1", Window: "w"})
	}
	f.observe(t, recommend.Action{Reader: "y", Kind: recommend.ActFollow, Expert: "e1"})
	if after := score(); after >= before {
		t.Errorf("score %v, was %v: want it lower, shown and never chosen", after, before)
	}
}

func TestNothingIsLearnedFromTheImpersonal(t *testing.T) {
	f := newShopFloor(t)
	f.stockShelf(t, 4)
	f.put(t, recommend.KindReader, "r", &recommend.Reader{ID: "r", Impersonal: true})
	f.show(t, "r", "w", []string{"p0", "p1", "p2"}, "p2")
	f.observe(t, recommend.Action{Reader: "r", Kind: recommend.ActBookmark, Pick: "p2"})
	for _, s := range recommend.Surfaces() {
		if n := f.memory.Lists(s); n != 0 {
			t.Errorf("%s: learned from %d lists, want none", s, n)
		}
	}
}

// TestNothingIsLearnedFromRobots: what a robot does is as if it was not there.
func TestNothingIsLearnedFromRobots(t *testing.T) {
	for _, bot := range []bool{true, false} {
		f := newShopFloor(t)
		f.stockShelf(t, 4)
		picks := []string{"p0", "p1", "p2"}
		before := f.ranked(t, picks)
		for i := range 12 {
			reader, window := "r"+strconv.Itoa(i), "w"+strconv.Itoa(i)
			for _, p := range picks {
				f.observe(t, recommend.Action{Reader: reader, Kind: recommend.ActImpression, Pick: p, Window: window, Bot: bot})
			}
			for _, kind := range []string{recommend.ActOpen, recommend.ActBookmark} {
				f.observe(t, recommend.Action{Reader: reader, Kind: kind, Pick: before[2].Pick, Window: window, Bot: bot})
			}
		}
		learned := 0
		for _, s := range recommend.Surfaces() {
			learned += int(f.memory.Lists(s))
		}
		same := slices.Equal(picksOf(before), picksOf(f.ranked(t, picks)))
		if (learned == 0) != bot || same != bot {
			t.Errorf("robots: %t: learned from %d lists, the order is the same: %t", bot, learned, same)
		}
	}
}

// TestAReaderWhoTurnsPersonalisationOffIsNotLearnedFromAnyMore: nor from what he
// was shown before.
func TestAReaderWhoTurnsPersonalisationOffIsNotLearnedFromAnyMore(t *testing.T) {
	for _, impersonal := range []bool{false, true} {
		f := newShopFloor(t)
		f.stockShelf(t, 4)
		for i := range 8 { // of which some are held out
			reader, window := "r"+strconv.Itoa(i), "w"+strconv.Itoa(i)
			for _, p := range []string{"p0", "p1", "p2"} {
				f.observe(t, recommend.Action{Reader: reader, Kind: recommend.ActImpression, Pick: p, Window: window})
			}
			f.observe(t, recommend.Action{Reader: reader, Kind: recommend.ActFollow, Expert: "e1"}) // the list is made
			f.put(t, recommend.KindReader, reader, &recommend.Reader{ID: reader, Impersonal: impersonal})
			f.observe(t, recommend.Action{Reader: reader, Kind: recommend.ActOpen, Pick: "p2", Window: window})
		}
		if n := f.memory.Lists(recommend.SurfaceRank); (n == 0) != impersonal {
			t.Errorf("impersonal %t: learned from %d lists", impersonal, n)
		}
	}
}

func TestTheHistoryOfAReaderBringsBackWhatHeLookedAt(t *testing.T) {
	f := newShopFloor(t)
	f.stockShelf(t, 10)
	at := f.clock.now().Add(-time.Hour).Unix()
	f.put(t, recommend.KindReader, "r", &recommend.Reader{ID: "r", History: recommend.History{{Pick: "p7", Kind: recommend.ActCart, At: at}}})
	first := f.window(t, recommend.WindowRequest{Reader: "r"}).Items[0]
	if first.Pick != "p7" || first.Source != "resume" {
		t.Errorf("first card: %s from %s, want p7 from resume", first.Pick, first.Source)
	}
	if got := picksOf(f.window(t, recommend.WindowRequest{Reader: "r", Fresh: true}).Items); slices.Contains(got, "p7") {
		t.Errorf("without what he acted on: got %v", got)
	}
}

// TestNothingOfAChoiceIsAmongItsFeatures: an act that the reader's
// document holds already must not explain itself.
func TestNothingOfAChoiceIsAmongItsFeatures(t *testing.T) {
	learn := func(known bool) string {
		f := newShopFloor(t)
		f.stockShelf(t, 30)
		for i := range 20 {
			reader, pick := "r"+strconv.Itoa(i), "p"+strconv.Itoa(i)
			if known {
				f.put(t, recommend.KindReader, reader, &recommend.Reader{ID: reader, History: recommend.History{{Pick: pick, Kind: recommend.ActBookmark, At: f.clock.now().Unix()}}})
			}
			f.observe(t, recommend.Action{Reader: reader, Kind: recommend.ActBookmark, Pick: pick})
		}
		var out []string
		for _, i := range f.window(t, recommend.WindowRequest{Topics: []string{"home/kitchen"}}).Items {
			out = append(out, fmt.Sprintf("%s %.9f", i.Pick, i.Score))
		}
		return fmt.Sprint(out)
	}
	if before, after := learn(false), learn(true); before != after {
		t.Errorf("learned from documents that hold the act:\n%s\nand that do not:\n%s", after, before)
	}
}

func TestFeaturesStayWithinTheirRanges(t *testing.T) {
	features := make(map[string]recommend.Feature)
	for _, f := range recommend.Features() {
		if _, twice := features[f.Name]; twice || f.About == "" || f.Unit == "" || !(f.Low < f.High) {
			t.Errorf("feature %+v: want one of this name, described, with a range", f)
		}
		features[f.Name] = f
	}
	rapid.Check(t, func(r *rapid.T) {
		f := newShopFloor(t)
		f.stockShelf(t, 12)
		draw := func(name string) string { return "p" + strconv.Itoa(rapid.IntRange(0, 11).Draw(r, name)) }
		for range rapid.IntRange(0, 30).Draw(r, "acts") {
			reader := rapid.SampledFrom([]string{"r", "s", "t"}).Draw(r, "reader")
			f.clock.add(time.Duration(rapid.IntRange(0, 100).Draw(r, "minutes")) * time.Minute)
			f.show(t, reader, "w"+draw("window"), []string{draw("a"), draw("b"), draw("c")}, draw("opened"))
		}
		var history recommend.History
		for range rapid.IntRange(0, 9).Draw(r, "history") {
			kind := rapid.SampledFrom(recommend.Remembered()).Draw(r, "kind")
			history = append(history, recommend.Act{Pick: draw("past"), Kind: kind, At: f.clock.now().Unix() - int64(rapid.IntRange(0, 1e6).Draw(r, "ago"))})
		}
		f.put(t, recommend.KindReader, "r", &recommend.Reader{ID: "r", History: history, Follows: []recommend.Since{{ID: "e1"}}})
		for _, i := range f.ranked(t, []string{"p0", "p1", "p2", "p3"}) {
			sum := 0.0
			for _, x := range i.Factors {
				sum += x.Weight * x.Value
				if d, ok := features[x.Name]; ok && (x.Value < d.Low || x.Value > d.High || math.IsNaN(x.Value)) {
					r.Errorf("%s of %s is %v, want %v to %v", x.Name, i.Pick, x.Value, d.Low, d.High)
				}
			}
			if math.Abs(sum-i.Score) > 1e-6 {
				r.Errorf("%s: factors add up to %v, score %v", i.Pick, sum, i.Score)
			}
		}
	})
}

// TestWhatReadersUseTogetherIsFound: of two crowds, each with products of its
// own, a reader of the one is shown more of what it uses.
func TestWhatReadersUseTogetherIsFound(t *testing.T) {
	f := newShopFloor(t)
	f.stockShelf(t, 40)
	past := make(map[string]recommend.History)
	for i := range 400 {
		f.clock.add(time.Minute)
		crowd := i % 2
		reader, p := fmt.Sprintf("c%d-%d", crowd, i%20/2), fmt.Sprintf("p%d", 2*((i*7+i/20)%20)+crowd)
		f.observe(t, recommend.Action{Reader: reader, Kind: recommend.ActBookmark, Pick: p})
		past[reader] = append(past[reader], recommend.Act{Pick: p, Kind: recommend.ActBookmark, At: f.clock.now().Unix()})
		f.put(t, recommend.KindReader, reader, &recommend.Reader{ID: reader, History: past[reader]})
	}
	f.put(t, recommend.KindReader, "new", &recommend.Reader{ID: "new", History: recommend.History{
		{Pick: "p1", Kind: recommend.ActBookmark, At: f.clock.now().Unix() - 60}, {Pick: "p5", Kind: recommend.ActBookmark, At: f.clock.now().Unix() - 30},
	}})
	odd := 0
	for _, id := range picksOf(f.window(t, recommend.WindowRequest{Reader: "new", Fresh: true, Bare: true, Limit: 10}).Items) {
		if n, _ := strconv.Atoi(id[1:]); n%2 == 1 {
			odd++
		}
	}
	if odd < 9 {
		t.Errorf("%d of 10 cards are what the reader's crowd uses, want nearly all", odd)
	}
}

func BenchmarkObserve(b *testing.B) {
	f := newShopFloor(b)
	f.stockShelf(b, 2_000)
	for i := range 200 {
		var history recommend.History
		for k := range 100 {
			history = append(history, recommend.Act{Pick: "p" + strconv.Itoa((i*31+k*17)%2_000), Kind: recommend.ActOpen, At: f.clock.now().Unix() - int64(k+1)*1_000})
		}
		slices.Reverse(history)
		f.put(b, recommend.KindReader, "r"+strconv.Itoa(i), &recommend.Reader{ID: "r" + strconv.Itoa(i), History: history})
	}
	kinds := []string{recommend.ActImpression, recommend.ActImpression, recommend.ActImpression, recommend.ActImpression, recommend.ActOpen, recommend.ActBookmark}
	i := 0
	for b.Loop() {
		window := i / 24
		a := recommend.Action{Reader: "r" + strconv.Itoa(window%200), Kind: kinds[i%len(kinds)], Pick: "p" + strconv.Itoa((window*13+i%24)%2_000)}
		if a.Kind == recommend.ActImpression {
			a.Window = "w" + strconv.Itoa(window)
		}
		if i%24 == 23 { // what was shown first is opened
			a.Kind, a.Pick, a.Window = recommend.ActOpen, "p"+strconv.Itoa(window*13%2_000), "w"+strconv.Itoa(window)
		}
		f.clock.add(time.Second)
		f.observe(b, a)
		i++
	}
}
