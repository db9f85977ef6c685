package recommend

import (
	"slices"
	"time"
)

// EarningTransitions says which states may follow each state of an earning.
// Fraud, canceled and duplicate are final. Processed is never stored: it is
// what pending becomes by time, see [LedgerLine.StateAt].
func EarningTransitions() map[EarningState][]EarningState {
	return map[EarningState][]EarningState{
		EarningPending:   {EarningProcessed, EarningOnHold, EarningRefunded, EarningFraud, EarningCanceled, EarningDuplicate},
		EarningProcessed: {EarningPaid, EarningOnHold, EarningRefunded, EarningFraud, EarningCanceled, EarningDuplicate},
		EarningOnHold:    {EarningPending, EarningProcessed, EarningRefunded, EarningFraud, EarningCanceled, EarningDuplicate},
		// What was paid out can still be taken back, and shows in the balance.
		EarningPaid: {EarningRefunded, EarningFraud, EarningCanceled, EarningDuplicate},
		// A partner may correct upwards what was paid for a line.
		EarningRefunded:  {EarningPending, EarningProcessed, EarningPaid, EarningOnHold, EarningFraud, EarningCanceled, EarningDuplicate},
		EarningFraud:     nil,
		EarningCanceled:  nil,
		EarningDuplicate: nil,
	}
}

// CanFollow reports whether next may follow s.
func (s EarningState) CanFollow(next EarningState) bool {
	return slices.Contains(EarningTransitions()[s], next)
}

// Final reports whether nothing follows s.
func (s EarningState) Final() bool {
	next, known := EarningTransitions()[s]
	return known && len(next) == 0
}

// StateAt is the state at now: a pending line is processed once it was settled
// and held for as long as its terms say.
func (l *LedgerLine) StateAt(now time.Time) EarningState {
	return stateAt(l.State, l.HoldsUntil, now)
}

func stateAt(s EarningState, holdsUntil, now time.Time) EarningState {
	if s == EarningPending && !holdsUntil.IsZero() && !now.Before(holdsUntil) {
		return EarningProcessed
	}
	return s
}

// ReasonAt is the code of why the line is in its state at now, see
// [EarningReason].
func (l *LedgerLine) ReasonAt(now time.Time) string {
	switch l.StateAt(now) {
	case EarningProcessed:
		return "holding-over"
	case EarningPending:
		if l.HoldsUntil.IsZero() {
			return "awaiting-settlement"
		}
		return "holding"
	case EarningPaid, EarningOnHold, EarningRefunded, EarningFraud, EarningCanceled, EarningDuplicate:
	}
	if l.Held != "" {
		return l.Held
	}
	reason := ""
	for _, e := range slices.Backward(l.Entries) { // that of the entry that brought the state
		if e.State != l.State {
			break
		}
		reason = e.Reason
	}
	return reason
}

// Rule applies a decision of a person to a line. The error is a [*Refusal]:
// order-unknown when there is no such line, nothing-earned when nobody is
// credited for it, transition-forbidden when the state that the line has when
// the decision enters the log does not allow it.
func (o *Order) Rule(r *EarningRuled, c Circumstances) (LineChange, error) {
	l := o.Find(r.Partner, r.Line)
	if l == nil {
		return LineChange{}, Refuse(Problem{Code: "order-unknown", Pointer: "/order", Message: "no such line of an order was reported", Fix: "name order, partner and line as GET /v1/me/earnings does"})
	}
	if l.Entries == 0 {
		return LineChange{}, Refuse(Problem{Code: "nothing-earned", Pointer: "/line", Message: "nobody is credited for the line", Fix: "rule on lines that earn something"})
	}
	stored, _ := l.Earning()
	now := stateAt(stored, l.HoldsUntil(), c.Appended)
	allowed := now.CanFollow(r.State)
	switch r.State {
	case EarningPending: // lets go what is held, and nothing else
		allowed = now == EarningOnHold && l.Unattributed == ""
	case EarningOnHold: // what is refunded has nothing to hold
		allowed = now == EarningPending || now == EarningProcessed
	case EarningPaid:
		allowed = now == EarningProcessed
	case EarningFraud, EarningCanceled, EarningDuplicate:
	case EarningProcessed, EarningRefunded: // follow from facts alone
		allowed = false
	}
	if !allowed {
		return LineChange{}, Refuse(Problem{
			Code: "transition-forbidden", Pointer: "/state", Message: "a line that is " + string(now) + " cannot become " + string(r.State),
			Fix: "see the states of earnings in the documentation", Details: map[string]any{"state": now},
		})
	}
	old := *l
	l.Problems, l.Signals = slices.Clone(l.Problems), slices.Clone(l.Signals)
	l.Ruled = r.State
	l.derive(o.ID, c)
	return o.changed(&old, l, cause{at: r.At, text: r.Text, by: r.By, ruled: true}), nil
}

// Validate reports what is wrong with the form of r as a [*Refusal].
func (r *EarningRuled) Validate() error {
	ps := append(idProblem(r.Order, "/order"), idProblem(r.Partner, "/partner")...)
	ps = append(ps, idProblem(r.Line, "/line")...)
	switch r.State {
	case EarningOnHold, EarningPending, EarningFraud, EarningCanceled, EarningDuplicate, EarningPaid:
	case EarningProcessed, EarningRefunded:
		ps = append(ps, Problem{Code: "validation", Pointer: "/state", Message: string(r.State) + " follows from what the partner reports", Fix: "use on_hold, pending, paid, fraud, canceled or duplicate"})
	default:
		ps = append(ps, Problem{Code: "validation", Pointer: "/state", Message: "no state of an earning", Fix: "use on_hold, pending, paid, fraud, canceled or duplicate"})
	}
	if r.By == "" {
		ps = append(ps, Problem{Code: "validation", Pointer: "/by", Message: "missing", Fix: "say who decided"})
	}
	if len(r.Text) > 2000 {
		ps = append(ps, Problem{Code: "validation", Pointer: "/text", Message: "longer than 2000 bytes", Fix: "say it shorter"})
	}
	return Refuse(append(ps, timeProblem(r.At, "/at")...)...)
}
