package ranking

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Recall is the share of relevant that is among the first k of found. Both name
// things once; with nothing relevant it is 0.
func Recall(found, relevant []string, k int) float64 {
	if len(relevant) == 0 {
		return 0
	}
	hits := 0
	for _, f := range found[:min(k, len(found))] {
		if slices.Contains(relevant, f) {
			hits++
		}
	}
	return float64(hits) / float64(len(relevant))
}

// NDCG is the discounted gain of the first k of found over that of the best
// order there is: what is relevant gains 1 at the first place and 1/log2(i+1)
// at the i-th (Järvelin and Kekäläinen, 2002). Both name things once; with
// nothing relevant it is 0.
func NDCG(found, relevant []string, k int) float64 {
	gain, ideal := 0.0, 0.0
	for i, f := range found[:min(k, len(found))] {
		if slices.Contains(relevant, f) {
			gain += 1 / math.Log2(float64(i+2))
		}
	}
	for i := range min(k, len(relevant)) {
		ideal += 1 / math.Log2(float64(i+2))
	}
	if ideal == 0 {
		return 0
	}
	return gain / ideal
}

// Mean is the mean of values, 0 of none.
func Mean(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

// An Interval is the two ends of what a figure may well be.
type Interval [2]float64

const (
	resamples = 2_000
	flips     = 10_000
	tail      = 0.025 // left out at each end
)

// Bootstrap is the 95 % interval of the mean of values, which are independent
// of each other: the percentiles of the means of 2,000 samples drawn from them
// (Efron, 1979). Equal values have equal intervals, always. Of no values it is
// zero.
func Bootstrap(values []float64) Interval {
	if len(values) == 0 {
		return Interval{}
	}
	draw := rand.New(rand.NewPCG(uint64(len(values)), resamples)) //nolint:gosec // chance that can be repeated, not a secret
	means := make([]float64, resamples)
	for i := range means {
		sum := 0.0
		for range values {
			sum += values[draw.IntN(len(values))]
		}
		means[i] = sum / float64(len(values))
	}
	slices.Sort(means)
	return Interval{quantile(means, tail), quantile(means, 1-tail)}
}

// quantile is that of sorted values, between two of them where it falls there.
func quantile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	low := int(at)
	if low+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	part := at - float64(low)
	return sorted[low]*(1-part) + sorted[low+1]*part
}

// A Difference is how much better one of two is than the other.
type Difference struct {
	Mean     float64  // of the first less the second
	Interval Interval // 95 %, of Mean
	// P is how likely a difference of this size, either way, would be if both
	// were equally good.
	P float64
}

// Paired compares two lists of figures of the same things in the same order:
// the interval is that of [Bootstrap], P that of a permutation test with 10,000
// random changes of sign (Fisher, 1935). It looks at as many figures as the
// shorter list has, and of equal lists it says the same each time.
func Paired(a, b []float64) Difference {
	n := min(len(a), len(b))
	diffs := make([]float64, n)
	sum, unequal := 0.0, make([]float64, 0, n)
	for i := range diffs {
		diffs[i] = a[i] - b[i]
		sum += diffs[i]
		if diffs[i] != 0 {
			unequal = append(unequal, diffs[i])
		}
	}
	return Difference{Mean: Mean(diffs), Interval: Bootstrap(diffs), P: signFlips(unequal, math.Abs(sum))}
}

// signFlips is the share of random signs that bring the sum of diffs at least
// as far from 0 as extent, the true signs being among them.
func signFlips(diffs []float64, extent float64) float64 {
	extent -= 1e-9 * max(extent, 1)                          // the same sum in another order is as far
	draw := rand.New(rand.NewPCG(uint64(len(diffs)), flips)) //nolint:gosec // as in Bootstrap
	far := 1
	for range flips {
		sum, bits := 0.0, uint64(0)
		for i, d := range diffs {
			if i%64 == 0 {
				bits = draw.Uint64()
			}
			if bits&1 == 0 {
				d = -d
			}
			bits >>= 1
			sum += d
		}
		if math.Abs(sum) >= extent {
			far++
		}
	}
	return float64(far) / (flips + 1)
}
