package recommend

import (
	"cmp"
	"math"
	"slices"
)

// popular proposes the picks of products that experts and readers turned to of
// late, in the topics asked for or, of a whole window, in those that the reader
// acts in most and in all.
type popular struct{}

func (popular) name() string { return sourcePopular }

const (
	popularSpan   = 180   // days that a pick is looked at
	popularDeep   = 4_000 // picks of a topic that are looked at, the latest
	mostBusy      = 1_000 // products kept of a topic
	popularTopics = 8     // of the reader
	popularLife   = 30.0  // half-life in days
	popularOpens  = 2     // of eventLives: 30 days
)

func (s popular) offer(a *ask, take func(int32) bool) {
	var topics []int32
	if a.asked != nil {
		topics = a.asked
	} else {
		topics = a.ownTopics(popularTopics)
	}
	lists := make([][]int32, 0, len(topics)+1)
	for _, t := range topics {
		lists = append(lists, a.busyIn(t))
	}
	if a.asked == nil {
		lists = append(lists, a.busyIn(everyTopic))
	}
	for k := 0; ; k++ { // in turns
		more := false
		for _, list := range lists {
			if k < len(list) {
				more = true
				if !take(list[k]) {
					return
				}
			}
		}
		if !more {
			return
		}
	}
}

// everyTopic stands for all topics in what is kept of them.
const everyTopic = -1

// busyFor is how long what is busy in a topic is not looked up again.
const busyFor = moment(5 * 60 * 1_000_000)

// A busyTopic is what was busy in a topic at a time. Its rows may have been
// given to other picks since.
type busyTopic struct {
	at   moment
	rows []int32
}

// A busyKey names what is busy in a topic, apart for the times at which days
// begin: learning looks at those.
type busyKey struct {
	topic    int32
	daybreak bool
}

// busyIn is what was busy in a topic at the ask's horizon, or shortly before.
func (a *ask) busyIn(topic int32) []int32 {
	key := busyKey{topic, a.horizon%dayLong == 0}
	a.busyMu.Lock()
	defer a.busyMu.Unlock()
	if b, ok := a.busy[key]; ok && b.at <= a.horizon && b.at > a.horizon-busyFor {
		return b.rows
	}
	posting := &a.newest
	if topic != everyTopic {
		posting = a.topicPosting(topic)
	}
	w := posting.walkBefore(func(n int32) bool { return a.picks.row[n].since <= a.horizon })
	b := busyTopic{at: a.horizon, rows: a.busiest(&w)}
	if a.busy == nil {
		a.busy = make(map[busyKey]busyTopic)
	}
	a.busy[key] = b
	return b.rows
}

// busiest orders the latest picks of a walk by what happened to their products,
// one pick of each.
func (a *ask) busiest(w *walk) []int32 {
	type product struct {
		row    int32 // the latest pick
		heat   float64
		events float64
	}
	at := newSlots(len(a.Shelf.products.rec))
	all := make([]product, 0, popularDeep)
	for range popularDeep {
		n, ok := w.next()
		if !ok {
			break
		}
		row := &a.picks.row[n]
		passed := days(row.since, a.horizon)
		if passed > popularSpan {
			break
		}
		i := at[row.product] - 1
		if i < 0 {
			all = append(all, product{row: n})
			i = int32(len(all) - 1) //nolint:gosec // at most popularDeep
			at[row.product] = i + 1
		}
		heat, events := a.heat(n, passed)
		all[i].heat += heat
		all[i].events += events
	}
	for i := range all {
		at[a.picks.row[all[i].row].product] = 0
	}
	slots.Put(&at)
	all = slices.DeleteFunc(all, func(p product) bool { return p.events < 2 }) // one pick is no crowd
	slices.SortFunc(all, func(x, y product) int {
		return cmp.Or(cmp.Compare(y.heat, x.heat), a.picks.age(y.row, x.row))
	})
	rows := make([]int32, min(len(all), mostBusy))
	for i := range rows {
		rows[i] = all[i].row
	}
	return rows
}

// heat is what happened to one pick of late: it was made, and readers opened it.
func (a *ask) heat(n int32, passed float64) (heat, events float64) {
	heat, events = halvedByDay(moment(passed)), 1
	if pulse := a.picks.pulse[n]; pulse != nil {
		for i := range pulse.parts {
			part := &pulse.parts[i]
			heat += float64(part.opens[popularOpens]) * math.Exp2(-days(part.at, a.horizon)/popularLife)
			events += float64(part.opened)
		}
	}
	return heat, events
}

// ownTopics are the topics that the reader did most in of late, the first n.
func (a *ask) ownTopics(n int) []int32 {
	strength := make(map[int32]float64)
	var topics []int32
	for i := range a.taste.past.acts {
		act := &a.taste.past.acts[i]
		w := historyWeight(act.kind) * forgetting(days(act.at, a.horizon))
		for _, t := range a.topics.sets[act.topics].own {
			if _, known := strength[t]; !known {
				topics = append(topics, t)
			}
			strength[t] += w
		}
	}
	slices.SortStableFunc(topics, func(x, y int32) int { return cmp.Compare(strength[y], strength[x]) })
	return topics[:min(n, len(topics))]
}
