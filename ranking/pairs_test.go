package ranking_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"vitrine.dev/ranking"
)

// name and number are how the tests call items where they travel.
func name(item int32) string { return "item-" + strconv.Itoa(int(item)) }

func number(name string) int32 {
	n, err := strconv.ParseInt(strings.TrimPrefix(name, "item-"), 10, 32)
	if err != nil {
		return -1
	}
	return int32(n)
}

// plainPairs is Pairs in the obvious way, without bounds.
type plainPairs struct {
	clicks, expected map[[2]int32]float64
	opens            map[int32]float64
}

func (p *plainPairs) answered(history []int32, l list) {
	for i, item := range l.items {
		for _, h := range history {
			p.clicks[[2]int32{h, item}] += l.y[i]
			p.expected[[2]int32{h, item}] += l.e[i]
		}
	}
}

func (p *plainPairs) lift(history []int32, item int32) float64 {
	a, x := .3, .3
	for _, h := range history {
		w := 1 / math.Sqrt(p.opens[h]+5)
		a += w * p.clicks[[2]int32{h, item}]
		x += w * p.expected[[2]int32{h, item}]
	}
	return math.Log(a / x)
}

// An answer is a list with its reader's history.
type answer struct {
	list
	history []int32
}

func drawAnswer(t *rapid.T) answer {
	return answer{drawList(t), rapid.SliceOfNDistinct(rapid.Int32Range(0, 60), 0, 30, rapid.ID).Draw(t, "history")}
}

func TestPairsAreWhatPlainCountsAre(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var p, replica ranking.Pairs
		plain := plainPairs{map[[2]int32]float64{}, map[[2]int32]float64{}, map[int32]float64{}}
		for _, a := range rapid.SliceOfN(rapid.Custom(drawAnswer), 0, 12).Draw(t, "answers") {
			for i := range a.items {
				a.items[i] = max(a.items[i], 0)
			}
			for _, h := range a.history {
				p.Opened(h)
				plain.opens[h]++
			}
			p.Answered(a.history, a.items, a.y, a.e, a.at)
			plain.answered(a.history, a.list)
		}
		if got, want := p.Len(), len(plain.expected); got != want {
			t.Fatalf("got %d pairs, want %d", got, want)
		}
		items, _ := p.Changed(0)
		for _, item := range items {
			if err := replica.SetRow(item, p.Row(item, name), number); err != nil {
				t.Fatal(err)
			}
		}
		history := rapid.SliceOfNDistinct(rapid.Int32Range(0, 70), 0, 50, rapid.ID).Draw(t, "history")
		got, again, candidates := make([]float64, 16), make([]float64, 16), make([]int32, 16)
		for i := range candidates {
			candidates[i] = int32(i)
		}
		p.Lift(history, candidates, got)
		replica.Lift(history, candidates, again)
		for i, item := range candidates {
			want := plain.lift(history, item)
			near(t, "lift", got[i], want, tolerance)
			near(t, "lift by a replica", again[i], want, tolerance)
		}
	})
}

func TestPairsStayWithinTheirBound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := ranking.Pairs{MaxPairs: rapid.IntRange(1, 100).Draw(t, "bound")}
		var replica ranking.Pairs
		var seen uint64
		for _, a := range rapid.SliceOfN(rapid.Custom(drawAnswer), 1, 30).Draw(t, "answers") {
			p.Answered(a.history, a.items, a.y, a.e, a.at)
			if p.Len() > p.MaxPairs {
				t.Fatalf("got %d pairs, want at most %d", p.Len(), p.MaxPairs)
			}
			var items []int32
			items, seen = p.Changed(seen)
			for _, item := range items {
				if err := replica.SetRow(item, p.Row(item, name), number); err != nil {
					t.Fatal(err)
				}
			}
		}
		if got := replica.Len(); got != p.Len() {
			t.Fatalf("a replica holds %d pairs, want %d", got, p.Len())
		}
	})
}

func TestPairsLongestUnansweredAreForgotten(t *testing.T) {
	p := ranking.Pairs{MaxPairs: 8}
	history := []int32{10, 11}
	for i, item := range []int32{2, 0, 3, 1} { // two pairs each, full
		p.Answered(history, []int32{item}, []float64{1}, []float64{.5}, start+int64(i))
	}
	p.Answered(history, []int32{2}, []float64{1}, []float64{.5}, start+9)
	p.Answered(history, []int32{4}, []float64{1}, []float64{.5}, start+10)
	out := make([]float64, 5)
	p.Lift(history, []int32{0, 1, 2, 3, 4}, out)
	for item, want := range []bool{false, true, true, false, true} {
		if got := out[item] != 0; got != want {
			t.Errorf("item %d is known: got %v, want %v", item, got, want)
		}
	}
}

// TestAReplicaKnowsTheRestInTheMean has an item with many pairs, half of which
// tell something.
func TestAReplicaKnowsTheRestInTheMean(t *testing.T) {
	const pairs = 2 * ranking.MaxPartners
	var p, replica ranking.Pairs
	for h := range int32(pairs) {
		for range 1 + h%3 {
			p.Opened(h)
			replica.Opened(h)
		}
		opens := float64(1 + h%3)
		clicks := 2 * opens // as many as all pairs lead to expect
		if h%2 == 0 {
			clicks = float64(h%4) * 2 * opens
		}
		p.Answered([]int32{h}, []int32{pairs}, []float64{clicks}, []float64{2 * opens}, start)
	}
	row := p.Row(pairs, name)
	if most := ranking.MaxPartners*(len(name(pairs))+9) + 30; len(row) > most {
		t.Errorf("the row has %d bytes, want at most %d", len(row), most)
	}
	if err := replica.SetRow(pairs, row, number); err != nil {
		t.Fatal(err)
	}
	if got := replica.Len(); got != ranking.MaxPartners {
		t.Errorf("got %d pairs, want %d", got, ranking.MaxPartners)
	}
	check := func() {
		t.Helper()
		got, want := make([]float64, 1), make([]float64, 1)
		for h := range int32(pairs) {
			p.Lift([]int32{h}, []int32{pairs}, want)
			replica.Lift([]int32{h}, []int32{pairs}, got)
			near(t, "lift by a replica", got[0], want[0], tolerance)
		}
	}
	check()
	for h := range int32(pairs) { // and it can go on from there
		for _, both := range []*ranking.Pairs{&p, &replica} {
			both.Answered([]int32{h}, []int32{pairs}, []float64{1}, []float64{.5}, start)
		}
	}
	check()
}

func TestAPairIsSmall(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var p ranking.Pairs
	answerAtRandom(r, &p, 2000)
	runtime.GC()
	runtime.ReadMemStats(&after)
	per := (float64(after.HeapAlloc) - float64(before.HeapAlloc)) / float64(p.Len())
	t.Logf("%d pairs of %.1f bytes", p.Len(), per)
	if per > 24 {
		t.Errorf("a pair takes %.1f bytes, want at most 24", per)
	}
	runtime.KeepAlive(&p)
}

// answerAtRandom feeds n lists of 20 among 1,000 items to readers who opened 43
// of 5,000: 860 updates each.
func answerAtRandom(r *rand.Rand, p *ranking.Pairs, n int) {
	history, items := make([]int32, 43), make([]int32, 20)
	y, e := make([]float64, 20), make([]float64, 20)
	y[4] = 1
	for k := range n {
		for i := range history {
			history[i] = int32(5000 * r.Float64() * r.Float64())
		}
		for i := range items {
			items[i], e[i] = int32(1000*r.Float64()*r.Float64()), 1./20
		}
		p.Answered(history, items, y, e, start+int64(k)*aMinute)
	}
}

func FuzzPairsRow(f *testing.F) {
	var p ranking.Pairs
	p.Opened(0)
	p.Answered([]int32{1, 2}, []int32{0}, []float64{1}, []float64{.5}, start)
	f.Add(p.Row(0, name))
	f.Add(p.Row(9, name))
	f.Add([]byte{})
	f.Add([]byte{1, 0, 0, 200, 1})
	f.Fuzz(func(t *testing.T, row []byte) {
		p := ranking.Pairs{MaxPairs: 100}
		asked := 0
		err := p.SetRow(2, row, func(string) int32 { asked++; return int32(asked % 150) })
		if err != nil && (!errors.Is(err, ranking.ErrRow) || asked > 0 || p.Len() > 0) {
			t.Fatalf("got the error %v after %d names, want ErrRow before any", err, asked)
		}
		if p.Len() > 100 {
			t.Fatalf("got %d pairs, want at most 100", p.Len())
		}
		out := make([]float64, 1)
		p.Lift([]int32{1, 2, 3}, []int32{2}, out)
		if math.IsNaN(out[0]) || math.IsInf(out[0], 0) {
			t.Fatalf("row %x gives a lift of %v", row, out[0])
		}
	})
}

func BenchmarkPairs(b *testing.B) {
	b.Run("answered 860", func(b *testing.B) {
		r := rand.New(rand.NewPCG(1, 2))
		var p ranking.Pairs
		answerAtRandom(r, &p, 2000)
		b.ReportAllocs()
		for b.Loop() {
			answerAtRandom(r, &p, 1)
		}
	})
	b.Run("lift 300 of 50", func(b *testing.B) {
		r := rand.New(rand.NewPCG(1, 2))
		var p ranking.Pairs
		answerAtRandom(r, &p, 2000)
		history, items, out := make([]int32, 50), make([]int32, 300), make([]float64, 300)
		for i := range history {
			history[i] = r.Int32N(5000)
		}
		for i := range items {
			items[i] = r.Int32N(1000)
		}
		b.ReportAllocs()
		for b.Loop() {
			p.Lift(history, items, out)
		}
	})
}
