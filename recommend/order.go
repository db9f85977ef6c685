package recommend

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"
)

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
	ps = append(ps, o.Amount.Problems("/amount")...)
	if states := []string{"paid", "received", "settled", "closed", "refunded"}; !slices.Contains(states, o.State) {
		ps = append(ps, Problem{Code: "validation", Pointer: "/state", Message: fmt.Sprintf("%q is no state of an order", clip(o.State)), Fix: fmt.Sprintf("use one of %v", states)})
	}
	ps = append(ps, timeProblem(o.At, "/at")...)
	levels := names{}
	for _, name := range []string{"referrer_expert", "level", "team", "upline", "parent"} {
		levels[foldName(name)] = true
	}
	for _, name := range slices.Sorted(maps.Keys(o.Extra)) {
		if levels.take(name) {
			ps = append(ps, Problem{Code: "multi-level-forbidden", Pointer: "/" + clip(name), Message: "nobody earns from recruiting anybody", Fix: "leave it out: one order line pays the expert whose pick was clicked"})
		}
	}
	return Refuse(ps...)
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
