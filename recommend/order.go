package recommend

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"
)

// The states of an order line as partners report them. The first four follow
// one another; refunded stands beside them.
const (
	OrderPaid     = "paid"
	OrderReceived = "received"
	OrderSettled  = "settled"
	OrderClosed   = "closed" // it came to nothing
	OrderRefunded = "refunded"
)

// orderRank says how far the states are that follow one another.
var orderRank = map[string]int{OrderPaid: 1, OrderReceived: 2, OrderSettled: 3, OrderClosed: 4}

// An OrderReport is the value of a [TypeOrderReported] event: one line of an
// order as its partner states it.
//
// Reports of one line may come in any order and any number of times: of
// amounts the one with the latest At counts, of states the one that is
// furthest, of refunds the sum.
type OrderReport struct {
	ID      string `json:"id"` // of the order, at the partner
	Partner string `json:"partner"`
	Line    string `json:"line"`
	Reader  string `json:"reader,omitempty"` // told by archives; credits nobody
	Pick    string `json:"pick,omitempty"`   // as Reader
	// Token is that of the way to the checkout, see [Clicks]. An order without
	// one is credited to nobody.
	Token string `json:"token,omitempty"`
	// Amount is what was paid for the line; in a report with the state
	// refunded, what has been paid back: of Refund, or altogether so far when
	// Refund is empty.
	Amount Money  `json:"amount"`
	State  string `json:"state"` // paid, received, settled, closed or refunded
	// Refund is the partner's id of one of several refunds of the line.
	Refund   string    `json:"refund,omitempty"`
	Quantity int       `json:"quantity,omitempty"`
	At       time.Time `json:"at"` // of the change

	Extra map[string]json.RawMessage `json:"-"`
}

// Validate reports what is wrong with the form of o as a [*Refusal].
func (o *OrderReport) Validate() error {
	ps := append(idProblem(o.ID, "/id"), idProblem(o.Partner, "/partner")...)
	ps = append(ps, idProblem(o.Line, "/line")...)
	ps = append(ps, o.Amount.Problems("/amount")...)
	if _, ok := orderRank[o.State]; !ok && o.State != OrderRefunded {
		ps = append(ps, Problem{Code: "validation", Pointer: "/state", Message: fmt.Sprintf("%q is no state of an order", clip(o.State)), Fix: "use one of paid, received, settled, closed, refunded"})
	}
	if o.Quantity < 0 || o.Quantity > maxOrdered {
		ps = append(ps, Problem{Code: "validation", Pointer: "/quantity", Message: fmt.Sprintf("quantity %d", o.Quantity), Fix: fmt.Sprintf("give 1 to %d, or leave it out", maxOrdered)})
	}
	if o.Refund != "" {
		ps = append(ps, idProblem(o.Refund, "/refund")...)
		if o.State != OrderRefunded {
			ps = append(ps, Problem{Code: "validation", Pointer: "/refund", Message: "a refund in a report of another state", Fix: "report it with the state refunded"})
		}
	}
	ps = append(ps, timeProblem(o.At, "/at")...)
	return Refuse(append(ps, forbidden(o.Extra)...)...)
}

// maxOrdered is the largest quantity of one line.
const maxOrdered = 1_000_000

// forbidden lists the fields that say what a report has no say in: that
// somebody earns from recruiting, and what an expert earns.
func forbidden(extra map[string]json.RawMessage) []Problem {
	levels, terms := names{}, names{}
	for _, name := range []string{"referrer_expert", "level", "team", "upline", "parent"} {
		levels[foldName(name)] = true
	}
	for _, name := range []string{"rate", "commission_bp", "commission_rate", "expert_share_bp"} {
		terms[foldName(name)] = true
	}
	var ps []Problem
	for _, name := range slices.Sorted(maps.Keys(extra)) {
		switch {
		case levels.take(name):
			ps = append(ps, Problem{Code: "multi-level-forbidden", Pointer: "/" + clip(name), Message: "nobody earns from recruiting anybody", Fix: "leave it out: one order line pays the expert whose pick was clicked"})
		case terms.take(name):
			ps = append(ps, Problem{Code: "terms-frozen", Pointer: "/" + clip(name), Message: "what an order earns was fixed at the click", Fix: "leave it out, and list the product with its new commission: it counts for later clicks"})
		}
	}
	return ps
}

type orderFields OrderReport

// MarshalJSON writes the known fields, then the unknown ones by name.
func (o OrderReport) MarshalJSON() ([]byte, error) { return marshalExtra(orderFields(o), o.Extra) }

// UnmarshalJSON keeps unknown fields in Extra.
func (o *OrderReport) UnmarshalJSON(b []byte) error {
	var f orderFields
	extra, err := unmarshalExtra(b, &f)
	if err != nil {
		return err
	}
	*o = OrderReport(f)
	o.Extra = extra
	return nil
}
