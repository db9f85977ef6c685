package ranking_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"

	"vitrine.dev/ranking"
)

// A deed is a call of Together.Add.
type deed struct {
	history []ranking.Act
	act     ranking.Act
}

func drawAct(t *rapid.T) ranking.Act {
	return ranking.Act{
		Item:   rapid.Int32Range(-1, 90).Draw(t, "item"),
		Weight: rapid.SampledFrom([]float64{.3, 1, 2, 0, -1}).Draw(t, "weight"),
		At:     start + rapid.Int64Range(0, 900*aDay).Draw(t, "at"),
	}
}

func drawDeed(t *rapid.T) deed {
	return deed{rapid.SliceOfN(rapid.Custom(drawAct), 0, 80).Draw(t, "history"), drawAct(t)}
}

func act(t *ranking.Together, all []deed) {
	for _, d := range all {
		t.Add(d.history, d.act.Item, d.act.Weight, d.act.At)
	}
}

// last is the last n distinct items of a history, in the obvious way.
func last(history []ranking.Act, n int, except int32) []ranking.Act {
	var acts []ranking.Act
	place := map[int32]int{}
	for _, a := range history {
		if a.Item < 0 || a.Item == except || a.Weight <= 0 {
			continue
		}
		if i, ok := place[a.Item]; ok {
			acts[i].Weight = max(acts[i].Weight, a.Weight)
		} else if len(acts) < n {
			place[a.Item] = len(acts)
			acts = append(acts, a)
		} else {
			break
		}
	}
	return acts
}

// plainTogether is the scores of Near and Next in the obvious way: by all that
// was ever done.
func plainTogether(all []deed, halfLife float64, history []ranking.Act) (near, next map[int32]float64) {
	now := int64(0)
	for _, d := range all {
		if d.act.Item >= 0 && d.act.Weight > 0 {
			now = max(now, d.act.At)
		}
	}
	w, d, n := map[[2]int32]float64{}, map[[2]int32]float64{}, map[int32]float64{}
	for _, deed := range all {
		a := deed.act
		if a.Item < 0 || a.Weight <= 0 {
			continue
		}
		weight := a.Weight * math.Exp2(-float64(now-a.At)/halfLife)
		n[a.Item] += weight
		for i, b := range last(deed.history, 60, a.Item) {
			v := weight * b.Weight * math.Exp2(-float64(i+1)/20)
			w[[2]int32{a.Item, b.Item}] += v
			w[[2]int32{b.Item, a.Item}] += v
			if i < 15 && b.At <= a.At {
				d[[2]int32{b.Item, a.Item}] += weight * b.Weight * math.Exp2(-float64(i+1)/5)
			}
		}
	}
	near, next = map[int32]float64{}, map[int32]float64{}
	for i, a := range last(history, 60, -1) {
		u := a.Weight / math.Sqrt(n[a.Item]+5)
		for c := range int32(100) {
			near[c] += u * math.Exp2(-float64(i)/20) * w[[2]int32{a.Item, c}] / math.Pow(n[c]+5, .7)
			if i < 15 {
				next[c] += u * math.Exp2(-float64(i)/5) * d[[2]int32{a.Item, c}] / math.Sqrt(n[c]+5)
			}
		}
	}
	return near, next
}

func sameSums(t *rapid.T, what string, got *ranking.Sums, want map[int32]float64) {
	seen := map[int32]bool{}
	for _, item := range got.Items() {
		if seen[item] {
			t.Fatalf("%s: item %d comes twice", what, item)
		}
		seen[item] = true
	}
	for item := int32(-1); item < 110; item++ {
		near(t, what, got.Of(item), want[item], tolerance)
		if !seen[item] && got.Of(item) != 0 {
			t.Fatalf("%s: item %d has a sum and is not listed", what, item)
		}
	}
}

func TestTogetherIsWhatPlainCountsAre(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		halfLife := rapid.SampledFrom([]time.Duration{0, time.Hour, 24 * time.Hour, 1000 * 24 * time.Hour, -1}).Draw(t, "half-life")
		micros := map[time.Duration]float64{0: float64(180 * aDay), -1: math.Inf(1)}[halfLife]
		if micros == 0 {
			micros = float64(halfLife / time.Microsecond)
		}
		all := rapid.SliceOfN(rapid.Custom(drawDeed), 0, 12).Draw(t, "deeds")
		history := rapid.SliceOfN(rapid.Custom(drawAct), 0, 80).Draw(t, "history")
		one, other, replica := ranking.Together{HalfLife: halfLife}, ranking.Together{HalfLife: halfLife}, ranking.Together{HalfLife: halfLife}
		act(&one, all)
		act(&other, rapid.Permutation(all).Draw(t, "in another order"))
		var seen uint64
		for range 2 {
			var items []int32
			items, seen = one.Changed(seen)
			for _, item := range items {
				if err := replica.SetRow(item, one.Row(item, name), number); err != nil {
					t.Fatal(err)
				}
			}
		}
		nearWant, nextWant := plainTogether(all, micros, history)
		var sums ranking.Sums
		for what, together := range map[string]*ranking.Together{"in order": &one, "in another order": &other, "by a replica": &replica} {
			together.Near(history, &sums)
			sameSums(t, "near "+what, &sums, nearWant)
			together.Next(history, &sums)
			sameSums(t, "next "+what, &sums, nextWant)
		}
	})
}

func TestTogetherStaysWithinItsBound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		together := ranking.Together{MaxPartners: rapid.IntRange(1, 200).Draw(t, "bound")}
		var replica ranking.Together
		var seen uint64
		for range rapid.IntRange(1, 10).Draw(t, "rounds") {
			act(&together, []deed{drawDeed(t)})
			if together.Len() > together.MaxPartners {
				t.Fatalf("got %d partners, want at most %d", together.Len(), together.MaxPartners)
			}
			var items []int32
			items, seen = together.Changed(seen)
			for _, item := range items {
				if err := replica.SetRow(item, together.Row(item, name), number); err != nil {
					t.Fatal(err)
				}
			}
		}
		if got := replica.Len(); got != together.Len() {
			t.Fatalf("a replica holds %d partners, want %d", got, together.Len())
		}
	})
}

func TestTheStrongestPartnersAreKept(t *testing.T) {
	const strong, all = 150, 3000
	var together, replica ranking.Together
	for i := range int32(all) {
		weight := .1
		if i%(all/strong) == 0 {
			weight = 1
		}
		together.Add([]ranking.Act{{Item: 0, Weight: 1, At: start}}, 1+i, weight, start)
	}
	if got := together.Len() - all; got > 400 {
		t.Errorf("the popular item has %d partners, want at most 400", got)
	}
	if err := replica.SetRow(0, together.Row(0, name), number); err != nil {
		t.Fatal(err)
	}
	if got := replica.Len(); got != ranking.MaxPartners {
		t.Errorf("%d partners travel, want %d", got, ranking.MaxPartners)
	}
	for name, kept := range map[string]*ranking.Together{"here": &together, "in a replica": &replica} {
		var sums ranking.Sums
		kept.Near([]ranking.Act{{Item: 0, Weight: 1}}, &sums)
		for i := int32(0); i < all; i += all / strong {
			if sums.Of(1+i) == 0 {
				t.Errorf("%s the strong partner %d is lost", name, 1+i)
			}
		}
	}
}

func FuzzTogetherRow(f *testing.F) {
	var together ranking.Together
	together.Add([]ranking.Act{{Item: 1, Weight: 1, At: start}, {Item: 2, Weight: .3, At: start}}, 0, 1, start)
	f.Add(together.Row(0, name))
	f.Add(together.Row(9, name))
	f.Add([]byte{})
	f.Add([]byte{1, 0, 0, 0, 0, 0, 200, 1})
	f.Fuzz(func(t *testing.T, row []byte) {
		together := ranking.Together{MaxPartners: 100}
		together.Add([]ranking.Act{{Item: 1, Weight: 1, At: start}}, 2, 1, start)
		asked := 0
		err := together.SetRow(2, row, func(string) int32 { asked++; return int32(asked % 150) })
		if err != nil && (!errors.Is(err, ranking.ErrRow) || asked > 0 || together.Len() != 2) {
			t.Fatalf("got the error %v after %d names, want ErrRow before any", err, asked)
		}
		if together.Len() > 100 {
			t.Fatalf("got %d partners, want at most 100", together.Len())
		}
		var sums ranking.Sums
		together.Near([]ranking.Act{{Item: 1, Weight: 1}, {Item: 2, Weight: 1}}, &sums)
		for _, item := range sums.Items() {
			if v := sums.Of(item); math.IsNaN(v) || math.IsInf(v, 0) {
				t.Fatalf("row %x gives a score of %v", row, v)
			}
		}
	})
}

func BenchmarkTogether(b *testing.B) {
	const items = 50_000
	r := rand.New(rand.NewPCG(1, 2))
	draw := func() int32 { return int32(items * r.Float64() * r.Float64() * r.Float64()) }
	histories := make([][]ranking.Act, 500)
	for i := range histories {
		for range 60 {
			histories[i] = append(histories[i], ranking.Act{Item: draw(), Weight: 1, At: start})
		}
	}
	var together ranking.Together
	for i := range 20_000 {
		together.Add(histories[i%500], draw(), 1, start+int64(i)*aMinute)
	}
	var sums ranking.Sums
	b.Run("add", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			together.Add(histories[r.IntN(500)], draw(), 1, start+20_000*aMinute)
		}
	})
	b.Run("near", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			together.Near(histories[r.IntN(500)], &sums)
		}
	})
	b.Run("next", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			together.Next(histories[r.IntN(500)], &sums)
		}
	})
}
