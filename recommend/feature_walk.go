package recommend

import (
	"math"
	"slices"
	"sync"

	"vitrine.dev/ranking"
)

const (
	featureWalk    = "walk"
	featureSession = "session"
)

// walkFeatures walk from what the reader acted on to the experts who picked it
// and on to what else they picked: experts who found what he likes.
type walkFeatures struct{}

func (walkFeatures) features() []Feature {
	return []Feature{
		{featureWalk, "walk from the reader's acts over their experts to their other picks, against the mean of the candidates", "ln(0.1+w/mean); 0 when nothing is reached", -2.3, 8},
		{featureSession, "the same over picks that were made about the same time, in the topic looked at", "sqrt(sum)", 0, 3},
	}
}

// Bounds of a walk.
const (
	walkActs  = 150     // of the reader, the latest
	walkPicks = 512     // of one expert, the latest
	walkSteps = 200_000 // in all
	walkLife  = 30.0    // half-life of acts and of the distance of picks, in days
)

func (walkFeatures) fill(p *pool, t *ranking.Table) {
	if len(p.taste.past.acts) == 0 {
		return
	}
	s, _ := chains.Get().(*chain)
	s.visits = s.visits[:0]
	w := walker{pool: p, chain: s, walk: make([]float64, len(p.products)), session: make([]float64, len(p.products))}
	for i := range p.taste.past.acts[:min(walkActs, len(p.taste.past.acts))] {
		w.from(&p.taste.past.acts[i])
	}
	if w.back() < w.steps {
		w.backward()
	} else {
		w.forward()
	}
	clear(s.visits) // of the shelf
	chains.Put(s)
	relative(w.walk)
	for i := range w.session {
		w.session[i] = math.Sqrt(w.session[i])
	}
	p.spread(t.Column(featureWalk), w.walk)
	p.spread(t.Column(featureSession), w.session)
}

// relative turns sums into ln(0.1 + sum/mean); all 0 stay 0.
func relative(sums []float64) {
	var mean float64
	for _, v := range sums {
		mean += v
	}
	if mean <= 0 {
		return
	}
	mean /= float64(len(sums))
	for i, v := range sums {
		sums[i] = math.Log(.1 + v/mean)
	}
}

type walker struct {
	*pool
	*chain
	walk, session []float64 // by product
	steps         int       // from all visits
}

// A visit is one way from an act to an expert, and on to his other picks.
type visit struct {
	expert int32
	near   bool   // the act is in the topic looked at
	whole  bool   // picks are all of the expert
	day    moment // of his pick of what the reader acted on
	each   float64
	picks  []int32 // of the expert, those that are walked to
	// first and last are when the ends of picks were made.
	first, last moment
}

// from visits those who picked what the reader acted on. Experts who picked the
// product on the day of the act are left out: among them is the reader himself,
// where readers publish.
func (w *walker) from(a *pastAct) {
	picks := w.Shelf.products.rec[a.product].picks
	if len(picks) == 0 {
		return
	}
	near := w.asked == nil || w.in(a.topics, w.asked)
	each := math.Exp2(-days(a.at, w.horizon)/walkLife) / math.Sqrt(float64(len(picks)+1))
	latest := picks[max(0, len(picks)-mostPicksCounted):]
	for k := range latest {
		row := &latest[k]
		if row.since > w.horizon || sameDay(row.since, a.at) || w.steps == walkSteps {
			continue
		}
		others := w.experts.rec[row.expert].picks
		v := visit{expert: row.expert, near: near, day: row.since / dayLong, each: each / math.Sqrt(float64(len(others)+5))}
		others = others[max(0, len(others)-walkPicks):]
		v.picks = others[:min(len(others), walkSteps-w.steps)]
		v.whole = len(v.picks) == len(w.experts.rec[row.expert].picks)
		if len(v.picks) > 0 {
			v.first, v.last = w.picks.row[v.picks[0]].since, w.picks.row[v.picks[len(v.picks)-1]].since
		}
		w.steps += len(v.picks)
		w.visits = append(w.visits, v)
	}
}

// forward goes from each visit to the other picks of its expert.
func (w *walker) forward() {
	for i := range w.visits {
		v := &w.visits[i]
		for _, n := range v.picks {
			other := &w.picks.row[n]
			if at := w.indexOf(other.product); at >= 0 && other.since <= w.horizon {
				w.step(v, at, other.since)
			}
		}
	}
}

func (w *walker) step(v *visit, at int32, since moment) {
	w.walk[at] += v.each
	if v.near {
		w.session[at] += v.each * halvedByDay(v.day-since/dayLong)
	}
}

// back is how many steps backward takes at least: the picks of the candidates'
// products.
func (w *walker) back() int {
	steps := 0
	for _, product := range w.products {
		steps += len(w.Shelf.products.rec[product].picks)
	}
	return steps
}

// backward finds the same steps as forward from where they lead to: the picks
// of a candidate's product, and the visits of their experts. The order of the
// steps is another, so the last digit of a sum may be.
func (w *walker) backward() {
	w.link(len(w.experts.rec))
	for at, product := range w.products {
		rec := &w.Shelf.products.rec[product]
		for k := range rec.picks {
			p := &rec.picks[k]
			i := w.first[p.expert]
			if i == 0 || p.since > w.horizon {
				continue
			}
			for ; i > 0; i = w.next[i-1] {
				if w.visits[i-1].reaches(p.row, p.since, w.look) {
					w.step(&w.visits[i-1], int32(at), p.since)
				}
			}
		}
	}
	w.unlink()
}

// reaches reports whether n, a pick of the expert of v that was made at since, is
// among those walked to.
func (v *visit) reaches(n int32, since moment, l *look) bool {
	if since > v.first && since < v.last {
		return true
	}
	return v.whole || since >= v.first && since <= v.last && len(v.picks) > 0 && l.picks.age(v.picks[0], n) <= 0 && l.picks.age(n, v.picks[len(v.picks)-1]) <= 0
}

// A chain leads from an expert to the visits of his, the first first, by their
// numbers plus one.
type chain struct {
	visits      []visit // in the order of the walk
	first, next []int32
}

// chains are used again from one walk to the next; nothing is linked in them.
var chains = sync.Pool{New: func() any { return new(chain) }}

func (s *chain) link(experts int) {
	if len(s.first) < experts {
		s.first = make([]int32, experts)
	}
	s.next = slices.Grow(s.next[:0], len(s.visits))[:len(s.visits)]
	for i := len(s.visits) - 1; i >= 0; i-- {
		s.next[i], s.first[s.visits[i].expert] = s.first[s.visits[i].expert], int32(i+1) //nolint:gosec // at most walkActs*mostPicksCounted
	}
}

func (s *chain) unlink() {
	for i := range s.visits {
		s.first[s.visits[i].expert] = 0
	}
}

const dayLong = moment(24 * 60 * 60 * 1_000_000)

func sameDay(a, b moment) bool { return a/dayLong == b/dayLong }

// dayTable holds the halves of distances of up to 511 days.
var dayTable = func() (t [512]float64) {
	for d := range t {
		t[d] = math.Exp2(-float64(d) / walkLife)
	}
	return t
}()

func halvedByDay(distance moment) float64 {
	if distance < 0 {
		distance = -distance
	}
	if distance >= moment(len(dayTable)) {
		return 0
	}
	return dayTable[distance]
}
