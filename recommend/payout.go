package recommend

import (
	"encoding/base64"
	"slices"
	"strings"
	"time"
	"unicode"
)

// PayoutID is the key, in the orders topic, of where an expert is paid to;
// AccountUseID that of who is paid to an account. No order has such an id.
func PayoutID(expert string) string { return "payout:" + expert }

// AccountUseID is explained at [PayoutID].
func AccountUseID(digest string) string { return "account:" + digest }

// A Payout is where an expert is paid to: part of the [Order] named by
// [PayoutID]. Of the account nothing is kept but a digest that only this
// installation can make, and its last characters, for the expert to know it by.
type Payout struct {
	Expert string    `json:"expert"`
	Digest string    `json:"digest"`
	Last   string    `json:"last"` // at most 4 characters, and at most a third
	At     time.Time `json:"at"`
	// Sequence counts the accounts that the expert has declared.
	Sequence int64 `json:"sequence,omitempty"`
}

// An AccountUse says who is paid to an account: part of the [Order] named by
// [AccountUseID].
type AccountUse struct {
	Digest  string          `json:"digest"`
	Experts map[string]Uses `json:"experts"`
	Signals []Signal        `json:"signals,omitempty"` // one an expert, once there were two
}

// Uses is whether an expert is paid to an account, as of a sequence of his.
type Uses struct {
	Sequence int64 `json:"sequence"`
	Now      bool  `json:"now,omitempty"`
}

// A PayoutDeclared is the value of a [TypePayoutDeclared] event.
type PayoutDeclared Payout

// A PayoutUsed is the value of a [TypePayoutUsed] event: an expert is, or is no
// longer, paid to an account.
type PayoutUsed struct {
	Digest   string `json:"digest"`
	Expert   string `json:"expert"`
	Sequence int64  `json:"sequence"`
	Now      bool   `json:"now"`
}

// Validate reports what is wrong with the form of p as a [*Refusal].
func (p *PayoutDeclared) Validate() error {
	ps := append(idProblem(p.Expert, "/expert"), idProblem(p.Digest, "/digest")...)
	if len([]rune(p.Last)) > maxLast {
		ps = append(ps, Problem{Code: "validation", Pointer: "/last", Message: "more than 4 characters", Fix: "give less of the account"})
	}
	return Refuse(append(ps, timeProblem(p.At, "/at")...)...)
}

// Validate reports what is wrong with the form of u as a [*Refusal].
func (u *PayoutUsed) Validate() error {
	return Refuse(append(idProblem(u.Digest, "/digest"), idProblem(u.Expert, "/expert")...)...)
}

const (
	maxLast                = 4
	minAccount, maxAccount = 6, 100 // characters
)

// PayoutOf is what is kept of an account of expert: however it is spaced, and in
// letters of any case, it is one. The error is a [*Refusal], and does not
// repeat the account.
func (c *Clicks) PayoutOf(expert, account string, at time.Time) (Payout, error) {
	plain := []rune(strings.ToUpper(strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '-' {
			return -1
		}
		return r
	}, account)))
	if n := len(plain); n < minAccount || n > maxAccount || slices.ContainsFunc(plain, unicode.IsControl) {
		return Payout{}, Refuse(Problem{Code: "validation", Pointer: "/account", Message: "no account", Fix: "give 6 to 100 characters, such as an IBAN, a card's number or the name at a payment service"})
	}
	const size = 18 // bytes
	digest := "d" + base64.RawURLEncoding.EncodeToString(c.mac("payout", []byte(string(plain)))[:size])
	return Payout{Expert: expert, Digest: digest, Last: string(plain[len(plain)-min(maxLast, len(plain)/3):]), At: at.UTC()}, nil
}

// Declare takes an account, and says what changes in the use of accounts.
func (p *Payout) Declare(d *PayoutDeclared) []PayoutUsed {
	if p.Digest == d.Digest {
		return nil
	}
	old, next := p.Digest, p.Sequence+1
	*p = Payout(*d)
	p.At, p.Sequence = d.At.UTC(), next
	used := []PayoutUsed{{Digest: p.Digest, Expert: p.Expert, Sequence: next, Now: true}}
	if old != "" {
		used = append(used, PayoutUsed{Digest: old, Expert: p.Expert, Sequence: next})
	}
	return used
}

// Use takes that an expert is, or is no longer, paid to the account; of what is
// told of one expert the latest counts. It returns the signals that are new or
// changed: one about each of two or more experts who are.
func (a *AccountUse) Use(u *PayoutUsed, c Circumstances) []Signal {
	a.Digest = u.Digest
	if a.Experts == nil {
		a.Experts = map[string]Uses{}
	}
	if known, ok := a.Experts[u.Expert]; ok && known.Sequence >= u.Sequence {
		return nil
	}
	a.Experts[u.Expert] = Uses{Sequence: u.Sequence, Now: u.Now}
	var users []string
	for _, x := range sortedKeys(a.Experts) {
		if a.Experts[x].Now {
			users = append(users, x)
		}
	}
	var changed []Signal
	for _, x := range sortedKeys(a.Experts) {
		if s := a.raise(x, users, c); s != nil {
			changed = append(changed, *s)
		}
	}
	return changed
}

// raise brings the signal about an expert up to date; nil when it stays as it is.
func (a *AccountUse) raise(expert string, users []string, c Circumstances) *Signal {
	so := len(users) > 1 && slices.Contains(users, expert)
	id, now := SignalID(SignalSharedPayout, a.Digest, expert), c.Appended.UTC()
	i := slices.IndexFunc(a.Signals, func(s Signal) bool { return s.ID == id })
	switch {
	case i < 0 && !so:
		return nil
	case i < 0:
		i = len(a.Signals)
		a.Signals = append(a.Signals, Signal{
			ID: id, Kind: SignalSharedPayout, Subject: Subject{Kind: TargetExpert, ID: expert}, Key: AccountUseID(a.Digest), Expert: expert,
			State: SignalOpen, FirstSeen: now,
		})
	case a.Signals[i].Lapsed == !so && (!so || slices.Equal(a.Signals[i].Evidence.Experts, users)):
		return nil
	}
	s := &a.Signals[i]
	s.Revision++
	s.Lapsed = !so
	if so {
		s.Evidence, s.LastSeen, s.Expires = Evidence{Experts: users}, now, now.Add(c.Rules.SignalFor.D())
	}
	out := *s
	return &out
}

// Change changes one signal about an expert. The error is a [*Refusal]:
// signal-unknown, or that of change.
func (a *AccountUse) Change(signal string, change func(*Signal) error) ([]Signal, error) {
	i := slices.IndexFunc(a.Signals, func(s Signal) bool { return s.ID == signal })
	if i < 0 {
		return nil, signalUnknown()
	}
	s := a.Signals[i]
	if err := change(&s); err != nil || s.Revision == a.Signals[i].Revision {
		return nil, err
	}
	a.Signals[i] = s
	return []Signal{s}, nil
}
