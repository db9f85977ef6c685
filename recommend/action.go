package recommend

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Kinds of action.
const (
	ActFollow     = "follow"
	ActUnfollow   = "unfollow"
	ActMute       = "mute"
	ActUnmute     = "unmute"
	ActImpression = "impression" // the card was seen
	ActOpen       = "open"       // the middle page was opened
	ActBookmark   = "bookmark"
	ActUnbookmark = "unbookmark"
	ActCart       = "cart"     // put into the cart, or its quantity set, see Action.Set
	ActUncart     = "uncart"   // a line left the cart
	ActMerge      = "merge"    // a guest's cart came into this one, see Action.Lines
	ActCheckout   = "checkout" // a way to the partner's checkout was minted, see Action.Click
	ActPurchase   = "purchase" // a partner reported it paid; made by the fold of orders
	ActRefund     = "refund"   // a partner reported money back; made by the fold of orders
	ActSettle     = "settle"   // a partner settled what was bought; made by the fold of orders
	ActHide       = "hide"     // less of this
	ActUnhide     = "unhide"   // takes hide and more back
	ActMore       = "more"     // more of this
	ActReport     = "report"   // against a rule
	ActComplain   = "complain" // about what happened after a checkout
	ActShare      = "share"
	ActPersonal   = "personal"   // windows fit the reader again
	ActImpersonal = "impersonal" // windows are made without the reader
	ActServed     = "served"     // picks are to be put before the reader, see Action.Served
	ActDose       = "dose"       // how many of those he wants a day, see Action.Dose
)

// acts says for every kind of action which object it needs: "pick", "expert",
// "any" for one of pick, expert, topic and partner, or "" for none. What undoes
// "any" undoes all when it names nothing.
var acts = map[string]string{
	ActFollow: "expert", ActUnfollow: "expert", ActMute: "any", ActHide: "any", ActMore: "any", ActReport: "any", ActUnmute: "", ActUnhide: "",
	ActImpression: "pick", ActOpen: "pick", ActBookmark: "pick", ActUnbookmark: "pick", ActCart: "pick", ActUncart: "pick",
	ActCheckout: "pick", ActPurchase: "pick", ActRefund: "pick", ActSettle: "pick", ActShare: "pick",
	ActComplain: "", ActMerge: "", ActPersonal: "", ActImpersonal: "", ActServed: "", ActDose: "",
}

// An Action is the value of a [TypeActed] event: one thing a reader did.
type Action struct {
	ID string `json:"id"`
	// Reader is the pseudonym that the reader's events carry, see [Pseudonyms].
	Reader  string    `json:"reader"`
	Kind    string    `json:"kind"`
	Pick    string    `json:"pick,omitempty"`
	Expert  string    `json:"expert,omitempty"`
	Topic   string    `json:"topic,omitempty"`
	Partner string    `json:"partner,omitempty"`
	At      time.Time `json:"at"`

	// Where it was done: the window's id and the position in it. A window that
	// was not made for the reader is taken all the same, and marked in what is
	// counted of it.
	Window   string `json:"window,omitempty"`
	Position *int   `json:"position,omitempty"`
	Source   string `json:"source,omitempty"` // the candidate source that brought the pick
	// Own says that the reader published the pick himself: it is counted apart.
	Own bool `json:"own,omitempty"`
	// Bot says that a robot did it, by its own word: it is counted apart, and
	// nothing is learned of it.
	Bot bool   `json:"bot,omitempty"`
	Arm string `json:"arm,omitempty"` // of the experiments that the window was made in
	// Propensity is that of the card, see [Item]; 0 when it is not told.
	Propensity float64 `json:"propensity,omitempty"`

	// Product is the key of the product that the pick leads to. Known, it joins
	// lines of one product and expert, and clicks of one product.
	Product string `json:"product,omitempty"`

	// Of cart and uncart.
	SKU      string `json:"sku,omitempty"`      // the variant at the partner
	Quantity int    `json:"quantity,omitempty"` // to add, or to set; 0 is 1 when adding
	Set      bool   `json:"set,omitempty"`      // Quantity replaces that of the line; 0 removes it
	Price    *Money `json:"price,omitempty"`    // that the reader saw
	// Base is the revision of the cart that the reader saw; 0 changes whatever is there.
	Base  int64 `json:"base,omitempty"`
	Guest bool  `json:"guest,omitempty"` // the reader has not signed in: the cart is kept for 30 days rather than 90
	// Lines of merge: those of the guest's cart.
	Lines []CartLine `json:"lines,omitempty"`

	// Served of served: the fold gives as many of them as the reader's dose
	// allows, see [Dose].
	Served []ServedPick `json:"served,omitempty"`
	// Dose of dose: picks a day; nil leaves it to the policy.
	Dose *int `json:"dose,omitempty"`

	// Click of checkout: what the token of the way to the checkout says; of
	// complain: of which only ID is looked at.
	Click *Click `json:"click,omitempty"`

	// Near, of checkout, says that somebody of the reader's network had gone to
	// the checkout of the pick moments before, see [BurstRules]. Nothing else is
	// known of the network.
	Near bool `json:"near,omitempty"`

	// Of report and complain.
	Category string   `json:"category,omitempty"`
	Rules    []string `json:"rule_ids,omitempty"`
	Text     string   `json:"text,omitempty"`
	Order    string   `json:"order,omitempty"` // of complain, purchase and refund

	Extra map[string]json.RawMessage `json:"-"`
}

// Object is what the action is about: its kind and id.
func (a *Action) Object() (kind, id string) {
	switch need := acts[a.Kind]; {
	case a.Pick != "" && need != "expert":
		return "pick", a.Pick
	case a.Expert != "" && need != "pick":
		return "expert", a.Expert
	case a.Topic != "":
		return "topic", a.Topic
	case a.Partner != "":
		return "partner", a.Partner
	}
	return "", ""
}

// Validate reports what is wrong with the form of a as a [*Refusal].
func (a *Action) Validate() error {
	ps := append(idProblem(a.ID, "/id"), idProblem(a.Reader, "/reader")...)
	need, ok := acts[a.Kind]
	if !ok {
		ps = append(ps, Problem{Code: "validation", Pointer: "/kind", Message: fmt.Sprintf("%q is no kind of action", clip(a.Kind)), Fix: fmt.Sprintf("use one of %v", slices.Sorted(maps.Keys(acts)))})
	} else {
		ps = append(ps, a.objectProblems(need)...)
	}
	ps = append(ps, timeProblem(a.At, "/at")...)
	if a.Position != nil && (*a.Position < 0 || *a.Position > 10_000) {
		ps = append(ps, Problem{Code: "validation", Pointer: "/position", Message: fmt.Sprintf("position %d", *a.Position), Fix: "give the position in the window, from 0"})
	}
	return Refuse(append(ps, a.detailProblems()...)...)
}

func (a *Action) objectProblems(need string) []Problem {
	kind, id := a.Object()
	switch {
	case kind == "" && need == "":
		return nil
	case need == "any" && kind == "":
		return []Problem{{Code: "validation", Pointer: "/pick", Message: a.Kind + " without an object", Fix: "name a pick, expert, topic or partner"}}
	case need != "any" && need != "" && kind != need:
		return []Problem{{Code: "validation", Pointer: "/" + need, Message: a.Kind + " needs a " + need, Fix: "name the " + need}}
	case kind == "topic" && !ValidTopic(id):
		return []Problem{{Code: "validation", Pointer: "/topic", Message: fmt.Sprintf("%q is not a topic id", clip(id)), Fix: "use an id listed by GET /v1/topics"}}
	case kind == "topic":
		return nil
	}
	return idProblem(id, "/"+kind)
}

type actionFields Action

// MarshalJSON writes the known fields, then the unknown ones by name.
func (a Action) MarshalJSON() ([]byte, error) { return marshalExtra(actionFields(a), a.Extra) }

// UnmarshalJSON keeps unknown fields in Extra.
func (a *Action) UnmarshalJSON(b []byte) error {
	var f actionFields
	extra, err := unmarshalExtra(b, &f)
	if err != nil {
		return err
	}
	*a = Action(f)
	a.Extra = extra
	return nil
}
