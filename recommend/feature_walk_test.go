package recommend

import (
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

// TestAWalkIsTheSameFromBothEnds: the sums are the same to the last digit
// whether steps are found from what the reader acted on or from the candidates.
func TestAWalkIsTheSameFromBothEnds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		experts, products := rapid.IntRange(1, 4).Draw(t, "experts"), rapid.IntRange(2, 8).Draw(t, "products")
		many := rapid.SampledFrom([]int{10, 100, 1_500}).Draw(t, "picks") // 1,500 of few experts: more than are walked
		s := &Shelf{}
		s.experts.rec = make([]expertRec, experts)
		s.products.rec = make([]productRec, products)
		s.topics.sets = []topicSet{{}}
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		draw := func(n int) int32 { return int32(r.IntN(n)) }
		for n := range int32(many) {
			row := pickRow{expert: draw(experts), product: draw(products), since: moment(draw(90)) * dayLong / 2}
			s.picks.row, s.picks.ids = append(s.picks.row, row), append(s.picks.ids, strconv.Itoa(int(n)))
			s.experts.rec[row.expert].picks = s.insert(s.experts.rec[row.expert].picks, n)
			s.products.rec[row.product].insert(n, &s.picks)
		}
		var acts []pastAct
		for range rapid.IntRange(1, 150).Draw(t, "acts") {
			acts = append(acts, pastAct{product: rapid.Int32Range(0, int32(products)-1).Draw(t, "act"), at: moment(rapid.IntRange(0, 90).Draw(t, "half days")) * dayLong / 2})
		}
		a := &ask{look: &look{Shelf: s}, taste: &taste{past: pastOf(acts)}, horizon: 40 * dayLong}
		c := &candidates{}
		for n := range int32(many) {
			if s.picks.row[n].product%2 == 0 {
				c.found = append(c.found, candidate{row: n})
			}
		}
		walk := func(step func(*walker)) *walker {
			p := a.pool(c)
			defer p.done()
			w := &walker{pool: p, chain: new(chain), walk: make([]float64, len(p.products)), session: make([]float64, len(p.products))}
			for i := range acts {
				w.from(&acts[i])
			}
			step(w)
			return w
		}
		from, back := walk((*walker).forward), walk((*walker).backward)
		if !slices.EqualFunc(from.walk, back.walk, nearly) || !slices.EqualFunc(from.session, back.session, nearly) {
			t.Errorf("after %d steps: backward %v %v, forward %v %v", from.steps, back.walk, back.session, from.walk, from.session)
		}
		if from.steps > walkSteps {
			t.Errorf("%d steps", from.steps)
		}
		if slices.ContainsFunc(back.first, func(n int32) bool { return n != 0 }) {
			t.Error("visits stay linked")
		}
	})
}

// nearly is equality but for the order of some 200,000 additions.
func nearly(a, b float64) bool { return math.Abs(a-b) <= 1e-9*max(1, math.Abs(a)) }
