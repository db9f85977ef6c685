package recommend

import (
	"cmp"
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
	model  ranking.Model
	table  *ranking.Table
	scores []float64 // by the model
	worth  []float64 // with what the reader wants less and more of, and has seen
	best   []int     // by card: the index in found of the product's best pick
	wanted topicShares
}

// score scores candidates and keeps the best pick of each product. Of picks
// that score alike it is the newer one.
func (a *ask) score(c *candidates, model ranking.Model) *scored {
	s := &scored{pool: a.pool(c)}
	s.table = s.pool.table()
	s.rate(model)
	s.done()
	a.taste.leave()
	s.worth = make([]float64, len(s.scores))
	for i := range s.scores {
		feedback, seen := s.adjustments(i)
		s.worth[i] = s.scores[i] + feedback + seen
	}
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
		s.best = append(s.best, best)
	}
	return s
}

func (s *scored) better(i, j int) bool {
	if s.worth[i] != s.worth[j] {
		return s.worth[i] > s.worth[j]
	}
	return s.picks.age(s.found[i].row, s.found[j].row) > 0
}

// place fills a page of n that goes on at c: by score alone when it is bare, or
// else mixed, with exploration where explore says so.
func (s *scored) place(bare, explore bool, c *cursor, n int) []placing {
	if bare {
		return placings(s.order(c.seed, n))
	}
	f := s.mix(c.seed)
	if rules := &s.scene.Policy.Explore; explore && rules.Every > 0 {
		x := exploration{scored: s, rules: rules, cursor: c, evident: make(map[int32]float64)}
		return x.place(f, n)
	}
	var page []ranking.Placed
	for len(page) < n {
		p, ok := f.Next()
		if !ok {
			break
		}
		page = append(page, p)
	}
	return placings(page)
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
	cards := make([]ranking.Card, len(s.best))
	if s.scene.Policy.Window.TopicBalance > 0 && s.asked == nil {
		s.wanted = s.topicShares()
	}
	experts := make(map[int32]struct{})
	for k, i := range s.best {
		row := &s.picks.row[s.found[i].row]
		cards[k] = ranking.Card{
			Score: s.worth[i],
			Tie:   s.Shelf.products.rec[row.product].hash,
			Group: [ranking.Groups]int32{row.expert, row.product},
		}
		cards[k].Topic, cards[k].Share = s.wanted.of(s.ask, row.topics)
		if _, done := experts[row.expert]; !done && len(s.served.cards) > 0 {
			experts[row.expert] = struct{}{}
			m.Hold(0, row.expert, s.served.experts[expertCode(s.experts.ids[row.expert])])
		}
	}
	s.balance(m, cards)
	return m.Fill(cards)
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
