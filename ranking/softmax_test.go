package ranking_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vitrine.dev/ranking"
)

func TestASoftmaxLearnsWhatReadersWant(t *testing.T) {
	for name, pace := range map[string]ranking.Pace{"choices": choicePace(), "clicks": clickPace()} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(1, 1, -.5, 0, .25)
			s := ranking.NewSoftmax(w.priors(), pace)
			for range 20_000 {
				x := w.features(20)
				s.Learn(x, w.choose(x), nil, nil)
			}
			for k, got := range weights(s.Linear(), w.names()...) {
				if math.Abs(got-w.truth[k]) > .06 {
					t.Errorf("weight %d: got %.3f, want about %v", k, got, w.truth[k])
				}
			}
			if s.Lists() != 20_000 {
				t.Errorf("got %d lists, want 20000", s.Lists())
			}
		})
	}
}

// TestASoftmaxIsAdaGradOfTheLikelihood compares with the formulas written out
// row by row.
func TestASoftmaxIsAdaGradOfTheLikelihood(t *testing.T) {
	w := newWorld(2, 1, -1, .5)
	prior := []float64{.2, 0, -.1}
	scale := []float64{2, .5, 1}
	priors := w.priors()
	for k := range priors {
		priors[k].Weight, priors[k].Scale = prior[k], scale[k]
	}
	pace := choicePace()
	s := ranking.NewSoftmax(priors, pace)
	var v, m, h [3]float64
	for k := range v {
		v[k] = prior[k] * scale[k]
		m[k], h[k] = v[k], pace.Start
	}
	for range 500 {
		x := w.features(7)
		target, offset := w.choose(x), w.features(7).Column("f0")
		s.Learn(x, target, offset, nil)
		var sum float64
		p := make([]float64, 7)
		for i := range p {
			score := offset[i]
			for k, n := range w.names() {
				score += v[k] * x.Column(n)[i] / scale[k]
			}
			p[i] = math.Exp(score)
			sum += p[i]
		}
		for k, n := range w.names() {
			g := 0.0
			for i := range p {
				g += x.Column(n)[i] / scale[k] * (target[i] - p[i]/sum)
			}
			h[k] += g * g
			v[k] += pace.Rate * g / math.Sqrt(h[k])
			m[k] += pace.Average * (v[k] - m[k])
		}
	}
	for k, got := range weights(s.Linear(), w.names()...) {
		if want := m[k] / scale[k]; math.Abs(got-want) > 1e-9 {
			t.Errorf("weight %d: got %v, want %v", k, got, want)
		}
	}
}

func TestASoftmaxServesItsPriorsAtFirst(t *testing.T) {
	s := ranking.NewSoftmax([]ranking.Prior{
		{Name: "a", Weight: .1, Scale: 3},
		{Name: "position", Weight: -1, Scale: 1, Aside: true},
		{Name: "own", Weight: 1, Scale: .7, Fixed: true},
	}, choicePace())
	if got, want := weights(s.Linear(), "a", "position", "own"), []float64{.1, 0, 1}; !cmp.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	x := ranking.NewTable(2, "a", "position", "own")
	x.Column("position")[1], x.Column("own")[1] = 1, 3
	if got, want := s.Loss(x, []float64{0, 1}, nil), math.Log(1+math.Exp(-2)); math.Abs(got-want) > 1e-12 {
		t.Errorf("loss: got %v, want %v: what is aside takes part", got, want)
	}
}

func TestAFixedWeightStaysAndTheOthersLearnAroundIt(t *testing.T) {
	w := newWorld(3, 1, .5)
	priors := w.priors()
	priors[0].Weight, priors[0].Fixed = 1, true
	s := ranking.NewSoftmax(priors, clickPace())
	for range 10_000 {
		x := w.features(10)
		s.Learn(x, w.choose(x), nil, nil)
	}
	got := weights(s.Linear(), "f0", "f1")
	if got[0] != 1 || math.Abs(got[1]-.5) > .07 {
		t.Errorf("got %v, want 1 and about 0.5", got)
	}
}

// TestPositionIsLearnedAside has readers look from the top of a list that is
// sorted by a feature they do not care for.
func TestPositionIsLearnedAside(t *testing.T) {
	learn := func(features ...string) float64 {
		rng := rand.New(rand.NewPCG(4, 4))
		priors := make([]ranking.Prior, len(features))
		for k, f := range features {
			priors[k] = ranking.Prior{Name: f, Scale: 1, Aside: f == "position"}
		}
		s := ranking.NewSoftmax(priors, clickPace())
		for range 10_000 {
			x := ranking.NewTable(10, "vain", "position")
			vain, position, scores := x.Column("vain"), x.Column("position"), make([]float64, 10)
			for i := range vain {
				position[i] = math.Log(1 + float64(i))
				vain[i] = 1 - .5*position[i] + .5*rng.NormFloat64()
				scores[i] = -position[i]
			}
			target := make([]float64, 10)
			target[sample(rng, scores)] = 1
			s.Learn(x, target, nil, nil)
		}
		return weights(s.Linear(), "vain")[0]
	}
	if got := learn("vain"); got < .5 {
		t.Errorf("without its position the vain feature is worth %.2f, want more than 0.5: else this tests nothing", got)
	}
	if got := learn("vain", "position"); math.Abs(got) > .1 {
		t.Errorf("with its position known the vain feature is worth %.2f, want about 0", got)
	}
}

// TestAShiftOfAListChangesNothing: only differences within a list count.
func TestAShiftOfAListChangesNothing(t *testing.T) {
	for name, pace := range map[string]ranking.Pace{"choices": choicePace(), "clicks": clickPace()} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(7, 1, -1)
			a, b := ranking.NewSoftmax(w.priors(), pace), ranking.NewSoftmax(w.priors(), pace)
			for n := range 500 {
				x := w.features(8)
				target := w.choose(x)
				a.Learn(x, target, nil, nil)
				for _, f := range w.names() {
					for i := range x.Column(f) {
						x.Column(f)[i] += float64(n % 20)
					}
				}
				b.Learn(x, target, []float64{5, 5, 5, 5, 5, 5, 5, 5}, nil)
			}
			got, want := weights(b.Linear(), w.names()...), weights(a.Linear(), w.names()...)
			for k := range got {
				if math.Abs(got[k]-want[k]) > 1e-9 {
					t.Errorf("weight %d: got %v, want %v", k, got[k], want[k])
				}
			}
		})
	}
}

// TestAnAdaptingScaleDoesNotChangeScores: it is the unit of steps alone.
func TestAnAdaptingScaleDoesNotChangeScores(t *testing.T) {
	w := newWorld(8, 0, 0)
	priors := w.priors()
	priors[0].Weight, priors[0].Scale = .5, 30 // far from the spread of 1 that lists have
	pace := clickPace()
	pace.Rate = 0
	s := ranking.NewSoftmax(priors, pace)
	for range 3000 {
		x := w.features(10)
		s.Learn(x, w.choose(x), nil, nil)
	}
	if got := weights(s.Linear(), "f0")[0]; got != .5 {
		t.Errorf("got %v, want the prior's 0.5", got)
	}
}

func TestAnAdaptingScaleMakesUnitsAlike(t *testing.T) {
	w := newWorld(9, 1, 1)
	s := ranking.NewSoftmax(w.priors(), clickPace())
	for range 20_000 {
		x := w.features(10)
		target := w.choose(x)
		for i := range x.Column("f1") {
			x.Column("f1")[i] *= 100
		}
		s.Learn(x, target, nil, nil)
	}
	if got := weights(s.Linear(), "f0", "f1"); math.Abs(got[0]-1) > .1 || math.Abs(got[1]*100-1) > .1 {
		t.Errorf("got %v, want about 1 and 0.01", got)
	}
}

// TestPropensitiesWeighRareShowsMore has rows shown with chance 1 or .05, of
// which the loss counts the choices with their inverse, no more than tenfold.
func TestPropensitiesWeighRareShowsMore(t *testing.T) {
	step := func(propensity []float64) float64 {
		s := ranking.NewSoftmax([]ranking.Prior{{Name: "a", Scale: 1}}, ranking.Pace{Rate: 1, Start: 1e6})
		x := ranking.NewTable(4, "a")
		x.Column("a")[3] = 1
		s.Learn(x, []float64{0, 0, 0, 1}, nil, propensity)
		return weights(s.Linear(), "a")[0] * 1e3
	}
	plain := step(nil)
	for name, c := range map[string]struct {
		propensity []float64
		want       float64 // times the step without
	}{
		"all the same":      {[]float64{.2, .2, .2, .2}, 1},
		"the chosen rare":   {[]float64{1, 1, 1, .25}, 4 / 1.75},
		"the chosen rarest": {[]float64{1, 1, 1, .001}, 10 / 3.25},
		"the chosen common": {[]float64{.5, .5, .5, 1}, 1 / 1.75},
		"none known":        {[]float64{0, math.NaN(), 2, -1}, 1},
	} {
		if got := step(c.propensity) / plain; math.Abs(got-c.want) > 1e-5 {
			t.Errorf("%s: got %v times the step, want %v", name, got, c.want)
		}
	}
}

func BenchmarkSoftmaxLearn(b *testing.B) {
	for _, rows := range []int{20, 100} {
		b.Run(fmt.Sprintf("%dx40", rows), func(b *testing.B) {
			w := newWorld(1, make([]float64, 40)...)
			s := ranking.NewSoftmax(w.priors(), clickPace())
			x := w.features(rows)
			target := w.choose(x)
			b.ReportAllocs()
			for b.Loop() {
				s.Learn(x, target, nil, nil)
			}
		})
	}
}

func BenchmarkLinearScore(b *testing.B) {
	for _, rows := range []int{20, 100} {
		b.Run(fmt.Sprintf("%dx40", rows), func(b *testing.B) {
			w := newWorld(1, make([]float64, 40)...)
			l := ranking.NewSoftmax(w.priors(), clickPace()).Linear()
			x := w.features(rows)
			b.ReportAllocs()
			for b.Loop() {
				l.Score(x)
			}
		})
	}
}
