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
	all   []mate  // by item
	near  []int32 // items that are near, in the order in which they came
	other []int32 // items of which something else was found first
}

// A mate is what was found of an item, before it is damped by its weight. A sum
// of just 0 becomes the smallest number above it, as in [Sums].
type mate struct{ near, next, fits float64 }

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
	c.Reset()
	if most := max(len(t.weights), len(n.matrix.rows)); most > len(c.all) {
		c.all = append(c.all, make([]mate, most-len(c.all))...)
	}
	var room [nearReach]Act
	var soon [nextReach]Act
	acts, latest := newest(history, nearReach, -1, room[:0]), newest(history, nextReach, -1, soon[:0])
	for i, a := range acts {
		u := a.Weight * math.Exp2(-float64(i)/nearHalfLife)
		left := power(t.weight(a.Item), -leftPower)
		near, next := u*left*t.fade.left, 0.0
		if i < len(latest) {
			next = latest[i].Weight * math.Exp2(-float64(i)/nextHalfLife) * left * t.fade.left
		}
		c.addRow(t.matrix.row(a.Item).cells, near, next)
		row := n.matrix.row(a.Item).cells
		for j := range row {
			if row[j].key != 0 {
				x := c.mate(row[j].item())
				add(&x.fits, u*float64(row[j].a))
			}
		}
	}
}

// addRow adds the partners of an item; next is 0 where only near counts.
func (c *Company) addRow(row []cell, near, next float64) {
	for j := range row {
		if v := row[j].a; v > 0 {
			x := &c.all[row[j].item()]
			if x.near == 0 {
				c.near = append(c.near, row[j].item())
			}
			add(&x.near, near*float64(v))
		}
		if v := row[j].b; v > 0 && next != 0 {
			add(&c.mate(row[j].item()).next, next*float64(v))
		}
	}
}

// mate is that of item, to which something other than near is added.
func (c *Company) mate(item int32) *mate {
	x := &c.all[item]
	if *x == (mate{}) {
		c.other = append(c.other, item)
	}
	return x
}

func add(sum *float64, v float64) {
	if *sum += v; *sum == 0 {
		*sum = math.SmallestNonzeroFloat64
	}
}

// Reset forgets what was gathered.
func (c *Company) Reset() {
	for _, items := range [][]int32{c.near, c.other} {
		for _, item := range items {
			c.all[item] = mate{}
		}
	}
	c.near, c.other = c.near[:0], c.other[:0]
}

// Of tells of each of items what [Together.Near], [Together.Next] and
// [Neighbours.Score] say of it.
func (c *Company) Of(t *Together, items []int32, near, next, fits []float64) {
	for i, item := range items {
		near[i], next[i], fits[i] = c.of(t, item)
	}
}

func (c *Company) of(t *Together, item int32) (near, next, fits float64) {
	if item < 0 || int(item) >= len(c.all) {
		return 0, 0, 0
	}
	x := c.all[item]
	near, next, fits = x.near, x.next, x.fits
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
	for _, item := range c.near {
		x, at := c.all[item], bound(t.weight(item))
		near, next, fits := x.near*nearBounds[at], x.next*nextBounds[at], x.fits
		if near+next+fits+slack*(near+next+math.Abs(fits)) < worst.Score {
			continue
		}
		near, next, fits = c.of(t, item)
		one := Found{item, near + next + fits}
		if worst.compare(one) < 0 {
			continue
		}
		if best = append(best, one); len(best) >= 2*n+boundSteps {
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
