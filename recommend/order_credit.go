package recommend

import (
	"math/bits"
	"slices"
	"time"
)

// Window is for how long after a click on path an order counts for it.
func (r EarningRules) Window(path Path) time.Duration {
	if path == PathBookmark || path == PathCart {
		return r.KeptWindow.D()
	}
	return r.DirectWindow.D()
}

// partnerSkew is how much earlier than the click a partner's clock may have
// the order.
const partnerSkew = 5 * time.Minute

// attribute says whether the order's time lies in the window of the click.
func (l *OrderLine) attribute(rules EarningRules) {
	if l.Click == nil {
		return // Unattributed says what was wrong with the token
	}
	l.Unattributed = ""
	switch k := l.Click; {
	case l.FirstAt.IsZero():
	case l.FirstAt.Before(k.At.Add(-partnerSkew)):
		l.Unattributed = "before-click"
	case l.FirstAt.After(k.At.Add(rules.Window(k.Path))):
		l.Unattributed = "window-over"
	}
}

// Base is what is paid for the line and not paid back, in minor units; 0 when
// nothing is earned of it any more.
func (l *OrderLine) Base() int64 {
	if l.Paid == nil {
		return 0
	}
	switch state, _ := l.Earning(); state {
	case EarningCanceled, EarningFraud, EarningDuplicate:
		return 0
	case EarningPending, EarningProcessed, EarningPaid, EarningOnHold, EarningRefunded:
	}
	return l.Paid.Amount - l.Refunded
}

// credit shares out what the line earns, under every model.
func (l *OrderLine) credit(rules EarningRules) {
	l.Credits = nil
	if l.Click == nil || l.Unattributed != "" || l.Paid == nil {
		return
	}
	touches := l.touches(rules)
	earned := l.Click.Terms.Earned(l.Base())
	one := func(t Touch) []Credit { return []Credit{{t.Expert, t.Pick, t.Click, earned}} }
	split := make([]Credit, len(touches))
	for i, part := range EqualParts(earned, len(touches)) {
		split[i] = Credit{touches[i].Expert, touches[i].Pick, touches[i].Click, part}
	}
	l.Credits = map[Model][]Credit{
		ModelLast: one(touches[len(touches)-1]), ModelFirst: one(touches[0]), ModelSplit: split,
	}
}

// touches are the clicks that the order counts for, of one expert the last,
// oldest first; the last of them is that of the token.
func (l *OrderLine) touches(rules EarningRules) []Touch {
	k := l.Click
	last := Touch{Click: k.ID, Pick: k.Pick, Expert: k.Expert, At: k.At, Path: k.Path}
	if k.Self {
		return []Touch{last}
	}
	all := slices.SortedStableFunc(slices.Values(k.Touches), func(a, b Touch) int { return a.At.Compare(b.At) })
	out := []Touch{last}
	for _, t := range slices.Backward(all) {
		over := l.FirstAt.After(t.At.Add(rules.Window(t.Path)))
		if !over && !slices.ContainsFunc(out, func(o Touch) bool { return o.Expert == t.Expert }) {
			out = append(out, t)
		}
	}
	slices.Reverse(out)
	return out
}

// Earned is what base earns, rounded once, half up: the expert's share of the
// partner's commission, in the minor units of base.
func (t Terms) Earned(base int64) int64 {
	const whole = 10_000
	if base <= 0 {
		return 0
	}
	rate := uint64(min(max(t.CommissionBP, 0), whole)) * uint64(min(max(t.ShareBP, 0), whole))
	hi, lo := bits.Mul64(uint64(base), rate) // more than 64 bits of a large order
	lo, carry := bits.Add64(lo, whole*whole/2, 0)
	n, _ := bits.Div64(hi+carry, lo, whole*whole)
	return int64(n) //nolint:gosec // at most base
}

// payee is the model that the line pays by.
func (t Terms) payee() Model {
	switch t.Model {
	case ModelFirst, ModelSplit:
		return t.Model
	case ModelLast:
	}
	return ModelLast
}

// EqualParts cuts n minor units into equal parts whose sum is n: what is left over goes to the
// first of them, one unit each.
func EqualParts(n int64, parts int) []int64 {
	out := make([]int64, parts)
	for i := range out {
		out[i] = n / int64(parts)
		if int64(i) < n%int64(parts) {
			out[i]++
		}
	}
	return out
}

// paid are the credits that ledgers hold: those of the model of the terms.
func (l *OrderLine) paid() []Credit {
	if l.Click == nil {
		return nil
	}
	return l.Credits[l.Click.Terms.payee()]
}

// Earning is where what the line earns stands, as stored in ledgers, and the
// code of why.
func (l *OrderLine) Earning() (EarningState, string) {
	switch {
	case l.Ruled.Final():
		return l.Ruled, "ruled-" + string(l.Ruled)
	case l.State == OrderClosed:
		return EarningCanceled, "order-closed"
	case l.Click != nil && l.Click.Self:
		return EarningCanceled, "self-purchase"
	case l.Paid != nil && l.Refunded > 0 && l.Refunded == l.Paid.Amount:
		return EarningRefunded, "refund"
	case l.Ruled == EarningPaid:
		return EarningPaid, "paid-out"
	case l.Unattributed != "":
		return EarningOnHold, l.Unattributed // it was credited, and is not any more
	case l.Ruled == EarningOnHold:
		return EarningOnHold, "ruled-on_hold"
	case l.Held != "" && l.Ruled != EarningPending:
		return EarningOnHold, l.Held
	}
	return EarningPending, "order-paid"
}

// HoldsUntil is when the line can be paid out; zero while it is not settled.
func (l *OrderLine) HoldsUntil() time.Time {
	if l.SettleAt.IsZero() || l.Click == nil {
		return time.Time{}
	}
	return l.SettleAt.AddDate(0, 0, l.Click.Terms.HoldingDays)
}
