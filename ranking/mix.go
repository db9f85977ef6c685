package ranking

import "math"

// Groups is how many kinds of group a [Mixer] tells apart, such as the author
// and the product of a card.
const Groups = 2

// A Card is what a mixer knows of a candidate.
type Card struct {
	Score float64
	// Tie orders cards of equal score, by the seed of the mixer. Make it depend
	// on something that lasts, and equal inputs have equal pages everywhere.
	Tie uint64
	// Group names the group of each kind that the card belongs to; a negative
	// one is none.
	Group [Groups]int32
	// Topic and Share are the topic that the card counts for in the balance, and
	// how much of a page it should have, above 0; a share of 0 is none.
	Topic int32
	Share float64
}

// A Placed is a card in its place.
type Placed struct {
	Index int     // among the cards given
	Score float64 // after the discounts
}

// A Balance keeps the topics of a page near the shares that they should have,
// as calibrated recommendations do (Steck, 2018). After n cards of a topic, the
// next one scores less by Strength * ln(1 + n/(Span*share)): this is how seats
// are shared out by a divisor method, on top of the scores. Topics that fill up
// in the proportion of their shares are discounted alike, so their order stays;
// one that takes more than its share falls behind. A Strength of 0 is none.
type Balance struct {
	Strength float64
	Span     float64 // cards over which shares are meant to hold
}

func (b Balance) discount(n int, share float64) float64 {
	return b.Strength * math.Log1p(float64(n)/(b.Span*share))
}

// A Mixer fills a page card by card, each time with the one that scores
// highest after the discounts for what the page holds already. A Mixer is for
// one page; it is not safe for concurrent use.
type Mixer struct {
	discounts [Groups]Discount
	balance   Balance
	seed      uint64
	held      [Groups]map[int32]int
	topics    map[int32]int
}

// NewMixer returns a mixer for an empty page.
func NewMixer(discounts [Groups]Discount) *Mixer {
	const page = 24 // of that many cards nothing grows
	m := &Mixer{discounts: discounts, topics: make(map[int32]int, page)}
	for k := range m.held {
		m.held[k] = make(map[int32]int, page)
	}
	return m
}

// Seed says how cards of equal score are ordered: by [Jitter] of their ties, the
// smaller first.
func (m *Mixer) Seed(seed uint64) { m.seed = seed }

// Balance has the mixer keep topics in balance.
func (m *Mixer) Balance(b Balance) { m.balance = b }

// Hold counts n cards of a group that came before, on earlier pages.
func (m *Mixer) Hold(kind int, group int32, n int) { m.held[kind][group] += n }

// HoldTopic counts n cards of a topic that came before, on earlier pages.
func (m *Mixer) HoldTopic(topic int32, n int) { m.topics[topic] += n }

// Take places the best k of cards, all of them when there are fewer, and
// counts them as held. The result is the start of the same permutation for
// every k. It costs O(n + k log n) and some more where groups are crowded.
func (m *Mixer) Take(cards []Card, k int) []Placed {
	f := m.Fill(cards)
	page := make([]Placed, 0, max(min(k, len(cards)), 0))
	for len(page) < k {
		p, ok := f.Next()
		if !ok {
			break
		}
		page = append(page, p)
	}
	return page
}

// A Filling is a page that is being filled.
type Filling struct {
	mixer *Mixer
	queue queue
	done  []bool // by card: it is in its place, or is to have none
	rest  int    // from here on the cards are not in the queue yet
}

// Fill begins to place cards.
func (m *Mixer) Fill(cards []Card) *Filling {
	f := &Filling{mixer: m, queue: queue{cards: cards, seed: m.seed, entries: make([]entry, len(cards))}, done: make([]bool, len(cards)), rest: len(cards)}
	for i := range cards {
		f.queue.entries[i] = entry{index: i, score: m.discounted(&cards[i])}
	}
	for i := len(f.queue.entries)/2 - 1; i >= 0; i-- {
		f.queue.down(i)
	}
	return f
}

// FillSorted is Fill of cards that are ordered by score, the highest first; those
// of equal score may be in any order. It looks at no more of them than the page
// needs.
func (m *Mixer) FillSorted(cards []Card) *Filling {
	return &Filling{mixer: m, queue: queue{cards: cards, seed: m.seed}, done: make([]bool, len(cards))}
}

// Next places the best card that is left; ok is false when none is.
func (f *Filling) Next() (p Placed, ok bool) {
	index, ok := f.Peek()
	if !ok {
		return Placed{}, false
	}
	return f.Place(index), true
}

// Peek is the best card that is left; ok is false when none is.
func (f *Filling) Peek() (index int, ok bool) {
	q := &f.queue
	for {
		// Discounts only ever take away, so a card that is not in the queue yet
		// scores at most its own score.
		for f.rest < len(q.cards) && (len(q.entries) == 0 || q.cards[f.rest].Score >= q.entries[0].score) {
			q.push(entry{index: f.rest, score: q.cards[f.rest].Score})
			f.rest++
		}
		if len(q.entries) == 0 {
			return 0, false
		}
		top := &q.entries[0]
		if f.done[top.index] {
			q.pop()
			continue
		}
		// They only ever grow, so the score noted in the queue is never too low:
		// if the first is as good as noted, no other is better.
		score := f.Score(top.index)
		if score >= top.score {
			return top.index, true
		}
		top.score = score
		q.down(0)
	}
}

// Drop takes a card out that is to have no place.
func (f *Filling) Drop(index int) { f.done[index] = true }

// Score is what a card would be placed with now.
func (f *Filling) Score(index int) float64 { return f.mixer.discounted(&f.queue.cards[index]) }

// Left reports whether a card is still to be placed.
func (f *Filling) Left(index int) bool { return !f.done[index] }

// Place places a card that is left, whatever it scores.
func (f *Filling) Place(index int) Placed {
	p := Placed{Index: index, Score: f.Score(index)}
	f.done[index] = true
	card := &f.queue.cards[index]
	for kind, g := range card.Group {
		if g >= 0 {
			f.mixer.held[kind][g]++
		}
	}
	if card.Share > 0 {
		f.mixer.topics[card.Topic]++
	}
	return p
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
	if m.balance.Strength > 0 && c.Share > 0 {
		if n := m.topics[c.Topic]; n > 0 {
			score -= m.balance.discount(n, c.Share)
		}
	}
	return score
}

// A queue is a heap of cards, the best first.
type queue struct {
	cards   []Card
	seed    uint64
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
	if ta, tb := Jitter(q.seed, q.cards[a.index].Tie), Jitter(q.seed, q.cards[b.index].Tie); ta != tb {
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

func (q *queue) push(e entry) {
	q.entries = append(q.entries, e)
	for i := len(q.entries) - 1; i > 0; {
		parent := (i - 1) / 2
		if !q.before(&q.entries[i], &q.entries[parent]) {
			return
		}
		q.entries[i], q.entries[parent] = q.entries[parent], q.entries[i]
		i = parent
	}
}

func (q *queue) pop() {
	last := len(q.entries) - 1
	q.entries[0] = q.entries[last]
	q.entries = q.entries[:last]
	q.down(0)
}
