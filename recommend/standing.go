package recommend

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/maypok86/otter/v2"

	"vitrine.dev/ranking"
)

// A standing is how a reader's candidates stood a moment ago: the best of them
// with what pages are made of, but without their features. It is what a window
// is made of again while nothing has happened that the reader could tell it by:
// see [standings.of]. It never changes.
type standing struct {
	at      moment  // as of when it was scored
	until   moment  // it is too old from then on
	scene   *Scene  // without the changes of arms
	version int64   // of the reader's document, -1 for none
	reader  *Reader // without what is only scored by
	turn    uint64  // of the model
	dropped uint64  // of the shelf: rows are those of other picks since
	arrived uint64  // picks that had come to the shelf

	taste   *taste
	sources []source
	found   []candidate // by card, the best first
	worth   []float64
	cards   []ranking.Card
	novelty []novelty
	voices  []voices
	wanted  topicShares
	more    bool
	cut     float64 // what is not kept is worth no more; -Inf when all is kept
	lots    float64 // the same of novel cards, with what is in favour of the unknown
}

// overdue is how many times as long as it should a standing serves at most, while
// there is no processor to score another.
const overdue = 10

// How much of a standing is kept: what a window of some pages needs.
const (
	keptCards = 256
	keptNovel = 48
)

// A standingKey says whose standing it is, and of what.
type standingKey struct {
	reader string // pseudonym
	topics string // asked for, joined
}

// standings are kept for as long as a reader has done nothing, and not longer
// than for a while, by bytes.
type standings struct {
	all  *otter.Cache[standingKey, *standing]
	keep moment
}

// keeps is for how long something may be kept, 0 for not at all.
func (k *standings) keeps() moment {
	if k == nil {
		return 0
	}
	return k.keep
}

// apart is how far a score may be from one that was kept and still be the same.
func (k *standings) apart() float64 {
	if k == nil {
		return 1e-6
	}
	return .01
}

// standingBytes is about what a standing takes.
func standingBytes(_ standingKey, s *standing) uint32 {
	const fixed, card, act = 3_000, 136, 56
	return uint32(fixed + card*len(s.cards) + act*len(s.taste.past.acts) + 8*len(s.taste.match)) //nolint:gosec // some ten thousands
}

func newStandings(keep time.Duration, most uint64) *standings {
	if keep <= 0 || most == 0 {
		return nil
	}
	all := otter.Must(&otter.Options[standingKey, *standing]{
		MaximumWeight: most, Weigher: standingBytes,
		ExpiryCalculator: otter.ExpiryWriting[standingKey, *standing](overdue * keep), // of the clock on the wall: what nobody asks for goes
	})
	return &standings{all: all, keep: moment(keep.Microseconds())}
}

// close ends what the cache runs.
func (k *standings) close() {
	if k != nil {
		k.all.StopAllGoroutines()
	}
}

// of is the standing of key, whatever version of the reader's document it was
// made of; nil when there is none.
func (k *standings) of(key standingKey) *standing {
	s, _ := k.all.GetIfPresent(key)
	return s
}

// set keeps s. Standings that begin together do not end together: each is kept
// for its reader's part of the time, between three quarters of it and all.
func (k *standings) set(key standingKey, s *standing) {
	const parts = 64
	part := moment(ranking.Hash(key.reader) % parts)
	s.until = s.at + k.keep - k.keep/4*part/parts
	k.all.Set(key, s)
}

// good reports whether s may serve a page by now: it is not too old, of the same
// policy and model, its rows are still those of its picks, and no pick has come
// that the reader would be shown; which may wait while what is overdue serves.
func (k *standings) good(s *standing, l *look, v *serving, turn uint64) bool {
	if s.scene != v.scene || s.turn != turn || s.dropped != l.dropped || s.at > l.now || l.now >= k.ends(s, v) {
		return false
	}
	return v.overdue || l.now-s.at < soon || !s.concerned(l)
}

// ends is from when on s is too old for a page.
func (k *standings) ends(s *standing, v *serving) moment {
	if v.overdue {
		return s.at + overdue*k.keep
	}
	return s.until
}

// soon is how long a pick that has just come may wait until it is looked at.
const soon = moment(500_000)

// concerned reports whether a pick that came since, or that may be seen again or
// from a time that has come, would be proposed for what the reader cares about.
func (s *standing) concerned(l *look) bool {
	if l.arrivals.n-s.arrived > uint64(len(l.arrivals.rows)) {
		return true
	}
	for i := s.arrived; i < l.arrivals.n; i++ {
		if n := l.arrivals.at(i); l.picks.ids[n] != "" && s.cares(l, n) {
			return true
		}
	}
	w := l.newest.walkBefore(func(n int32) bool { return l.picks.row[n].since <= l.now })
	for n, ok := w.next(); ok && l.picks.row[n].since > s.at; n, ok = w.next() {
		if s.cares(l, n) {
			return true
		}
	}
	return false
}

// cares reports whether the pick of row n is in what the reader cares about, or
// nothing is known of that.
func (s *standing) cares(l *look, n int32) bool {
	row := &l.picks.row[n]
	if s.taste.blank() || has(s.taste.follows, row.expert) {
		return true
	}
	if fit, _ := s.taste.interest(l, n); fit > 0 {
		return true
	}
	return slices.ContainsFunc(l.topics.sets[row.topics].own, func(t int32) bool { return s.wanted[t] > 0 })
}

// arrivals are the rows of the picks that came last, or may be seen again since
// something about them changed, in a ring.
type arrivals struct {
	rows [1024]int32
	n    uint64 // in all
}

func (a *arrivals) add(row int32) {
	a.rows[a.n%uint64(len(a.rows))] = row
	a.n++
}

// again adds the newest of picks.
func (a *arrivals) again(picks []int32) {
	for _, n := range picks[max(0, len(picks)-mostOfProduct):] {
		a.add(n)
	}
}

func (a *arrivals) at(i uint64) int32 { return a.rows[i%uint64(len(a.rows))] }

// keep is the standing to be kept of s.
func (s *scored) keep(scene *Scene, version int64, reader *Reader, turn uint64) *standing {
	kept := &standing{
		at: s.now, scene: scene, version: version, turn: turn, dropped: s.dropped, arrived: s.arrivals.n,
		taste: s.taste.slim(), sources: s.sources, wanted: s.wanted, more: s.more, cut: math.Inf(-1), lots: math.Inf(-1),
	}
	if reader != nil {
		slim := *reader
		slim.History, slim.Traces = nil, nil
		kept.reader = &slim
	}
	s.known()
	in := s.chosen(kept)
	kept.found, kept.worth = make([]candidate, len(in)), make([]float64, len(in))
	kept.cards, kept.novelty = make([]ranking.Card, len(in)), make([]novelty, len(in))
	for to, k := range in {
		i := s.best[k]
		c := s.found[i]
		c.next = -1
		kept.found[to], kept.worth[to], kept.cards[to], kept.novelty[to] = c, s.worth[i], s.cards[k], s.novelty[k]
	}
	kept.voices = s.voicesOf(in)
	return kept
}

// chosen are the cards to be kept, the best first: the first ones, and the novel
// ones that have the best chance to be drawn. What the others are worth at most
// is noted.
func (s *scored) chosen(kept *standing) []int {
	if len(s.best) <= keptCards {
		in := make([]int, len(s.best))
		for k := range in {
			in[k] = k
		}
		return in
	}
	bonus := s.scene.Policy.Explore.Bonus
	favour := func(k int) float64 { return s.worth[s.best[k]] + bonus/math.Sqrt(1+s.novelty[k].readers) }
	kept.cut = s.worth[s.best[keptCards]]
	var novel []int // beyond the first
	for k := keptCards; k < len(s.best); k++ {
		if s.novelty[k].novel {
			novel = append(novel, k)
		}
	}
	slices.SortFunc(novel, func(a, b int) int { return cmp.Compare(favour(b), favour(a)) })
	if len(novel) > keptNovel {
		kept.lots = favour(novel[keptNovel])
		novel = novel[:keptNovel]
	}
	slices.Sort(novel)
	in := make([]int, keptCards, keptCards+len(novel))
	for k := range in {
		in[k] = k
	}
	return append(in, novel...)
}

// scored are the cards of a standing again, for an ask at another moment.
func (s *standing) scored(a *ask) *scored {
	c := &candidates{sources: s.sources, found: s.found, more: s.more || !math.IsInf(s.cut, -1)}
	return &scored{
		pool: &pool{ask: a, candidates: c}, worth: s.worth, best: identity(len(s.found)),
		cards: s.cards, novelty: s.novelty, wanted: s.wanted, kept: s,
	}
}

// identity are the numbers from 0 to n-1, shared by all: change nothing of them.
func identity(n int) []int {
	if n <= len(numbers) {
		return numbers[:n]
	}
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

var numbers = func() (n [keptCards + keptNovel]int) {
	for i := range n {
		n[i] = i
	}
	return n
}()

// slim is t without what only scoring asks for.
func (t *taste) slim() *taste {
	s := *t
	s.traces, s.answers, s.company = nil, nil, nil
	return &s
}

// keyOf is what the standing of a request is kept by.
func keyOf(name string, topics []string) standingKey {
	return standingKey{name, strings.Join(topics, ",")}
}

// recalling is how the standing for a request is found, nil for one that has to
// be scored.
func (w *Windows) recalling(r *WindowRequest, topics []string) recall {
	if w.standings == nil || !r.Brief || r.Bare || r.Fresh || r.IncludeSeen || len(r.Exclude) > 0 {
		return nil
	}
	return func(name string) *standing { return w.standings.of(keyOf(name, topics)) }
}

// A serving is what a page of a window is made for.
type serving struct {
	*WindowRequest
	who    *opened
	topics []string
	scene  *Scene // without the changes of arms
	arms   assignment
	c      *cursor

	overdue bool // what is over may serve
}

// stood places n cards as they stood a moment ago; nil when they have to be
// scored.
func (w *Windows) stood(l *look, v *serving, n int) (*scored, []placing) {
	k, c, on := cmp.Or(v.who.kept, v.who.former), v.c, v.c.window.about().on
	if k == nil || c.again || len(c.exclude) > 0 || !w.standings.good(k, l, v, w.turn(on)) {
		return nil, nil
	}
	at, taste := c.window.at(), k.taste
	if k == v.who.former { // what he did since leaves out more
		taste = l.tasteAt(at, v.Reader, v.who.reader)
		l.addSpared(taste, v.who.reader, at)
	}
	s := k.scored(&ask{
		look: l, taste: taste, asked: l.topicNumbers(v.topics), horizon: at, served: &c.served,
		limit: l.scene.Policy.Window.CandidateLimit, memory: w.memory, on: on, keep: w.standings.keeps(),
	})
	s.overdue = v.overdue
	placed, ok := s.place(false, true, c, n)
	if !ok || len(placed) < n && k.more {
		return nil, nil
	}
	s.more = s.more || s.leavesMore(placed)
	return s, placed
}

// leavesMore reports whether a card stands that is not among placed.
func (s *scored) leavesMore(placed []placing) bool {
	for k := range s.best {
		if !slices.ContainsFunc(placed, func(p placing) bool { return p.Index == k }) && s.stands(k) == stands {
			return true
		}
	}
	return false
}

// turn counts what happened to the model of a surface beside learning.
func (w *Windows) turn(on Surface) uint64 {
	if w.memory == nil {
		return 0
	}
	return w.memory.turn(on)
}

// ranked ranks the candidates of the window of c, and keeps how they stand.
func (w *Windows) ranked(l *look, v *serving) *scored {
	began := time.Now()
	w.whole(v.who)
	a := w.ask(l, v.c, v.WindowRequest, v.who.reader)
	a.asked = l.topicNumbers(v.topics)
	l.addSpared(a.taste, v.who.reader, a.horizon)
	turn := w.turn(a.on)
	found := a.gather(v.arms.shares(w.parts.sources(a)))
	w.figures.offer(found)
	began = w.figures.spent(StageCandidates, began)
	s := a.score(found, v.arms.model(w.model(a.on, v.scene.Policy)))
	w.figures.spent(StageScore, began)
	if w.recalling(v.WindowRequest, v.topics) != nil && v.Cursor == "" && len(v.who.missing) == 0 && len(a.missing) == 0 {
		w.standings.set(keyOf(v.who.name, v.topics), s.keep(v.scene, v.who.version, v.who.reader, turn))
	}
	return s
}
