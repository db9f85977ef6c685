package ranking

import "math"

// Times of the statistics are microseconds, as numbers with a fraction.
const (
	micros     = 1e6 // a second
	microsHour = 3600 * micros
	microsDay  = 24 * microsHour
)

const (
	liftHalfLife   = 6 * microsHour
	weekHalfLife   = 7 * microsDay
	shownHalfLife  = microsHour / 2
	strengthRate   = .3
	topicEvidence  = 3 // clicks, and expected clicks, that every topic starts with
	liftStartsWith = 1 // expected clicks that every item starts with, at its topic's rate
)

// Lists holds what answered lists tell of their items: whether they are chosen
// more often than chance, given where and among what they were shown. A list
// counts once somebody chose from it; an impression nobody answered is counted
// only as an impression (see [Lists.Exposure]). Items and topics are numbers,
// dense from 0; a negative one is nobody's and is passed over. Times are
// microseconds since 1970 and may come out of order.
//
// The zero Lists is ready. It takes about 110 bytes per item. Reading may go on
// in many goroutines at once, but not beside a change.
type Lists struct {
	items         []listed
	topics        []tally
	changed       changes
	topicsChanged changes
	chance        []float64 // scratch of Answered
}

// A tally is clicks against the clicks that were expected.
type tally struct{ clicks, expected float64 }

func (t tally) plus(u tally) tally { return tally{t.clicks + u.clicks, t.expected + u.expected} }

func (t tally) times(f float64) tally { return tally{t.clicks * f, t.expected * f} }

// after is t, which is as of a time, with u of another time, both as of the
// later one.
func (t tally) after(as int64, u tally, at int64, halfLife float64) tally {
	return t.times(left(as, at, halfLife)).plus(u.times(left(at, as, halfLife)))
}

// lift is the logarithm of clicks per expected click, drawn to a rate.
func (t tally) lift(rate float64) float64 {
	return math.Log((t.clicks + liftStartsWith*rate) / (t.expected + liftStartsWith))
}

// A listed is what is known of one item.
type listed struct {
	hours, week tally // decaying, as of at
	ever        tally
	at          int64
	strength    float64
	shown       float64 // decaying, as of shownAt
	shownAt     int64
	since       int64
}

// left is what remains of an amount from one time to a later one; nothing is
// lost when the other is earlier.
func left(from, to int64, halfLife float64) float64 {
	age := float64(to) - float64(from)
	if age <= 0 {
		return 1
	}
	return math.Exp2(-age / halfLife)
}

// Shown counts an impression of item.
func (l *Lists) Shown(item int32, at int64) {
	if item < 0 {
		return
	}
	l.items = grow(l.items, item)
	s := &l.items[item]
	s.shown = s.shown*left(s.shownAt, at, shownHalfLife) + left(at, s.shownAt, shownHalfLife)
	s.shownAt = max(s.shownAt, at)
	if s.since == 0 || at < s.since {
		s.since = at
	}
	l.changed.mark(item)
}

// Answered counts the answer to a list that was shown: y is the new clicks of
// each item and e the clicks to be expected of it, which should add up to the
// same. It is called for every click, with 1 at its place in y and e adding up
// to 1, or once when the list closes, with all of its m clicks: what is learned
// is nearly the same, except that [Lists.Strength] takes m steps of one and not
// one of y/m. The slices are of one length; topics holds each item's topic.
func (l *Lists) Answered(items, topics []int32, y, e []float64, at int64) {
	var clicks float64
	for i, item := range items {
		clicks += y[i]
		if item < 0 {
			continue
		}
		l.items = grow(l.items, item)
		l.items[item].answered(y[i], e[i], at)
		l.changed.mark(item)
		if topics[i] >= 0 {
			l.topics = grow(l.topics, topics[i])
			l.topics[topics[i]] = l.topics[topics[i]].plus(tally{y[i], e[i]})
			l.topicsChanged.mark(topics[i])
		}
	}
	if clicks > 0 {
		l.strengthen(items, y, clicks)
	}
}

// answered counts y clicks, e expected. The order of answers makes no
// difference but by rounding.
func (s *listed) answered(y, e float64, at int64) {
	s.hours = s.hours.after(s.at, tally{y, e}, at, liftHalfLife)
	s.week = s.week.after(s.at, tally{y, e}, at, weekHalfLife)
	s.ever = s.ever.plus(tally{y, e})
	s.at = max(s.at, at)
}

// strengthen takes one step up the gradient of the list's likelihood under a
// softmax over strengths.
func (l *Lists) strengthen(items []int32, y []float64, clicks float64) {
	l.chance = l.chance[:0]
	highest := math.Inf(-1)
	for _, item := range items {
		highest = max(highest, l.Strength(item))
	}
	var sum float64
	for _, item := range items {
		p := math.Exp(l.Strength(item) - highest)
		l.chance = append(l.chance, p)
		sum += p
	}
	for i, item := range items {
		if item >= 0 {
			l.items[item].strength += strengthRate * (y[i]/clicks - l.chance[i]/sum)
		}
	}
}

func (l *Lists) get(item int32) listed {
	if item < 0 || int(item) >= len(l.items) {
		return listed{}
	}
	return l.items[item]
}

// rate is clicks per expected click in a topic, all time, drawn towards 1.
func (l *Lists) rate(topic int32) float64 {
	var t tally
	if topic >= 0 && int(topic) < len(l.topics) {
		t = l.topics[topic]
	}
	return (t.clicks + topicEvidence) / (t.expected + topicEvidence)
}

// Lift is ln((C+T)/(E+1)): C clicks and E expected clicks of item with a
// half-life of 6 hours, T the topic's clicks per expected click of all time,
// (clicks+3)/(expected+3). It is 0 for an item chosen as often as chance has it
// and for one not known, in a topic of which the same holds.
func (l *Lists) Lift(item, topic int32, at int64) float64 {
	s := l.get(item)
	return s.hours.times(left(s.at, at, liftHalfLife)).lift(l.rate(topic))
}

// LiftSlow is [Lists.Lift] with a half-life of a week, and of all time.
func (l *Lists) LiftSlow(item, topic int32, at int64) (week, ever float64) {
	s, rate := l.get(item), l.rate(topic)
	return s.week.times(left(s.at, at, weekHalfLife)).lift(rate), s.ever.lift(rate)
}

// Strength is how strong item is against what it was shown with: the logit of
// its being chosen, learned by steps of 0.3*(y/m - chance) over the lists, all
// time. Differences matter, the zero of it does not.
func (l *Lists) Strength(item int32) float64 { return l.get(item).strength }

// Exposure is ln(1+n), n impressions of item with a half-life of 30 minutes.
func (l *Lists) Exposure(item int32, at int64) float64 {
	s := l.get(item)
	return math.Log1p(s.shown * left(s.shownAt, at, shownHalfLife))
}

// Since is when item was first shown; 0: never.
func (l *Lists) Since(item int32) int64 { return l.get(item).since }
