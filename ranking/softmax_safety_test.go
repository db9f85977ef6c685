package ranking_test

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"vitrine.dev/ranking"
)

func TestListsWithoutAChoiceAreSkipped(t *testing.T) {
	w := newWorld(5, 1, 1)
	s := ranking.NewSoftmax(w.priors(), choicePace())
	s.Learn(w.features(3), []float64{0, 0, 0}, nil, nil)
	s.Learn(w.features(1), []float64{1}, nil, nil)
	s.Learn(w.features(0), nil, nil, nil)
	s.Learn(w.features(2), []float64{0, math.NaN()}, nil, nil)
	if got, want := s.Counts(), (ranking.Counts{Skipped: 4, Rows: 1}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := weights(s.Linear(), "f0", "f1"); got[0] != 0 || got[1] != 0 {
		t.Errorf("weights: got %v, want zeros", got)
	}
	if got := s.Loss(w.features(3), []float64{0, 0, 0}, nil); !math.IsNaN(got) {
		t.Errorf("loss: got %v, want none", got)
	}
}

func TestARowThatIsNoNumberIsAsIfItWereNotThere(t *testing.T) {
	w := newWorld(6, 1, -1)
	with, without := ranking.NewSoftmax(w.priors(), clickPace()), ranking.NewSoftmax(w.priors(), clickPace())
	for n := range 300 {
		x := w.features(6)
		target := w.choose(x)
		without.Learn(x, target, nil, nil)
		y := ranking.NewTable(7, w.names()...)
		for _, name := range w.names() {
			copy(y.Column(name), x.Column(name))
		}
		y.Column(w.names()[n%2])[6] = []float64{math.NaN(), math.Inf(1), math.Inf(-1)}[n%3]
		with.Learn(y, append(target, 1), nil, nil)
	}
	if got, want := weights(with.Linear(), w.names()...), weights(without.Linear(), w.names()...); !cmp.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := with.Counts(); got != (ranking.Counts{Lists: 300, Rows: 300}) {
		t.Errorf("got %+v, want 300 lists and 300 rows left out", got)
	}
}

func TestNothingButNumbersEntersTheWeights(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pace := rapid.SampledFrom([]ranking.Pace{choicePace(), clickPace()}).Draw(t, "pace")
		s := ranking.NewSoftmax([]ranking.Prior{{Name: "a", Scale: .1}, {Name: "b", Scale: 1e-300}, {Name: "c", Weight: 1, Scale: 1, Fixed: true}}, pace)
		value := rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{0, 1, math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64, -math.MaxFloat64, 5e-324}))
		for range rapid.IntRange(1, 8).Draw(t, "lists") {
			n := rapid.IntRange(0, 6).Draw(t, "rows")
			x := ranking.NewTable(n, "a", "b", "c")
			columns := [][]float64{x.Column("a"), x.Column("b"), x.Column("c"), make([]float64, n), make([]float64, n), make([]float64, n)}
			for _, c := range columns {
				for i := range c {
					c[i] = value.Draw(t, "value")
				}
			}
			s.Learn(x, columns[3], columns[4], columns[5])
		}
		for k, got := range weights(s.Linear(), "a", "b", "c") {
			if math.IsNaN(got) || math.IsInf(got, 0) {
				t.Fatalf("weight %d is %v", k, got)
			}
		}
		if _, err := json.Marshal(s); err != nil {
			t.Fatalf("the state is not only numbers: %v", err)
		}
	})
}

func TestAStepAndAWeightAreBounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(rapid.Uint64().Draw(t, "seed"), 30, -30)
		scale := rapid.Float64Range(.01, 10).Draw(t, "scale")
		priors := w.priors()
		for k := range priors {
			priors[k].Scale, priors[k].Weight = scale, 1
		}
		s := ranking.NewSoftmax(priors, ranking.Pace{Rate: 5, MaxStep: .25, MaxWeight: .6})
		before := []float64{1, 1}
		for range 20 {
			x := w.features(5)
			s.Learn(x, w.choose(x), nil, nil)
			after := weights(s.Linear(), w.names()...)
			for k := range after {
				if step := math.Abs(after[k]-before[k]) * scale; step > .25+1e-9 {
					t.Fatalf("a step of %v, want at most .25", step)
				}
				if off := math.Abs(after[k]-1) * scale; off > .6+1e-9 {
					t.Fatalf("a weight %v from its prior, want at most .6", off)
				}
			}
			before = after
		}
	})
}
