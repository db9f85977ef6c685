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
//
// A comparison that has an end is another one, see [NewPlanned].
type Sequential struct {
	start float64
	reach float64 // a²; of a planned comparison the bound of the Wiener process in the end
	part  float64 // of the planned time that is over; 0 is no plan
}

// NewSequential is the test at a level such as 0.05. Start is how many have to
// have done it, in both shares together, before anything is told, 1 or more: the
// normal distribution is no likeness of fewer.
func NewSequential(level, start float64) Sequential {
	return Sequential{start: max(1, start), reach: reachOf(everReached, level)}
}

// NewPlanned is the test of a comparison that is to end at a time that was set
// before it began, as it is then: at level, however often somebody looked before.
// Within its plan it needs a fifth more readers than a test of one look, half as
// many as one without an end. It is of no use before a fifth of the time is over,
// when only arms that lie far apart are told from each other.
//
// The method is the boundary of P. O'Brien and T. Fleming (1979, "A multiple
// testing procedure for clinical trials", Biometrics 35) for looks at every
// moment: a standard normal z, when a part t of the time is over, has to reach
// c/√t, where a Wiener process leaves ±c up to 1 with a chance of the level. The
// intervals are the repeated confidence intervals of C. Jennison and B. Turnbull
// (1989, Journal of the Royal Statistical Society B 51).
//
// The part of the time stands for the part of what the comparison will know: that
// is right where readers come evenly, and careful where more come early, as they
// mostly do. Where they come late the level is not kept to the letter: with twice
// as many in the end as on average it is 7 % at most in place of 5.
func NewPlanned(level, start float64) Sequential {
	return Sequential{start: max(1, start), reach: reachOf(leaves, level), part: 1}
}

// At is s when a part of the planned time is over, more than 0 and up to 1; s
// itself where nothing is planned.
func (s Sequential) At(part float64) Sequential {
	if s.part > 0 {
		s.part = min(1, max(part, 1e-6))
	}
	return s
}

// reachOf is the least reach whose chance is not above level.
func reachOf(chance func(float64) float64, level float64) float64 {
	low, high := 0.0, 1500.0
	for range 60 {
		if middle := (low + high) / 2; chance(middle) > level {
			low = middle
		} else {
			high = middle
		}
	}
	return high
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
	t := clock(a, b)
	return Difference{
		Value:    b.Rate() - a.Rate(),
		Interval: newcombe(a, b, s.threshold(t)),
		P:        s.chance(apart(a, b), t),
	}, true
}

// threshold is what z has to reach at t.
func (s Sequential) threshold(t float64) float64 {
	if s.part > 0 {
		return s.reach / math.Sqrt(s.part)
	}
	return math.Sqrt(s.reach + s.late(t))
}

// chance is the lowest level at which z would be enough at t.
func (s Sequential) chance(z, t float64) float64 {
	if s.part > 0 {
		return leaves(z * math.Sqrt(s.part))
	}
	return everReached(z*z - s.late(t))
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

// leaves is the chance that a Wiener process leaves ±c before 1, by reflection
// at both bounds (P. Lévy 1948, "Processus stochastiques et mouvement brownien").
func leaves(c float64) float64 {
	if c < 0.2 {
		return 1 // to ten places, where the series needs more terms
	}
	sum, sign := 0.0, 1.0
	for k := range 40 {
		sum += sign * below(-float64(2*k+1)*c)
		sign = -sign
	}
	return min(1, max(0, 4*sum))
}
