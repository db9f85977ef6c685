package society

import (
	"math"
	"math/rand/v2"

	"vitrine.dev/ranking"
)

// The streams of chance. Each is drawn from in an order that the service has
// no part in.
const (
	streamTastes = iota + 1
	streamExperts
	streamVisits
)

func stream(seed, of uint64) *rand.Rand {
	return rand.New(rand.NewPCG(seed, of)) //nolint:gosec // a simulation has to be repeatable
}

// What a reader's luck with one card decides, apart from each other.
const (
	luckExamine = iota + 1
	luckOpen
	luckBookmark
	luckCart
	luckBuy
	luckRefund
	luckFollow
	luckHide
)

// luck is a number from [0, 1) for one decision of one visit on one product:
// the same whatever else was on the page, so that two rankings meet readers in
// the same mood (common random numbers).
func luck(seed uint64, visit, product, decision int) float64 {
	key := ranking.Jitter(uint64(visit), uint64(product))           //nolint:gosec // counts
	return ranking.Unit(ranking.Jitter(seed+uint64(decision), key)) //nolint:gosec // a small constant
}

// poisson draws a count of what happens mean times on average (Knuth).
func poisson(r *rand.Rand, mean float64) int {
	limit, n := math.Exp(-mean), 0
	for p := r.Float64(); p > limit; p *= r.Float64() {
		n++
	}
	return n
}

// pareto draws from a heavy tail that starts at 1: the share above x is x^-alpha.
func pareto(r *rand.Rand, alpha float64) float64 {
	return math.Pow(1-r.Float64(), -1/alpha)
}

// weighted draws an index in proportion to weights, at least one of which is
// above 0.
func weighted(r *rand.Rand, weights []float64) int {
	var sum float64
	for _, w := range weights {
		sum += w
	}
	at, last := r.Float64()*sum, 0
	for i, w := range weights {
		if w <= 0 {
			continue
		}
		if last = i; at < w {
			break
		}
		at -= w
	}
	return last
}
