package ranking

import "math"

// Groups is how many kinds of group a [Mixer] tells apart, such as the author
// and the product of a card.
const Groups = 2

// A Card is what a mixer knows of a candidate.
type Card struct {
	Score float64
	// Tie orders cards of equal score, the smaller first. Make it depend on
	// something that lasts, and equal inputs have equal pages everywhere.
	Tie uint64
	// Group names the group of each kind that the card belongs to; a negative
	// one is none.
	Group [Groups]int32
}

// A Placed is a card in its place.
type Placed struct {
	Index int     // among the cards given
	Score float64 // after the discounts
}

// A Mixer fills a page card by card, each time with the one that scores
// highest after the discounts for what the page holds already. A Mixer is for
// one page; it is not safe for concurrent use.
type Mixer struct {
	discounts [Groups]Discount
	held      [Groups]map[int32]int
}

// NewMixer returns a mixer for an empty page.
func NewMixer(discounts [Groups]Discount) *Mixer {
	m := &Mixer{discounts: discounts}
	for k := range m.held {
		m.held[k] = make(map[int32]int)
	}
	return m
}

// Hold counts n cards of a group that came before, on earlier pages.
func (m *Mixer) Hold(kind int, group int32, n int) { m.held[kind][group] += n }

// Take places the best k of cards, all of them when there are fewer, and
// counts them as held. The result is the start of the same permutation for
// every k. It costs O(n + k log n) and some more where groups are crowded.
func (m *Mixer) Take(cards []Card, k int) []Placed {
	k = min(k, len(cards))
	q := queue{cards: cards, entries: make([]entry, len(cards))}
	for i := range cards {
		q.entries[i] = entry{index: i, score: m.discounted(&cards[i])}
	}
	for i := len(q.entries)/2 - 1; i >= 0; i-- {
		q.down(i)
	}
	page := make([]Placed, 0, max(k, 0))
	for len(page) < k {
		top := &q.entries[0]
		card := &cards[top.index]
		// Discounts only ever grow, so the score noted in the queue is never
		// too low: if the first is as good as noted, no other is better.
		if score := m.discounted(card); score < top.score {
			top.score = score
			q.down(0)
			continue
		}
		page = append(page, Placed{Index: top.index, Score: top.score})
		for kind, g := range card.Group {
			if g >= 0 {
				m.held[kind][g]++
			}
		}
		q.pop()
	}
	return page
}

func (m *Mixer) discounted(c *Card) float64 {
	score := c.Score
	for kind, g := range c.Group {
		if g < 0 {
			continue
		}
		if n := m.held[kind][g]; n > 0 {
			score += math.Log(m.discounts[kind].At(n))
		}
	}
	return score
}

// A queue is a heap of cards, the best first.
type queue struct {
	cards   []Card
	entries []entry
}

type entry struct {
	index int
	score float64 // when it was last looked at
}

func (q *queue) before(a, b *entry) bool {
	if a.score != b.score {
		return a.score > b.score
	}
	if ta, tb := q.cards[a.index].Tie, q.cards[b.index].Tie; ta != tb {
		return ta < tb
	}
	return a.index < b.index
}

func (q *queue) down(i int) {
	for {
		best := i
		for c := 2*i + 1; c <= 2*i+2 && c < len(q.entries); c++ {
			if q.before(&q.entries[c], &q.entries[best]) {
				best = c
			}
		}
		if best == i {
			return
		}
		q.entries[i], q.entries[best] = q.entries[best], q.entries[i]
		i = best
	}
}

func (q *queue) pop() {
	last := len(q.entries) - 1
	q.entries[0] = q.entries[last]
	q.entries = q.entries[:last]
	q.down(0)
}
