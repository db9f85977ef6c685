package ranking_test

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"vitrine.dev/ranking"
)

// pages simulates readers of pages of 12 of 60 products, in an order that has
// little to do with how much the products are wanted, who look at position k
// with chance look(k).
type pages struct {
	rng    *rand.Rand
	look   func(int) float64
	wanted []float64 // chance of a click if looked at
	taste  []float64 // of whoever sorts the pages
	eyes   ranking.Examination

	clicks, expected, uniform []float64 // of each product
}

func newPages(seed uint64, look func(int) float64) *pages {
	const n = 60
	p := &pages{rng: rand.New(rand.NewPCG(seed, 2)), look: look}
	for range n {
		p.wanted = append(p.wanted, .2*math.Exp(.7*p.rng.NormFloat64()))
		p.taste = append(p.taste, p.rng.NormFloat64())
	}
	p.clicks, p.expected, p.uniform = make([]float64, n), make([]float64, n), make([]float64, n)
	return p
}

// page is the products of one page, top first.
func (p *pages) page() []int {
	all := p.rng.Perm(len(p.wanted))[:24]
	score := make([]float64, len(p.wanted))
	for _, i := range all {
		score[i] = p.taste[i] + p.rng.NormFloat64()
	}
	slices.SortFunc(all, func(a, b int) int {
		if score[a] > score[b] {
			return -1
		}
		return 1
	})
	return all[:12]
}

func (p *pages) read(n int) {
	positions, y, wanted := make([]int, 12), make([]float64, 12), make([]float64, 12)
	for range n {
		page, m := p.page(), 0
		for k, i := range page {
			positions[k], y[k] = k, 0
			if p.rng.Float64() < p.look(k)*p.wanted[i] {
				y[k] = 1
				m++
			}
			wanted[k] = (p.clicks[i] + 1) / (p.expected[i] + 1)
		}
		if m == 0 {
			continue
		}
		e := p.eyes.Expected(positions, m)
		p.eyes.Learn(positions, y, wanted)
		for k, i := range page {
			p.clicks[i] += y[k]
			p.expected[i] += e[k]
			p.uniform[i] += float64(m) / 12
		}
	}
}

// order is the share of pairs of products that rates put in the true order.
func (p *pages) order(expected []float64) float64 {
	right, all := 0, 0
	for a := range p.wanted {
		for b := range a {
			all++
			if (p.clicks[a]/expected[a] > p.clicks[b]/expected[b]) == (p.wanted[a] > p.wanted[b]) {
				right++
			}
		}
	}
	return float64(right) / float64(all)
}

func TestRatesCorrectedForPositionHaveTheTrueOrder(t *testing.T) {
	for name, look := range map[string]func(int) float64{
		"1/k":  func(k int) float64 { return 1 / float64(k+1) },
		"step": func(k int) float64 { return map[bool]float64{true: 1, false: .3}[k < 4] },
	} {
		for seed := range uint64(3) {
			p := newPages(seed, look)
			p.read(20_000)
			raw, corrected := p.order(p.uniform), p.order(p.expected)
			if corrected < .9 || corrected < raw+.06 {
				t.Errorf("%s, seed %d: %.3f of the pairs are in order, without correction %.3f; want at least .9, and .06 more", name, seed, corrected, raw)
			}
			for k := range 12 {
				if got, want := p.eyes.Chance(k), look(k); math.Abs(math.Log(got/want)) > .2 {
					t.Errorf("%s, seed %d, position %d: looked at with %.3f, want about %.3f", name, seed, k, got, want)
				}
			}
		}
	}
}

func TestWherePositionsDoNotMatterNothingIsCorrected(t *testing.T) {
	p := newPages(1, func(int) float64 { return 1 })
	p.read(20_000)
	for k := range 12 {
		if got := p.eyes.Chance(k); got < .9 {
			t.Errorf("position %d: looked at with %.3f, want about 1", k, got)
		}
	}
}

func TestExpectedClicksAddUp(t *testing.T) {
	p := newPages(2, func(k int) float64 { return 1 / float64(k+1) })
	p.read(2000)
	rapid.Check(t, func(t *rapid.T) {
		positions := rapid.SliceOfN(rapid.IntRange(-3, 200), 1, 30).Draw(t, "positions")
		clicks := rapid.IntRange(0, 30).Draw(t, "clicks")
		sum := 0.0
		for i, e := range p.eyes.Expected(positions, clicks) {
			if e < 0 || clicks > 0 && e == 0 {
				t.Fatalf("card %d: %v clicks", i, e)
			}
			sum += e
		}
		if math.Abs(sum-float64(clicks)) > 1e-9 {
			t.Fatalf("expected clicks add up to %v, want %d", sum, clicks)
		}
	})
}

func TestUnknownPositionsShareEqually(t *testing.T) {
	p := newPages(2, func(k int) float64 { return 1 / float64(k+1) })
	p.read(2000)
	for i, e := range p.eyes.Expected([]int{-1, -1, -1, -1}, 2) {
		if math.Abs(e-.5) > 1e-12 {
			t.Errorf("card %d: got %v, want .5", i, e)
		}
	}
	known := p.eyes.Expected([]int{0, 5, -1}, 3)
	if math.Abs(known[2]-1) > 1e-12 || known[0] < known[1] {
		t.Errorf("got %v, want the mean, 1, where it is unknown and more on top", known)
	}
	if got := p.eyes.Expected(nil, 1); len(got) != 0 {
		t.Errorf("an empty list: got %v", got)
	}
}

func TestAnExaminationTakesAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var e ranking.Examination
		value := rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{0, 1, math.NaN(), math.Inf(1), math.MaxFloat64}))
		for range rapid.IntRange(1, 5).Draw(t, "lists") {
			n := rapid.IntRange(0, 5).Draw(t, "cards")
			positions := rapid.SliceOfN(rapid.IntRange(-1, 1000), n, n).Draw(t, "positions")
			e.Learn(positions, rapid.SliceOfN(value, n, n).Draw(t, "clicks"), rapid.SliceOfN(value, n, n).Draw(t, "wanted"))
		}
		for k := range 100 {
			if c := e.Chance(k); !(c >= .05 && c <= 1) {
				t.Fatalf("position %d: chance %v", k, c)
			}
		}
		encode(t, &e)
	})
}

func TestAnExaminationGoesOnInAnotherProcess(t *testing.T) {
	one, two := newPages(3, func(k int) float64 { return 1 / float64(k+1) }), newPages(3, func(k int) float64 { return 1 / float64(k+1) })
	one.read(500)
	two.read(500)
	state := encode(t, &two.eyes)
	two.eyes = ranking.Examination{}
	if err := json.Unmarshal(state, &two.eyes); err != nil {
		t.Fatal(err)
	}
	one.read(500)
	two.read(500)
	if a, b := encode(t, &one.eyes), encode(t, &two.eyes); !bytes.Equal(a, b) {
		t.Errorf("got %s, want %s", b, a)
	}
	for _, bad := range []string{`{}`, `[{"clicks":-1}]`, `[{"clicks":1e300}]`, `[` + string(bytes.Repeat([]byte(`{},`), 60)) + `{}]`} {
		before := encode(t, &two.eyes)
		if err := two.eyes.UnmarshalJSON([]byte(bad)); err == nil {
			t.Errorf("%.30s: got no error", bad)
		}
		if after := encode(t, &two.eyes); !bytes.Equal(after, before) {
			t.Errorf("%.30s changed the state", bad)
		}
	}
}

func FuzzExaminationState(f *testing.F) {
	f.Add([]byte(`[{"clicks":1e12,"expected":0},{"clicks":0,"expected":1e12}]`))
	f.Fuzz(func(t *testing.T, state []byte) {
		var e ranking.Examination
		if e.UnmarshalJSON(state) != nil {
			return
		}
		e.Learn([]int{0, 1, 2, 70}, []float64{0, 1, 0, 1}, nil)
		for k := range 80 {
			if c := e.Chance(k); !(c >= .05 && c <= 1) {
				t.Fatalf("position %d: chance %v", k, c)
			}
		}
		encode(t, &e)
	})
}

func BenchmarkExaminationLearn(b *testing.B) {
	var e ranking.Examination
	positions, clicks := make([]int, 20), make([]float64, 20)
	for i := range positions {
		positions[i] = i
	}
	clicks[3] = 1
	b.ReportAllocs()
	for b.Loop() {
		e.Learn(positions, clicks, nil)
	}
}
