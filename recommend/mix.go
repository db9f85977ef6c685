package recommend

import (
	"cmp"
	"math"
	"slices"
	"time"

	"vitrine.dev/ranking"
)

// age is the time from since to now, at most a century.
func age(since, now moment) time.Duration {
	const century = 100 * 365 * 24 * time.Hour
	if since < now-moment(century.Microseconds()) {
		return century
	}
	return time.Duration(now-since) * time.Microsecond
}

// A scored page in the making: one card per product. Scores are logits: a card
// is chosen the likelier, by e to the power of its score.
type scored struct {
	*pool
	model   ranking.Model
	table   *ranking.Table
	scores  []float64 // by the model
	worth   []float64 // with what the reader wants less and more of, and has seen
	best    []int     // by card: the index in found of the product's best pick; the best first
	wanted  topicShares
	cards   []ranking.Card // beside best
	novelty []novelty      // beside best; see [exploration.novel]
	spoken  []voices       // beside best, of those that are shown; nil: they come with their factors
	kept    *standing      // that all this was taken from; nil for what was scored just now
	overdue bool           // kept should have been renewed
	pieces  pieces
}

// score scores candidates and keeps the best pick of each product. Of picks
// that score alike it is the newer one.
func (a *ask) score(c *candidates, model ranking.Model) *scored {
	s := &scored{pool: a.pool(c)}
	a.needs = needsOf(model, priorModel(a.on, &a.scene.Policy.Factors))
	lent, _ := tables.Get().(*ranking.Table)
	s.table = s.fillTable(lent)
	s.rate(model)
	s.done()
	a.taste.leave()
	s.worth = make([]float64, len(s.scores))
	for i := range s.scores {
		feedback, seen := s.adjustments(i)
		s.worth[i] = s.scores[i] + feedback + seen
	}
	cards := make([]standingCard, 0, len(s.products))
	for i := range c.found {
		if !c.found[i].first {
			continue
		}
		best := i
		for k := c.found[i].next; k >= 0; k = c.found[k].next {
			if s.better(int(k), best) {
				best = int(k)
			}
		}
		cards = append(cards, standingCard{s.worth[best], len(cards), best})
	}
	slices.SortFunc(cards, func(x, y standingCard) int {
		if c := cmp.Compare(y.worth, x.worth); c != 0 {
			return c
		}
		return x.found - y.found
	})
	s.best = make([]int, len(cards))
	for k := range cards {
		s.best[k] = cards[k].index
	}
	s.deal()
	return s
}

// A standingCard is the best pick of a product, to be sorted.
type standingCard struct {
	worth float64
	found int // in order
	index int
}

// deal makes cards of the best picks.
func (s *scored) deal() {
	if s.scene.Policy.Window.TopicBalance > 0 && s.asked == nil {
		s.wanted = s.topicShares()
	}
	s.cards = make([]ranking.Card, len(s.best))
	for k, i := range s.best {
		row := &s.picks.row[s.found[i].row]
		s.cards[k] = ranking.Card{Score: s.worth[i], Tie: s.Shelf.products.rec[row.product].hash, Group: [ranking.Groups]int32{row.expert, row.product}}
		s.cards[k].Topic, s.cards[k].Share = s.wanted.of(s.ask, row.topics)
	}
}

// leave gives back the memory of the features: nobody asks for factors or reasons
// afterwards.
func (s *scored) leave() {
	if s.table != nil {
		tables.Put(s.table)
		s.table = nil
	}
}

func (s *scored) better(i, j int) bool {
	if s.worth[i] != s.worth[j] {
		return s.worth[i] > s.worth[j]
	}
	return s.picks.age(s.found[i].row, s.found[j].row) > 0
}

// place fills a page of n that goes on at c: by score alone when it is bare, or
// else mixed, with exploration where explore says so. It fails where what was
// kept does not tell.
func (s *scored) place(bare, explore bool, c *cursor, n int) (page []placing, ok bool) {
	if bare {
		return placings(s.order(c.seed, n)), true
	}
	f := s.mix(c.seed)
	if rules := &s.scene.Policy.Explore; explore && rules.Every > 0 {
		x := exploration{scored: s, rules: rules, cursor: c, novel: c.novel}
		page, ok = x.place(f, n)
		c.novel = x.novel || c.novel && !ok
		return page, ok
	}
	page = make([]placing, 0, max(min(n, len(s.best)), 0))
	for len(page) < n {
		p, more, ok := s.next(f)
		switch {
		case !ok:
			return nil, false
		case !more:
			return page, true
		}
		page = append(page, placing{Placed: p, propensity: 1})
	}
	return page, true
}

// next places the next card of f; more is false when there is none. It fails
// where what was kept does not tell which it is.
func (s *scored) next(f *ranking.Filling) (p ranking.Placed, more, ok bool) {
	for {
		k, more := f.Peek()
		switch {
		case s.kept == nil && more:
			return f.Place(k), true, true
		case !more:
			return ranking.Placed{}, false, s.kept == nil || math.IsInf(s.kept.cut, -1)
		case f.Score(k) <= s.kept.cut:
			return ranking.Placed{}, false, false
		}
		switch s.stands(k) {
		case stands:
			return f.Place(k), true, true
		case passed:
			f.Drop(k)
		case fallen:
			return ranking.Placed{}, false, false
		}
	}
}

// How a kept card stands by now.
const (
	stands = iota
	passed // it is not for this page
	fallen // it is gone, and something else may have come in its place
)

// stands says how kept card k stands by now.
func (s *scored) stands(k int) int {
	n := s.found[s.best[k]].row
	row := &s.picks.row[n]
	switch {
	case row.product != s.cards[k].Group[1] || row.expert != s.cards[k].Group[0]:
		return fallen
	case row.since > s.horizon, s.served.has(s.Shelf.products.rec[row.product].hash):
		return passed
	case s.eligible(n):
		return stands
	case s.overdue: // what would come in its place, comes later
		return passed
	}
	return fallen
}

// order places the best n cards by score alone.
func (s *scored) order(seed uint64, n int) []ranking.Placed {
	all := make([]ranking.Placed, len(s.best))
	ties := make([]uint64, len(s.best))
	for k, i := range s.best {
		all[k] = ranking.Placed{Index: k, Score: s.worth[i]}
		ties[k] = s.tie(seed, k)
	}
	slices.SortFunc(all, func(x, y ranking.Placed) int {
		return cmp.Or(cmp.Compare(y.Score, x.Score), cmp.Compare(ties[x.Index], ties[y.Index]))
	})
	return all[:min(n, len(all))]
}

// mix begins a page on which each expert and each product counts less the
// oftener the window has shown it, and a topic that has more of it than the
// reader cares.
func (s *scored) mix(seed uint64) *ranking.Filling {
	rules := &s.scene.Policy.Window
	m := ranking.NewMixer([ranking.Groups]ranking.Discount{
		{Decay: rules.AuthorDecay, Floor: rules.AuthorFloor},
		{Decay: rules.ProductDecay, Floor: rules.ProductFloor},
	})
	m.Seed(seed)
	if len(s.served.cards) > 0 {
		experts := make(map[int32]struct{})
		for k := range s.cards {
			expert := s.cards[k].Group[0]
			if !has(experts, expert) {
				experts[expert] = struct{}{}
				m.Hold(0, expert, s.served.experts[expertCode(s.experts.ids[expert])])
			}
		}
	}
	s.balance(m, s.cards)
	return m.FillSorted(s.cards)
}

// source is the first of a candidate's sources.
func (s *scored) source(i int) string {
	for bit, src := range s.sources {
		if s.found[i].sources&(1<<bit) != 0 {
			return src.name()
		}
	}
	return ""
}
