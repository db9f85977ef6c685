package recommend

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"time"
)

// A Movement is one entry of one expert's ledger, with the line that it is of
// as the entry leaves it.
type Movement struct {
	Expert string
	Day    string     // of the ledger
	Line   LedgerLine // without Amount and Entries
	Entry  Entry
	// Buyer is an opaque digest of who bought, "" when that is not known;
	// Settled the day on which the line was settled, "" before.
	Buyer, Settled string
}

// A cause is why a line changed.
type cause struct {
	at       time.Time
	text, by string // of a person
	ruled    bool   // who ruled on the line itself
	reason   string // code, "" when it follows from the line
}

// movements are what a change of a line from old to l means for ledgers. What
// an entry moves is what the line owes now less what it owed before, so that
// the sum of a line's entries is what it owes, to the minor unit.
func (o *Order) movements(old, l *OrderLine, of cause) []Movement {
	before, after := map[string]Credit{}, map[string]Credit{}
	var experts []string
	for _, c := range l.paid() {
		after[c.Expert] = c
		experts = append(experts, c.Expert)
	}
	for _, c := range old.paid() {
		before[c.Expert] = c
		if _, stays := after[c.Expert]; !stays {
			experts = append(experts, c.Expert)
		}
	}
	state, why := l.Earning()
	was, because := old.Earning()
	// Also what is shown can change: why the line is held, when it can be paid out,
	// and of how much that came back less is earned, if only by a part of a minor unit.
	silent := was == state && (because == why || state != EarningOnHold) && old.HoldsUntil().Equal(l.HoldsUntil()) && old.Base() == l.Base() && old.HeldUntil().Equal(l.HeldUntil()) && !of.ruled
	var out []Movement
	for _, x := range experts {
		b, credited := before[x]
		a, credits := after[x]
		delta := a.Amount - b.Amount
		if credited && credits && delta == 0 && silent {
			continue
		}
		l.Entries++
		held := ""
		if state == EarningOnHold {
			held = why
		}
		e := Entry{
			ID:     o.ID + "/" + l.Partner + "/" + l.Line + "/" + x + "/" + strconv.Itoa(l.Entries),
			Kind:   entryKind(credited, delta, old, l),
			Amount: delta, Base: l.Base(), State: state, Reason: of.reasonOf(old, l, credited), Text: of.text, By: of.by, At: of.at.UTC(),
		}
		if !credits { // others are, or nobody is, by what the partner says now
			a, held = b, ""
			if l.Unattributed == "" {
				e.Reason = "attribution-changed"
				if state == EarningPending || state == EarningRefunded {
					e.State = EarningOnHold
				}
			}
		}
		m := l.movement(o.ID, a, e)
		if m.Line.Held = held; held != "" {
			m.Line.HeldUntil = l.HeldUntil()
		}
		out = append(out, m)
	}
	return out
}

func (l *OrderLine) movement(order string, c Credit, e Entry) Movement {
	k := l.Click
	m := Movement{
		Expert: c.Expert, Day: l.Day, Entry: e,
		Line: LedgerLine{
			Order: order, Line: l.Line, Partner: l.Partner, Pick: c.Pick, Product: k.Product, Click: c.Click,
			Model: k.Terms.payee(), Terms: k.Terms, Currency: l.Currency, State: e.State, HoldsUntil: l.HoldsUntil(),
		},
	}
	if n := len(l.paid()); n > 1 {
		m.Line.Parts = n
	}
	if k.Reader != "" && !k.Self {
		m.Buyer = opaque("buyer", k.Reader, c.Expert)
	}
	if !l.SettleAt.IsZero() {
		m.Settled = l.SettleAt.Format(time.DateOnly)
	}
	return m
}

func entryKind(credited bool, delta int64, old, l *OrderLine) EntryKind {
	switch {
	case !credited:
		return EntryAccrual
	case delta == 0:
		return EntryTransition
	case delta < 0 && (l.Refunded > old.Refunded || l.Base() == 0):
		return EntryReversal
	}
	return EntryAdjustment
}

// reasonOf is the code of what changed a line.
func (of cause) reasonOf(old, l *OrderLine, credited bool) string {
	was, because := old.Earning()
	state, why := l.Earning()
	switch {
	case !credited:
		return why
	case of.reason != "":
		return of.reason
	case l.Ruled != old.Ruled && l.Ruled == EarningPending:
		return "released"
	case was != state && state != EarningPending:
		return why
	case l.Refunded > old.Refunded:
		return "refund"
	case l.Paid.Amount != old.Paid.Amount:
		return "amount-changed"
	case !l.SettleAt.Equal(old.SettleAt):
		return "order-settled"
	case state == EarningOnHold && because != why:
		return why
	case l.Click.ID != old.Click.ID, !l.FirstAt.Equal(old.FirstAt):
		return "attribution-changed"
	}
	return why
}

// Apply adds the entry of m to its line, which it makes when it is the first.
func (d *LedgerDay) Apply(m Movement) {
	d.Expert, d.Day = m.Expert, m.Day
	i := slices.IndexFunc(d.Lines, func(l LedgerLine) bool {
		return l.Partner == m.Line.Partner && l.Order == m.Line.Order && l.Line == m.Line.Line
	})
	if i < 0 {
		i = len(d.Lines)
		d.Lines = append(d.Lines, LedgerLine{})
	}
	l := &d.Lines[i]
	amount, entries := l.Amount, l.Entries
	e := m.Entry
	if len(entries) > 0 && e.Kind != EntryTransition {
		e.Origin = entries[0].ID
		if e.Kind == EntryAccrual { // credited again after it was credited to others
			e.Kind = EntryAdjustment
		}
	}
	entries = append(entries, e)
	*l = m.Line
	l.Amount, l.Entries = amount+e.Amount, entries
}

// Bounds of the buyers of an account.
const (
	buyersFor = 400 // days
	maxBuyers = 5000
)

// Apply adds the entry of m to the sums, as of day, on which it entered the log.
func (a *Account) Apply(m Movement, day time.Time) {
	a.Expert = m.Expert
	if i, known := slices.BinarySearch(a.Days, m.Day); !known {
		a.Days = slices.Insert(a.Days, i, m.Day)
	}
	if a.Balance == nil {
		a.Balance = map[string]int64{}
	}
	a.Balance[m.Line.Currency] += m.Entry.Amount
	a.buy(m)
	oldest := day.UTC().AddDate(0, 0, -buyersFor).Format(time.DateOnly)
	maps.DeleteFunc(a.Buyers, func(_, last string) bool { return last < oldest })
	if n := len(a.Buyers) - maxBuyers; n > 0 {
		ids := slices.SortedFunc(maps.Keys(a.Buyers), func(x, y string) int {
			return cmp.Or(cmp.Compare(a.Buyers[x], a.Buyers[y]), cmp.Compare(x, y))
		})
		for _, id := range ids[:n] {
			delete(a.Buyers, id)
		}
	}
	if len(a.Buyers) == 0 {
		a.Buyers = nil
	}
}

// buy notes who settled an order, and forgets whose order of that day came to
// nothing after all.
func (a *Account) buy(m Movement) {
	if m.Buyer == "" || m.Settled == "" {
		return
	}
	switch m.Entry.State {
	case EarningPending, EarningProcessed, EarningPaid, EarningOnHold:
		if m.Entry.Base > 0 && a.Buyers[m.Buyer] < m.Settled {
			if a.Buyers == nil {
				a.Buyers = map[string]string{}
			}
			a.Buyers[m.Buyer] = m.Settled
		}
	case EarningRefunded, EarningFraud, EarningCanceled, EarningDuplicate:
		if a.Buyers[m.Buyer] == m.Settled {
			delete(a.Buyers, m.Buyer)
		}
	}
}
