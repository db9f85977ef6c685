package ranking_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"

	"vitrine.dev/ranking"
)

// A shop is a world whose lists go to a guard, and what its readers lose by the
// weights it serves.
type shop struct {
	*world
	guard  *ranking.Guard
	key    uint64
	probes []ranking.Example
	best   *ranking.Softmax
	backs  []ranking.Verdict
}

func newShop(seed uint64, pace ranking.Pace) *shop {
	w := newWorld(seed, 1, -.5, 0, .25, .5, 0, 0, -.25)
	s := &shop{world: w, guard: ranking.NewGuard(ranking.NewSoftmax(w.priors(), pace), ranking.DefaultRule())}
	known := w.priors()
	for k := range known {
		known[k].Weight = w.truth[k]
	}
	s.best = ranking.NewSoftmax(known, pace)
	probe := newWorld(seed+1000, w.truth...)
	for range 1000 {
		x := probe.features(20)
		s.probes = append(s.probes, ranking.Example{Features: x, Target: probe.choose(x)})
	}
	return s
}

// sell lets readers see n lists, each spoiled before anybody learns from it.
func (s *shop) sell(n int, spoil func(x *ranking.Table, target []float64)) {
	for range n {
		x := s.features(20)
		target := s.choose(x)
		if spoil != nil {
			spoil(x, target)
		}
		s.key++
		if v := s.guard.Take(ranking.Example{Key: s.key, Features: x, Target: target}); v.Change == ranking.Back {
			s.backs = append(s.backs, v)
		}
	}
}

// regret is the loss of s beside that of the weights readers have, in nats.
func (s *shop) regret(learner *ranking.Softmax) float64 {
	sum := 0.0
	for _, e := range s.probes {
		sum += learner.Loss(e.Features, e.Target, nil) - s.best.Loss(e.Features, e.Target, nil)
	}
	return sum / float64(len(s.probes))
}

// The ways in which lists are spoiled.
func (s *shop) random(_ *ranking.Table, target []float64) {
	clear(target)
	target[s.rng.IntN(len(target))] = 1
}

func (s *shop) inverted(x *ranking.Table, target []float64) {
	for k := range s.truth {
		s.truth[k] = -s.truth[k]
	}
	copy(target, s.choose(x))
	for k := range s.truth {
		s.truth[k] = -s.truth[k]
	}
}

func (s *shop) exploded(x *ranking.Table, _ []float64) {
	for i := range x.Column("f0") {
		x.Column("f0")[i] *= 100
	}
}

func half(s *shop, spoil func(*ranking.Table, []float64)) func(*ranking.Table, []float64) {
	return func(x *ranking.Table, target []float64) {
		if s.rng.IntN(2) == 0 {
			spoil(x, target)
		}
	}
}

func TestWeightsRecoverFromPoison(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates hundreds of thousands of lists")
	}
	for pace, p := range map[string]ranking.Pace{"choices": choicePace(), "clicks": clickPace()} {
		for _, c := range []struct {
			name   string
			lists  int
			spoil  func(*shop) func(*ranking.Table, []float64)
			harmed float64 // regret that it does at least, else the test tells nothing
			after  int     // lists until all is well
		}{
			{"half of the labels random", 3000, func(s *shop) func(*ranking.Table, []float64) { return half(s, s.random) }, .03, 5000},
			{"half of the labels inverted", 3000, func(s *shop) func(*ranking.Table, []float64) { return half(s, s.inverted) }, .15, 5000},
			{"all labels inverted", 3000, func(s *shop) func(*ranking.Table, []float64) { return s.inverted }, .6, 5000},
			{"all labels inverted for as long as before", 10_000, func(s *shop) func(*ranking.Table, []float64) { return s.inverted }, 1, 5000},
			{"an exploding feature", 1000, func(s *shop) func(*ranking.Table, []float64) { return s.exploded }, .01, 5000},
		} {
			t.Run(pace+"/"+c.name, func(t *testing.T) {
				s := newShop(1, p)
				s.sell(10_000, nil)
				s.sell(c.lists, c.spoil(s))
				if got := s.regret(s.guard.Softmax()); got < c.harmed {
					t.Errorf("the poison did %.3f nats of harm, want at least %v: else this tests nothing", got, c.harmed)
				}
				s.sell(c.after, nil)
				if got := s.regret(s.guard.Softmax()); got > .015 {
					t.Errorf("%d lists after it readers still lose %.3f nats a list", c.after, got)
				}
			})
		}
	}
}

// TestAGuardIsSoonerThanLearningAlone compares after the inversion of all
// labels, from which a learner of clicks needs long to come back.
func TestAGuardIsSoonerThanLearningAlone(t *testing.T) {
	guarded, alone := newShop(2, clickPace()), newShop(2, clickPace())
	guarded.sell(10_000, nil)
	guarded.sell(3000, guarded.inverted)
	guarded.sell(2000, nil)
	learner := ranking.NewSoftmax(alone.priors(), clickPace())
	for n := range 15_000 {
		x := alone.features(20)
		target := alone.choose(x)
		if n >= 10_000 && n < 13_000 {
			alone.inverted(x, target)
		}
		learner.Learn(x, target, nil, nil)
	}
	got, without := guarded.regret(guarded.guard.Softmax()), alone.regret(learner)
	if got > without/5 {
		t.Errorf("readers lose %.3f nats with the guard and %.3f without, want a fifth at most", got, without)
	}
	if len(guarded.backs) == 0 || guarded.backs[len(guarded.backs)-1].Version == 0 {
		t.Errorf("got %+v, want weights taken back to a version that was learned", guarded.backs)
	}
}

func TestAHealthyLearnerIsLeftAlone(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates hundreds of thousands of lists")
	}
	for name, pace := range map[string]ranking.Pace{"choices": choicePace(), "clicks": clickPace()} {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(3) {
				s := newShop(seed, pace)
				s.sell(10_000, nil)
				s.sell(10_000, func(*ranking.Table, []float64) {
					for k := range s.truth {
						s.truth[k] += .003 * s.rng.NormFloat64() // tastes change
					}
				})
				for _, v := range s.backs {
					t.Errorf("seed %d: taken back: %+v", seed, v)
				}
			}
		})
	}
}

func TestATenthOfTheListsIsHeldOut(t *testing.T) {
	s := newShop(1, clickPace())
	s.sell(5000, nil)
	if got := s.guard.Softmax().Lists(); math.Abs(float64(got)-4500) > 5*math.Sqrt(450) {
		t.Errorf("learned from %d of 5000 lists, want about 4500", got)
	}
}

// TestBadWeightsAtTheStartGiveWayToThePrior: a rate far too high.
func TestBadWeightsAtTheStartGiveWayToThePrior(t *testing.T) {
	w := newWorld(3, 1, -1)
	priors := w.priors()
	for k := range priors {
		priors[k].Weight = w.truth[k]
	}
	g := ranking.NewGuard(ranking.NewSoftmax(priors, ranking.Pace{Rate: 20, Start: 1}), ranking.Rule{Period: 100, HoldOut: 5})
	var back ranking.Verdict
	for key := uint64(0); back.Change != ranking.Back && key < 5000; key++ {
		x := w.features(20)
		back = g.Take(ranking.Example{Key: key, Features: x, Target: w.choose(x)})
	}
	if back.Change != ranking.Back || back.Version != 0 || back.Current <= back.Rival {
		t.Errorf("got %+v, want weights taken back to the prior", back)
	}
	if got, want := fmt.Sprint(weights(g.Linear(), "f0", "f1")), fmt.Sprint(w.truth); got != want {
		t.Errorf("served: got %s, want the prior %s", got, want)
	}
}

func TestAGuardGoesOnInAnotherProcess(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(rapid.Uint64().Draw(t, "seed"), 1, -1, .3)
		pace := rapid.SampledFrom([]ranking.Pace{choicePace(), clickPace()}).Draw(t, "pace")
		rule := ranking.Rule{HoldOut: 2, Period: 8, Errors: .5}
		open := func() *ranking.Guard { return ranking.NewGuard(ranking.NewSoftmax(w.priors(), pace), rule) }
		one, two, stop := open(), open(), rapid.IntRange(0, 300).Draw(t, "stop")
		for n := range 300 {
			e := ranking.Example{Key: uint64(n), Features: w.features(5)}
			e.Target = w.choose(e.Features)
			if a, b := one.Take(e), two.Take(e); a != b {
				t.Fatalf("list %d: got %+v, want %+v", n, b, a)
			}
			if n == stop {
				state := encode(t, two)
				two = open()
				if err := json.Unmarshal(state, two); err != nil {
					t.Fatal(err)
				}
			}
		}
		if a, b := encode(t, one), encode(t, two); !bytes.Equal(a, b) {
			t.Fatalf("got %s, want %s", b, a)
		}
	})
}

func FuzzGuardState(f *testing.F) {
	w := newWorld(1, 1, -1)
	open := func() *ranking.Guard {
		return ranking.NewGuard(ranking.NewSoftmax(w.priors(), clickPace()), ranking.Rule{HoldOut: 2, Period: 8})
	}
	g := open()
	for key := range uint64(200) {
		x := w.features(4)
		g.Take(ranking.Example{Key: key, Features: x, Target: w.choose(x)})
	}
	f.Add(encode(f, g))
	f.Add([]byte(`{"softmax":{},"rivals":[{"saved":[{"weight":1e308,"weight2":5e-324,"sum":1e308},{}]}]}`))
	f.Fuzz(func(t *testing.T, state []byte) {
		g := open()
		before := encode(t, g)
		if g.UnmarshalJSON(state) != nil {
			if after := encode(t, g); !bytes.Equal(after, before) {
				t.Fatalf("a bad state left %s, want %s", after, before)
			}
			return
		}
		for key := range uint64(30) {
			x := w.features(3)
			g.Take(ranking.Example{Key: key, Features: x, Target: w.choose(x)})
		}
		encode(t, g) // fails on what is no number
	})
}

func BenchmarkGuardTake(b *testing.B) {
	w := newWorld(1, make([]float64, 40)...)
	g := ranking.NewGuard(ranking.NewSoftmax(w.priors(), clickPace()), ranking.DefaultRule())
	x := w.features(20)
	target := w.choose(x)
	b.ReportAllocs()
	for key := uint64(0); b.Loop(); key++ {
		g.Take(ranking.Example{Key: key, Features: x, Target: target})
	}
}
