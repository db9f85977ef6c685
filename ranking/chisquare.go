package ranking

import "math"

// ChiSquare tells how far counts are from the shares that they should have: the
// statistic of Pearson's test and the chance of one as large, p, when the
// shares are true. Shares of 0 have to have no count; they add up to 1, and p
// is 1 where there is nothing to compare. It is right for expected counts of
// five or more.
func ChiSquare(counts, shares []float64) (statistic, p float64) {
	var n float64
	for _, c := range counts {
		n += c
	}
	freedom := -1
	for i, c := range counts {
		expected := n * shares[i]
		if expected <= 0 {
			if c > 0 {
				return math.Inf(1), 0
			}
			continue
		}
		statistic += (c - expected) * (c - expected) / expected
		freedom++
	}
	if freedom < 1 || n == 0 {
		return 0, 1
	}
	return statistic, upperGamma(float64(freedom)/2, statistic/2)
}

// upperGamma is the regularised upper incomplete gamma function Q(a, x): below
// a+1 by the series of its complement, above by a continued fraction (Lentz).
func upperGamma(a, x float64) float64 {
	if x <= 0 {
		return 1
	}
	lg, _ := math.Lgamma(a)
	scale := math.Exp(a*math.Log(x) - x - lg)
	if x < a+1 {
		return 1 - scale*gammaSeries(a, x)
	}
	return scale * gammaFraction(a, x)
}

const (
	gammaSteps     = 1000
	gammaPrecision = 1e-15
	gammaTiny      = 1e-300
)

func gammaSeries(a, x float64) float64 {
	term := 1 / a
	sum := term
	for k := 1; k < gammaSteps; k++ {
		term *= x / (a + float64(k))
		sum += term
		if term < sum*gammaPrecision {
			break
		}
	}
	return sum
}

func gammaFraction(a, x float64) float64 {
	b := x + 1 - a
	c, d := 1/gammaTiny, 1/b
	h := d
	for k := 1; k < gammaSteps; k++ {
		n := -float64(k) * (float64(k) - a)
		b += 2
		d = 1 / nonZero(n*d+b)
		c = nonZero(b + n/c)
		h *= d * c
		if math.Abs(d*c-1) < gammaPrecision {
			break
		}
	}
	return h
}

func nonZero(v float64) float64 {
	if math.Abs(v) < gammaTiny {
		return gammaTiny
	}
	return v
}
