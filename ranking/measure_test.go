package ranking_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"vitrine.dev/ranking"
)

func TestRecallAndNDCGOfSmallLists(t *testing.T) {
	second := 1 / math.Log2(3)
	for _, c := range []struct {
		name            string
		found, relevant []string
		k               int
		recall, ndcg    float64
	}{
		{"the best order", []string{"a", "b", "x"}, []string{"a", "b"}, 3, 1, 1},
		{"one of two, at the second place", []string{"x", "a", "y"}, []string{"a", "b"}, 3, 0.5, second / (1 + second)},
		{"found too late", []string{"x", "y", "a"}, []string{"a"}, 2, 0, 0},
		{"more is relevant than k has places", []string{"a"}, []string{"a", "b", "c"}, 1, 1.0 / 3, 1},
		{"a page shorter than k", []string{"b"}, []string{"a", "b"}, 20, 0.5, 1 / (1 + second)},
		{"nothing found", nil, []string{"a"}, 20, 0, 0},
		{"nothing relevant", []string{"a"}, nil, 20, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := ranking.Recall(c.found, c.relevant, c.k); math.Abs(got-c.recall) > 1e-12 {
				t.Errorf("recall %v, want %v", got, c.recall)
			}
			if got := ranking.NDCG(c.found, c.relevant, c.k); math.Abs(got-c.ndcg) > 1e-12 {
				t.Errorf("NDCG %v, want %v", got, c.ndcg)
			}
		})
	}
}

// noise is n numbers around mean, the same each time.
func noise(n int, mean float64, seed uint64) []float64 {
	draw := rand.New(rand.NewPCG(seed, 7))
	values := make([]float64, n)
	for i := range values {
		values[i] = mean + draw.NormFloat64()
	}
	return values
}

func TestBootstrapIsAsWideAsTheNormalIntervalAndTheSameEachTime(t *testing.T) {
	values := noise(900, 5, 1)
	got := ranking.Bootstrap(values)
	mean, half := ranking.Mean(values), 1.96/math.Sqrt(900)
	if math.Abs(got[0]-(mean-half)) > 0.1*half || math.Abs(got[1]-(mean+half)) > 0.1*half {
		t.Errorf("interval %v, want about %v and %v", got, mean-half, mean+half)
	}
	if again := ranking.Bootstrap(values); again != got {
		t.Errorf("a second time %v, want %v", again, got)
	}
	if got := ranking.Bootstrap(nil); got != (ranking.Interval{}) {
		t.Errorf("interval of nothing %v, want zero", got)
	}
}

func TestPairedTellsARealDifferenceFromNone(t *testing.T) {
	base := noise(400, 0, 2)
	better, other := make([]float64, 400), make([]float64, 400)
	for i, d := range noise(400, 0, 3) {
		other[i] = base[i] + d
		better[i] = base[i] + d + 0.3
	}
	if d := ranking.Paired(better, base); d.P > 0.001 || d.Interval[0] <= 0 || d.Interval[1] < d.Mean || d.Mean < 0.15 {
		t.Errorf("a difference of 0.3: %+v, want a small p and an interval above 0", d)
	}
	if d := ranking.Paired(base, better); d.P > 0.001 || d.Interval[1] >= 0 {
		t.Errorf("the other way round: %+v, want a small p and an interval below 0", d)
	}
	if d := ranking.Paired(other, base); d.P < 0.05 || d.Interval[0] > 0 || d.Interval[1] < 0 {
		t.Errorf("no difference but noise: %+v, want a p that says so", d)
	}
	if d := ranking.Paired(base, base); d.P != 1 || d.Mean != 0 || d.Interval != (ranking.Interval{}) {
		t.Errorf("of itself: %+v, want nothing and p 1", d)
	}
}

// Of four equal differences all signs agree in two of sixteen cases.
func TestPairedIsAnExactTestOfFew(t *testing.T) {
	d := ranking.Paired([]float64{1, 1, 1, 1}, []float64{0, 0, 0, 0})
	if math.Abs(d.P-2.0/16) > 0.01 {
		t.Errorf("p %v, want about 0.125", d.P)
	}
}
