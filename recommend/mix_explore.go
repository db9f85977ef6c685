package recommend

import (
	"cmp"
	"math"
	"slices"

	"vitrine.dev/ranking"
)

// sourceExplore is the source of a card that chance put there.
const sourceExplore = "explore"

// A placing is a card in its place, with the chance that it had to get there.
type placing struct {
	ranking.Placed
	propensity float64 // above 0; 1 where no chance was involved
	explored   bool
}

// placings are cards that got their places by their scores alone.
func placings(all []ranking.Placed) []placing {
	out := make([]placing, len(all))
	for i, p := range all {
		out[i] = placing{Placed: p, propensity: 1}
	}
	return out
}

// chance is what the luck of a window's cards comes from: the request's seed,
// or else the window's own number. It lasts over all pages.
func (c *cursor) chance() uint64 {
	if c.seed != 0 {
		return c.seed
	}
	return ranking.Hash(string(c.window[8 : 8+nonceSize]))
}

// An exploration finds the cards of little-known picks and small experts their
// places: of every so many cards of a window one is such, and if none came by
// its score the last place is one's for chance to give.
type exploration struct {
	*scored
	rules  *ExploreRules
	cursor *cursor
	novel  bool // the cards since the last place for exploration hold a novel one
}

// A novelty says of a card whether few readers have seen its pick, or it is of a
// small expert's, and how many have seen it.
type novelty struct {
	novel   bool
	readers float64
}

// known makes novelty of all cards, unless it is there.
func (s *scored) known() {
	if s.novelty != nil || len(s.best) == 0 {
		return
	}
	rules := &s.scene.Policy.Explore
	evident := make(map[int32]float64) // by expert
	s.novelty = make([]novelty, len(s.best))
	for k, i := range s.best {
		row := s.found[i].row
		readers := s.readers(row)
		s.novelty[k] = novelty{readers < float64(rules.Shown) || s.readersOf(s.picks.row[row].expert, evident) < float64(rules.ExpertShown), readers}
	}
}

// readers is how many have seen the pick of row n, as far as is known: those
// who opened it have.
func (l *look) readers(n int32) float64 {
	p := l.picks.pulse[n]
	if p == nil {
		return 0
	}
	sum := 0.0
	for i := range p.parts {
		sum += float64(max(p.parts[i].shown, p.parts[i].opened))
	}
	return sum
}

// readersOf is the same of an expert's latest picks together.
func (l *look) readersOf(expert int32, evident map[int32]float64) float64 {
	const most = 50
	v, known := evident[expert]
	if known {
		return v
	}
	picks := l.experts.rec[expert].picks
	for _, n := range picks[max(0, len(picks)-most):] {
		v += l.readers(n)
	}
	evident[expert] = v
	return v
}

// place fills a page of n. It fails where what was kept does not tell.
func (x *exploration) place(f *ranking.Filling, n int) (page []placing, ok bool) {
	x.known()
	page = make([]placing, 0, max(n, 0))
	for position := x.cursor.position; len(page) < n; position++ {
		if position%x.rules.Every == 0 {
			x.novel = false
		}
		p, drawn := placing{}, false
		if position%x.rules.Every == x.rules.Every-1 && !x.novel {
			if p, drawn, ok = x.draw(f, position); !ok {
				return nil, false
			}
		}
		if !drawn {
			var more bool
			if p.Placed, more, ok = x.next(f); !ok {
				return nil, false
			} else if !more {
				break
			}
			p.propensity = 1
		}
		x.novel = x.novel || p.explored || x.novelty[p.Index].novel
		page = append(page, p)
	}
	return page, true
}

// A lot is a card that may be drawn.
type lot struct {
	card  int
	score float64 // with what is not known of it in its favour
}

// draw places one of the best novel cards by lot: the likelier, the better it
// scores, see [ExploreRules].
func (x *exploration) draw(f *ranking.Filling, position int) (p placing, drawn, ok bool) {
	var lots []lot
	for k := range x.best {
		if x.novelty[k].novel && f.Left(k) {
			lots = append(lots, lot{k, f.Score(k) + x.rules.Bonus/math.Sqrt(1+x.novelty[k].readers)})
		}
	}
	luck := x.cursor.chance()
	slices.SortFunc(lots, func(a, b lot) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(x.tie(luck, a.card), x.tie(luck, b.card)))
	})
	if x.kept != nil {
		if lots, ok = x.standing(lots); !ok {
			return placing{}, false, false
		}
	}
	if len(lots) == 0 {
		return placing{}, false, true
	}
	lots = lots[:min(len(lots), x.rules.Among)]
	sum := 0.0
	for _, l := range lots {
		sum += math.Exp(l.score - lots[0].score)
	}
	u := ranking.Unit(ranking.Jitter(luck, uint64(position))) //nolint:gosec // not negative
	chosen, chance := 0, 0.0
	for k, l := range lots {
		chance = x.rules.Even/float64(len(lots)) + (1-x.rules.Even)*math.Exp(l.score-lots[0].score)/sum
		chosen = k
		if u -= chance; u < 0 {
			break
		}
	}
	return placing{Placed: f.Place(lots[chosen].card), propensity: min(chance, 1), explored: true}, true, true
}

// standing are the lots that may still be drawn, as many as are needed. It fails
// where others may be among them.
func (x *exploration) standing(lots []lot) (still []lot, ok bool) {
	still = lots[:0]
	for _, l := range lots {
		if l.score <= x.kept.lots {
			return nil, false
		}
		switch x.stands(l.card) {
		case fallen:
			return nil, false
		case stands:
			if still = append(still, l); len(still) == x.rules.Among {
				return still, true
			}
		}
	}
	return still, math.IsInf(x.kept.lots, -1)
}

// tie orders cards of equal score.
func (s *scored) tie(seed uint64, card int) uint64 {
	row := &s.picks.row[s.found[s.best[card]].row]
	return ranking.Jitter(seed, s.Shelf.products.rec[row.product].hash)
}
