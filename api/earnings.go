package api

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"vitrine.dev/recommend"
)

// An earning is what one line of an order earns the caller, and why.
type earning struct {
	Order      string                 `json:"order"`
	Line       string                 `json:"line"`
	Partner    string                 `json:"partner"`
	Pick       string                 `json:"pick"`
	Product    string                 `json:"product,omitempty"`
	Title      string                 `json:"title,omitempty"` // of the product, when its partner lists it
	Amount     int64                  `json:"amount"`
	Currency   string                 `json:"currency"`
	Base       int64                  `json:"base"` // paid and not paid back
	Rate       frozenTerms            `json:"rate"`
	Model      recommend.Model        `json:"model"`
	Parts      int                    `json:"parts"`
	State      recommend.EarningState `json:"state"` // now
	Reason     string                 `json:"reason"`
	Text       string                 `json:"text"` // of reason
	HoldsUntil time.Time              `json:"holds_until,omitzero"`
	HeldUntil  time.Time              `json:"held_until,omitzero"` // on hold, and let go then if nobody has decided
	Entries    []recommend.Entry      `json:"entries"`
}

// The frozenTerms of a line are those of the moment of its click, in hundredths of a percent.
type frozenTerms struct {
	CommissionBP int64 `json:"commission_bp"`
	ShareBP      int64 `json:"share_bp"`
}

// A balance is the sum of all entries in one currency.
type balance struct {
	Currency string                           `json:"currency"`
	Balance  int64                            `json:"balance"`
	ByState  map[recommend.EarningState]int64 `json:"by_state"`
}

// A notice is a lower commission that is to come for a product the caller
// recommends.
type notice struct {
	Pick         string    `json:"pick"`
	Product      string    `json:"product"`
	Title        string    `json:"title"`
	CommissionBP int64     `json:"commission_bp"` // from Until on
	Until        time.Time `json:"until"`
	Text         string    `json:"text"`
}

type earningsAnswer struct {
	Balances []balance `json:"balances"`
	list[earning]
	Notices []notice `json:"notices"`
}

// earnings lists what the caller earns, latest first. Balances are of all
// lines, whatever is filtered.
func (s *Server) earnings(c *call) error {
	state := recommend.EarningState(c.Query("state"))
	if _, known := recommend.EarningTransitions()[state]; state != "" && !known {
		return invalidQuery("state", "no state of an earning", "give one of "+strings.Join(earningStates(), ", "))
	}
	all, err := s.ledger(c.ctx(), c.who.Subject)
	if err != nil {
		return err
	}
	now := c.now()
	out := earningsAnswer{Balances: balancesOf(all, now), Notices: []notice{}}
	all = slices.DeleteFunc(all, func(l recommend.LedgerLine) bool { return state != "" && l.StateAt(now) != state })
	slices.SortFunc(all, func(a, b recommend.LedgerLine) int {
		return cmp.Or(firstOf(&b).Compare(firstOf(&a)), cmp.Compare(lineName(&a), lineName(&b)))
	})
	page, err := paged(c, "me/earnings "+string(state), all, func(l recommend.LedgerLine) string { return lineName(&l) })
	if err != nil {
		return err
	}
	out.Items, out.NextCursor = make([]earning, len(page.Items)), page.NextCursor
	for i := range page.Items {
		out.Items[i] = earningOf(&page.Items[i], now, c.lang)
	}
	if err := s.title(c.ctx(), out.Items); err != nil {
		return err
	}
	if c.Query("cursor") == "" {
		if out.Notices, err = s.notices(c, now); err != nil {
			return err
		}
	}
	c.private()
	c.next(out.NextCursor)
	return c.json(http.StatusOK, out)
}

func earningStates() []string {
	states := recommend.EarningTransitions()
	names := make([]string, 0, len(states))
	for s := range states {
		names = append(names, string(s))
	}
	slices.Sort(names)
	return names
}

// lineName tells lines of one expert apart.
func lineName(l *recommend.LedgerLine) string {
	return strings.Join([]string{l.Order, l.Partner, l.Line, l.Click}, " ")
}

// firstOf is when a line began to earn.
func firstOf(l *recommend.LedgerLine) time.Time {
	if len(l.Entries) == 0 {
		return time.Time{}
	}
	return l.Entries[0].At
}

func earningOf(l *recommend.LedgerLine, now time.Time, lang string) earning {
	e := earning{
		Order: l.Order, Line: l.Line, Partner: l.Partner, Pick: l.Pick, Product: l.Product, Amount: l.Amount, Currency: l.Currency,
		Rate: frozenTerms{l.Terms.CommissionBP, l.Terms.ShareBP}, Model: l.Model, Parts: max(1, l.Parts), State: l.StateAt(now),
		Reason: l.ReasonAt(now), HoldsUntil: l.HoldsUntil, HeldUntil: l.HeldUntil, Entries: listOf(l.Entries).Items,
	}
	if n := len(l.Entries); n > 0 {
		e.Base = l.Entries[n-1].Base
	}
	e.Text = recommend.EarningReason(e.Reason, lang)
	return e
}

// title adds the titles of products to a page of earnings.
func (s *Server) title(ctx context.Context, page []earning) error {
	var refs []recommend.Ref
	for _, e := range page {
		if e.Product != "" {
			refs = append(refs, productRef(e.Product))
		}
	}
	if len(refs) == 0 {
		return nil
	}
	slices.SortFunc(refs, recommend.Ref.Compare)
	docs, err := s.documents(ctx, slices.Compact(refs)...)
	if err != nil {
		return err
	}
	for i := range page {
		var p struct {
			Title string `json:"title"`
		}
		if _, err := body(docs, productRef(page[i].Product), &p); err != nil {
			return err
		}
		page[i].Title = p.Title
	}
	return nil
}

func balancesOf(lines []recommend.LedgerLine, now time.Time) []balance {
	by := make(map[string]*balance)
	for i := range lines {
		l := &lines[i]
		b := by[l.Currency]
		if b == nil {
			b = &balance{Currency: l.Currency, ByState: make(map[recommend.EarningState]int64)}
			by[l.Currency] = b
		}
		b.Balance += l.Amount
		b.ByState[l.StateAt(now)] += l.Amount
	}
	out := make([]balance, 0, len(by))
	for _, currency := range slices.Sorted(maps.Keys(by)) {
		out = append(out, *by[currency])
	}
	return out
}

// accounts are those of an expert in all partitions.
func (s *Server) accounts(ctx context.Context, expert string) (map[int]recommend.Account, error) {
	refs := make([]recommend.Ref, s.OrderPartitions)
	for p := range refs {
		refs[p] = recommend.Ref{Kind: recommend.KindEarning, ID: recommend.AccountID(expert, p)}
	}
	docs, err := s.documents(ctx, refs...)
	if err != nil {
		return nil, err
	}
	accounts := make(map[int]recommend.Account, len(docs))
	for p, ref := range refs {
		var a recommend.Account
		known, err := body(docs, ref, &a)
		if err != nil {
			return nil, err
		}
		if known {
			accounts[p] = a
		}
	}
	return accounts, nil
}

// ledger reads all lines of an expert. Days are read many at once: an expert
// has few with orders.
func (s *Server) ledger(ctx context.Context, expert string) ([]recommend.LedgerLine, error) {
	accounts, err := s.accounts(ctx, expert)
	if err != nil {
		return nil, err
	}
	var refs []recommend.Ref
	for p, a := range accounts {
		for _, day := range a.Days {
			refs = append(refs, recommend.Ref{Kind: recommend.KindEarning, ID: recommend.LedgerID(expert, p, day)})
		}
	}
	slices.SortFunc(refs, recommend.Ref.Compare)
	var all []recommend.LedgerLine
	const atOnce = 200
	for some := range slices.Chunk(refs, atOnce) {
		docs, err := s.documents(ctx, some...)
		if err != nil {
			return nil, err
		}
		for _, ref := range some {
			var d recommend.LedgerDay
			if _, err := body(docs, ref, &d); err != nil {
				return nil, err
			}
			all = append(all, d.Lines...)
		}
	}
	return all, nil
}

// notices are the lower commissions to come for products of the caller's live
// picks, the latest picks first.
func (s *Server) notices(c *call, now time.Time) ([]notice, error) {
	const most = 200
	d, err := s.desk(c.ctx(), s.World.Scene(), c.who.Subject, nil)
	if err != nil {
		return nil, err
	}
	out := []notice{}
	var refs []recommend.Ref
	picks := make(map[recommend.Ref]string)
	for _, e := range slices.Backward(d.publisher.Picks) {
		ref := productRef(e.Product)
		if e.State == recommend.PickPublished && picks[ref] == "" && len(refs) < most {
			picks[ref] = e.Pick
			refs = append(refs, ref)
		}
	}
	if len(refs) == 0 {
		return out, nil
	}
	docs, err := s.documents(c.ctx(), refs...)
	if err != nil {
		return nil, err
	}
	for _, ref := range refs {
		var p recommend.Product
		if _, err := body(docs, ref, &p); err != nil {
			return nil, err
		}
		if p.Notice == nil || !now.Before(p.Notice.Until) {
			continue
		}
		day := p.Notice.Until.UTC().Format(time.DateOnly)
		words := text{
			fmt.Sprintf("From %s on, clicks on %q earn by a commission of %s instead of %s.", day, p.Title, percent(p.CommissionBP), percent(p.CommissionAt(now))),
			fmt.Sprintf("自 %s 起，「%s」的点击按 %s 的佣金计算，此前为 %s。", day, p.Title, percent(p.CommissionBP), percent(p.CommissionAt(now))),
		}
		out = append(out, notice{picks[ref], p.Key, p.Title, p.CommissionBP, p.Notice.Until, words.in(c.lang)})
	}
	return out, nil
}

// percent writes hundredths of a percent.
func percent(bp int64) string {
	const hundred = 100
	s := fmt.Sprintf("%d.%02d", bp/hundred, bp%hundred)
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".") + "%"
}
