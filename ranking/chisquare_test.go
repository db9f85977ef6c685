package ranking_test

import (
	"math"
	"testing"

	"vitrine.dev/ranking"
)

func TestChiSquareMatchesItsTable(t *testing.T) {
	for name, c := range map[string]struct {
		counts, shares []float64
		statistic, p   float64
	}{
		"as expected":      {[]float64{500, 500}, []float64{.5, .5}, 0, 1},
		"1 of freedom, 5%": {[]float64{500 + math.Sqrt(3.841458821*250), 500 - math.Sqrt(3.841458821*250)}, []float64{.5, .5}, 3.841458821, .05},
		"2 of freedom":     {[]float64{10, 20, 30}, []float64{1. / 3, 1. / 3, 1. / 3}, 10, math.Exp(-5)},
		"far off":          {[]float64{900, 100}, []float64{.5, .5}, 640, math.Erfc(math.Sqrt(320))},
		"a share of 0":     {[]float64{10, 0}, []float64{1, 0}, 0, 1},
		"a count of none":  {[]float64{9, 1}, []float64{1, 0}, math.Inf(1), 0},
		"nobody":           {[]float64{0, 0}, []float64{.5, .5}, 0, 1},
		"no arms":          {nil, nil, 0, 1},
	} {
		statistic, p := ranking.ChiSquare(c.counts, c.shares)
		if math.Abs(statistic-c.statistic) > 1e-9*max(1, c.statistic) && statistic != c.statistic {
			t.Errorf("%s: statistic %v, want %v", name, statistic, c.statistic)
		}
		if math.Abs(p-c.p) > 1e-4*c.p+1e-300 {
			t.Errorf("%s: p %v, want %v", name, p, c.p)
		}
	}
}
