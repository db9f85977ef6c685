package society

import (
	"time"
)

// books are kept of every page that was served.
type books struct {
	weeks  []*tally
	debuts map[int]*debut // by pick
	doses  map[dose]int   // cards of an expert that a reader was shown in a day
}

type dose struct{ reader, expert, day int }

// A tally is what a week's pages come to.
type tally struct {
	visits, impressions, clicks int

	served, oracle        float64
	twin                  float64 // of the readers' twins
	regret, regretSquared float64 // of a page, against his twin's
	free                  float64 // an oracle's that nothing is spared
	rivals                rivals

	shown map[int]int // impressions by pick
	given attention   // what the service gave
	due   attention   // what perfect knowledge would give

	repeatsDay, repeatsWeek int
	mostOfExpert            int // summed over pages
}

// attention is who got it.
type attention struct {
	cards      float64
	clicks     float64         // expected
	byExpert   map[int]float64 // cards
	clicksOf   map[int]float64 // expected clicks by expert
	newcomers  float64         // cards of experts who are new
	topics     int             // different ones, summed over pages
	discovered float64         // cards of topics that the reader did not declare
	outOf      float64         // cards of readers who declared any
}

func newBooks(weeks int) *books {
	b := &books{debuts: map[int]*debut{}, doses: map[dose]int{}}
	for range weeks {
		b.weeks = append(b.weeks, &tally{shown: map[int]int{}, given: newAttention(), due: newAttention()})
	}
	return b
}

func newAttention() attention {
	return attention{byExpert: map[int]float64{}, clicksOf: map[int]float64{}}
}

func (b *books) week(at, start time.Time) *tally {
	return b.weeks[min(int(at.Sub(start)/(7*day)), len(b.weeks)-1)]
}

// measure holds a page that was served against the best possible one and
// against those of the baselines, before the reader acts on it. It returns the
// clicks to be expected.
func (b *books) measure(s *society, rd *reader, shown []choice, at time.Time) (served float64) {
	t := b.week(at, s.Start)
	choices, spared := s.choices(rd, at)
	ideal := best(choices, s.Page)
	t.free += rd.expected(best(append(spared, ideal...), s.Page))
	served = rd.expected(shown)
	t.visits++
	t.served, t.oracle = t.served+served, t.oracle+rd.expected(ideal)
	t.rivals.add(rd.rivals(choices, at))
	t.given.add(rd, shown, at)
	t.due.add(rd, ideal, at)
	t.dose(rd, shown, at)
	for k, c := range shown {
		t.impressions++
		t.shown[c.pick.n]++
		b.doses[dose{rd.n, c.pick.expert.n, int(at.Sub(s.Start) / day)}]++
		if c.pick.newcomer {
			b.debut(c.pick).add(at, rd.page[k]*c.attraction)
		}
	}
	for k, c := range ideal {
		if c.pick.newcomer {
			b.debut(c.pick).owe(at, rd.page[k]*c.attraction)
		}
	}
	return served
}

func (r *rivals) add(o rivals) {
	r.random, r.newest, r.popular = r.random+o.random, r.newest+o.newest, r.popular+o.popular
	r.declared, r.topics, r.quality = r.declared+o.declared, r.topics+o.topics, r.quality+o.quality
}

func (a *attention) add(rd *reader, page []choice, at time.Time) {
	topics := map[int]bool{}
	for k, c := range page {
		x := c.pick.expert
		clicks := rd.page[k] * c.attraction
		a.cards++
		a.clicks += clicks
		a.byExpert[x.n]++
		a.clicksOf[x.n] += clicks
		if x.isNew(at) {
			a.newcomers++
		}
		topics[c.pick.product.topic] = true
		if len(rd.declared) > 0 {
			a.outOf++
			if _, ok := rd.declared[c.pick.product.topic]; !ok {
				a.discovered++
			}
		}
	}
	a.topics += len(topics)
}

// dose counts what comes again, and how much of a page is by one expert.
func (t *tally) dose(rd *reader, shown []choice, at time.Time) {
	of, most := map[int]int{}, 0
	for _, c := range shown {
		of[c.pick.expert.n]++
		most = max(most, of[c.pick.expert.n])
		if m := rd.known[c.pick.product.n]; m != nil && !m.shown.IsZero() {
			if ago := at.Sub(m.shown); ago < day {
				t.repeatsDay++
				t.repeatsWeek++
			} else if ago < 7*day {
				t.repeatsWeek++
			}
		}
	}
	t.mostOfExpert += most
}

// compare holds the expected clicks of a page that was served against those of
// the page that the reader's twin had at the same moment.
func (b *books) compare(served, twin float64, at, start time.Time) {
	t := b.week(at, start)
	regret := twin - served
	t.twin += twin
	t.regret, t.regretSquared = t.regret+regret, t.regretSquared+regret*regret
}

// click counts an open.
func (b *books) click(at, start time.Time) { b.week(at, start).clicks++ }

func (b *books) debut(p *pick) *debut {
	d := b.debuts[p.n]
	if d == nil {
		d = &debut{pick: p}
		b.debuts[p.n] = d
	}
	return d
}
