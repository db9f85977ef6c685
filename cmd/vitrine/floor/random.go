package floor

import "vitrine.dev/ranking"

// random is an order of chance, the same for the same query.
type random struct{}

func (random) See(Event) {}

func (random) Score(q Query) func(int32) float64 {
	seed := ranking.Hash(q.ID)
	return func(product int32) float64 { return ranking.Unit(ranking.Jitter(seed, uint64(product))) } //nolint:gosec // numbers are not negative
}
