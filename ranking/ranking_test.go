package ranking_test

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"vitrine.dev/ranking"
)

func TestANewerOneNeverScoresLower(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		halfLife := time.Duration(rapid.Int64Range(1, int64(10_000*time.Hour)).Draw(t, "half-life"))
		age := time.Duration(rapid.Int64Range(int64(-time.Hour), int64(100_000*time.Hour)).Draw(t, "age"))
		newer := age - time.Duration(rapid.Int64Range(0, int64(100_000*time.Hour)).Draw(t, "by"))
		model := ranking.NewLinear(
			ranking.Weight{Name: "fresh", Value: rapid.Float64Range(0, 10).Draw(t, "weight")},
			ranking.Weight{Name: "other", Value: rapid.Float64Range(-10, 10).Draw(t, "other weight")},
		)
		table := ranking.NewTable(2, "fresh", "other")
		fresh, other := table.Column("fresh"), table.Column("other")
		fresh[0], fresh[1] = ranking.Decay(age, halfLife), ranking.Decay(newer, halfLife)
		other[0] = rapid.Float64Range(-10, 10).Draw(t, "value")
		other[1] = other[0]
		if scores := model.Score(table); scores[1] < scores[0] {
			t.Fatalf("at age %s the score is %v, at %s it is %v", age, scores[0], newer, scores[1])
		}
	})
}

func TestDecayHalvesWithEveryHalfLife(t *testing.T) {
	for _, c := range []struct {
		age, halfLife time.Duration
		want          float64
	}{
		{0, time.Hour, 1},
		{time.Hour, time.Hour, .5},
		{3 * time.Hour, time.Hour, .125},
		{90 * time.Minute, time.Hour, math.Pow(.5, 1.5)},
		{-time.Hour, time.Hour, 1},
		{math.MaxInt64, time.Nanosecond, 0},
		{0, 0, 1},
		{1, 0, 0},
		{1, -time.Hour, 0},
	} {
		if got := ranking.Decay(c.age, c.halfLife); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("Decay(%s, %s): got %v, want %v", c.age, c.halfLife, got, c.want)
		}
	}
}

func TestAnExplanationAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := []string{"a", "b", "c", "d"}
		var weights []ranking.Weight
		for _, n := range names {
			weights = append(weights, ranking.Weight{Name: n, Value: rapid.Float64Range(-1e6, 1e6).Draw(t, "weight")})
		}
		model := ranking.NewLinear(weights...)
		table := ranking.NewTable(rapid.IntRange(1, 20).Draw(t, "rows"), names[:rapid.IntRange(0, 4).Draw(t, "columns")]...)
		for _, n := range names {
			for i := range table.Column(n) {
				table.Column(n)[i] = rapid.Float64Range(-1, 1).Draw(t, "value")
			}
		}
		for i, score := range model.Score(table) {
			factors := model.Explain(table, i)
			if got := ranking.Sum(factors); math.Abs(got-score) > 1e-6 {
				t.Fatalf("factors %v add up to %v, the score is %v", factors, got, score)
			}
			if len(factors) != len(weights) {
				t.Fatalf("got %d factors, want one for each of %d weights", len(factors), len(weights))
			}
		}
	})
}

func TestADiscountIsBounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := ranking.Discount{Decay: rapid.Float64Range(0, 1).Draw(t, "decay"), Floor: rapid.Float64Range(0, 1).Draw(t, "floor")}
		if got := d.At(0); got != 1 {
			t.Fatalf("%+v: the first counts %v, want 1", d, got)
		}
		before := 1.0
		for n := 1; n < 50; n++ {
			at := d.At(n)
			if at > before || at < d.Floor || at > 1 {
				t.Fatalf("%+v at %d: got %v, want between the floor and %v", d, n, at, before)
			}
			before = at
		}
	})
	author := ranking.Discount{Decay: .5, Floor: .25}
	for n, want := range []float64{1, .625, .4375, .34375} {
		if got := author.At(n); got != want {
			t.Errorf("the author discount at %d: got %v, want %v", n, got, want)
		}
	}
}

func drawCards(t *rapid.T) []ranking.Card {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) ranking.Card {
		return ranking.Card{
			Score: float64(rapid.IntRange(-3, 12).Draw(t, "score")) / 4, Tie: rapid.Uint64Range(0, 3).Draw(t, "tie"),
			Group: [ranking.Groups]int32{rapid.Int32Range(-1, 3).Draw(t, "author"), rapid.Int32Range(-1, 5).Draw(t, "product")},
		}
	}), 0, 60).Draw(t, "cards")
}

func drawDiscounts(t *rapid.T) [ranking.Groups]ranking.Discount {
	var all [ranking.Groups]ranking.Discount
	for i := range all {
		all[i] = ranking.Discount{Decay: rapid.Float64Range(0, 1).Draw(t, "decay"), Floor: rapid.Float64Range(0, 1).Draw(t, "floor")}
	}
	return all
}

func TestAMixIsAPermutation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cards := drawCards(t)
		var order []int
		for _, p := range ranking.NewMixer(drawDiscounts(t)).Take(cards, len(cards)+1) {
			order = append(order, p.Index)
		}
		slices.Sort(order)
		for i, n := range order {
			if i != n {
				t.Fatalf("got the cards %v, want each of %d once", order, len(cards))
			}
		}
		if len(order) != len(cards) {
			t.Fatalf("got %d cards, want %d", len(order), len(cards))
		}
	})
}

// TestAMixIsWhatPlainGreedyChooses compares with the obvious way, which looks
// at every card for every place.
func TestAMixIsWhatPlainGreedyChooses(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cards, discounts := drawCards(t), drawDiscounts(t)
		k := rapid.IntRange(0, len(cards)).Draw(t, "k")
		held := rapid.IntRange(0, 3).Draw(t, "held")
		const seed = 7
		mixer := func() *ranking.Mixer {
			m := ranking.NewMixer(discounts)
			m.Seed(seed)
			m.Hold(0, 1, held)
			return m
		}
		got := mixer().Take(cards, k)
		want := plainGreedy(cards, discounts, seed, held, k)
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("got %v, want %v", got, want)
		}
		// In the order of their scores, whatever that of equal ones, they make the
		// same page.
		slices.SortFunc(cards, func(a, b ranking.Card) int { return cmp.Compare(b.Score, a.Score) })
		want = plainGreedy(cards, discounts, seed, held, k)
		sorted := []ranking.Placed{}
		for f := mixer().FillSorted(cards); len(sorted) < k; {
			p, _ := f.Next()
			sorted = append(sorted, p)
		}
		if fmt.Sprint(sorted) != fmt.Sprint(want) {
			t.Fatalf("got %v of sorted cards, want %v", sorted, want)
		}
	})
}

func plainGreedy(cards []ranking.Card, discounts [ranking.Groups]ranking.Discount, seed uint64, held, k int) []ranking.Placed {
	counts := [ranking.Groups]map[int32]int{{1: held}, {}}
	used := make([]bool, len(cards))
	page := []ranking.Placed{}
	for range k {
		best, most := -1, 0.0
		for i, c := range cards {
			score := c.Score
			for kind, g := range c.Group {
				if n := counts[kind][g]; g >= 0 && n > 0 {
					score += math.Log(discounts[kind].At(n))
				}
			}
			if !used[i] && (best < 0 || score > most || score == most && ranking.Jitter(seed, c.Tie) < ranking.Jitter(seed, cards[best].Tie)) {
				best, most = i, score
			}
		}
		used[best] = true
		page = append(page, ranking.Placed{Index: best, Score: most})
		for kind, g := range cards[best].Group {
			counts[kind][g]++
		}
	}
	return page
}

func TestPagesOfOneMixAreOneOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cards, discounts := drawCards(t), drawDiscounts(t)
		whole := ranking.NewMixer(discounts).Take(cards, len(cards))
		k := rapid.IntRange(0, len(cards)).Draw(t, "k")
		if part := ranking.NewMixer(discounts).Take(cards, k); !slices.Equal(part, whole[:k]) {
			t.Fatalf("the best %d are %v, the whole order begins %v", k, part, whole[:k])
		}
	})
}

func TestAJitterIsTheSameForASeed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seed, key := rapid.Uint64().Draw(t, "seed"), rapid.Uint64().Draw(t, "key")
		if a, b := ranking.Jitter(seed, key), ranking.Jitter(seed, key); a != b {
			t.Fatalf("seed %d, key %d: got %d and %d", seed, key, a, b)
		}
		if u := ranking.Unit(ranking.Jitter(seed, key)); u < 0 || u >= 1 {
			t.Fatalf("unit: got %v, want at least 0 and under 1", u)
		}
		if ranking.Jitter(seed, key) == ranking.Jitter(seed+1, key) || ranking.Jitter(seed, key) == ranking.Jitter(seed, key+1) {
			t.Fatalf("seed %d, key %d: the jitter does not depend on both", seed, key)
		}
	})
}

func TestJittersAreSpreadEvenly(t *testing.T) {
	const n, bins = 100_000, 20
	var count [bins]int
	sum := 0.0
	for key := range uint64(n) {
		u := ranking.Unit(ranking.Jitter(7, key))
		count[int(u*bins)]++
		sum += u
	}
	if mean := sum / n; math.Abs(mean-.5) > .005 { // five standard errors
		t.Errorf("mean: got %v, want about 0.5", mean)
	}
	for i, c := range count {
		if math.Abs(float64(c)-n/bins) > 5*math.Sqrt(n/bins) {
			t.Errorf("bin %d: got %d of %d, want about %d", i, c, n, n/bins)
		}
	}
}

func TestAHashStaysWhatItIs(t *testing.T) {
	// Cursors carry hashes from one version of the program to the next.
	for s, want := range map[string]uint64{"": 0xf52a15e9a9b5e89b, "jd:100012043978": 0xe69b0d4cd23e05ee} {
		if got := ranking.Hash(s); got != want {
			t.Errorf("Hash(%q): got %#x, want %#x", s, got, want)
		}
	}
}

func TestATableGivesItsColumns(t *testing.T) {
	table := ranking.NewTable(3, "a", "b")
	table.Column("a")[2], table.Column("b")[0] = 1, 2
	if got, want := fmt.Sprint(table.Len(), table.Column("a"), table.Column("b"), table.Column("c")), "3 [0 0 1] [2 0 0] []"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func BenchmarkRank(b *testing.B) {
	for _, n := range []int{100, 1000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			model := ranking.NewLinear(ranking.Weight{Name: "a", Value: 2}, ranking.Weight{Name: "b", Value: 1}, ranking.Weight{Name: "c", Value: .5})
			cards := make([]ranking.Card, n)
			b.ReportAllocs()
			for b.Loop() {
				table := ranking.NewTable(n, "a", "b", "c")
				for _, name := range []string{"a", "b", "c"} {
					column := table.Column(name)
					for i := range column {
						column[i] = ranking.Unit(ranking.Jitter(1, uint64(i)))
					}
				}
				for i, score := range model.Score(table) {
					cards[i] = ranking.Card{Score: score, Tie: uint64(i), Group: [ranking.Groups]int32{int32(i % 50), -1}}
				}
				ranking.NewMixer([ranking.Groups]ranking.Discount{{Decay: .5, Floor: .25}, ranking.None()}).Take(cards, 20)
			}
		})
	}
}
