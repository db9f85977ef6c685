package recommend

import (
	"cmp"
	"slices"
)

// A searching is a search being answered.
type searching struct {
	*pager
	request *SearchRequest
	taste   *taste
	filters filters
	tally   tally
}

// filters are those of a request in the numbers of a look; -1 is none, -2 one
// that nothing on the shelf can match.
type filters struct {
	topic, partner int32
	min, max       *int64
	inStock        bool
}

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

// passes reports whether row n may be found, and which of the two filters that
// have facets it passes.
func (s *searching) passes(n int32) (found, topic, partner bool) {
	row := &s.picks.row[n]
	if !row.listed || s.hidden(n) != "" || !s.taste.allows(s.look, n) || !s.filters.product(s.look, row.product) {
		return false, false, false
	}
	topic = s.filters.topic == anything || slices.Contains(s.topics.sets[row.topics].closure, s.filters.topic)
	partner = s.filters.partner == anything || s.products.rec[row.product].partner == s.filters.partner
	return true, topic, partner
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
	if s.filters.topic == nothing || s.filters.partner == nothing {
		return
	}
	all := &s.newest
	if s.filters.topic != anything {
		all = s.topicPosting(s.filters.topic)
	}
	s.count(all.walk())
	w := all.walkBefore(s.older)
	s.byAge(w.next, func(n int32) bool { return s.shows(n) && s.newestOfProduct(n) })
}

func (s *searching) shows(n int32) bool {
	found, topic, partner := s.passes(n)
	return found && topic && partner
}

// newestOfProduct reports whether no newer pick of its product passes.
func (s *searching) newestOfProduct(n int32) bool {
	picks := s.products.rec[s.picks.row[n].product].picks
	for i := len(picks) - 1; i >= 0 && picks[i] != n; i-- {
		if s.shows(picks[i]) {
			return false
		}
	}
	return true
}

// count counts facets over what was newest, up to a bound: beyond it the
// numbers would not be read as exact anyway.
func (s *searching) count(w walk) {
	const most = 10_000
	for i := 0; i < most; i++ {
		n, ok := w.next()
		if !ok {
			return
		}
		found, topic, partner := s.passes(n)
		if found && s.newestOfProduct(n) || found && (!topic || !partner) {
			s.tally.add(s.look, n, topic, partner)
		}
	}
}

// A match is the best pick found of a product.
type match struct {
	row   int32
	score float64
}

// find lists the hits that pass the filters, best first, each product once.
func (s *searching) find(hits []Hit) {
	best := make(map[int32]match)
	for _, h := range hits {
		switch h.Kind {
		case KindPick:
			if n, ok := s.picks.rows[h.ID]; ok {
				s.note(best, n, h.Score)
			}
		case KindProduct:
			if product, ok := s.products.find(h.ID); ok {
				for _, n := range s.products.rec[product].picks {
					s.note(best, n, h.Score)
				}
			}
		case KindPublisher, KindReader, KindRuling, KindExpert: // no text of theirs is searched
		}
	}
	matches := make([]match, 0, len(best))
	for _, m := range best {
		if _, topic, partner := s.passes(m.row); topic && partner {
			matches = append(matches, m)
		}
	}
	slices.SortFunc(matches, func(a, b match) int { return s.compare(b, a) })
	rows := make([]int32, len(matches))
	for i, m := range matches {
		rows[i] = m.row
	}
	from := len(s.items)
	s.ranked(rows, s.productKey)
	for i := from; i < len(s.items); i++ {
		s.items[i].Score = best[s.picks.row[s.picks.rows[s.items[i].Pick]].product].score
	}
}

// note keeps the better pick of its product: one that passes before one that
// does not, then the better hit.
func (s *searching) note(best map[int32]match, n int32, score float64) {
	found, topic, partner := s.passes(n)
	if !found {
		return
	}
	m := match{n, score}
	product := s.picks.row[n].product
	old, ok := best[product]
	if !ok {
		best[product] = m
		s.tally.add(s.look, n, topic, partner)
		return
	}
	_, oldTopic, oldPartner := s.passes(old.row)
	switch was, is := oldTopic && oldPartner, topic && partner; {
	case is && !was, is == was && s.compare(m, old) > 0:
		best[product] = m
	}
}

// compare is above 0 when a is the better match.
func (s *searching) compare(a, b match) int {
	return cmp.Or(cmp.Compare(a.score, b.score), cmp.Compare(s.trust(a.row), s.trust(b.row)), s.picks.age(a.row, b.row))
}
