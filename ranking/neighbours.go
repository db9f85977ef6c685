package ranking

import (
	"math"
	"slices"
)

// Neighbours holds how much each item of a reader speaks for others, as
// [FitRidge] finds it. The zero Neighbours knows nothing and is ready to be
// filled by rows. A partner of an item takes 22 bytes, an item 40. Reading may
// go on in many goroutines at once, but not beside a change.
type Neighbours struct {
	// MaxPartners bounds the partners held of all items, 2,000,000 if it is 0.
	// When there are more, each item keeps the strongest part of them.
	MaxPartners int

	matrix matrix // a is how much the item speaks for its partner
}

// add sets how much item speaks for partner.
func (n *Neighbours) add(item, partner int32, value float32) {
	n.matrix.room(max(item, partner))
	n.matrix.cell(item, partner).a = value
	n.matrix.changed.mark(item)
	n.matrix.trim(item, strength)
	n.matrix.bound(n.most(), strength)
}

// forget drops what speaks for items.
func (n *Neighbours) forget(items []int32) {
	gone := make([]bool, len(n.matrix.rows))
	for _, item := range items {
		if item >= 0 && int(item) < len(gone) {
			gone[item] = true
		}
	}
	for i := range n.matrix.rows {
		row := &n.matrix.rows[i]
		cells := slices.DeleteFunc(row.all(), func(c cell) bool { return gone[c.item()] })
		if len(cells) < row.n {
			n.matrix.set(int32(i), cells)
		}
	}
}

// strength is how much a partner can change a score.
func strength(c *cell) float64 { return math.Abs(float64(c.a)) }

func (n *Neighbours) most() int {
	if n.MaxPartners > 0 {
		return n.MaxPartners
	}
	return defaultTogether
}

// Len is the number of partners held of all items.
func (n *Neighbours) Len() int { return n.matrix.held }

// Score adds to into, which it empties first, how much what a reader did, newest
// first, speaks for each item: the sum over his last 60 items of the weight of
// his act, times 0.5^(place/20), times how much the item speaks for the other.
func (n *Neighbours) Score(history []Act, into *Sums) {
	into.Reset()
	into.reserve(len(n.matrix.rows))
	var room [nearReach]Act
	for i, a := range newest(history, nearReach, -1, room[:0]) {
		u := a.Weight * math.Exp2(-float64(i)/nearHalfLife)
		row := n.matrix.row(a.Item).cells
		for j := range row {
			if row[j].key != 0 {
				into.add(row[j].item(), u*float64(row[j].a))
			}
		}
	}
}
