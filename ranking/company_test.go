package ranking_test

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"vitrine.dev/ranking"
)

// TestACompanyIsWhatNearNextAndFitsSay: it is the same to the last digit, and
// leaves out none of the best.
func TestACompanyIsWhatNearNextAndFitsSay(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 1))
	var together ranking.Together
	const items = 400
	histories := make([][]ranking.Act, 60)
	for i := range int64(4_000) {
		h := &histories[r.IntN(len(histories))]
		a := ranking.Act{Item: int32(r.ExpFloat64()*60) % items, Weight: .3 + r.Float64(), At: i * int64(time.Hour/time.Microsecond)}
		together.Add(*h, a.Item, a.Weight, a.At)
		*h = slices.Insert(*h, 0, a)
	}
	fit, err := ranking.FitRidge(t.Context(), slices.Values(histories), ranking.RidgeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	all := make([]int32, items+2)
	for i := range all {
		all[i] = int32(i) - 1
	}
	var c ranking.Company
	var near, next, fits ranking.Sums
	for _, h := range histories {
		c.Gather(&together, fit, h)
		together.Near(h, &near)
		together.Next(h, &next)
		fit.Score(h, &fits)
		x, y, z := make([]float64, len(all)), make([]float64, len(all)), make([]float64, len(all))
		c.Of(&together, all, x, y, z)
		for i, item := range all {
			if x[i] != near.Of(item) || y[i] != next.Of(item) || z[i] != fits.Of(item) {
				t.Fatalf("item %d: got %v %v %v, want %v %v %v", item, x[i], y[i], z[i], near.Of(item), next.Of(item), fits.Of(item))
			}
		}
		var want []ranking.Found
		for _, item := range near.Items() {
			want = append(want, ranking.Found{Item: item, Score: near.Of(item) + next.Of(item) + fits.Of(item)})
		}
		slices.SortFunc(want, func(x, y ranking.Found) int {
			return cmp.Or(cmp.Compare(y.Score, x.Score), cmp.Compare(x.Item, y.Item))
		})
		for _, n := range []int{0, 1, 7, 100, items} {
			if got := c.Best(&together, n); !slices.Equal(got, want[:min(n, len(want))]) {
				t.Fatalf("the best %d: got %v, want %v", n, got, want[:min(n, len(want))])
			}
		}
	}
}
