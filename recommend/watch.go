package recommend

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// WatchID is the key, in the orders topic, of what is counted of the ways to
// the checkout of a pick. No order has such an id.
func WatchID(pick string) string { return "watch:" + pick }

// BurstRules say what a burst is: of the ways to the checkout of one pick, so
// many within a bucket, so many times what was usual, and from so few networks
// or readers.
type BurstRules struct {
	Bucket Duration `json:"bucket" yaml:"bucket"`
	Clicks int      `json:"clicks" yaml:"clicks"` // in a bucket, at least; 0 finds none
	Times  float64  `json:"times" yaml:"times"`   // what the buckets of the three days before had on average, at least
	Share  float64  `json:"share" yaml:"share"`   // networks, or readers, of clicks, at most
}

// How long a watch goes back. A bucket is judged by the pastFor before it, and
// for as long as no click lies lateFor after it; older ones are as they were
// judged.
const (
	pastFor  = 3 * 24 * time.Hour
	lateFor  = 24 * time.Hour
	burstFor = 100 * 24 * time.Hour // how long an order can come after a burst
	maxWatch = 2000                 // lines
)

// A Watch counts the ways to the checkout of a pick: part of the [Order] named
// by [WatchID]. It knows no reader and no network, only how many there were.
type Watch struct {
	Pick    string        `json:"pick"`
	Buckets []Bucket      `json:"buckets,omitempty"` // oldest first
	Lines   []WatchedLine `json:"lines,omitempty"`   // by order, partner and line
	Signals []Signal      `json:"signals,omitempty"` // of a day each, oldest first
}

// A Bucket is what was counted in a short time.
type Bucket struct {
	At       time.Time `json:"at"` // its begin
	Clicks   int       `json:"clicks"`
	Readers  int       `json:"readers"`
	Networks int       `json:"networks"`
	// Past is how many clicks a bucket of the days before had on average.
	Past  float64 `json:"past,omitempty"`
	Burst bool    `json:"burst,omitempty"`
}

// A WatchedLine is a line of an order with the click that it is credited to.
type WatchedLine struct {
	Order   string    `json:"order"`
	Partner string    `json:"partner"`
	Line    string    `json:"line"`
	Click   string    `json:"click"`
	At      time.Time `json:"at"`             // of the click
	Told    string    `json:"told,omitempty"` // what the line knows of its signal
}

// A ClickCounted is the value of a [TypeClickCounted] event.
type ClickCounted struct {
	Pick   string    `json:"pick"`
	Expert string    `json:"expert"`
	At     time.Time `json:"at"`
	// Again says that its reader had clicked on the pick in this bucket before,
	// Near that somebody of its network had.
	Again bool `json:"again,omitempty"`
	Near  bool `json:"near,omitempty"`
}

// Validate reports what is wrong with the form of c as a [*Refusal].
func (c *ClickCounted) Validate() error {
	ps := append(idProblem(c.Pick, "/pick"), idProblem(c.Expert, "/expert")...)
	return Refuse(append(ps, timeProblem(c.At, "/at")...)...)
}

// A LineWatched is the value of a [TypeLineWatched] event: a line is credited to
// a click on a pick.
type LineWatched struct {
	Pick    string    `json:"pick"`
	Order   string    `json:"order"`
	Partner string    `json:"partner"`
	Line    string    `json:"line"`
	Click   string    `json:"click"`
	At      time.Time `json:"at"` // of the click
}

// Validate reports what is wrong with the form of w as a [*Refusal].
func (w *LineWatched) Validate() error {
	ps := append(idProblem(w.Pick, "/pick"), idProblem(w.Order, "/order")...)
	ps = append(ps, idProblem(w.Partner, "/partner")...)
	ps = append(ps, idProblem(w.Line, "/line")...)
	ps = append(ps, idProblem(w.Click, "/click")...)
	return Refuse(append(ps, timeProblem(w.At, "/at")...)...)
}

// A LineFlagged is the value of a [TypeLineFlagged] event: what a line is to
// know of a signal about its click.
type LineFlagged struct {
	Order   string `json:"order"`
	Partner string `json:"partner"`
	Line    string `json:"line"`
	Signal  Signal `json:"signal"` // without evidence; Click names the click
}

// Validate reports what is wrong with the form of f as a [*Refusal].
func (f *LineFlagged) Validate() error {
	ps := append(idProblem(f.Order, "/order"), idProblem(f.Partner, "/partner")...)
	ps = append(ps, idProblem(f.Line, "/line")...)
	ps = append(ps, idProblem(f.Signal.ID, "/signal/id")...)
	ps = append(ps, idProblem(f.Signal.Click, "/signal/click")...)
	if !slices.Contains(SignalStates(), f.Signal.State) {
		ps = append(ps, Problem{Code: "validation", Pointer: "/signal/state", Message: fmt.Sprintf("%q is no state of a signal", clip(string(f.Signal.State))), Fix: "use open, upheld, dismissed or expired"})
	}
	return Refuse(ps...)
}

// A WatchChange is what an event did to a watch.
type WatchChange struct {
	Signals []Signal      // those that are new or changed
	Tell    []LineFlagged // what lines are to know now
}

// Count adds a click. Counting is commutative, as long as clicks are counted
// within a day; of later ones nothing is known any more.
func (w *Watch) Count(k *ClickCounted, rules EarningRules) WatchChange {
	w.Pick = k.Pick
	width := rules.Burst.Bucket.D()
	at := k.At.UTC().Truncate(width)
	if w.late(at) {
		return WatchChange{}
	}
	i, known := slices.BinarySearchFunc(w.Buckets, at, func(b Bucket, at time.Time) int { return b.At.Compare(at) })
	if !known {
		w.Buckets = slices.Insert(w.Buckets, i, Bucket{At: at})
	}
	b := &w.Buckets[i]
	b.Clicks++
	if !k.Again {
		b.Readers++
	}
	if !k.Near {
		b.Networks++
	}
	w.forget()
	return w.judge(at, k.Expert, rules)
}

// latest is the begin of the latest bucket.
func (w *Watch) latest() time.Time {
	if len(w.Buckets) == 0 {
		return time.Time{}
	}
	return w.Buckets[len(w.Buckets)-1].At
}

// late reports whether a bucket is judged for good.
func (w *Watch) late(at time.Time) bool { return w.latest().Sub(at) > lateFor }

// forget lets go of what decides nothing any more.
func (w *Watch) forget() {
	now := w.latest()
	w.Buckets = slices.DeleteFunc(w.Buckets, func(b Bucket) bool { return now.Sub(b.At) > lateFor+pastFor })
	w.Lines = slices.DeleteFunc(w.Lines, func(l WatchedLine) bool {
		return l.Told == "" && now.Sub(l.At) > lateFor || now.Sub(l.At) > burstFor+burstFor
	})
	w.Signals = slices.DeleteFunc(w.Signals, func(s Signal) bool { return now.Sub(s.LastSeen) > burstFor })
}

// judge finds bursts among the bucket that begins at since and those after it.
// Each is judged by those before it, without the bursts among them.
func (w *Watch) judge(since time.Time, expert string, rules EarningRules) WatchChange {
	days := map[string]bool{}
	for i := len(w.Buckets) - 1; i >= 0 && !w.Buckets[i].At.Before(since); i-- {
		days[dayOf(w.Buckets[i].At)] = true
	}
	for i := range w.Buckets {
		if b := &w.Buckets[i]; !b.At.Before(since) {
			b.Past = w.past(i, rules.Burst.Bucket.D())
			b.Burst = b.bursts(&rules.Burst)
		}
	}
	var ch WatchChange
	for _, day := range sortedKeys(days) {
		if s := w.raise(day, expert, rules); s != nil {
			ch.Signals = append(ch.Signals, *s)
		}
	}
	if len(ch.Signals) > 0 {
		ch.Tell = w.tell(rules)
	}
	return ch
}

func dayOf(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// past is how many clicks the buckets of pastFor before bucket i had on average,
// since the first of them that had any, and of a day at least: so that a farm
// that begins with a pick does not get it used to more and more.
func (w *Watch) past(i int, width time.Duration) float64 {
	at, clicks := w.Buckets[i].At, 0
	first := at
	for _, b := range slices.Backward(w.Buckets[:i]) {
		if at.Sub(b.At) > pastFor {
			break
		}
		first = b.At
		if !b.Burst {
			clicks += b.Clicks
		}
	}
	return float64(clicks) / float64(max(at.Sub(first), 24*time.Hour)/width)
}

// bursts reports whether b is a burst.
func (b *Bucket) bursts(r *BurstRules) bool {
	n := float64(b.Clicks)
	return r.Clicks > 0 && b.Clicks >= r.Clicks && n >= r.Times*b.Past && float64(min(b.Networks, b.Readers)) <= r.Share*n
}

// raise brings the signal of a day up to date; nil when it stays as it is. The
// evidence of buckets that are too old to be counted again stays.
func (w *Watch) raise(day, expert string, rules EarningRules) *Signal {
	id := SignalID(SignalClickBurst, w.Pick, day)
	i := slices.IndexFunc(w.Signals, func(s Signal) bool { return s.ID == id })
	var was Signal
	if i >= 0 {
		was = w.Signals[i]
	}
	var found []Bucket
	for _, b := range was.Evidence.Buckets {
		if w.late(b.At) {
			found = append(found, b)
		}
	}
	for _, b := range w.Buckets {
		if b.Burst && dayOf(b.At) == day && !w.late(b.At) {
			found = append(found, b)
		}
	}
	if i < 0 && len(found) == 0 || slices.Equal(found, was.Evidence.Buckets) {
		return nil
	}
	if i < 0 {
		i = len(w.Signals)
		w.Signals = append(w.Signals, Signal{
			ID: id, Kind: SignalClickBurst, Subject: Subject{Kind: TargetPick, ID: w.Pick}, Key: WatchID(w.Pick), Pick: w.Pick, Expert: expert, State: SignalOpen,
		})
	}
	s := &w.Signals[i]
	s.Revision++
	s.Lapsed = len(found) == 0
	if !s.Lapsed {
		s.Evidence = Evidence{Buckets: found, Width: rules.Burst.Bucket.D().Seconds()}
		s.FirstSeen, s.LastSeen = found[0].At, found[len(found)-1].At.Add(rules.Burst.Bucket.D())
		s.Expires = s.LastSeen.Add(rules.SignalFor.D())
	}
	out := *s
	slices.SortFunc(w.Signals, func(a, b Signal) int { return cmp.Or(a.FirstSeen.Compare(b.FirstSeen), cmp.Compare(a.ID, b.ID)) })
	return &out
}

// Line adds a line whose click may lie in a burst.
func (w *Watch) Line(l *LineWatched, rules EarningRules) WatchChange {
	w.Pick = l.Pick
	mine := WatchedLine{Order: l.Order, Partner: l.Partner, Line: l.Line, Click: l.Click, At: l.At.UTC()}
	i, known := slices.BinarySearchFunc(w.Lines, mine, func(a, b WatchedLine) int {
		return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.Partner, b.Partner), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Click, b.Click))
	})
	if !known {
		w.Lines = slices.Insert(w.Lines, i, mine)
	}
	ch := WatchChange{Tell: w.tell(rules)}
	w.bound()
	return ch
}

// bound keeps the lines of the latest clicks; those that a signal holds stay.
func (w *Watch) bound() {
	for n := len(w.Lines) - maxWatch; n > 0; n-- {
		oldest := -1
		for i := range w.Lines {
			if w.Lines[i].Told == "" && (oldest < 0 || w.Lines[i].At.Before(w.Lines[oldest].At)) {
				oldest = i
			}
		}
		if oldest < 0 {
			return
		}
		w.Lines = slices.Delete(w.Lines, oldest, oldest+1)
	}
}

// tell is what lines do not know yet of the signals about their clicks.
func (w *Watch) tell(rules EarningRules) []LineFlagged {
	var out []LineFlagged
	for i := range w.Lines {
		l := &w.Lines[i]
		s, covered := w.about(l, rules.Burst.Bucket.D())
		if s == nil || !covered && l.Told == "" {
			continue
		}
		now := *s
		now.Evidence, now.Click = Evidence{}, l.Click
		now.Lapsed = now.Lapsed || !covered
		word := fmt.Sprint(now.State, " ", now.Lapsed, " ", now.FirstSeen.Unix(), " ", now.Expires.Unix(), " ", now.At.UnixNano())
		if word == l.Told {
			continue
		}
		l.Told = word
		out = append(out, LineFlagged{Order: l.Order, Partner: l.Partner, Line: l.Line, Signal: now})
	}
	return out
}

// about is the signal of the day of a line's click, and whether the click lies
// in one of its bursts.
func (w *Watch) about(l *WatchedLine, width time.Duration) (*Signal, bool) {
	id, at := SignalID(SignalClickBurst, w.Pick, dayOf(l.At)), l.At.Truncate(width)
	for i := range w.Signals {
		s := &w.Signals[i]
		if s.ID == id {
			return s, !s.Lapsed && slices.ContainsFunc(s.Evidence.Buckets, func(b Bucket) bool { return b.At.Equal(at) })
		}
	}
	return nil, false
}

// Resolve applies what a moderator found about a burst. The error is a
// [*Refusal]: signal-unknown, or signal-expired.
func (w *Watch) Resolve(r *SignalResolved, rules EarningRules) (WatchChange, error) {
	return w.change(r.Signal, rules, func(s *Signal) error { return s.Resolve(r) })
}

// End ends a burst's signal that nobody has decided about by now.
func (w *Watch) End(e *SignalEnded, now time.Time, rules EarningRules) (WatchChange, error) {
	return w.change(e.Signal, rules, func(s *Signal) error {
		s.Expire(now)
		return nil
	})
}

func (w *Watch) change(signal string, rules EarningRules, change func(*Signal) error) (WatchChange, error) {
	i := slices.IndexFunc(w.Signals, func(s Signal) bool { return s.ID == signal })
	if i < 0 {
		return WatchChange{}, signalUnknown()
	}
	s := w.Signals[i]
	if err := change(&s); err != nil {
		return WatchChange{}, err
	}
	if s.Revision == w.Signals[i].Revision {
		return WatchChange{}, nil
	}
	w.Signals[i] = s
	return WatchChange{Signals: []Signal{s}, Tell: w.tell(rules)}, nil
}
