package recommend

import (
	"cmp"
	"maps"
	"slices"
)

// A tally counts what facets tell.
type tally struct {
	topics, partners map[int32]int
}

// add counts the card of row n where it passes all filters but the facet's own.
func (t *tally) add(l *look, n int32, passesTopic, passesPartner bool) {
	if t.topics == nil {
		t.topics, t.partners = make(map[int32]int), make(map[int32]int)
	}
	row := &l.picks.row[n]
	if passesPartner {
		for _, topic := range l.topics.sets[row.topics].closure {
			t.topics[topic]++
		}
	}
	if passesTopic {
		t.partners[l.products.rec[row.product].partner]++
	}
}

// facets names what was tallied, the most frequent first.
func (s *searching) facets() Facets {
	const most = 50
	list := func(count map[int32]int, ids []string, label func(string) string) []Facet {
		all := make([]Facet, 0, len(count))
		for _, n := range slices.Collect(maps.Keys(count)) {
			all = append(all, Facet{ID: ids[n], Label: label(ids[n]), Count: count[n]})
		}
		slices.SortFunc(all, func(a, b Facet) int { return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.ID, b.ID)) })
		return all[:min(most, len(all))]
	}
	partnerName := func(id string) string {
		if p := s.look.scene.Partners.Get(id); p != nil {
			return p.Name
		}
		return id
	}
	return Facets{
		Topics:   list(s.tally.topics, s.topics.ids, func(id string) string { return s.topicLabel(id, s.lang) }),
		Partners: list(s.tally.partners, s.look.partners.ids, partnerName),
	}
}
