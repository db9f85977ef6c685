package recommend_test

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"vitrine.dev/recommend"
)

// anyReader draws a reader's document about the picks of stockShelf.
func anyReader(t *rapid.T, picks int, now time.Time) *recommend.Reader {
	r := &recommend.Reader{ID: "r"}
	n := func(what string) int { return rapid.IntRange(0, picks-1).Draw(t, what) }
	ago := func() time.Time {
		return now.Add(-time.Duration(rapid.IntRange(1, 200*24*60).Draw(t, "minutes")) * time.Minute)
	}
	for range rapid.IntRange(0, 2).Draw(t, "interests") {
		topic := rapid.SampledFrom([]string{"home", "home/kitchen", "garden"}).Draw(t, "topic")
		r.Interests = append(r.Interests, recommend.Interest{Topic: topic, Weight: rapid.Float64Range(.1, 1).Draw(t, "weight"), Source: "declared"})
	}
	for range rapid.IntRange(0, 3).Draw(t, "follows") {
		r.Follow(fmt.Sprintf("e%d", n("expert")), ago())
	}
	for range rapid.IntRange(0, 3).Draw(t, "feedback") {
		r.Feedback = append(r.Feedback, recommend.Feedback{Kind: "expert", ID: fmt.Sprintf("e%d", n("fed")), More: true, At: ago()})
	}
	for range rapid.IntRange(0, 6).Draw(t, "acts") {
		kind := rapid.SampledFrom([]string{recommend.ActOpen, recommend.ActBookmark, recommend.ActCart, recommend.ActPurchase}).Draw(t, "kind")
		r.History = append(r.History, recommend.Act{Pick: fmt.Sprintf("p%d", n("acted")), Kind: kind, At: ago().Unix()})
	}
	return r
}

func TestAReasonIsGivenOnlyWhenItsFactorAdds(t *testing.T) {
	f := newShopFloor(t)
	f.stockShelf(t, 12)
	// By its beginning: the factors that a reason rests on.
	rests := map[string][]string{
		"Because you are interested":  {"interest"},
		"Because you follow":          {"follow", "latest_followed"},
		"Other experts you follow":    {"followed"},
		"You looked at this":          {"acted", "history"},
		"You kept this":               {"acted", "history"},
		"You put this into your cart": {"acted", "history"},
		"Readers who liked what":      {"near", "next", "fits", "pairs"},
		"By experts who also picked":  {"walk", "session"},
		"Several readers opened":      {"engagement", "events_1d", "events_7d"},
		"New pick":                    {"freshness"},
		"You asked for more of this":  {"feedback"},
	}
	spoke := make(map[string]bool)
	rapid.Check(t, func(t *rapid.T) {
		f.store.replace(t, recommend.KindReader, "r", anyReader(t, 12, f.clock.now()))
		topics := rapid.SampledFrom([][]string{nil, {"home"}}).Draw(t, "topics")
		w, err := f.Window(t.Context(), recommend.WindowRequest{Reader: "r", Topics: topics, Lang: "en"})
		if err != nil {
			t.Fatal(err)
		}
		for _, it := range w.Items {
			sum, by := 0.0, make(map[string]float64)
			for _, x := range it.Factors {
				sum += x.Weight * x.Value
				by[x.Name] += x.Weight * x.Value
			}
			if math.Abs(sum-it.Score) > 1e-6 {
				t.Fatalf("%s: factors add up to %v, the score is %v", it.Pick, sum, it.Score)
			}
			if len(it.Reasons) == 0 || len(it.Reasons) > 3 {
				t.Fatalf("%s has %d reasons", it.Pick, len(it.Reasons))
			}
			for _, reason := range it.Reasons {
				for begins, factors := range rests {
					if !strings.HasPrefix(reason, begins) {
						continue
					}
					spoke[begins] = true
					adds := 0.0
					for _, x := range factors {
						adds += by[x]
					}
					if adds <= 0 {
						t.Fatalf("%s: %q, and %v add %v", it.Pick, reason, factors, adds)
					}
				}
			}
		}
	})
	for _, begins := range []string{"Because you are interested", "Because you follow", "New pick", "You looked at this", "You asked for more of this"} {
		if !spoke[begins] {
			t.Errorf("no reason began with %q", begins)
		}
	}
}

func TestWithPersonalisationOffNothingOfTheReaderIsInTheScore(t *testing.T) {
	f := newShopFloor(t)
	f.world.SetPolicy(t.Context(), testPolicy(t, colours))
	f.stockShelf(t, 12)
	type line struct {
		Pick, Source string
		Score        float64
		Factors      []recommend.Factor
		Reasons      []string
	}
	lines := func(t *rapid.T, reader string, topics []string) (out []line) {
		w, err := f.Window(t.Context(), recommend.WindowRequest{Reader: reader, Topics: topics, Lang: "en", Seed: 5})
		if err != nil {
			t.Fatal(err)
		}
		for _, it := range w.Items {
			out = append(out, line{it.Pick, it.Source, it.Score, it.Factors, it.Reasons})
		}
		return out
	}
	rapid.Check(t, func(t *rapid.T) {
		r := anyReader(t, 12, f.clock.now())
		r.Impersonal = true
		f.store.replace(t, recommend.KindReader, "r", r)
		for _, topics := range [][]string{nil, {"home"}} {
			if diff := cmp.Diff(lines(t, "", topics), lines(t, "r", topics)); diff != "" {
				t.Fatalf("window on %v (-of somebody unknown +of an impersonal reader):\n%s", topics, diff)
			}
		}
	})
}

func TestNoCommissionChangesAnOrder(t *testing.T) {
	f := newShopFloor(t)
	const n = 10
	f.stockShelf(t, n)
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprintf("p%d", i)
	}
	for i := range 12 { // weights move from where they start
		f.show(t, "r"+strconv.Itoa(i), "w"+strconv.Itoa(i), ids, "p7")
	}
	if f.memory.Lists(recommend.SurfaceRank) == 0 {
		t.Fatal("nothing was learned")
	}
	orders := func(t *rapid.T) (out [][]recommend.Factor) {
		for _, topics := range [][]string{nil, {"home"}} {
			w, err := f.Window(t.Context(), recommend.WindowRequest{Reader: "r", Topics: topics, Seed: 5})
			if err != nil {
				t.Fatal(err)
			}
			for _, it := range w.Items {
				out = append(out, append([]recommend.Factor{{Name: it.Pick}}, it.Factors...))
			}
		}
		w, err := f.Rank(t.Context(), recommend.RankRequest{Reader: "r", Picks: ids, Seed: 5})
		if err != nil {
			t.Fatal(err)
		}
		for _, it := range w.Items {
			out = append(out, append([]recommend.Factor{{Name: it.Pick}}, it.Factors...))
		}
		return out
	}
	rapid.Check(t, func(t *rapid.T) {
		f.store.replace(t, recommend.KindReader, "r", anyReader(t, n, f.clock.now()))
		before := orders(t)
		for i := range n {
			item := fmt.Sprintf("i%d", i)
			p := product(item)
			p.CommissionBP = int64(rapid.IntRange(0, 9000).Draw(t, "commission"))
			f.store.replace(t, recommend.KindProduct, "jd:"+item, p)
		}
		if err := f.follower.Sync(t.Context()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(before, orders(t)); diff != "" {
			t.Fatalf("another commission changed an order (-before +after):\n%s", diff)
		}
	})
}

// replace is put for a property test.
func (m *memoryStore) replace(t *rapid.T, kind recommend.Kind, id string, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	ref := recommend.Ref{Kind: kind, ID: id}
	m.docs[ref] = recommend.Document{Ref: ref, Version: m.docs[ref].Version + 1, Body: body}
	m.changes[kind] = append(m.changes[kind], ref)
}

func TestEveryFactorIsDescribedInBothLanguages(t *testing.T) {
	f := newShopFloor(t)
	en, zh := f.Ranking("en"), f.Ranking("zh")
	for i, x := range slices.Concat(en.Features, en.Adjustments) {
		y := slices.Concat(zh.Features, zh.Adjustments)[i]
		if x.About == y.About || strings.Contains(x.About, "the same,") {
			t.Errorf("%s: %q in English, %q in Chinese: add a line to words", x.Name, x.About, y.About)
		}
	}
}

func TestACardThatChancePutThereSaysSo(t *testing.T) {
	f := newShopFloor(t)
	f.stockShelf(t, 30)
	for i := range 29 { // all but p29 are known
		f.put(t, recommend.KindPulse, recommend.PulseID(fmt.Sprintf("p%d", i), 0), &recommend.Pulse{
			Pick: fmt.Sprintf("p%d", i), At: f.clock.now(), Readers: map[string]int64{recommend.ActImpression: 100_000},
		})
	}
	w := f.window(t, recommend.WindowRequest{Reader: "r", Lang: "en", Seed: 3, Limit: 20})
	found := false
	for _, it := range w.Items {
		if it.Source != "explore" {
			continue
		}
		found = true
		if it.Reasons[0] != "New here: we try it with you" {
			t.Errorf("reasons %q of a card that chance put there", it.Reasons)
		}
		y, err := f.Why(t.Context(), recommend.WhyRequest{Pick: it.Pick, Window: w.ID, WindowRequest: recommend.WindowRequest{Reader: "r", Lang: "en", Seed: 3}, Shown: &it.Score})
		if err != nil {
			t.Fatal(err)
		}
		if y.Source != "explore" || *y.Changed || *y.Position != it.Position {
			t.Errorf("explained as %+v, want the card %+v", y, it)
		}
	}
	if !found {
		t.Error("chance put no card there; the test needs one")
	}
}
