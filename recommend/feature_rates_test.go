package recommend_test

import (
	"math"
	"strconv"
	"testing"
	"time"

	"vitrine.dev/recommend"
)

// factors are those of a pick in a window for reader r, by name.
func (f *shopFloor) factors(tb testing.TB, pick string) map[string]float64 {
	tb.Helper()
	ask := recommend.WindowRequest{Reader: "r", IncludeSeen: true}
	w := f.window(tb, ask)
	why, err := f.Why(tb.Context(), recommend.WhyRequest{Pick: pick, Window: w.ID, WindowRequest: ask})
	if err != nil {
		tb.Fatal(err)
	}
	values := make(map[string]float64)
	for _, x := range why.Factors {
		values[x.Name] = x.Value
	}
	return values
}

// twoTopics are p0 to p3 in the kitchen and p4 to p7 in the garden, by an expert
// each, and p8 in neither.
func (f *shopFloor) twoTopics(tb testing.TB) {
	tb.Helper()
	f.stockShelf(tb, 9)
	for i := 4; i < 8; i++ {
		s := strconv.Itoa(i)
		f.put(tb, recommend.KindPick, "p"+s, pick("p"+s, "e"+s, "i"+s, on("garden")))
	}
	f.put(tb, recommend.KindPick, "p8", pick("p8", "e8", "i8", on("home/bedroom")))
}

func TestWhatAReaderPassesOverCountsAgainstItsTopic(t *testing.T) {
	f := newShopFloor(t)
	f.twoTopics(t)
	now := f.clock.now().Unix()
	seen := recommend.Trace{Did: 1, Seen: now - 3600, Shown: 1}
	history := recommend.History{{Pick: "p0", Kind: recommend.ActOpen, At: now - 3600}}
	f.put(t, recommend.KindReader, "r", &recommend.Reader{ID: "r", History: history})
	alone := f.factors(t, "p1")
	for _, name := range []string{"own_topic_rate", "own_topic_doubt", "own_expert_rate"} {
		if v := alone[name]; v != 0 {
			t.Errorf("%s is %v for a reader who was shown nothing, want 0", name, v)
		}
	}
	f.put(t, recommend.KindReader, "r", &recommend.Reader{ID: "r", History: history, Traces: recommend.Traces{"p1": seen, "p4": seen, "p5": seen, "p6": seen}})
	opened, passed, unseen := f.factors(t, "p2"), f.factors(t, "p7"), f.factors(t, "p8")
	if a, b, c := opened["own_topic_rate"], unseen["own_topic_rate"], passed["own_topic_rate"]; !(a > b && b > c) || b != 0 {
		t.Errorf("own_topic_rate where he opened %.3f, was shown nothing %.3f, passed all over %.3f: want them falling, the second 0", a, b, c)
	}
	if a, b, c := opened["own_topic_doubt"], passed["own_topic_doubt"], unseen["own_topic_doubt"]; !(a < b && b == c) {
		t.Errorf("own_topic_doubt where he opened %.3f, passed all over %.3f, was shown nothing %.3f: want the first least", a, b, c)
	}
	f.put(t, recommend.KindProduct, "jd:i9", product("i9"))
	f.put(t, recommend.KindPick, "p9", pick("p9", "e0", "i9"))
	if mine, other := f.factors(t, "p9")["own_expert_rate"], opened["own_expert_rate"]; mine <= other {
		t.Errorf("own_expert_rate of the expert he opened %.3f, of another %.3f", mine, other)
	}
	if now := opened["own_topics"]; !(now > 0 && now < alone["own_topics"]) {
		t.Errorf("own_topics is %.3f with what he passed over, %.3f without: want less", now, alone["own_topics"])
	}
	f.put(t, recommend.KindReader, "r", &recommend.Reader{ID: "r", History: history, Traces: recommend.Traces{"p1": seen}, Impersonal: true})
	for _, name := range []string{"own_topic_rate", "own_topic_doubt", "own_expert_rate"} {
		if v := f.factors(t, "p2")[name]; v != 0 {
			t.Errorf("%s is %v without personalisation, want 0", name, v)
		}
	}
}

// TestAProductFurtherDownIsExpectedToBeOpenedLess: as many opens say more for it.
func TestAProductFurtherDownIsExpectedToBeOpenedLess(t *testing.T) {
	f := newShopFloor(t)
	f.twoTopics(t)
	for i := range 40 {
		reader, window := "x"+strconv.Itoa(i), "w"+strconv.Itoa(i)
		for at, p := range []string{"p0", "p1", "p2"} {
			position := 5 * at
			f.observe(t, recommend.Action{Reader: reader, Kind: recommend.ActImpression, Pick: p, Window: window, Position: &position})
		}
		f.clock.add(time.Second)
		if i%4 == 0 {
			f.observe(t, recommend.Action{Reader: reader, Kind: recommend.ActOpen, Pick: []string{"p0", "p2"}[i/4%2], Window: window})
		}
	}
	top, middle, bottom := f.factors(t, "p0")["rate"], f.factors(t, "p1")["rate"], f.factors(t, "p2")["rate"]
	if !(bottom > top && top > middle) {
		t.Errorf("rate of the bottom %.3f, of the top with as many opens %.3f, of what nobody opens %.3f: want them falling", bottom, top, middle)
	}
	if v := f.factors(t, "p3")["rate"]; math.Abs(v) > .2 {
		t.Errorf("rate of what was never shown is %.3f, want about that of its topic", v)
	}
	rows, _ := f.memory.Changes()
	other := newShopFloor(t)
	other.twoTopics(t)
	for _, r := range rows {
		if r.Family == recommend.FamilyRates || r.Family == recommend.FamilyTopicRates {
			if err := other.memory.SetRows(r.Of, map[string][]byte{r.Family: r.Row}); err != nil {
				t.Fatal(err)
			}
		}
	}
	other.clock.at = f.clock.at
	if got := other.factors(t, "p2")["rate"]; math.Abs(got-bottom) > 1e-5 {
		t.Errorf("rate in another process is %.6f, want %.6f", got, bottom)
	}
}
