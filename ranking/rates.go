package ranking

import "math"

const (
	ratesHalfLife = 30 * microsDay
	firstOpens    = 1  // what an installation starts with, opens
	firstExpected = 25 // and looks, or impressions, for them
	topicDraw     = 10 // expected opens by which a topic is drawn to all
	itemDraw      = 3  // and an item to its topic
)

// Rates hold how often items are opened against how often they should be, given
// where they were shown and to whom: clicks over expected clicks (Zhang and
// Jones, "Comparing click logs and editorial labels for training query
// rewriting", 2007). Every impression counts, answered or not. What is known of
// an item is drawn to its topic for as long as it is little, and that of the
// topic to all, as under gamma priors (Wang, Li, Cui, Zhang and Mao, "Click-through
// rate estimation for rare events in online advertising", 2010). Opens and
// impressions of 30 days ago count half.
//
// Items and topics are numbers, dense from 0; a negative one is nobody's and is
// passed over. Times are microseconds since 1970 and may come out of order. The
// zero Rates is ready. Reading may go on in many goroutines at once, but not
// beside a change.
type Rates struct {
	items         []rated
	topics        []rated
	changed       changes
	topicsChanged changes
}

// A rated is what is known of one item or topic, as of at.
type rated struct {
	tally         // opens, and looks
	shown float64 // impressions
	at    int64
}

func (r rated) times(f float64) rated {
	return rated{tally: r.tally.times(f), shown: r.shown * f, at: r.at}
}

// add counts what happened at a time. The order makes no difference but by
// rounding.
func (r *rated) add(u rated) {
	old, young := r.times(left(r.at, u.at, ratesHalfLife)), u.times(left(u.at, r.at, ratesHalfLife))
	*r = rated{tally: old.plus(young.tally), shown: old.shown + young.shown, at: max(r.at, u.at)}
}

// now is r as of a time.
func (r rated) now(at int64) rated { return r.times(left(r.at, at, ratesHalfLife)) }

// Shown counts an impression. Looks is how much of an open was to be expected
// of it, before anything is known of the item: how likely its position is looked
// at, times how much likelier than others the reader is to open what is like it. It
// is counted up to a constant, which falls out; what is not above 0 and below 1e3
// is passed over.
func (r *Rates) Shown(item, topic int32, looks float64, at int64) {
	if looks > 0 && looks < 1e3 {
		r.add(item, topic, rated{tally: tally{expected: looks}, shown: 1, at: at})
	}
}

// Opened counts an open of an item that [Rates.Shown] was told of.
func (r *Rates) Opened(item, topic int32, at int64) {
	r.add(item, topic, rated{tally: tally{clicks: 1}, at: at})
}

func (r *Rates) add(item, topic int32, u rated) {
	if item >= 0 {
		r.items = grow(r.items, item)
		r.items[item].add(u)
		r.changed.mark(item)
	}
	if topic >= 0 {
		r.topics = grow(r.topics, topic)
		r.topics[topic].add(u)
		r.topicsChanged.mark(topic)
	}
}

// A Usual is how often anything is opened at a time.
type Usual struct {
	perLook  float64
	PerShown float64 // opens per impression
	at       int64
}

// Usual sums up all topics.
func (r *Rates) Usual(at int64) Usual {
	var all rated
	for i := range r.topics {
		t := r.topics[i].now(at)
		all.tally, all.shown = all.plus(t.tally), all.shown+t.shown
	}
	return Usual{
		perLook:  (all.clicks + firstOpens) / (all.expected + firstExpected),
		PerShown: (all.clicks + firstOpens) / (all.shown + firstExpected),
		at:       at,
	}
}

// Rate is the logarithm of how often item is opened against what is usual: 0 as
// often, and when nothing is known.
func (r *Rates) Rate(item, topic int32, u Usual) float64 {
	of := drawn(r.topics, topic, u, 1, topicDraw)
	return math.Log(drawn(r.items, item, u, of, itemDraw))
}

// drawn is opens by expected opens, drawn to a rate by so many expected opens.
func drawn(all []rated, n int32, u Usual, to, by float64) float64 {
	var t rated
	if n >= 0 && int(n) < len(all) {
		t = all[n].now(u.at)
	}
	return (t.clicks + by*to) / (t.expected*u.perLook + by)
}

// Changed lists the items whose row changed after sequence number since, and
// the number to ask with next time. Begin with 0; numbers do not outlive the
// process.
func (r *Rates) Changed(since uint64) (items []int32, now uint64) { return r.changed.since(since) }

// ChangedTopics is [Rates.Changed] of the topics.
func (r *Rates) ChangedTopics(since uint64) (topics []int32, now uint64) {
	return r.topicsChanged.since(since)
}

// Row is all that is known of item, for [Rates.SetRow] of another process: at
// most 23 bytes. Numbers travel as float32, times are exact.
func (r *Rates) Row(item int32) []byte { return rateRow(r.items, item) }

// TopicRow is [Rates.Row] of a topic.
func (r *Rates) TopicRow(topic int32) []byte { return rateRow(r.topics, topic) }

func rateRow(all []rated, n int32) []byte {
	var t rated
	if n >= 0 && int(n) < len(all) {
		t = all[n]
	}
	b := appendTime(append(make([]byte, 0, 23), rowVersion), t.at)
	return appendFloat(appendFloat(appendFloat(b, t.clicks), t.expected), t.shown)
}

// SetRow replaces what is known of item by a row. An error wraps [ErrRow] and
// changes nothing; any bytes may be given.
func (r *Rates) SetRow(item int32, row []byte) error {
	return setRateRow(&r.items, &r.changed, item, row)
}

// SetTopicRow is [Rates.SetRow] of a topic.
func (r *Rates) SetTopicRow(topic int32, row []byte) error {
	return setRateRow(&r.topics, &r.topicsChanged, topic, row)
}

func setRateRow(all *[]rated, changed *changes, n int32, row []byte) error {
	d := decoder{b: row}
	d.version()
	t := rated{at: d.time(), tally: d.tally(), shown: d.amount()}
	if err := d.end(); err != nil {
		return err
	}
	if n >= 0 {
		*all = grow(*all, n)
		(*all)[n] = t
		changed.mark(n)
	}
	return nil
}
