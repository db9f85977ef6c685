package recommend

import (
	"math"

	"vitrine.dev/ranking"
)

// The features of what happened to a product: by *person events*, which are
// picks of it by experts and readers who opened one.
const (
	featureEvents1   = "events_1d"
	featureEvents7   = "events_7d"
	featureEvents30  = "events_30d"
	featureEvents120 = "events_120d"
	featureEvents365 = "events_365d"
	featureLatest    = "latest"
	featureSecond    = "second"
	featureThird     = "third"
	featureFirst     = "first"
	featureOpens     = "opens"
)

// eventFeatures are decayed sums at several half-lives, and when the latest
// events were: two or three close together are a wave.
type eventFeatures struct{}

func (eventFeatures) features() []Feature {
	const sum, days = "ln(0.03+sum)", "ln(1+days)"
	return []Feature{
		{featureEvents1, "picks and readers' opens of the product, half-life 1 day", sum, -3.6, 8},
		{featureEvents7, "the same, half-life 7 days", sum, -3.6, 9},
		{featureEvents30, "the same, half-life 30 days", sum, -3.6, 10},
		{featureEvents120, "the same, half-life 120 days", sum, -3.6, 11},
		{featureEvents365, "the same, half-life a year", sum, -3.6, 12},
		{featureLatest, "age of the latest of them", days, 0, 8.6},
		{featureSecond, "age of the second latest; of none 5,000 days", days, 0, 8.6},
		{featureThird, "age of the third latest; of none 5,000 days", days, 0, 8.6},
		{featureFirst, "age of the product's first pick", days, 0, 8.6},
		{featureOpens, "readers who opened it, of all time", "ln(1+n)", 0, 14},
	}
}

// eventLives are the half-lives of the sums, in days.
var eventLives = [...]float64{1, 7, 30, 120, 365}

const oldestEvent = 5000 // days

// mostPicksCounted bounds the picks of one product that are looked at, the newest.
const mostPicksCounted = 256

// productEvents is what the features say of a product.
type productEvents struct {
	sums  [len(eventLives)]float64
	ages  [3]float64 // in days, ascending
	first float64
	opens float64
}

func (eventFeatures) fill(p *pool, t *ranking.Table) {
	lives := [...][]float64{t.Column(featureEvents1), t.Column(featureEvents7), t.Column(featureEvents30), t.Column(featureEvents120), t.Column(featureEvents365)}
	ages := [...][]float64{t.Column(featureLatest), t.Column(featureSecond), t.Column(featureThird)}
	first, opens := t.Column(featureFirst), t.Column(featureOpens)
	stills := p.stills()
	for i, at := range p.at {
		e := &stills[at].events
		for k := range lives {
			lives[k][i] = e.sums[k]
		}
		for k := range ages {
			ages[k][i] = e.ages[k]
		}
		first[i], opens[i] = e.first, e.opens
	}
}

const fetchedAtOnce = 32 // products

// fetch touches what eventsOf reads of products, in loops in which nothing
// waits for anything else: their memory comes for many at once, where eventsOf
// would wait for one after the other.
//
//go:noinline
func (l *look) fetch(products []int32) (touched moment) {
	var all [512]*shelvedPulse
	pulses := all[:0]
	for _, product := range products {
		picks := l.products.rec[product].picks
		for _, p := range picks[max(0, len(picks)-mostPicksCounted):] {
			touched += p.since
			if pulse := l.picks.pulse[p.row]; pulse != nil && len(pulses) < len(all) {
				pulses = append(pulses, pulse)
			}
		}
	}
	for _, p := range pulses {
		for i := range p.parts {
			touched += p.parts[i].at + p.parts[i].last[2]
		}
	}
	return touched
}

// eventsOf counts the events of a product before now, in the units of the features.
func (l *look) eventsOf(product int32, now moment) productEvents {
	e := productEvents{ages: [3]float64{oldestEvent, oldestEvent, oldestEvent}}
	picks := l.products.rec[product].picks // oldest first
	for k := len(picks) - 1; k >= max(0, len(picks)-mostPicksCounted); k-- {
		if since := picks[k].since; since <= now {
			e.add(days(since, now))
		}
		if pulse := l.picks.pulse[picks[k].row]; pulse != nil {
			e.addPulse(pulse, now)
		}
	}
	for i := range e.sums {
		e.sums[i] = math.Log(.03 + e.sums[i])
	}
	for i := range e.ages {
		e.ages[i] = math.Log1p(e.ages[i])
	}
	if len(picks) > 0 {
		e.first = math.Log1p(days(picks[0].since, now))
	}
	e.opens = math.Log1p(e.opens)
	return e
}

// add counts one event.
func (e *productEvents) add(age float64) {
	for i, life := range eventLives {
		e.sums[i] += math.Exp2(-age / life)
	}
	e.latest(age)
}

func (e *productEvents) addPulse(p *shelvedPulse, now moment) {
	for i := range p.parts {
		part := &p.parts[i]
		passed := days(part.at, now)
		for k, life := range eventLives {
			if v := float64(part.opens[k]); v > 0 {
				e.sums[k] += v * math.Exp2(-passed/life)
			}
		}
		for _, at := range part.last {
			if at != never && at <= now {
				e.latest(days(at, now))
			}
		}
		e.opens += float64(part.opened)
	}
}

// latest keeps the three least ages.
func (e *productEvents) latest(age float64) {
	for i := range e.ages {
		if age < e.ages[i] {
			copy(e.ages[i+1:], e.ages[i:])
			e.ages[i] = age
			return
		}
	}
}

// days is the time from since to now in days, at least 0.
func days(since, now moment) float64 { return age(since, now).Hours() / 24 }
