package stats

import "math"

// A Share is K of N: of N readers, say, the K who did something. K is 0 to N;
// either may have a fraction, where what is counted is shared among several.
type Share struct{ K, N float64 }

// Rate is K/N; 0 of nobody.
func (s Share) Rate() float64 {
	if s.N <= 0 {
		return 0
	}
	return s.K / s.N
}

// An Interval is what a value is taken to lie in. Low is never above High.
type Interval struct{ Low, High float64 }

// Contains reports whether v is in i, ends included.
func (i Interval) Contains(v float64) bool { return i.Low <= v && v <= i.High }

// Wilson is the interval that the rate behind s lies in with a confidence such
// as 0.95: the score interval of E. Wilson (1927), "Probable inference, the law
// of succession, and statistical inference". It is within 0 and 1, contains
// K/N, and is right for few of N as well as for none. It is right at one look;
// for looking again and again see [Sequential]. Of nobody it is 0 to 1.
func Wilson(s Share, confidence float64) Interval {
	return wilson(s, quantile((1+confidence)/2))
}

// wilson is the interval of the rates that are z standard deviations or less
// from that of s.
func wilson(s Share, z float64) Interval {
	if s.N <= 0 {
		return Interval{0, 1}
	}
	n, p := s.N, s.Rate()
	z2 := z * z
	middle := (p + z2/(2*n)) / (1 + z2/n)
	off := z / (1 + z2/n) * math.Sqrt(p*(1-p)/n+z2/(4*n*n))
	// At the ends the bound is the rate itself, which rounding would miss.
	return Interval{min(p, max(0, middle-off)), max(p, min(1, middle+off))}
}

// DefaultWeight is what a prior weighs in [Smoothed], in events.
const DefaultWeight = 10

// Smoothed is the rate of s drawn towards that of all: as if weight events more
// had happened at the rate of all, (weight+K)/(weight·all.N/all.K+N). A few
// events do not make a rate of 0 or 1, and many are hardly moved. Without any
// event in all it is the rate of s as it is.
func Smoothed(s, all Share, weight float64) float64 {
	if all.K <= 0 || all.N <= 0 {
		return s.Rate()
	}
	return (weight + s.K) / (weight*all.N/all.K + s.N)
}
