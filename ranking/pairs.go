package ranking

import (
	"cmp"
	"math"
	"slices"
)

const (
	defaultMaxPairs = 1_000_000
	pairEvidence    = .3 // clicks, and expected clicks, that a lift of pairs starts with
	opensEvidence   = 5  // opens that every item of a history starts with
)

// Pairs holds which items of a reader's history go with which items of a list:
// for every pair the clicks on the one by readers who had opened the other, and
// the clicks to be expected of them. Items are numbers, dense from 0; a negative
// one is nobody's and is passed over. Times are microseconds since 1970.
//
// The zero Pairs is ready. A pair takes 22 bytes, an item 60. Reading may go on
// in many goroutines at once, but not beside a change.
type Pairs struct {
	// MaxPairs bounds the pairs held, 1,000,000 if it is 0. When there are more,
	// the pairs of the items that were longest in no answered list are
	// forgotten until three quarters are left. A news desk loses nothing with
	// items that were not shown for six hours.
	MaxPairs int

	rows    []sparse // by item of the list; a is clicks, b expected
	answers []int64  // by item: when it was last in an answered list
	opens   []int32  // by item
	rest    []rest   // by item of the list
	held    int
	first   []uint32 // scratch of Answered
	changed changes
}

// A rest is what is known of an item's pairs that are not held, because they did
// not travel: clicks and expected clicks for every open of the other item.
type rest struct{ clicks, expected float32 }

// Opened counts that a reader opened item for the first time. Items that many
// have opened say less of each.
func (p *Pairs) Opened(item int32) {
	if item < 0 {
		return
	}
	p.opens = grow(p.opens, item)
	if p.opens[item] < math.MaxInt32 {
		p.opens[item]++
	}
	p.changed.mark(item)
}

// Answered counts an answer, as [Lists.Answered] has it, by a reader whose
// history holds the last 50 items opened before, each once.
func (p *Pairs) Answered(history, items []int32, y, e []float64, at int64) {
	for i, item := range items {
		if item < 0 {
			continue
		}
		p.row(item)
		p.answers[item] = max(p.answers[item], at)
		row := &p.rows[item]
		before, rest := row.n, p.rest[item]
		p.first = row.peek(history, p.first[:0])
		for _, h := range history {
			if h >= 0 {
				c := row.at(key(h))
				if c.a == 0 && c.b == 0 && rest.expected > 0 {
					n := float32(p.count(h))
					c.a, c.b = n*rest.clicks, n*rest.expected
				}
				c.a += float32(y[i])
				c.b += float32(e[i])
			}
		}
		p.held += row.n - before
		p.changed.mark(item)
		if p.held > p.most() {
			p.forget()
		}
	}
}

// row makes room for item.
func (p *Pairs) row(item int32) {
	p.rows = grow(p.rows, item)
	p.answers = grow(p.answers, item)
	p.rest = grow(p.rest, item)
}

func (p *Pairs) most() int {
	if p.MaxPairs > 0 {
		return p.MaxPairs
	}
	return defaultMaxPairs
}

// forget drops the rows of the items longest in no answered list.
func (p *Pairs) forget() {
	items := make([]int32, 0, len(p.rows))
	for i := range p.rows {
		if p.rows[i].n > 0 {
			items = append(items, int32(i))
		}
	}
	slices.SortFunc(items, func(x, y int32) int {
		return cmp.Or(cmp.Compare(p.answers[x], p.answers[y]), cmp.Compare(x, y))
	})
	for _, item := range items {
		if p.held <= p.most()*3/4 {
			return
		}
		p.held -= p.rows[item].n
		p.rows[item], p.rest[item] = sparse{}, rest{}
		p.changed.mark(item)
	}
}

// Len is the number of pairs held.
func (p *Pairs) Len() int { return p.held }

// count is how many opened item.
func (p *Pairs) count(item int32) int32 {
	if item < 0 || int(item) >= len(p.opens) {
		return 0
	}
	return p.opens[item]
}

// weight is how much item counts in a history.
func (p *Pairs) weight(item int32) float64 {
	return 1 / math.Sqrt(float64(p.count(item))+opensEvidence)
}

// Lift writes to out, for each of items, ln((a+.3)/(x+.3)): a and x are its
// clicks and expected clicks by readers who had opened the items of history,
// each weighed by (opens+5)^-½. It is 0 where nothing is known.
func (p *Pairs) Lift(history, items []int32, out []float64) {
	var room [64]float64
	weights := room[:0]
	for _, h := range history {
		weights = append(weights, p.weight(h))
	}
	for i, item := range items {
		out[i] = 0
		if item < 0 || int(item) >= len(p.rows) || p.rows[item].n == 0 {
			continue
		}
		row, rest := &p.rows[item], p.rest[item]
		var a, x float64
		for j, h := range history {
			if h < 0 {
				continue
			}
			if c := row.find(key(h)); c != nil {
				a += weights[j] * float64(c.a)
				x += weights[j] * float64(c.b)
			} else if rest.expected > 0 {
				n := weights[j] * float64(p.count(h))
				a += n * float64(rest.clicks)
				x += n * float64(rest.expected)
			}
		}
		out[i] = math.Log((a + pairEvidence) / (x + pairEvidence))
	}
}
