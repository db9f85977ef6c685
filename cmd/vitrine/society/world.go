package society

import (
	"math/rand/v2"
	"slices"
	"time"
)

// A world is experts, products and picks as they come and go, whatever readers
// do. The service is told of all of it.
type world struct {
	topics   int
	chance   *rand.Rand
	experts  []*expert
	products []*product
	picks    []*pick
	byID     map[string]*pick
	live     []*pick // that readers can see, oldest first

	offered, spared []choice // see choices
	place           []int    // by product: where it stands in one of them
}

func newWorld(seed uint64, topics int) *world {
	return &world{topics: topics, chance: stream(seed, streamExperts), byID: map[string]*pick{}}
}

// join adds an expert.
func (w *world) join(at time.Time, founder bool) *expert {
	x := newExpert(w.chance, len(w.experts), w.topics, at, founder)
	w.experts = append(w.experts, x)
	return x
}

// leave lets n of the experts who publish stop, by chance. What they picked stays.
func (w *world) leave(n int) {
	var active []*expert
	for _, x := range w.experts {
		if !x.left {
			active = append(active, x)
		}
	}
	w.chance.Shuffle(len(active), func(i, j int) { active[i], active[j] = active[j], active[i] })
	for _, x := range active[:min(n, len(active))] {
		x.left = true
	}
}

// publish lets x pick something at a time; nil when his limits do not let him.
// The product is one that nobody has picked yet, or now and then one that
// another expert has.
func (w *world) publish(x *expert, at time.Time, watched bool) *pick {
	topic := x.topics[w.chance.IntN(len(x.topics))]
	p := w.echo(x, topic)
	if p == nil {
		p = newProduct(w.chance, len(w.products), topic, &x.style)
	}
	n := newPick(w.chance, len(w.picks), x, p, at)
	if !x.may(at, p.partner) {
		return nil
	}
	if p.n == len(w.products) {
		w.products, w.place = append(w.products, p), append(w.place, 0)
	}
	x.posts = append(x.posts, post{at, p.partner})
	n.newcomer = watched && x.isNew(at)
	w.picks, w.live, w.byID[n.id] = append(w.picks, n), append(w.live, n), n
	return n
}

// echo is a live product of topic that another expert picked, for x to pick
// too; mostly nil.
func (w *world) echo(x *expert, topic int) *product {
	again := w.chance.Float64() < echo
	from := w.chance.Float64()
	if !again {
		return nil
	}
	var known []*product
	mine := map[int]bool{}
	for _, p := range w.picks {
		if p.expert == x {
			mine[p.product.n] = true
		}
	}
	for _, p := range w.live {
		if p.product.topic == topic && !mine[p.product.n] && !slices.Contains(known, p.product) {
			known = append(known, p.product)
		}
	}
	if len(known) == 0 {
		return nil
	}
	return known[int(from*float64(len(known)))]
}

// end takes p down at its time; soldOut says that its product is, with all
// picks of it.
func (w *world) end(p *pick) (soldOut bool) {
	soldOut = p.n%2 == 0
	if soldOut {
		p.product.soldOut = true
	}
	w.live = slices.DeleteFunc(w.live, func(o *pick) bool {
		if o.gone = o == p || soldOut && o.product == p.product; o.gone {
			o.wentAt = p.until
		}
		return o.gone
	})
	return soldOut
}

// offers reports whether a live pick leads to p.
func (w *world) offers(p *product) bool {
	return slices.ContainsFunc(w.live, func(o *pick) bool { return o.product == p })
}
