package recommend

import (
	"cmp"
	"slices"
)

// A tally counts, by topic and by partner, the cards that pass all filters but
// the one on the facet itself.
type tally struct {
	topics, partners map[int32]int
}

// mostTallied bounds how many picks a browse looks at for its facets: of more
// than that nobody reads the numbers as exact.
const mostTallied = 5_000

// countTopics tallies the topics of what could be browsed without a topic.
func (s *searching) countTopics() {
	s.tally.topics = make(map[int32]int)
	s.cards(s.newest.walk(), s.ofPartner, func(n int32) {
		for _, t := range s.topics.sets[s.picks.row[n].topics].closure {
			s.tally.topics[t]++
		}
	})
}

// countPartners tallies the partners of what could be browsed without a partner.
func (s *searching) countPartners() {
	s.tally.partners = make(map[int32]int)
	s.cards(s.postingOf(s.filters.topic).walk(), s.inTopic, func(n int32) {
		s.tally.partners[s.products.rec[s.picks.row[n].product].partner]++
	})
}

// cards calls f with the newest pick of w that passes and can be found, of each
// product.
func (s *searching) cards(w walk, passes func(int32) bool, f func(int32)) {
	const bits = 64
	seen := make([]uint64, len(s.products.rec)/bits+1)
	for range mostTallied {
		n, ok := w.next()
		if !ok {
			return
		}
		product := s.picks.row[n].product
		word, bit := &seen[product/bits], uint64(1)<<(product%bits)
		if *word&bit == 0 && passes(n) && s.found(n) {
			*word |= bit
			f(n)
		}
	}
}

// tallyFound tallies what a text was found in, by product.
func (s *searching) tallyFound(found map[int32][]match) {
	s.tally = tally{topics: make(map[int32]int), partners: make(map[int32]int)}
	for product, of := range found {
		inTopic := false
		var topics []int32
		for _, m := range of {
			inTopic = inTopic || s.inTopic(m.row)
			for _, t := range s.topics.sets[s.picks.row[m.row].topics].closure {
				if s.ofPartner(m.row) && !slices.Contains(topics, t) {
					topics = append(topics, t)
				}
			}
		}
		for _, t := range topics {
			s.tally.topics[t]++
		}
		if inTopic {
			s.tally.partners[s.products.rec[product].partner]++
		}
	}
}

// facets names what was tallied, the most frequent first.
func (s *searching) facets() Facets {
	return Facets{
		Topics: facets(s.tally.topics, s.topics.ids, func(id string) string { return s.topicLabel(id, s.lang) }),
		Partners: facets(s.tally.partners, s.look.partners.ids, func(id string) string {
			if p := s.look.scene.Partners.Get(id); p != nil {
				return p.Name
			}
			return id
		}),
	}
}

func facets(count map[int32]int, ids []string, label func(id string) string) []Facet {
	const most = 50
	all := make([]Facet, 0, len(count))
	for n, c := range count {
		all = append(all, Facet{ID: ids[n], Label: label(ids[n]), Count: c})
	}
	slices.SortFunc(all, func(a, b Facet) int { return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.ID, b.ID)) })
	return all[:min(most, len(all))]
}
