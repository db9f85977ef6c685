package ranking_test

import (
	"bytes"
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"vitrine.dev/ranking"
)

// The times of the tests: microseconds after some moment of 2026.
const (
	start     = int64(1_790_000_000_000_000)
	aMinute   = int64(60_000_000)
	anHour    = 60 * aMinute
	aDay      = 24 * anHour
	tolerance = 1e-5 // of what travelled as float32
)

func near(t interface {
	Helper()
	Errorf(string, ...any)
}, what string, got, want, within float64,
) {
	t.Helper()
	if math.IsNaN(got) || math.Abs(got-want) > within*max(1, math.Abs(want)) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func TestAListTellsOfItsItems(t *testing.T) {
	var l ranking.Lists
	near(t, "an unknown item's lift", l.Lift(7, 3, start), 0, 0)
	near(t, "an unknown item's exposure", l.Exposure(7, start), 0, 0)
	if got := l.Since(7); got != 0 {
		t.Errorf("an unknown item was first shown at %d, want 0", got)
	}
	l.Shown(0, start+aMinute)
	l.Shown(0, start+aMinute)
	l.Shown(0, start)
	l.Shown(1, start)
	l.Answered([]int32{0, 1, -1, 2}, []int32{0, 0, 0, 1}, []float64{0, 1, 0, 0}, []float64{.25, .25, .25, .25}, start)
	rate0, rate1 := (1+3)/(.5+3), (0+3)/(.25+3)
	at := start + 6*anHour
	near(t, "lift, one half-life later", l.Lift(1, 0, at), math.Log((.5+rate0)/(.125+1)), 1e-12)
	near(t, "lift of what was passed over", l.Lift(0, 0, at), math.Log(rate0/(.125+1)), 1e-12)
	near(t, "lift in another topic", l.Lift(2, 1, at), math.Log(rate1/(.125+1)), 1e-12)
	near(t, "lift in no topic", l.Lift(2, -1, start), math.Log(1/1.25), 1e-12)
	week, ever := l.LiftSlow(1, 0, start+7*aDay)
	near(t, "lift, a week", week, math.Log((.5+rate0)/(.125+1)), 1e-12)
	near(t, "lift, all time", ever, math.Log((1+rate0)/(.25+1)), 1e-12)
	near(t, "strength of the chosen", l.Strength(1), .3*.75, 1e-12)
	near(t, "strength of the others", l.Strength(0), -.3*.25, 1e-12)
	near(t, "exposure", l.Exposure(0, start+31*aMinute), math.Log(1+.5*(2+math.Exp2(-1./30))), 1e-12)
	if got := l.Since(0); got != start {
		t.Errorf("first shown at %d, want %d", got, start)
	}
}

// A list is what a test shows and has answered.
type list struct {
	items, topics []int32
	y, e          []float64
	at            int64
}

func drawList(t *rapid.T) list {
	n := rapid.IntRange(1, 8).Draw(t, "length")
	l := list{at: start + rapid.Int64Range(0, 20*aDay).Draw(t, "at"), y: make([]float64, n)}
	for range n {
		item := rapid.Int32Range(-1, 12).Draw(t, "item")
		l.items, l.topics, l.e = append(l.items, item), append(l.topics, item%3), append(l.e, 1/float64(n))
	}
	l.y[rapid.IntRange(0, n-1).Draw(t, "click")] = 1
	return l
}

func feed(l *ranking.Lists, all []list) {
	for _, a := range all {
		for _, item := range a.items {
			l.Shown(item, a.at)
		}
		l.Answered(a.items, a.topics, a.y, a.e, a.at)
	}
}

// like fails unless two Lists say the same of every item.
func like(t *rapid.T, got, want *ranking.Lists, within float64, strength bool) {
	for item := int32(-1); item < 14; item++ {
		for _, at := range []int64{start, start + 10*aDay, start + 30*aDay} {
			near(t, "lift", got.Lift(item, item%3, at), want.Lift(item, item%3, at), within)
			near(t, "exposure", got.Exposure(item, at), want.Exposure(item, at), within)
			week, ever := got.LiftSlow(item, item%3, at)
			wantWeek, wantEver := want.LiftSlow(item, item%3, at)
			near(t, "lift of a week", week, wantWeek, within)
			near(t, "lift of all time", ever, wantEver, within)
		}
		if got.Since(item) != want.Since(item) {
			t.Errorf("item %d: first shown at %d, want %d", item, got.Since(item), want.Since(item))
		}
		if strength {
			near(t, "strength", got.Strength(item), want.Strength(item), within)
		}
	}
}

func TestTheOrderOfListsMakesNoDifference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.SliceOfN(rapid.Custom(drawList), 0, 20).Draw(t, "lists")
		var one, other ranking.Lists
		feed(&one, all)
		feed(&other, rapid.Permutation(all).Draw(t, "in another order"))
		like(t, &other, &one, 1e-9, false)
	})
}

func TestStrengthOnlyMovesBetweenItems(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var l ranking.Lists
		for _, a := range rapid.SliceOfN(rapid.Custom(drawList), 0, 20).Draw(t, "lists") {
			for i := range a.items {
				a.items[i] = max(a.items[i], 0)
			}
			feed(&l, []list{a})
		}
		var sum float64
		for item := range int32(13) {
			sum += l.Strength(item)
		}
		near(t, "sum of strengths", sum, 0, 1e-9)
	})
}

func TestAReplicaOfListsAnswersAlike(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var l, replica ranking.Lists
		var seen, seenTopics uint64
		for _, part := range rapid.SliceOfN(rapid.SliceOfN(rapid.Custom(drawList), 0, 5), 1, 4).Draw(t, "lists") {
			feed(&l, part)
			var items, topics []int32
			items, seen = l.Changed(seen)
			topics, seenTopics = l.ChangedTopics(seenTopics)
			for _, item := range items {
				if err := replica.SetRow(item, l.Row(item)); err != nil {
					t.Fatal(err)
				}
			}
			for _, topic := range topics {
				if err := replica.SetTopicRow(topic, l.TopicRow(topic)); err != nil {
					t.Fatal(err)
				}
			}
			like(t, &replica, &l, tolerance, true)
		}
		if items, _ := l.Changed(seen); len(items) != 0 {
			t.Fatalf("items %v changed since all was said, want none", items)
		}
	})
}

// TestLearningAtEveryClickIsNearlyLearningAtTheClose simulates readers who
// choose by a softmax over the items' true strengths, some of them twice.
func TestLearningAtEveryClickIsNearlyLearningAtTheClose(t *testing.T) {
	const items, lists, length = 200, 4000, 20
	r := rand.New(rand.NewPCG(1, 2))
	truth := make([]float64, items)
	for i := range truth {
		truth[i] = r.NormFloat64()
	}
	var clicked, closed ranking.Lists
	for k := range lists {
		l := list{at: start + int64(k)*aMinute, topics: make([]int32, length), y: make([]float64, length), e: make([]float64, length)}
		for _, i := range r.Perm(items)[:length] {
			l.items = append(l.items, int32(i))
		}
		m := 0.0
		for m < 1 || m < 4 && r.Float64() < .3 {
			y, e := make([]float64, length), make([]float64, length)
			y[choose(r, l.items, truth, l.y)] = 1
			for i := range y {
				l.y[i] += y[i]
				e[i] = 1. / length
			}
			m++
			clicked.Answered(l.items, l.topics, y, e, l.at)
		}
		for i := range l.e {
			l.e[i] = m / length
		}
		closed.Answered(l.items, l.topics, l.y, l.e, l.at)
	}
	byClick, byClose := make([]float64, items), make([]float64, items)
	for i := range items {
		item := int32(i)
		byClick[i], byClose[i] = clicked.Strength(item), closed.Strength(item)
		near(t, "lift", clicked.Lift(item, 0, start), closed.Lift(item, 0, start), 1e-9)
	}
	if got := correlation(byClick, byClose); got < .97 {
		t.Errorf("strengths by click and by close correlate %.3f, want at least .97", got)
	}
	for name, b := range map[string][]float64{"click": byClick, "close": byClose} {
		if got := correlation(b, truth); got < .9 {
			t.Errorf("strengths by %s correlate %.3f with the truth, want at least .9", name, got)
		}
	}
	t.Logf("correlations: %.4f of click and close, %.4f of click and truth, %.4f of close and truth",
		correlation(byClick, byClose), correlation(byClick, truth), correlation(byClose, truth))
}

// choose draws a place by a softmax of strengths, among those not taken.
func choose(r *rand.Rand, items []int32, strength, taken []float64) int {
	var sum float64
	for i, item := range items {
		sum += (1 - taken[i]) * math.Exp(strength[item])
	}
	at, last := r.Float64()*sum, 0
	for i, item := range items {
		if taken[i] == 0 {
			last = i
			if at -= math.Exp(strength[item]); at < 0 {
				break
			}
		}
	}
	return last
}

func correlation(x, y []float64) float64 {
	n := float64(len(x))
	var sx, sy, sxx, syy, sxy float64
	for i := range x {
		sx, sy = sx+x[i], sy+y[i]
		sxx, syy, sxy = sxx+x[i]*x[i], syy+y[i]*y[i], sxy+x[i]*y[i]
	}
	return (sxy - sx*sy/n) / math.Sqrt((sxx-sx*sx/n)*(syy-sy*sy/n))
}

func FuzzListsRow(f *testing.F) {
	var l ranking.Lists
	feed(&l, []list{{items: []int32{0, 1}, topics: []int32{0, 0}, y: []float64{1, 0}, e: []float64{.5, .5}, at: start}})
	f.Add(l.Row(0))
	f.Add(l.Row(9))
	f.Add(l.TopicRow(0))
	f.Add([]byte{})
	f.Add([]byte{1, 0, 0, 0, 0, 0, 0xc0, 0x7f})
	f.Fuzz(func(t *testing.T, row []byte) {
		var l ranking.Lists
		switch err := l.SetRow(2, row); {
		case err == nil:
			if got := l.Row(2); len(got) > len(row) {
				t.Fatalf("row %x comes back as %x", row, got)
			}
			if v := l.Lift(2, 0, start) + l.Exposure(2, start) + l.Strength(2); math.IsNaN(v) || math.IsInf(v, 0) {
				t.Fatalf("row %x gives %v", row, v)
			}
		case !errors.Is(err, ranking.ErrRow):
			t.Fatalf("got the error %v, want ErrRow", err)
		}
		if err := l.SetTopicRow(0, row); err == nil && !bytes.Equal(l.TopicRow(0), row) {
			t.Fatalf("topic row %x comes back as %x", row, l.TopicRow(0))
		}
	})
}

func BenchmarkLists(b *testing.B) {
	const items, length = 10_000, 40
	r := rand.New(rand.NewPCG(1, 2))
	var l ranking.Lists
	one := list{topics: make([]int32, length), y: make([]float64, length), e: make([]float64, length)}
	for range length {
		one.items = append(one.items, r.Int32N(items))
	}
	one.y[3] = 1
	b.Run("answered 40", func(b *testing.B) {
		b.ReportAllocs()
		at := start
		for b.Loop() {
			at += aMinute
			l.Answered(one.items, one.topics, one.y, one.e, at)
		}
	})
	b.Run("lift", func(b *testing.B) {
		b.ReportAllocs()
		var sum float64
		for b.Loop() {
			sum += l.Lift(one.items[0], 0, start)
		}
		if math.IsNaN(sum) {
			b.Fatal("no number")
		}
	})
}
