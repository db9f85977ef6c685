package stats

import "math"

// Sequential compares two rates as often as anybody likes. Whoever looks every
// day, or all the time, and stops when he likes what he sees, is shown a
// difference where there is none with a chance of the level at most; and all
// intervals of one comparison, from its start on for ever, contain the true
// difference together with a confidence of 1-level.
//
// The method is the asymptotic confidence sequence of Robbins's normal mixture
// with a delayed start: a standard normal z of a comparison at time t has to
// reach the square root of a²+log(t/start), where the chance that a Wiener
// process ever does is 2(1-Φ(a)+aφ(a)). See H. Robbins (1970), "Statistical
// methods related to the law of the iterated logarithm"; that it holds for
// averages of what is not normal, with the variance estimated: I. Waudby-Smith,
// D. Arbour, R. Sinha, E. Kennedy, A. Ramdas (2024), "Time-uniform central limit
// theory and asymptotic confidence sequences", Annals of Statistics 52; A.
// Bibaut, N. Kallus, M. Lindon (2022), arXiv 2212.14411.
//
// It holds for shares of readers who did a thing at least once, dealt to the
// arms by chance, each of them counted once. A reader need not do it at once:
// where a share grows while its readers stay, t = K·N/(N-K) of both arms
// together is the time in which the difference moves as a Wiener process, since
// each reader counts at one moment only. For shares that keep their rate, t
// grows with N.
//
// There is no length that it is planned for, and so no tuning but the start.
// Most of the level is spent between the start and 30 times that; the rest is
// left for ever after, and for looks at every moment. So fewer are fooled than
// the level says: of experiments without effect that are looked at for 30 days,
// 1 to 2 % show one to who looks once a day, and 2 to 3 % to who looks every three
// hours, where a test of one look shows one in more than 20 %. The price is two to
// two and a half times as many readers as a test at one planned look needs.
type Sequential struct {
	level, start float64
	reach        float64 // a²
}

// NewSequential is the test at a level such as 0.05. Start is how many have to
// have done it, in both shares together, before anything is told, 1 or more: the
// normal distribution is no likeness of fewer.
func NewSequential(level, start float64) Sequential {
	low, high := 0.0, 1500.0
	for range 60 {
		if middle := (low + high) / 2; everReached(middle) > level {
			low = middle
		} else {
			high = middle
		}
	}
	return Sequential{level, max(1, start), high}
}

// A Difference is how far a rate is above another.
type Difference struct {
	Value    float64 // of the two rates as they were counted
	Interval         // that contains it
	P        float64 // the lowest level at which 0 would not be in the interval
}

// Shown reports whether there is a difference: whether 0 is not in its interval.
func (d Difference) Shown() bool { return !d.Contains(0) }

// Compare tells how far b is above a; false as long as [Sequential.Lacks] some.
// The interval is Newcombe's (1998, "Interval estimation for the difference
// between independent proportions", method 10) with the threshold of the test in
// place of that of one look: it goes by the Wilson intervals of both, and so is
// right where one arm is much smaller and its events are few.
func (s Sequential) Compare(a, b Share) (Difference, bool) {
	if s.Lacks(a, b) > 0 {
		return Difference{}, false
	}
	late := s.late(clock(a, b))
	z := math.Sqrt(s.reach + late)
	return Difference{
		Value:    b.Rate() - a.Rate(),
		Interval: newcombe(a, b, z),
		P:        everReached(square(apart(a, b)) - late),
	}, true
}

// newcombe is the interval of b's rate less a's at z standard deviations.
func newcombe(a, b Share, z float64) Interval {
	pa, pb := a.Rate(), b.Rate()
	wa, wb := wilson(a, z), wilson(b, z)
	return Interval{
		Low:  pb - pa - math.Hypot(pb-wb.Low, wa.High-pa),
		High: pb - pa + math.Hypot(wb.High-pb, pa-wa.Low),
	}
}

// apart is how many standard deviations it takes until 0 is in the interval.
func apart(a, b Share) float64 {
	if a.Rate() > b.Rate() {
		a, b = b, a
	}
	low, high := 0.0, 64.0
	for range 32 {
		if middle := (low + high) / 2; newcombe(a, b, middle).Low > 0 {
			low = middle
		} else {
			high = middle
		}
	}
	return high
}

// Lacks is how many more have to do it before a and b are compared; of a rate
// above a half, how many more have to leave it. Of the smaller share a tenth of
// them are needed.
func (s Sequential) Lacks(a, b Share) int64 {
	k, n := a.K+b.K, a.N+b.N
	smaller := min(a.N, b.N)
	if smaller <= 0 {
		return int64(math.Ceil(s.start))
	}
	return int64(math.Ceil(max(0, max(s.start, s.start/10*n/smaller)-min(k, n-k))))
}

// late is what the threshold of z² has grown by at t.
func (s Sequential) late(t float64) float64 { return math.Log(max(1, t/s.start)) }

// clock is the time in which the difference of the two moves.
func clock(a, b Share) float64 {
	k, n := a.K+b.K, a.N+b.N
	return k * n / (n - k)
}

// everReached is the chance that a Wiener process W has, at any t from 1 on,
// W² of t(a²+log t) or more.
func everReached(aSquared float64) float64 {
	if aSquared <= 0 {
		return 1
	}
	a := math.Sqrt(aSquared)
	return min(1, 2*(below(-a)+a*density(a)))
}

func square(v float64) float64 { return v * v }
