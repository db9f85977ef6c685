package ranking

import (
	"math"
	"time"
)

const (
	defaultTogether = 2_000_000
	defaultFade     = 180 * 24 * time.Hour

	nearReach, nearHalfLife = 60, 20 // items of a reader's history
	nextReach, nextHalfLife = 15, 5

	actsEvidence = 5  // weight of acts that every item starts with
	leftPower    = .5 // of the weight of an item that the reader has
	nearPower    = .7 // of the weight of an item that is scored
	nextPower    = .5
)

// Together holds which items are used by the same readers, near each other in
// the order of what they do: W, near each other in either order, and D, the one
// soon after the other. Both fade. Items are numbers, dense from 0; a negative
// one is nobody's and is passed over.
//
// W is item-to-item co-occurrence damped by distance; dividing by the power .7
// of an item's weight, where a cosine has .5, keeps the popular from being
// similar to everything. D is a decaying Markov chain. Both, with their
// constants, were found to add to each other offline.
//
// The zero Together is ready. A partner of an item takes 22 bytes, an item 60.
// Reading may go on in many goroutines at once, but not beside a change.
type Together struct {
	// HalfLife is the time in which half of everything is forgotten: 180 days
	// if it is 0, never if it is negative.
	HalfLife time.Duration
	// MaxPartners bounds the partners held of all items, 2,000,000 if it is 0.
	// When there are more, each item keeps the strongest part of them.
	MaxPartners int

	matrix  matrix    // a is W, b is D from the item to its partner
	weights []float64 // of all acts, by item
	fade    fading

	near, next []float64 // how much less each place back counts
	acts       []Act     // scratch of Add
}

// Add counts an act of a reader on item. History is what he did before, newest
// first; its last 60 items become partners of item. Acts of history that are
// later than at count for W only.
func (t *Together) Add(history []Act, item int32, weight float64, at int64) {
	if item < 0 || !(weight > 0) {
		return
	}
	if t.near == nil {
		t.near, t.next = halvings(nearReach+1, nearHalfLife), halvings(nextReach+1, nextHalfLife)
	}
	t.acts = newest(history, nearReach, item, t.acts[:0])
	t.room(item)
	for _, a := range t.acts {
		t.room(a.Item)
	}
	now := min(weight, maxWeight) * t.scaleAt(at)
	t.weights[item] += now
	t.matrix.changed.mark(item)
	for i, a := range t.acts {
		v := float32(now * a.Weight * t.near[i+1])
		t.matrix.cell(item, a.Item).a += v
		c := t.matrix.cell(a.Item, item)
		c.a += v
		if i < nextReach && a.At <= at {
			c.b += float32(now * a.Weight * t.next[i+1])
		}
		t.matrix.changed.mark(a.Item)
		t.matrix.trim(a.Item, t.strength)
	}
	t.matrix.trim(item, t.strength)
	t.matrix.bound(t.most(), t.strength)
}

// room makes room for item.
func (t *Together) room(item int32) {
	t.matrix.room(item)
	t.weights = grow(t.weights, item)
}

// strength is how much a partner counts in Near.
func (t *Together) strength(c *cell) float64 {
	return float64(c.a) * power(t.weight(c.item()), -nearPower)
}

// most is how many partners there may be in all.
func (t *Together) most() int {
	if t.MaxPartners > 0 {
		return t.MaxPartners
	}
	return defaultTogether
}

// Len is the number of partners held of all items.
func (t *Together) Len() int { return t.matrix.held }

// Near adds to into, which it empties first, how near each item is to what a
// reader did, newest first: sum over his last 60 items j of
// u*W/((n_j+5)^.5 (n+5)^.7), with u the weight of his act times 0.5^(place/20)
// and n the weights of all acts on an item. All is as of the newest act counted.
func (t *Together) Near(history []Act, into *Sums) {
	t.collect(history, nearReach, nearHalfLife, into, func(c *cell) float32 { return c.a })
	t.divide(into, nearPower)
}

// Next is like [Together.Near] for what comes soon after: the last 15 items j,
// u*D/((n_j+5)^.5 (n+5)^.5), u with 0.5^(place/5).
func (t *Together) Next(history []Act, into *Sums) {
	t.collect(history, nextReach, nextHalfLife, into, func(c *cell) float32 { return c.b })
	t.divide(into, nextPower)
}

func (t *Together) collect(history []Act, reach int, halfLife float64, into *Sums, value func(*cell) float32) {
	into.Reset()
	into.reserve(len(t.weights))
	var room [nearReach]Act
	for i, a := range newest(history, reach, -1, room[:0]) {
		u := a.Weight * math.Exp2(-float64(i)/halfLife) * power(t.weight(a.Item), -leftPower) * t.fade.left
		row := t.matrix.row(a.Item).cells
		for j := range row {
			if v := value(&row[j]); v > 0 {
				into.add(row[j].item(), u*float64(v))
			}
		}
	}
}

// divide damps the sums by the weights of their items.
func (t *Together) divide(s *Sums, by float64) {
	for _, item := range s.items {
		s.values[item] *= power(t.weight(item), -by)
	}
}

// weight is of all acts on item, as of now, and of the evidence it starts with.
func (t *Together) weight(item int32) float64 {
	if int(item) >= len(t.weights) {
		return actsEvidence
	}
	return t.weights[item]*t.fade.left + actsEvidence
}

// power is x^p of a positive x, faster than math.Pow.
func power(x, p float64) float64 { return math.Exp(p * math.Log(x)) }
