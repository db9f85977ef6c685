package recommend

import (
	"math"

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
	w := walker{pool: p, walk: make([]float64, len(p.products)), session: make([]float64, len(p.products)), left: walkSteps}
	for _, a := range p.taste.past.acts[:min(walkActs, len(p.taste.past.acts))] {
		w.from(&a)
	}
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
	walk, session []float64 // by product
	left          int       // steps
}

// from walks from one act. Experts who picked the product on the day of the act
// are left out: among them is the reader himself, where readers publish.
func (w *walker) from(a *pastAct) {
	picks := w.Shelf.products.rec[a.product].picks
	if len(picks) == 0 {
		return
	}
	near := w.asked == nil || w.in(a.topics, w.asked)
	each := math.Exp2(-days(a.at, w.horizon)/walkLife) / math.Sqrt(float64(len(picks)+1))
	for _, n := range picks[max(0, len(picks)-mostPicksCounted):] {
		row := &w.picks.row[n]
		if row.since > w.horizon || sameDay(row.since, a.at) {
			continue
		}
		w.over(row, each, near)
	}
}

// over walks on to the other picks of the expert of row.
func (w *walker) over(row *pickRow, each float64, near bool) {
	others := w.experts.rec[row.expert].picks
	each /= math.Sqrt(float64(len(others) + 5))
	from := row.since / dayLong
	for _, n := range others[max(0, len(others)-walkPicks):] {
		w.left--
		if w.left < 0 {
			return
		}
		other := &w.picks.row[n]
		at := w.slot[other.product] - 1
		if at < 0 || other.since > w.horizon {
			continue
		}
		w.walk[at] += each
		if near {
			w.session[at] += each * halvedByDay(from-other.since/dayLong)
		}
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
