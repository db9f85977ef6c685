package recommend

import (
	"cmp"
	"slices"
)

// A searching is a search being answered.
type searching struct {
	*pager
	taste   *taste
	filters filters
	tally   tally
}

// filters are those of a request in the numbers of a look.
type filters struct {
	topic, partner int32
	min, max       *int64
	inStock        bool
}

// Numbers that stand for no filter, and for one that nothing can match.
const (
	anything = int32(-1)
	nothing  = int32(-2)
)

func (l *look) filters(r *SearchRequest) filters {
	number := func(id string, find func(string) (int32, bool)) int32 {
		if id == "" {
			return anything
		}
		if n, ok := find(id); ok {
			return n
		}
		return nothing
	}
	return filters{
		topic: number(r.Topic, l.topics.find), partner: number(r.Partner, l.partners.find),
		min: r.PriceMin, max: r.PriceMax, inStock: r.InStock,
	}
}

// found reports whether row n may be found, but for its topics and partner.
func (s *searching) found(n int32) bool {
	row := &s.picks.row[n]
	return row.listed && s.hidden(n) == "" && s.taste.finds(s.look, n) && s.filters.product(s.look, row.product)
}

func (s *searching) inTopic(n int32) bool {
	return s.filters.topic == anything || slices.Contains(s.topics.sets[s.picks.row[n].topics].closure, s.filters.topic)
}

func (s *searching) ofPartner(n int32) bool {
	return s.filters.partner == anything || s.products.rec[s.picks.row[n].product].partner == s.filters.partner
}

// product reports whether price and stock are as asked for.
func (f *filters) product(l *look, n int32) bool {
	if s := l.products.rec[n].availability; f.inStock && s != stockIn && s != stockPreorder {
		return false
	}
	if f.min == nil && f.max == nil {
		return true
	}
	p := l.products.facts[n]
	if p == nil {
		return false
	}
	price := l.scene.Policy.Facts.price(p, l.now.time())
	return price != nil && (f.min == nil || price.Amount >= *f.min) && (f.max == nil || price.Amount <= *f.max)
}

// browse lists what passes the filters, newest first, each product once, at
// its newest pick that passes.
func (s *searching) browse() {
	passes := func(n int32) bool { return s.found(n) && s.inTopic(n) && s.ofPartner(n) }
	w := s.postingOf(s.filters.topic).walkBefore(s.older)
	s.byAge(w.next, func(n int32) bool { return passes(n) && s.isCard(n, passes) })
	s.countTopics()
	s.countPartners()
}

// postingOf is the posting of a topic filter.
func (s *searching) postingOf(topic int32) *posting {
	switch topic {
	case anything:
		return &s.newest
	case nothing:
		return new(posting)
	}
	return s.topicPosting(topic)
}

// isCard reports whether no newer pick of the product of row n passes.
func (s *searching) isCard(n int32, passes func(int32) bool) bool {
	picks := s.products.rec[s.picks.row[n].product].picks
	for i := len(picks) - 1; i >= 0 && picks[i].row != n; i-- {
		if passes(picks[i].row) {
			return false
		}
	}
	return true
}

// find lists the hits that pass the filters, best first, each product once.
func (s *searching) find(hits []Hit) {
	found := make(map[int32][]match)
	note := func(n int32, score float64) {
		if s.found(n) {
			product := s.picks.row[n].product
			found[product] = append(found[product], match{n, score})
		}
	}
	for _, h := range hits {
		switch h.Kind {
		case KindPick:
			if n, ok := s.picks.rows[h.ID]; ok {
				note(n, h.Score)
			}
		case KindProduct:
			if product, ok := s.products.find(h.ID); ok {
				for _, p := range s.products.rec[product].picks {
					note(p.row, h.Score)
				}
			}
		case KindPublisher, KindReader, KindRuling, KindExpert, KindPulse, KindJourney, KindExposure, KindReport, KindOrder, KindEarning, KindSignal, KindModel: // no text of theirs is searched
		}
	}
	s.present(s.best(found))
	s.tallyFound(found)
}

// A match is a pick that was found.
type match struct {
	row   int32
	score float64
}

// best are the best matches of each product that pass all filters, best first.
func (s *searching) best(found map[int32][]match) []match {
	better := func(a, b match) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(s.trust(b.row), s.trust(a.row)), s.picks.age(b.row, a.row))
	}
	var best []match
	for _, of := range found {
		of = slices.DeleteFunc(slices.Clone(of), func(m match) bool { return !s.inTopic(m.row) || !s.ofPartner(m.row) })
		if len(of) > 0 {
			best = append(best, slices.MinFunc(of, better))
		}
	}
	slices.SortFunc(best, better)
	return best
}

func (s *searching) present(best []match) {
	rows, score := make([]int32, len(best)), make(map[string]float64, len(best))
	for i, m := range best {
		rows[i] = m.row
		score[s.picks.ids[m.row]] = m.score
	}
	s.ranked(rows, s.productKey)
	for i := range s.items {
		s.items[i].Score = score[s.items[i].Pick]
	}
}
