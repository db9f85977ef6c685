package stats

import "math"

// A Plan is an experiment of two arms as it is meant to be.
type Plan struct {
	Base   float64 // the rate of the first arm
	Lift   float64 // of the second over the first, as a part of Base: 0.1 is a tenth more
	Arm    int64   // readers of each arm in the end
	Looks  int     // at the test, after equally many readers each
	Second float64 // readers of the second arm for each of the first; 0 is 1
}

// variance is that of the difference in the end.
func (p Plan) variance() float64 {
	n, other := float64(p.Arm), p.Base*(1+p.Lift)
	return p.Base*(1-p.Base)/n + other*(1-other)/(n*p.ratio())
}

func (p Plan) ratio() float64 {
	if p.Second == 0 {
		return 1
	}
	return p.Second
}

// clock is the time of the test in the end.
func (p Plan) clock() float64 {
	second := p.ratio()
	rate := p.Base * (1 + p.Lift*second/(1+second))
	return float64(p.Arm) * (1 + second) * rate / (1 - rate)
}

// Power is the chance that s shows the difference of p in the direction that it
// has, at one of its looks; of a Lift of 0, half the chance that it shows one by
// mistake. It is exact for normal differences: the density of those that were
// not shown yet is carried from look to look (P. Armitage, C. McPherson, B. Rowe
// 1969, "Repeated significance tests on accumulating data").
func (s Sequential) Power(p Plan) float64 {
	end := p.clock()
	drift := p.Base * p.Lift / math.Sqrt(p.variance()) // of z in the end, when t is 1
	var w walk
	shown := 0.0
	for look := 1; look <= p.Looks; look++ {
		t := float64(look) / float64(p.Looks)
		if t*end < s.start {
			continue
		}
		shown += w.step(t, drift, math.Sqrt(t)*s.At(t).threshold(t*end))
	}
	return shown
}

// A walk is the density of a Wiener process that has not left its bounds.
type walk struct {
	t       float64
	low     float64 // of the first of at, which are a step apart
	width   float64
	density []float64
}

// pointsPerStep is how finely a step's spread is divided, and widest how far a
// step can go, in standard deviations.
const (
	pointsPerStep = 8
	widest        = 7
)

// step goes on to t and stops what is beyond bound. It returns the chance of
// being above.
func (w *walk) step(t, drift, bound float64) float64 {
	dt := t - w.t
	sd := math.Sqrt(dt)
	n := 2*int(math.Ceil(bound/sd*pointsPerStep)) + 1
	next := walk{t: t, low: -bound, width: 2 * bound / float64(n-1), density: make([]float64, n)}
	from := w
	if w.density == nil { // it starts at 0, for certain
		from = &walk{width: 1, density: []float64{1}}
	}
	above := 0.0
	for i, weight := range from.density {
		weight *= from.width
		middle := from.low + float64(i)*from.width + drift*dt
		above += weight * below((middle-bound)/sd)
		first := max(0, int((middle-widest*sd-next.low)/next.width))
		last := min(n-1, int((middle+widest*sd-next.low)/next.width))
		for j := first; j <= last; j++ {
			next.density[j] += weight * density((next.low+float64(j)*next.width-middle)/sd) / sd
		}
	}
	// The trapezoidal rule: the ends count by half.
	next.density[0] /= 2
	next.density[n-1] /= 2
	*w = next
	return above
}

// Readers is how many readers an arm needs for s to show the difference of p,
// of which Arm and Looks are not looked at, with the chance power or more: as
// many as are enough when it is looked at once, in the end, so that every look
// before is a chance more. Without a Lift it is 0: none are enough.
func (s Sequential) Readers(p Plan, power float64) int64 {
	if p.Base <= 0 || p.Lift == 0 || p.Base*(1+p.Lift) >= 1 {
		return 0
	}
	s = s.At(1)
	enough := func(n int64) bool {
		p.Arm = n
		end := p.clock()
		effect := math.Abs(p.Base*p.Lift) / math.Sqrt(p.variance())
		return end >= s.start && below(effect-s.threshold(end)) >= power
	}
	low, high := int64(0), int64(1)
	for !enough(high) {
		if low, high = high, 2*high; high > 1<<40 {
			return 0
		}
	}
	for high-low > 1 {
		if middle := low + (high-low)/2; enough(middle) {
			high = middle
		} else {
			low = middle
		}
	}
	return high
}
