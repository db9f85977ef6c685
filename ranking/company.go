package ranking

import (
	"cmp"
	"math"
	"slices"
)

// A Company is what goes with what one reader did, in the company of Together
// and Neighbours: how near it is, whether it comes next, and how well it fits.
// The zero Company is ready; use one again and again, for its sums grow large. It
// is not safe for concurrent use, and reads both while it is asked.
type Company struct {
	near, next, fits Sums // the first two before they are damped
}

// A Found is an item with its score.
type Found struct {
	Item  int32
	Score float64
}

func (x Found) compare(y Found) int {
	return cmp.Or(cmp.Compare(y.Score, x.Score), cmp.Compare(x.Item, y.Item))
}

// Gather looks for what goes with history, newest first.
func (c *Company) Gather(t *Together, n *Neighbours, history []Act) {
	t.collectNear(history, &c.near)
	t.collectNext(history, &c.next)
	n.Score(history, &c.fits)
}

// Reset forgets what was gathered.
func (c *Company) Reset() {
	c.near.Reset()
	c.next.Reset()
	c.fits.Reset()
}

// Of tells of each of items what [Together.Near], [Together.Next] and
// [Neighbours.Score] say of it.
func (c *Company) Of(t *Together, items []int32, near, next, fits []float64) {
	for i, item := range items {
		near[i], next[i], fits[i] = c.of(t, item)
	}
}

func (c *Company) of(t *Together, item int32) (near, next, fits float64) {
	near, next, fits = c.near.Of(item), c.next.Of(item), c.fits.Of(item)
	if near != 0 || next != 0 {
		w := t.weight(item)
		if near != 0 {
			near *= power(w, -nearPower)
		}
		if next != 0 {
			next *= power(w, -nextPower)
		}
	}
	return near, next, fits
}

// Best are the n items for which near, next and fits add up to most, of those
// that are near, the best first. Of most of the others it sees that they are
// none without damping them, which is what takes the time.
func (c *Company) Best(t *Together, n int) []Found {
	const slack = 1e-9 // more than rounding makes of a bound
	var best []Found
	worst := Found{Score: math.Inf(-1), Item: math.MaxInt32}
	cut := func() {
		slices.SortFunc(best, Found.compare)
		best = best[:min(n, len(best))]
		if len(best) == n && n > 0 {
			worst = best[n-1]
		}
	}
	for _, item := range c.near.items {
		near, next, fits := c.near.values[item], c.next.Of(item), c.fits.Of(item)
		at := bound(t.weight(item))
		near, next = near*nearBounds[at], next*nextBounds[at]
		if near+next+fits+slack*(near+next+math.Abs(fits)) < worst.Score {
			continue
		}
		near, next, fits = c.of(t, item)
		x := Found{item, near + next + fits}
		if worst.compare(x) < 0 {
			continue
		}
		if best = append(best, x); len(best) >= 2*n+boundSteps {
			cut()
		}
	}
	cut()
	return best
}

// Damping factors go up in steps of a weight, eight each time it doubles.
const boundSteps = 8

var nearBounds, nextBounds = bounds(nearPower), bounds(nextPower)

// bounds are at least what is left of a sum of an item whose weight is in a step.
func bounds(power float64) (all [boundSteps * 64]float64) {
	for i := range all {
		least := math.Ldexp(1+float64(i%boundSteps)/boundSteps, i/boundSteps)
		all[i] = math.Pow(least, -power)
	}
	return all
}

// bound is the step of a weight, which is actsEvidence or more.
func bound(weight float64) int {
	const mantissa, bias = 52, 1023
	at := int(math.Float64bits(weight)>>(mantissa-3)) - bias*boundSteps
	return min(max(at, 0), len(nearBounds)-1)
}
