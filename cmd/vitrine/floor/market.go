package floor

import (
	"slices"
	"time"

	"vitrine.dev/recommend"
)

// A Market is what there is to choose from so far: the products picked, their
// topics and experts, and who has acted on what.
type Market struct {
	Products []Product // by number
	// Topics and Experts count picks.
	Topics, Experts map[string]int

	numbers map[string]int32          // of products, by key
	picks   map[string]int32          // product by pick
	inTopic map[string][]int32        // products picked in a topic or below it, each once
	acted   map[string]map[int32]bool // by reader
	within  map[string]map[int32]bool // inTopic as sets
}

// A Product is one that was picked.
type Product struct {
	Key     string
	Topics  []string // of its first pick
	Experts []string // who picked it, in order, each once
	Picks   int
	First   time.Time // pick
	Last    time.Time // pick
}

// NewMarket returns a market without products.
func NewMarket() *Market {
	return &Market{
		Topics: make(map[string]int), Experts: make(map[string]int), numbers: make(map[string]int32), picks: make(map[string]int32),
		inTopic: make(map[string][]int32), acted: make(map[string]map[int32]bool), within: make(map[string]map[int32]bool),
	}
}

// Publish takes a pick of the product with key and returns what policies see of
// it.
func (m *Market) Publish(p *recommend.PublishedPick, key string) Event {
	n, known := m.numbers[key]
	if !known {
		n = int32(len(m.Products)) //nolint:gosec // memory ends long before 2^31 products
		m.numbers[key] = n
		m.Products = append(m.Products, Product{Key: key, Topics: p.Topics, First: p.PublishedAt})
	}
	product := &m.Products[n]
	product.Picks++
	product.Last = p.PublishedAt
	if !slices.Contains(product.Experts, p.Expert) {
		product.Experts = append(product.Experts, p.Expert)
	}
	m.picks[p.ID] = n
	m.Experts[p.Expert]++
	for _, t := range p.Topics {
		m.Topics[t]++
		for ; t != ""; t = recommend.ParentTopic(t) {
			m.place(t, n)
		}
	}
	return Event{Kind: KindPick, Pick: p.ID, Product: n, At: p.PublishedAt}
}

func (m *Market) place(topic string, product int32) {
	set := m.within[topic]
	if set == nil {
		set = make(map[int32]bool)
		m.within[topic] = set
	}
	if !set[product] {
		set[product] = true
		m.inTopic[topic] = append(m.inTopic[topic], product)
	}
}

// Act takes an action and returns what policies see of it; ok is false when
// it is about no pick of this market.
func (m *Market) Act(a *recommend.Action) (e Event, ok bool) {
	n, ok := m.picks[a.Pick]
	if !ok {
		return e, false
	}
	if a.Kind != recommend.ActImpression {
		mine := m.acted[a.Reader]
		if mine == nil {
			mine = make(map[int32]bool)
			m.acted[a.Reader] = mine
		}
		mine[n] = true
	}
	return Event{Kind: a.Kind, Reader: a.Reader, Pick: a.Pick, Product: n, Window: a.Window, At: a.At}, true
}

// Product returns the number of the product with key.
func (m *Market) Product(key string) (n int32, ok bool) {
	n, ok = m.numbers[key]
	return n, ok
}

// Acted reports whether a reader has done anything with a pick, but look at it.
func (m *Market) Acted(reader string) bool { return len(m.acted[reader]) > 0 }

// Pool is what may be found: the products of candidates, those of a topic and
// what lies in it, or all there are; fresh leaves out what the reader has acted
// on. The caller owns it.
func (m *Market) Pool(reader, topic string, candidates []string, fresh bool) []int32 {
	var all []int32
	switch {
	case candidates != nil:
		seen := make(map[int32]bool, len(candidates))
		for _, pick := range candidates {
			if n, ok := m.picks[pick]; ok && !seen[n] {
				seen[n] = true
				all = append(all, n)
			}
		}
	case topic != "":
		all = append(all, m.inTopic[topic]...)
	default:
		for n := range m.Products {
			all = append(all, int32(n))
		}
	}
	if !fresh {
		return all
	}
	left, mine := all[:0], m.acted[reader]
	for _, n := range all {
		if !mine[n] {
			left = append(left, n)
		}
	}
	return left
}
