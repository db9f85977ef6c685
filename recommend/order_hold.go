package recommend

import (
	"cmp"
	"slices"
	"time"
)

// HeldMoreThanClicked is that more was paid than what was clicked cost.
const HeldMoreThanClicked = "more-than-clicked"

// sense brings the signals of the line up to date with its facts. Whoever is
// credited with nothing has nothing to hold.
func (l *OrderLine) sense(order string, c Circumstances) {
	k := l.Click
	credited := k != nil && l.Unattributed == "" && !l.FirstAt.IsZero()
	l.raise(SignalFastOrder, credited && !k.Self && l.fast(c.Rules), order, c)
	l.raise(SignalSharedPayout, credited && !k.Self && k.Kin, order, c)
	if credited && !k.Self {
		l.Watched = k.ID
	}
	l.raise(SignalSelfPurchase, credited && k.Self, order, c)
}

// raise says that what a signal of kind rests on is so, or is not.
func (l *OrderLine) raise(kind string, so bool, order string, c Circumstances) {
	id := SignalID(kind, order, l.Partner, l.Line)
	i := slices.IndexFunc(l.Signals, func(s Signal) bool { return s.ID == id })
	if i < 0 {
		if !so {
			return
		}
		i = len(l.Signals)
		now := c.Appended.UTC()
		l.Signals = append(l.Signals, Signal{
			ID: id, Kind: kind, Subject: lineSubject(order, l.Partner, l.Line), Key: order, State: SignalOpen,
			FirstSeen: now, LastSeen: now, Expires: now.Add(c.Rules.SignalFor.D()),
		})
	}
	s := &l.Signals[i]
	was := *s
	s.Lapsed = !so
	if so {
		s.Pick, s.Expert = l.Click.Pick, l.Click.Expert
		s.Evidence = l.evidence(kind, c.Rules)
	}
	if s.Revision == 0 || s.Lapsed != was.Lapsed || s.Pick != was.Pick || s.Expert != was.Expert || !s.Evidence.OrderAt.Equal(was.Evidence.OrderAt) || !s.Evidence.ClickAt.Equal(was.Evidence.ClickAt) {
		s.Revision++
	} else {
		*s = was
	}
	l.sortSignals()
}

func (l *OrderLine) evidence(kind string, rules EarningRules) Evidence {
	e := Evidence{ClickAt: l.Click.At.UTC(), OrderAt: l.FirstAt.UTC(), Seconds: new(l.FirstAt.Sub(l.Click.At).Seconds())}
	if kind == SignalFastOrder {
		e.Limit = rules.FastOrder.D().Seconds()
	}
	return e
}

// holds is why the line is held without a ruling, "" when it is not.
func (l *OrderLine) holds() string {
	switch {
	case l.Click == nil || l.Unattributed != "":
		return ""
	case l.moreThanClicked():
		return HeldMoreThanClicked
	}
	for i := range l.Signals {
		if l.heldBy(&l.Signals[i]) {
			return l.Signals[i].Kind
		}
	}
	return ""
}

// heldBy reports whether s holds the line: one about a pick does while the line
// is credited to the click that it was told of.
func (l *OrderLine) heldBy(s *Signal) bool {
	return s.Holds() && (s.Click == "" || s.Click == l.Click.ID)
}

// Flag tells a line of a signal about its click. Of what it is told of one
// signal and click the latest revision counts. The error is a [*Refusal]:
// order-unknown when there is no such line.
func (o *Order) Flag(f *LineFlagged, c Circumstances) (LineChange, error) {
	l := o.Find(f.Partner, f.Line)
	if l == nil {
		return LineChange{}, Refuse(Problem{Code: "order-unknown", Pointer: "/order", Message: "no such line of an order was reported", Fix: "report the order first"})
	}
	i := slices.IndexFunc(l.Signals, func(s Signal) bool { return s.ID == f.Signal.ID && s.Click == f.Signal.Click })
	if i >= 0 && l.Signals[i].Revision >= f.Signal.Revision {
		return LineChange{Line: l}, nil
	}
	old := *l
	l.Problems, l.Signals = slices.Clone(l.Problems), slices.Clone(l.Signals)
	if i < 0 {
		i = len(l.Signals)
		l.Signals = append(l.Signals, Signal{})
	}
	why := cause{at: c.Appended}
	if s := &f.Signal; s.State != l.Signals[i].State && s.State != SignalOpen {
		why = cause{at: c.Appended, text: s.Text, by: s.By, reason: "signal-" + string(s.State)}
	}
	l.Signals[i] = f.Signal
	l.sortSignals()
	l.derive(o.ID, c)
	return o.changed(&old, l, why), nil
}

func (l *OrderLine) sortSignals() {
	slices.SortFunc(l.Signals, func(a, b Signal) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Click, b.Click))
	})
}

// HeldUntil is when the line is let go at the latest if nobody decides; zero
// when it is not held, or until somebody rules.
func (l *OrderLine) HeldUntil() time.Time {
	state, why := l.Earning()
	if state != EarningOnHold || why != l.Held || l.moreThanClicked() {
		return time.Time{}
	}
	var until time.Time
	for i := range l.Signals {
		s := &l.Signals[i]
		if !l.heldBy(s) {
			continue
		}
		if s.State == SignalUpheld {
			return time.Time{}
		}
		if s.Expires.After(until) {
			until = s.Expires
		}
	}
	return until
}

// moreThanClicked reports whether more was paid than what was clicked cost.
func (l *OrderLine) moreThanClicked() bool {
	k := l.Click
	return l.Paid != nil && k != nil && k.Price != nil && k.Price.Currency == l.Currency &&
		l.Paid.Amount > k.Price.Amount*int64(max(k.Quantity, 1))
}

// fast reports whether the order came sooner after the click than anybody can
// buy. A click is known to the second and its time is cut, so what took less
// than the rule's time minus a second is always found. An order that its
// partner's clock has before the click tells of that clock, not of speed.
func (l *OrderLine) fast(rules EarningRules) bool {
	took := l.FirstAt.Sub(l.Click.At)
	return took >= 0 && took < rules.FastOrder.D()
}

// Resolve applies what a moderator found about a signal of a line. The error is
// a [*Refusal]: signal-unknown, or signal-expired.
func (o *Order) Resolve(r *SignalResolved, c Circumstances) (LineChange, error) {
	why := cause{at: r.At, text: r.Text, by: r.By, reason: "signal-" + string(r.State)}
	return o.change(r.Signal, why, c, func(s *Signal) error { return s.Resolve(r) })
}

// End ends a signal of a line that nobody has decided about in time. Decided or
// too early, it changes nothing.
func (o *Order) End(e *SignalEnded, c Circumstances) (LineChange, error) {
	return o.change(e.Signal, cause{at: c.Appended, reason: "signal-expired"}, c, func(s *Signal) error {
		s.Expire(c.Appended)
		return nil
	})
}

// change changes one signal of the order, with what follows for its line.
func (o *Order) change(signal string, why cause, c Circumstances, change func(*Signal) error) (LineChange, error) {
	for i := range o.Lines {
		l := &o.Lines[i]
		at := slices.IndexFunc(l.Signals, func(s Signal) bool { return s.ID == signal })
		if at < 0 {
			continue
		}
		s := l.Signals[at]
		if err := change(&s); err != nil {
			return LineChange{}, err
		}
		if s.Revision == l.Signals[at].Revision {
			return LineChange{Line: l}, nil
		}
		old := *l
		l.Problems, l.Signals = slices.Clone(l.Problems), slices.Clone(l.Signals)
		l.Signals[at] = s
		l.derive(o.ID, c)
		return o.changed(&old, l, why), nil
	}
	return LineChange{}, signalUnknown()
}

// changed is what became of a line that was old.
func (o *Order) changed(old, l *OrderLine, why cause) LineChange {
	ch := LineChange{Line: l, Movements: o.movements(old, l, why), Watch: l.Watched != old.Watched}
	for i := range l.Signals {
		s := &l.Signals[i]
		same := func(b Signal) bool { return b.ID == s.ID && b.Revision == s.Revision }
		if s.Key == o.ID && !slices.ContainsFunc(old.Signals, same) {
			ch.Signals = append(ch.Signals, *s)
		}
	}
	return ch
}
