package recommend

import (
	"fmt"
	"strings"
	"time"
)

// Kinds of signals about the quality of traffic.
const (
	SignalFastOrder    = "fast-order"    // the order came sooner after its click than anybody can buy
	SignalSelfPurchase = "self-purchase" // the expert bought by a pick of his own
	SignalSharedPayout = "shared-payout" // two experts are paid to one account; of a line: its buyer and its expert are
	SignalClickBurst   = "click-burst"   // very many clicks on a pick from very few networks or readers
)

// SignalKinds lists the kinds of signals.
func SignalKinds() []string {
	return []string{SignalFastOrder, SignalSelfPurchase, SignalSharedPayout, SignalClickBurst}
}

// A SignalState is where a signal stands.
type SignalState string

// The states of signals. One that is open or upheld holds what it is about.
const (
	SignalOpen      SignalState = "open"
	SignalUpheld    SignalState = "upheld"    // a moderator found it right; its lines wait for a ruling
	SignalDismissed SignalState = "dismissed" // a moderator found it wrong
	SignalExpired   SignalState = "expired"   // nobody decided in time
)

// SignalStates lists the states of signals.
func SignalStates() []SignalState {
	return []SignalState{SignalOpen, SignalUpheld, SignalDismissed, SignalExpired}
}

// A Signal is something odd about traffic, for a moderator to look at: the body
// of a [KindSignal] document named by its ID. It deletes nothing. It names no
// reader.
type Signal struct {
	ID      string  `json:"id"`
	Kind    string  `json:"kind"`
	Subject Subject `json:"subject"`
	// Key is that of the events, in the orders topic, that the signal is made of.
	Key string `json:"key,omitempty"`
	// Pick and Expert are those of the click that it is about.
	Pick      string      `json:"pick,omitempty"`
	Expert    string      `json:"expert,omitempty"`
	Evidence  Evidence    `json:"evidence"`
	FirstSeen time.Time   `json:"first_seen"`
	LastSeen  time.Time   `json:"last_seen"`
	Expires   time.Time   `json:"expires"` // without a decision by then it holds nothing more
	State     SignalState `json:"state"`
	// Lapsed says that what it rests on was corrected since: it holds nothing.
	Lapsed bool      `json:"lapsed,omitempty"`
	By     string    `json:"by,omitempty"` // who decided
	Text   string    `json:"text,omitempty"`
	At     time.Time `json:"decided_at,omitzero"`
	// Click is that of the line that was told of the signal, where the signal is
	// about a pick: with another click the line has nothing to do with it.
	Click string `json:"click,omitempty"`
	// Revision counts the changes of the signal.
	Revision int64 `json:"revision"`
}

// SubjectLine is the kind of a [Subject] that is a line of an order. The other
// kinds are those of a [Target].
const SubjectLine = "line"

// A Subject is what a signal is about, as "kind:id".
type Subject struct {
	Kind string `json:"kind"` // "line", "pick" or "expert"
	ID   string `json:"id"`   // of a line "order/partner/line"
}

// String is "kind:id".
func (s Subject) String() string { return s.Kind + ":" + s.ID }

// Evidence are the figures that a signal rests on, those of its kind.
type Evidence struct {
	ClickAt time.Time `json:"click_at,omitzero"` // to the second
	OrderAt time.Time `json:"order_at,omitzero"` // by the partner's clock
	// Seconds are those from the click to the order, Limit what is too few.
	Seconds *float64 `json:"seconds,omitempty"`
	Limit   float64  `json:"limit,omitempty"`
	// Experts are those who are paid to one account.
	Experts []string `json:"experts,omitempty"`
	// Buckets are those of a pick's clicks that are bursts, of Width seconds each.
	Buckets []Bucket `json:"buckets,omitempty"`
	Width   float64  `json:"width,omitempty"`
}

// SignalID names a signal of a kind about what parts tell.
func SignalID(kind string, parts ...string) string { return kind + "-" + opaque(parts...) }

// Holds reports whether s holds earnings. An own purchase earns nothing as it
// is, and has nothing to hold.
func (s *Signal) Holds() bool {
	return !s.Lapsed && s.Kind != SignalSelfPurchase && (s.State == SignalOpen || s.State == SignalUpheld)
}

// Resolve applies a decision. Of several the latest counts. The error is a
// [*Refusal]: signal-expired when nobody had decided in time.
func (s *Signal) Resolve(r *SignalResolved) error {
	if s.State == SignalExpired {
		return Refuse(Problem{Code: "signal-expired", Pointer: "/signal", Message: "nobody decided in time: it holds nothing any more", Fix: "rule on the lines themselves"})
	}
	if !s.At.IsZero() && !r.At.After(s.At) {
		return nil
	}
	s.State, s.By, s.Text, s.At = r.State, r.By, r.Text, r.At.UTC()
	s.Revision++
	return nil
}

// Expire ends s when nobody has decided by now, and reports whether it did.
func (s *Signal) Expire(now time.Time) bool {
	if s.State != SignalOpen || now.Before(s.Expires) {
		return false
	}
	s.State = SignalExpired
	s.Revision++
	return true
}

// A SignalResolved is the value of a [TypeSignalResolved] event: what a
// moderator found.
type SignalResolved struct {
	Signal string      `json:"signal"`
	Key    string      `json:"key"`
	State  SignalState `json:"state"` // upheld or dismissed
	Text   string      `json:"text"`
	By     string      `json:"by"`
	At     time.Time   `json:"at"`
}

// Validate reports what is wrong with the form of r as a [*Refusal].
func (r *SignalResolved) Validate() error {
	ps := signalProblems(r.Signal, r.Key)
	if r.State != SignalUpheld && r.State != SignalDismissed {
		ps = append(ps, Problem{Code: "validation", Pointer: "/state", Message: fmt.Sprintf("%q is no finding", clip(string(r.State))), Fix: "use upheld or dismissed"})
	}
	if r.By == "" {
		ps = append(ps, Problem{Code: "validation", Pointer: "/by", Message: "missing", Fix: "say who decided"})
	}
	if len(r.Text) > 2000 {
		ps = append(ps, Problem{Code: "validation", Pointer: "/text", Message: "longer than 2000 bytes", Fix: "say it shorter"})
	}
	return Refuse(append(ps, timeProblem(r.At, "/at")...)...)
}

// A SignalEnded is the value of a [TypeSignalEnded] event: nobody has decided
// in time.
type SignalEnded struct {
	Signal string    `json:"signal"`
	Key    string    `json:"key"`
	At     time.Time `json:"at"`
}

// Validate reports what is wrong with the form of r as a [*Refusal].
func (r *SignalEnded) Validate() error {
	return Refuse(append(signalProblems(r.Signal, r.Key), timeProblem(r.At, "/at")...)...)
}

func signalProblems(signal, key string) []Problem {
	ps := idProblem(signal, "/signal")
	if key == "" {
		ps = append(ps, Problem{Code: "validation", Pointer: "/key", Message: "missing", Fix: "give the key that the signal names"})
	}
	return ps
}

// lineSubject is a line of an order as the subject of a signal.
func lineSubject(order, partner, line string) Subject {
	return Subject{Kind: SubjectLine, ID: strings.Join([]string{order, partner, line}, "/")}
}

func signalUnknown() error {
	return Refuse(Problem{Code: "signal-unknown", Pointer: "/signal", Message: "there is no such signal", Fix: "name one of GET /v1/signals"})
}
