package recommend

// HeldMoreThanClicked is that more was paid than what was clicked cost.
const HeldMoreThanClicked = "more-than-clicked"

// SignalFastOrder is that the order came sooner after its click than anybody
// can buy; see [EarningRules].
const SignalFastOrder = "fast-order"

// holds is why the line is held without a decision of a person, "" when it is
// not: it follows from the facts alone. Whoever is credited with nothing has
// nothing to hold.
func (l *OrderLine) holds(rules EarningRules) string {
	switch {
	case l.Click == nil || l.Unattributed != "":
		return ""
	case l.moreThanClicked():
		return HeldMoreThanClicked
	case l.fast(rules):
		return SignalFastOrder
	}
	return ""
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
	if l.FirstAt.IsZero() || l.Click.Self {
		return false
	}
	took := l.FirstAt.Sub(l.Click.At)
	return took >= 0 && took < rules.FastOrder.D()
}
