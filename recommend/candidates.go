package recommend

import (
	"slices"

	"vitrine.dev/ranking"
)

// The names of the candidate sources, as items carry them.
const (
	sourceInterest = "interest" // in a topic that the reader cares about
	sourceFollow   = "follow"   // by an expert that the reader follows
	sourceTopic    = "topic"    // in a topic that the request asks for
	sourceFresh    = "fresh"    // new, beside what is known of the reader
	sourceLatest   = "latest"   // new, when nothing is known of the reader
	sourceResume   = "resume"   // what the reader acted on before
	sourcePopular  = "popular"  // what many turned to, in topics asked for or his own
	sourceCircle   = "circle"   // by experts who picked what the reader acted on
	sourceSimilar  = "similar"  // used together with what the reader acted on
	sourceGiven    = "given"    // brought by the caller
)

// A source proposes candidates.
type source interface {
	name() string
	// offer calls take with rows, best first, until take returns false or
	// there are no more.
	offer(a *ask, take func(row int32) bool)
}

// An ask is what sources are asked.
type ask struct {
	*look
	taste   *taste
	asked   []int32  // the candidates are in one of them; nil is anywhere
	horizon moment   // the candidates were visible by then
	served  *served  // products that earlier pages have shown
	exclude []uint64 // hashes of picks to leave out, sorted
	limit   int      // how many products are wanted
	memory  *Memory  // what was learned; nil is nothing
	on      Surface
	fresh   bool   // without what the reader has acted on
	again   bool   // with what he is spared, counting less
	single  bool   // one pick of each product is enough
	keep    moment // how long what features say of products may be kept

	features []featureSet // nil is all there are
	careful  bool         // each is looked at whether it is a number
	needs    needs        // those that are looked at

	missing []string // what failed, for [Window.Missing]
	causes  []error
}

// eligible reports whether the pick of row n may be in the window.
func (a *ask) eligible(n int32) bool {
	row := &a.picks.row[n]
	if row.since > a.horizon || a.hidden(n) != "" || !a.taste.allows(a.look, n) {
		return false
	}
	if a.asked != nil && !a.in(row.topics, a.asked) {
		return false
	}
	if a.served.has(a.products.rec[row.product].hash) || a.fresh && a.taste.acted(row.product) {
		return false
	}
	if !a.again && a.taste.spared.has(row.product) {
		return false
	}
	if len(a.exclude) > 0 {
		_, found := slices.BinarySearch(a.exclude, short(ranking.Hash(a.picks.ids[n])))
		return !found
	}
	return true
}

// in reports whether the topics of a set, with those they lie in, name one of any.
func (l *look) in(set int32, anyOf []int32) bool {
	closure := l.topics.sets[set].closure
	return slices.ContainsFunc(anyOf, func(t int32) bool { return slices.Contains(closure, t) })
}

// A candidate is a pick that may be in a window.
type candidate struct {
	row     int32
	next    int32  // another candidate of the same product, -1 at the last
	first   bool   // it begins its product's candidates
	sources uint16 // those that offered it, as bits
}

// Candidates are what the sources found.
type candidates struct {
	sources []source
	found   []candidate
	more    bool // there are more than were asked for
}

// A share is a source and how much of the candidates it may bring by itself.
type share struct {
	source
	part float64
}

// gather asks the sources in turn.
func (a *ask) gather(shares []share) *candidates {
	g := gathering{ask: a, first: make(map[int32]int32, a.limit), candidates: &candidates{found: make([]candidate, 0, a.limit)}}
	for i, s := range shares {
		g.sources = append(g.sources, s.source)
		quota := int(s.part * float64(a.limit))
		a.without("source:"+s.name(), func() error {
			s.offer(a, func(row int32) bool { return g.take(row, 1<<i, &quota) })
			return nil
		})
	}
	return g.candidates
}

// A gathering is the work of gather.
type gathering struct {
	*ask
	*candidates
	first map[int32]int32 // by product: the index of its first candidate
}

// mostOfProduct is how many picks of one product compete to be its card: those
// that the sources offer first.
const mostOfProduct = 16

// take makes row a candidate if it may be one. It reports whether the source
// should go on.
func (g *gathering) take(row int32, bit uint16, quota *int) bool {
	product := g.picks.row[row].product
	first, known := g.first[product]
	if known && g.single {
		return true
	}
	if known {
		n := 0
		for i := first; i >= 0; i = g.found[i].next {
			if g.found[i].row == row {
				g.found[i].sources |= bit
				return true
			}
			n++
		}
		if n >= mostOfProduct {
			return true
		}
	}
	if !g.eligible(row) {
		return true
	}
	switch {
	case !known && len(g.first) >= g.limit:
		g.more = true
		return false
	case !known && *quota <= 0: // a later source may still bring it
		return false
	}
	n := int32(len(g.found)) //nolint:gosec // some thousands at most
	c := candidate{row: row, next: -1, first: !known, sources: bit}
	if known {
		c.next, g.found[first].next = g.found[first].next, n
	} else {
		g.first[product] = n
		*quota--
	}
	g.found = append(g.found, c)
	return true
}

// enoughOfTopic is how many picks of a topic suffice before those of half a year
// ago and more are left out.
const enoughOfTopic = 200

// newest proposes the newest picks of the topics asked for, or of all.
type newest struct{ called string }

func (s newest) name() string { return s.called }

func (newest) offer(a *ask, take func(int32) bool) {
	if a.asked != nil {
		young := a.horizon - moment(poolSpan.Microseconds())
		all := take
		n := 0
		take = func(row int32) bool {
			if a.picks.row[row].since < young && n >= enoughOfTopic {
				return false
			}
			n++
			return all(row)
		}
	}
	if a.asked == nil {
		w := a.newest.walkBefore(func(n int32) bool { return a.picks.row[n].since <= a.horizon })
		for n, ok := w.next(); ok && take(n); n, ok = w.next() {
		}
		return
	}
	even := make([]float64, len(a.asked))
	for i := range even {
		even[i] = 1
	}
	a.interleave(a.asked, even, take)
}

// interests proposes the newest picks of the topics that the reader cares
// about, by weight.
type interests struct{}

func (interests) name() string { return sourceInterest }

func (interests) offer(a *ask, take func(int32) bool) {
	var topics []int32
	var weights []float64
	for _, i := range a.taste.interests {
		for _, t := range a.within(i.topic) {
			topics, weights = append(topics, t), append(weights, i.weight)
		}
	}
	a.interleave(topics, weights, take)
}

// within is what of topic t was asked for: t, or the topics asked for in it.
func (a *ask) within(t int32) []int32 {
	if a.asked == nil {
		return []int32{t}
	}
	var part []int32
	for _, asked := range a.asked {
		switch {
		case a.topicWithin(t, asked):
			return []int32{t}
		case a.topicWithin(asked, t):
			part = append(part, asked)
		}
	}
	return part
}

// topicWithin reports whether topic t is root or lies below it.
func (l *look) topicWithin(t, root int32) bool {
	for ; t >= 0; t = l.topics.topics[t].parent {
		if t == root {
			return true
		}
	}
	return false
}

// interleave takes the newest picks of topics in proportion to weights, which
// it uses up.
func (a *ask) interleave(topics []int32, weights []float64, take func(int32) bool) {
	visible := func(n int32) bool { return a.picks.row[n].since <= a.horizon }
	walks := make([]walk, len(topics))
	turns := make([]float64, len(topics)) // when the topic's next pick is due
	for i, t := range topics {
		walks[i] = a.topicPosting(t).walkBefore(visible)
		turns[i] = 1 / weights[i]
	}
	for len(walks) > 0 {
		next := 0
		for i := range turns {
			if turns[i] < turns[next] {
				next = i
			}
		}
		n, ok := walks[next].next()
		if !ok {
			walks, turns, weights = slices.Delete(walks, next, next+1), slices.Delete(turns, next, next+1), slices.Delete(weights, next, next+1)
			continue
		}
		if !take(n) {
			return
		}
		turns[next] += 1 / weights[next]
	}
}

func (l *look) topicPosting(t int32) *posting { return &l.topics.topics[t].picks }

// follows proposes the newest picks of the experts that the reader follows.
type follows struct{ most int }

func (follows) name() string { return sourceFollow }

func (s follows) offer(a *ask, take func(int32) bool) {
	// So many of each that the newest of all are surely among them when the
	// experts publish about equally often.
	each := 1
	if n := len(a.taste.follows); n > 0 {
		each += 2 * s.most / n
	}
	var rows []int32
	for expert := range a.taste.follows {
		picks := a.experts.rec[expert].picks
		rows = append(rows, picks[max(0, len(picks)-each):]...)
	}
	slices.SortFunc(rows, func(x, y int32) int { return a.picks.age(y, x) })
	for _, n := range rows {
		if !take(n) {
			return
		}
	}
}
