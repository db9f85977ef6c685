package recommend

import (
	"fmt"
	"slices"
	"strconv"
	"time"
)

// An EarningState is where what a line of an order earns stands.
type EarningState string

// The states of earnings. [EarningTransitions] says which follows which.
const (
	EarningPending   EarningState = "pending"   // the order can still come back
	EarningProcessed EarningState = "processed" // settled and held long enough: to be paid out
	EarningPaid      EarningState = "paid"
	EarningOnHold    EarningState = "on_hold"   // somebody has to look at it
	EarningRefunded  EarningState = "refunded"  // everything was paid back
	EarningFraud     EarningState = "fraud"     // final
	EarningCanceled  EarningState = "canceled"  // final: the order was closed, or earns nothing
	EarningDuplicate EarningState = "duplicate" // final: paid for elsewhere
)

// An EntryKind is what an entry of a ledger is about.
type EntryKind string

// The kinds of entry.
const (
	EntryAccrual    EntryKind = "accrual"    // the line was paid
	EntryAdjustment EntryKind = "adjustment" // the amount paid changed
	EntryReversal   EntryKind = "reversal"   // of Origin, in part or whole
	EntryTransition EntryKind = "transition" // Amount is 0: only the state changed
)

// An Entry is one movement of an expert's ledger. Entries are added and never
// changed; a balance is their sum.
type Entry struct {
	ID     string       `json:"id"`
	Kind   EntryKind    `json:"kind"`
	Amount int64        `json:"amount"` // minor units of the line's currency; negative takes back
	Base   int64        `json:"base"`   // what the line is paid and not paid back, after this
	State  EarningState `json:"state"`  // of the line, after this
	Reason string       `json:"reason"` // code, such as "order-paid" or "refund"
	Text   string       `json:"text,omitempty"`
	By     string       `json:"by,omitempty"` // who decided, where a person did
	At     time.Time    `json:"at"`
	Origin string       `json:"origin,omitempty"` // id of the entry that a reversal or adjustment is of
}

// A LedgerLine is what one line of an order earns one expert.
type LedgerLine struct {
	Order      string       `json:"order"`
	Line       string       `json:"line"`
	Partner    string       `json:"partner"`
	Pick       string       `json:"pick"`
	Product    string       `json:"product,omitempty"`
	Click      string       `json:"click"`
	Model      Model        `json:"model"`
	Parts      int          `json:"parts,omitempty"` // experts that the line is split among, when more than one
	Terms      Terms        `json:"terms"`
	Currency   string       `json:"currency"`
	Amount     int64        `json:"amount"` // sum of Entries
	State      EarningState `json:"state"`  // that stored; see [LedgerLine.StateAt]
	HoldsUntil time.Time    `json:"holds_until,omitzero"`
	Held       string       `json:"held,omitempty"`      // why it is held now, while State is on_hold and the line is credited
	HeldUntil  time.Time    `json:"held_until,omitzero"` // then Held holds no more, whoever looks; zero waits for a ruling
	Entries    []Entry      `json:"entries"`
}

// A LedgerDay holds the lines whose first report entered the log on a day: the
// body of a [KindEarning] document named by [LedgerID].
type LedgerDay struct {
	Expert string       `json:"expert"`
	Day    string       `json:"day"` // 2026-11-26
	Lines  []LedgerLine `json:"lines"`
}

// An Account sums up an expert's ledger, of one partition of the orders topic:
// the body of a [KindEarning] document named by [AccountID].
type Account struct {
	Expert  string           `json:"expert"`
	Days    []string         `json:"days"`    // those with lines, oldest first
	Balance map[string]int64 `json:"balance"` // by currency: the sum of all entries
	// Buyers are who bought by this expert's picks and did not send everything
	// back, as opaque digests, with the day of the last settled order.
	Buyers map[string]string `json:"buyers,omitempty"`
}

// LedgerID names the document of a day of an expert's ledger.
func LedgerID(expert string, partition int, day string) string {
	return expert + "@" + strconv.Itoa(partition) + "/" + day
}

// AccountID names the document that sums up an expert's ledger.
func AccountID(expert string, partition int) string { return expert + "@" + strconv.Itoa(partition) }

// SyncID is the key, in the orders topic, of how far a partner's orders have
// been asked for. No order has such an id.
func SyncID(partner string) string { return "sync:" + partner }

// An Order is what is known of an order: the body of a [KindOrder] document.
// The document named by [SyncID] has Sync alone, that named by [WatchID] Watch.
type Order struct {
	ID    string      `json:"id"`
	Lines []OrderLine `json:"lines,omitempty"` // in the order of their first reports
	Sync  *Sync       `json:"sync,omitempty"`
	Watch *Watch      `json:"watch,omitempty"`
	// Payout and Account are of the documents named by [PayoutID] and [AccountUseID].
	Payout  *Payout     `json:"payout,omitempty"`
	Account *AccountUse `json:"account,omitempty"`
	Seen    Seen        `json:"seen,omitempty"`
}

// An OrderLine is one line of an order: the facts that its partner reported,
// whatever their order, and what follows from them.
type OrderLine struct {
	Partner string `json:"partner"`
	Line    string `json:"line"`
	// State is the furthest of paid, received, settled and closed; "" while only
	// a refund was reported.
	State    string           `json:"state,omitempty"`
	Reached  time.Time        `json:"reached,omitzero"` // the earliest At of a report with State
	Paid     *Money           `json:"paid,omitempty"`
	PaidAt   time.Time        `json:"paid_at,omitzero"`  // of the report that Paid is of
	FirstAt  time.Time        `json:"first_at,omitzero"` // the earliest At of a report that is no refund: the time of the order
	SettleAt time.Time        `json:"settled_at,omitzero"`
	Refunds  map[string]int64 `json:"refunds,omitempty"`  // by id of the refund; "" is the largest total reported
	Refunded int64            `json:"refunded,omitempty"` // of Paid, never above it
	// RefundedBy says since when how much of a refund was reported.
	RefundedBy []RefundReport `json:"refunded_by,omitempty"`
	Currency   string         `json:"currency"`

	// Click is what the token says, of several that of the earliest click; nil
	// when none could be opened. It credits somebody only if Unattributed is "".
	Click *Click `json:"click,omitempty"`
	// Unattributed says why nobody is credited: no-token, token-foreign,
	// token-tampered, token-malformed, token-partner, before-click or window-over.
	Unattributed string `json:"unattributed,omitempty"`
	// Credits are what each model of attribution gives to whom.
	Credits map[Model][]Credit `json:"credits,omitempty"`
	// Ruled is the last decision of a person, "" when there was none.
	Ruled EarningState `json:"ruled,omitempty"`
	// Held says why the line is on hold without a decision, "" when it is not.
	Held string `json:"held,omitempty"`
	// Signals are what is odd about the traffic that brought the line.
	Signals []Signal `json:"signals,omitempty"`
	Watched string   `json:"watched,omitempty"` // the click that was last told of to the watch of its pick
	// Problems are codes of what was odd about the reports, each once.
	Problems []string `json:"problems,omitempty"`
	// Day of the ledger that has the line, and how many entries it has there.
	Day     string `json:"day,omitempty"`
	Entries int    `json:"entries,omitempty"`
	// Reported says which actions of the reader were made of the line.
	Purchased  bool `json:"purchased,omitempty"`
	SentBack   bool `json:"sent_back,omitempty"`
	SettleTold bool `json:"settle_told,omitempty"`
	// SentBackAt is when the first report was made that SentBack is of.
	SentBackAt time.Time `json:"sent_back_at,omitzero"`
}

// A RefundReport is an amount that a partner reported of a refund.
type RefundReport struct {
	Refund string    `json:"refund,omitempty"`
	Amount int64     `json:"amount"`
	At     time.Time `json:"at"` // the earliest of such reports
}

// A Credit is what an expert gets of a line under one model.
type Credit struct {
	Expert string `json:"expert"`
	Pick   string `json:"pick"`
	Click  string `json:"click"`
	Amount int64  `json:"amount"` // minor units, of what is paid and not paid back
}

// A Sync tells which times of a partner's orders are in the log.
type Sync struct {
	Partner string `json:"partner"`
	// Covered are spans without a gap in them, oldest first, at most 200.
	Covered []Span    `json:"covered,omitempty"`
	At      time.Time `json:"at,omitzero"` // of the last
}

// A Span is From ≤ t < To.
type Span struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// maxSpans bounds what a Sync lists. The oldest are forgotten first.
const maxSpans = 200

// Add covers span too; spans that meet become one. Covering what is covered
// changes nothing.
func (s *Sync) Add(span Span) {
	span.From, span.To = span.From.UTC(), span.To.UTC()
	kept := make([]Span, 0, len(s.Covered)+1)
	for _, c := range s.Covered {
		if c.To.Before(span.From) || span.To.Before(c.From) {
			kept = append(kept, c)
			continue
		}
		if c.From.Before(span.From) {
			span.From = c.From
		}
		if c.To.After(span.To) {
			span.To = c.To
		}
	}
	kept = append(kept, span)
	slices.SortFunc(kept, func(a, b Span) int { return a.From.Compare(b.From) })
	s.Covered = kept[max(0, len(kept)-maxSpans):]
}

// Gaps are the spans between from and to that are not covered, oldest first.
func (s *Sync) Gaps(from, to time.Time) []Span {
	var out []Span
	for _, c := range s.Covered {
		if end := c.From; from.Before(end) {
			if end.After(to) {
				end = to
			}
			if from.Before(end) {
				out = append(out, Span{from, end})
			}
		}
		if c.To.After(from) {
			from = c.To
		}
	}
	if from.Before(to) {
		out = append(out, Span{from, to})
	}
	return out
}

// An OrdersSynced is the value of a [TypeOrdersSynced] event.
type OrdersSynced struct {
	Partner string    `json:"partner"`
	From    time.Time `json:"from"`
	To      time.Time `json:"to"`
	Reports int       `json:"reports"`
}

// Validate reports what is wrong with the form of s as a [*Refusal].
func (s *OrdersSynced) Validate() error {
	ps := append(idProblem(s.Partner, "/partner"), timeProblem(s.From, "/from")...)
	ps = append(ps, timeProblem(s.To, "/to")...)
	if len(ps) == 0 && !s.From.Before(s.To) {
		ps = append(ps, Problem{Code: "validation", Pointer: "/to", Message: "not after from", Fix: "give a span of time"})
	}
	if s.Reports < 0 {
		ps = append(ps, Problem{Code: "validation", Pointer: "/reports", Message: fmt.Sprintf("%d reports", s.Reports), Fix: "give how many there were"})
	}
	return Refuse(ps...)
}

// An EarningRuled is the value of an [TypeEarningRuled] event: a decision
// about a line of an order, or that it was paid out.
type EarningRuled struct {
	Order   string       `json:"order"`
	Partner string       `json:"partner"`
	Line    string       `json:"line"`
	State   EarningState `json:"state"` // on_hold, pending (released), fraud, canceled, duplicate or paid
	Text    string       `json:"text"`
	By      string       `json:"by"`
	At      time.Time    `json:"at"`
}
