package ranking_test

import (
	"math"
	"math/rand/v2"
	"strconv"

	"vitrine.dev/ranking"
)

// The two paces that were measured.
func choicePace() ranking.Pace { return ranking.Pace{Rate: .15, Start: .001, Average: .002} }
func clickPace() ranking.Pace  { return ranking.Pace{Rate: .03, Start: 1, Adapt: true} }

// A world makes lists of rows with features called f0, f1, … and lets a reader
// with the weights of truth choose one of each.
type world struct {
	truth []float64
	rng   *rand.Rand
}

func newWorld(seed uint64, truth ...float64) *world {
	return &world{truth: truth, rng: rand.New(rand.NewPCG(seed, 1))}
}

func (w *world) names() []string {
	names := make([]string, len(w.truth))
	for k := range names {
		names[k] = "f" + strconv.Itoa(k)
	}
	return names
}

func (w *world) priors() []ranking.Prior {
	priors := make([]ranking.Prior, len(w.truth))
	for k, n := range w.names() {
		priors[k] = ranking.Prior{Name: n, Scale: 1}
	}
	return priors
}

// features is a list of n rows, each feature standard normal.
func (w *world) features(n int) *ranking.Table {
	x := ranking.NewTable(n, w.names()...)
	for _, name := range w.names() {
		column := x.Column(name)
		for i := range column {
			column[i] = w.rng.NormFloat64()
		}
	}
	return x
}

// choose is the target of a list in which a reader chose one row.
func (w *world) choose(x *ranking.Table) []float64 {
	weights := make([]ranking.Weight, len(w.truth))
	for k, n := range w.names() {
		weights[k] = ranking.Weight{Name: n, Value: w.truth[k]}
	}
	target := make([]float64, x.Len())
	target[sample(w.rng, ranking.NewLinear(weights...).Score(x))] = 1
	return target
}

func sample(rng *rand.Rand, scores []float64) int {
	best, at := math.Inf(-1), 0
	for i, s := range scores {
		if g := s - math.Log(rng.ExpFloat64()); g > best {
			best, at = g, i
		}
	}
	return at
}

// weights is what l gives each feature, by its score of a row with a 1.
func weights(l ranking.Linear, names ...string) []float64 {
	found := make([]float64, len(names))
	for k, n := range names {
		x := ranking.NewTable(1, n)
		x.Column(n)[0] = 1
		found[k] = l.Score(x)[0]
	}
	return found
}
