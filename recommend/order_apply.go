package recommend

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Circumstances are what a report of an order is judged by beside the order.
type Circumstances struct {
	Rules    EarningRules
	Clicks   *Clicks   // nil opens no token
	Appended time.Time // when the event entered the log
}

// Bounds of one order.
const (
	maxLines   = 1000 // of an order
	maxRefunds = 500  // of a line
)

// A LineChange is what an event did to a line of an order.
type LineChange struct {
	Line *OrderLine // as it is now; part of the order
	// Movements are what follows for the ledgers of experts.
	Movements []Movement
	// Signals are those of the line that are new or changed.
	Signals []Signal
	// Watch says that the line is credited to a click whose burst, if it lay in
	// one, is to be looked for.
	Watch bool
	// Purchase, Refund and Settle say that the reader's action is to be told now:
	// each is told of a line once.
	Purchase, Refund, Settle bool
}

// Apply joins a report, valid by its form, to what is known of the order.
// Joining is commutative and idempotent: whatever the order of reports, and
// however often they come, the facts end the same, and so does what they earn.
// The error is a [*Refusal]: currency-mismatch when the line is in another
// currency, too-many over the bounds of an order. The order is as it was then.
func (o *Order) Apply(r *OrderReport, c Circumstances) (LineChange, error) {
	i := o.index(r.Partner, r.Line)
	switch {
	case i < 0 && len(o.Lines) >= maxLines:
		return LineChange{}, Refuse(Problem{Code: "too-many", Pointer: "/line", Message: fmt.Sprintf("an order has at most %d lines", maxLines), Fix: "report the others as another order"})
	case i >= 0 && o.Lines[i].Currency != r.Amount.Currency:
		return LineChange{}, Refuse(Problem{
			Code: "currency-mismatch", Pointer: "/amount/currency",
			Message: "the line is in " + o.Lines[i].Currency, Fix: "report all of a line in the currency of its first report",
		})
	case i >= 0 && len(o.Lines[i].Refunds) >= maxRefunds && r.State == OrderRefunded:
		if _, known := o.Lines[i].Refunds[r.Refund]; !known {
			return LineChange{}, Refuse(Problem{Code: "too-many", Pointer: "/refund", Message: fmt.Sprintf("a line has at most %d refunds", maxRefunds), Fix: "report the total that was paid back"})
		}
	}
	var old OrderLine
	if i >= 0 {
		old = o.Lines[i]
	} else {
		i = len(o.Lines)
		o.Lines = append(o.Lines, OrderLine{
			Partner: r.Partner, Line: r.Line, Currency: r.Amount.Currency, Unattributed: "no-token",
			Day: c.Appended.UTC().Format(time.DateOnly),
		})
	}
	o.ID = r.ID
	l := &o.Lines[i]
	l.Refunds, l.Problems, l.Signals = maps.Clone(l.Refunds), slices.Clone(l.Problems), slices.Clone(l.Signals)
	l.join(r)
	if r.Token != "" {
		l.take(r.Token, c.Clicks)
	}
	l.derive(o.ID, c)
	ch := o.changed(&old, l, cause{at: r.At})
	l.tell(&ch, r.At.UTC())
	return ch, nil
}

// index finds a line; -1 when it is not known.
func (o *Order) index(partner, line string) int {
	return slices.IndexFunc(o.Lines, func(l OrderLine) bool { return l.Partner == partner && l.Line == line })
}

// Find returns a line, nil when it is not known.
func (o *Order) Find(partner, line string) *OrderLine {
	if i := o.index(partner, line); i >= 0 {
		return &o.Lines[i]
	}
	return nil
}

// join adds the facts of r.
func (l *OrderLine) join(r *OrderReport) {
	at := r.At.UTC()
	if r.State == OrderRefunded {
		if l.Refunds == nil {
			l.Refunds = map[string]int64{}
		}
		// Of one refund reported twice, and of running totals, the largest counts.
		l.Refunds[r.Refund] = max(l.Refunds[r.Refund], r.Amount.Amount)
		l.noteRefund(RefundReport{Refund: r.Refund, Amount: r.Amount.Amount, At: at})
		return
	}
	if l.FirstAt.IsZero() || at.Before(l.FirstAt) && l.Ruled != EarningPaid {
		l.FirstAt = at // once paid out, a line stays with whom it was paid to
	}
	if r.State != OrderClosed { // a closed line often says 0: it tells nothing of what had been paid
		l.pay(r.Amount, at)
	}
	if r.State == OrderSettled && (l.SettleAt.IsZero() || at.Before(l.SettleAt)) {
		l.SettleAt = at
	}
	switch now, was := orderRank[r.State], orderRank[l.State]; {
	case now > was:
		l.State, l.Reached = r.State, at
	case now == was && at.Before(l.Reached):
		l.Reached = at
	case now < was && at.After(l.Reached):
		l.problem("state-backwards")
	}
}

// pay notes what was paid for the line: the amount of the latest report
// counts, of reports of one time the largest.
func (l *OrderLine) pay(m Money, at time.Time) {
	if l.Paid != nil && l.Paid.Amount != m.Amount {
		l.problem("amount-changed")
	}
	if l.Paid == nil || at.After(l.PaidAt) || at.Equal(l.PaidAt) && m.Amount > l.Paid.Amount {
		l.Paid, l.PaidAt = &m, at
	}
}

// tokenFaults are why a token counts for nothing, the weightiest last.
var tokenFaults = []string{"no-token", "token-malformed", "token-foreign", "token-tampered", "token-partner"}

// take opens a token of the line. One that opens counts for more than one that
// does not, and of several that open, that of the earliest click: what came
// later was made while the line had somebody to credit. A reader's own pick
// counts before all others, so that nobody is paid for it by a second token.
func (l *OrderLine) take(token string, clicks *Clicks) {
	k, err := Click{}, Refuse(Problem{Code: "token-foreign"})
	if clicks != nil {
		k, err = clicks.Open(token)
	}
	if err == nil && partnerOf(k.Product) != l.Partner {
		err = Refuse(Problem{Code: "token-partner"}) // it led to somebody else's checkout
	}
	refusal, refused := errors.AsType[*Refusal](err)
	switch {
	case refused && l.Click == nil:
		if code := refusal.Code(); slices.Index(tokenFaults, code) > slices.Index(tokenFaults, l.Unattributed) {
			l.Unattributed = code
		}
	case refused:
		l.problem(refusal.Code())
	case l.Click == nil:
		l.Click = &k
	case l.Click.ID != k.ID:
		l.problem("token-changed")
		if l.Ruled == EarningPaid {
			return
		}
		first := cmp.Or(l.Click.At.Compare(k.At), cmp.Compare(l.Click.ID, k.ID)) <= 0
		if k.Self != l.Click.Self {
			first = l.Click.Self
		}
		if !first {
			l.Click = &k
		}
	}
}

// problem notes code once.
func (l *OrderLine) problem(code string) {
	if !slices.Contains(l.Problems, code) {
		l.Problems = append(l.Problems, code)
		slices.Sort(l.Problems)
	}
}

// unproblem takes back what later reports explained.
func (l *OrderLine) unproblem(code string) {
	l.Problems = slices.DeleteFunc(l.Problems, func(p string) bool { return p == code })
	if len(l.Problems) == 0 {
		l.Problems = nil
	}
}

func (l *OrderLine) noteIf(odd bool, code string) {
	if odd {
		l.problem(code)
	} else {
		l.unproblem(code)
	}
}

// derive makes everything that follows from the facts.
func (l *OrderLine) derive(order string, c Circumstances) {
	total, each := l.Refunds[""], int64(0)
	for id, n := range l.Refunds {
		if id != "" {
			each += n
		}
	}
	back := max(total, each)
	l.Refunded = 0
	if l.Paid != nil {
		l.Refunded = min(back, l.Paid.Amount)
	}
	l.noteIf(l.Paid != nil && back > l.Paid.Amount, "refund-above-paid")
	l.noteIf(l.State == "" && back > 0, "refund-before-order")
	l.attribute(c.Rules)
	l.sense(order, c)
	l.Held = l.holds()
	l.credit(c.Rules)
}

// tell notes which actions of the reader are due.
func (l *OrderLine) tell(ch *LineChange, at time.Time) {
	if l.Click == nil || l.Click.Self || l.Click.Reader == "" {
		return
	}
	if !l.Purchased && l.Unattributed == "" && l.Paid != nil && l.State != OrderClosed {
		l.Purchased, ch.Purchase = true, true
	}
	if l.Purchased && !l.SentBack && (l.Refunded > 0 || l.State == OrderClosed) {
		l.SentBack, l.SentBackAt, ch.Refund = true, at, true
	}
	if l.Purchased && !l.SettleTold && !l.SettleAt.IsZero() {
		l.SettleTold, ch.Settle = true, true
	}
}

// Action is the action of the reader, a purchase, settlement or refund, that the
// line is of the order. Its id is that of the line and kind, however often it
// is made.
func (l *OrderLine) Action(order, kind string, at time.Time) Action {
	k := l.Click
	return Action{
		ID: kind + "-" + opaque(kind, order, l.Partner, l.Line), Reader: k.Reader, Kind: kind, Pick: k.Pick, Expert: k.Expert,
		Partner: l.Partner, Product: k.Product, SKU: k.SKU, Quantity: k.Quantity, Price: l.Paid, At: at, Order: order, Bot: k.Bot,
	}
}
