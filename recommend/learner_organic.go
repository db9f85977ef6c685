package recommend

import (
	"math"
	"slices"
	"time"

	"vitrine.dev/ranking"
)

// An exampleKey is a choice that counts once a day.
type exampleKey struct{ reader, product string }

// How many examples are learned from before the first are left out.
var topicThinning, homeThinning = thinning{15_000}, thinning{4_000}

// Bounds of examples made of choices outside of windows.
const (
	poolSpan  = 180 * 24 * time.Hour // the picks of a topic's pool are no older
	negatives = 100                  // drawn from it
)

// organic learns from what a reader chose outside of a window: against others
// that he might have chosen, as of the start of the day, so that neither what
// led up to the choice nor the choice itself is among the features. Look is of
// that time.
func (l *Learner) organic(a *Action, r *Reader, acts []pastAct, look *look) {
	n, ok := look.picks.rows[a.Pick]
	if a.Kind == ActOpen || !ok {
		return
	}
	if look.now != l.day {
		l.day, l.already = look.now, make(map[exampleKey]struct{})
	}
	row := &look.picks.row[n]
	key := exampleKey{a.Reader, look.products.ids[row.product]}
	if _, twice := l.already[key]; twice {
		return
	}
	l.already[key] = struct{}{}
	chance := ranking.Jitter(ranking.Hash(a.Reader), look.products.rec[row.product].hash)
	topic := topicThinning.takes(l.memory.Lists(SurfaceTopic), chance)
	home := homeThinning.takes(l.memory.Lists(SurfaceHome), chance>>32)
	if !topic && !home {
		return // most of the work is for the examples that are taken
	}
	ask := l.ask(look, look.tasteOfActs(look.now, a.Reader, r, upTo(look.now, acts)), look.now)
	defer ask.taste.leave()
	if topic {
		for _, topic := range look.topics.sets[row.topics].own {
			l.topicExample(ask, row.product, topic)
		}
	}
	if home {
		l.homeExample(ask, row.product)
	}
}

// topicExample is a choice among products picked in a topic of late.
func (l *Learner) topicExample(a *ask, product, topic int32) {
	in := *a
	in.asked, in.on, in.single = []int32{topic}, SurfaceTopic, true
	in.limit = negatives + 1
	c := in.gather([]share{{drawn{topic: topic, product: product, n: negatives}, 1}})
	l.example(SurfaceTopic, &in, c, product)
}

// homeExample is a choice among what a whole window would be made of.
func (l *Learner) homeExample(a *ask, product int32) {
	in := *a
	in.limit, in.on, in.single = negatives, SurfaceHome, true
	l.example(SurfaceHome, &in, in.gather(in.shares()), product)
}

func (l *Learner) example(s Surface, a *ask, c *candidates, product int32) {
	p := a.pool(c)
	defer p.done()
	at := p.indexOf(product)
	if at < 0 || len(p.products) < 2 {
		return
	}
	target := make([]float64, len(c.found))
	target[slices.Index(p.at, at)] = 1
	x := p.table()
	key := ranking.Jitter(uint64(a.horizon), a.Shelf.products.rec[product].hash) //nolint:gosec // any bits do
	l.learn(s, ranking.Example{Key: key, Features: x, Target: target, Offset: a.standFor(x)})
}

// standFor is how many candidates of a window each row stands for, as a logarithm.
// All that the reader acted on are among an example's; the others are few of
// many, and without this each would seem as much likelier to be chosen (sampled
// softmax: Bengio and Senécal, 2008).
func (a *ask) standFor(x *ranking.Table) []float64 {
	if a.on != SurfaceHome {
		return nil // all rows are drawn alike
	}
	each := math.Log(max(1, float64(a.scene.Policy.Window.CandidateLimit)/float64(a.limit)))
	out := make([]float64, x.Len())
	for i, acted := range x.Column(featureActed) {
		if acted == 0 {
			out[i] = each
		}
	}
	return out
}

// drawn proposes a product and others drawn evenly from those picked in a topic
// within [poolSpan].
type drawn struct {
	topic, product int32
	n              int
}

func (drawn) name() string { return "drawn" }

func (s drawn) offer(a *ask, take func(int32) bool) {
	old := a.horizon - moment(poolSpan.Microseconds())
	var chunks [][]int32
	total := 0
	posting := a.topicPosting(s.topic)
	for _, c := range slices.Backward(posting.chunks) {
		from, _ := slices.BinarySearchFunc(c, old, func(n int32, t moment) int {
			if a.picks.row[n].since < t {
				return -1
			}
			return 1
		})
		to, _ := slices.BinarySearchFunc(c, a.horizon, func(n int32, t moment) int {
			if a.picks.row[n].since <= t {
				return -1
			}
			return 1
		})
		if to > from {
			chunks = append(chunks, c[from:to])
			total += to - from
		}
		if from > 0 {
			break
		}
	}
	found := false
	for _, c := range chunks {
		for _, n := range c {
			if a.picks.row[n].product == s.product {
				found = true
				take(n)
			}
		}
	}
	if !found {
		return
	}
	seed := ranking.Jitter(uint64(a.horizon), a.Shelf.products.rec[s.product].hash) //nolint:gosec // any bits do
	left := s.n
	for i := 0; i < 8*s.n && left > 0; i++ {
		j := ranking.Jitter(seed, uint64(i))
		n := at(chunks, int(j%uint64(total))) //nolint:gosec // below total
		// A product with many picks is drawn as often as one with few.
		if many := a.recent(a.picks.row[n].product, old); many > 1 && ranking.Unit(ranking.Jitter(j, 1))*float64(many) >= 1 {
			continue
		}
		take(n)
		left--
	}
}

// recent is how many picks of a product there are since old.
func (a *ask) recent(product int32, old moment) int {
	n := 0
	for _, p := range slices.Backward(a.Shelf.products.rec[product].picks) {
		if p.since < old {
			break
		}
		if p.since <= a.horizon {
			n++
		}
	}
	return n
}

func at(chunks [][]int32, i int) int32 {
	for _, c := range chunks {
		if i < len(c) {
			return c[i]
		}
		i -= len(c)
	}
	return chunks[0][0]
}
