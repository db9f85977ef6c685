package recommend

import (
	"cmp"
	"slices"
	"time"
)

// noteRefund keeps the earliest report of every amount of a refund.
func (l *OrderLine) noteRefund(r RefundReport) {
	i, known := slices.BinarySearchFunc(l.RefundedBy, r, func(a, b RefundReport) int {
		return cmp.Or(cmp.Compare(a.Refund, b.Refund), cmp.Compare(a.Amount, b.Amount))
	})
	l.RefundedBy = slices.Clone(l.RefundedBy)
	switch {
	case !known && len(l.RefundedBy) < maxRefunds:
		l.RefundedBy = slices.Insert(l.RefundedBy, i, r)
	case known && r.At.Before(l.RefundedBy[i].At):
		l.RefundedBy[i].At = r.At
	}
}

// A LineMoney is what a line is worth, in minor units of its currency.
// Gross - Refunded - Canceled = Net.
type LineMoney struct {
	Gross    int64 // what the partner reported as paid, by its latest report
	Refunded int64
	Canceled int64 // what is left of a line that its partner closed
	Net      int64
	Earned   int64 // by experts, by the terms of the click; 0 where nobody is credited
}

// MoneyAt is what the line was worth at asOf, by the times that its partner
// reported: refunds of later are not in it. A later amount paid replaces the
// earlier, which is not known any more. The result is false where nothing had
// been paid by then.
func (l *OrderLine) MoneyAt(asOf time.Time) (LineMoney, bool) {
	if l.Paid == nil || l.FirstAt.IsZero() || l.FirstAt.After(asOf) {
		return LineMoney{}, false
	}
	m := LineMoney{Gross: l.Paid.Amount, Refunded: min(l.refundedAt(asOf), l.Paid.Amount)}
	if l.State == OrderClosed && !l.Reached.After(asOf) {
		m.Canceled = m.Gross - m.Refunded
	}
	m.Net = m.Gross - m.Refunded - m.Canceled
	if len(l.Credits) > 0 && l.Base() > 0 {
		m.Earned = l.Click.Terms.Earned(m.Net)
	}
	return m, true
}

func (l *OrderLine) refundedAt(asOf time.Time) int64 {
	if len(l.RefundedBy) == 0 {
		return l.Refunded // of a line from before there was this
	}
	largest := make(map[string]int64)
	for _, r := range l.RefundedBy {
		if !r.At.After(asOf) {
			largest[r.Refund] = max(largest[r.Refund], r.Amount)
		}
	}
	var each int64
	for id, n := range largest {
		if id != "" {
			each += n
		}
	}
	return max(largest[""], each)
}

// A Share is the part of a line that a pick is credited with, 1 of Parts.
type Share struct {
	Expert, Pick string
	Parts        int
}

// SharesBy are those whom the line is credited to by a model, the pick of its
// token alone where it is not credited to anybody. There are none without a
// token that could be opened.
func (l *OrderLine) SharesBy(m Model) []Share {
	if l.Click == nil {
		return nil
	}
	credits := l.Credits[m]
	if len(credits) == 0 {
		return []Share{{Expert: l.Click.Expert, Pick: l.Click.Pick, Parts: 1}}
	}
	out := make([]Share, len(credits))
	for i, c := range credits {
		out[i] = Share{Expert: c.Expert, Pick: c.Pick, Parts: len(credits)}
	}
	return out
}
