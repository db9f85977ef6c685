package analytics

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"vitrine.dev/recommend"
)

// MoneyDimensions are those that money can be told apart by: of an order it is
// known what was clicked, and not from where.
func MoneyDimensions() []string { return []string{ByTopic, ByRoot, ByExpert, ByPartner, ByPick} }

// Money is what the lines of orders are worth that were made in a time. Amounts
// are in minor units, and never added up over currencies.
type Money struct {
	From   time.Time `json:"from"`
	To     time.Time `json:"to"` // not in it
	AsOf   time.Time `json:"as_of"`
	Model  string    `json:"attribution"` // last, first or split
	Totals []Amounts `json:"totals"`      // of what is credited, by currency
	// Groups are those of a breakdown, those of the highest net first. A pick of
	// two topics counts in both.
	Groups []MoneyGroup `json:"groups,omitempty"`
	// Unattributed are lines that nobody is credited with, by the reason.
	Unattributed []MoneyGroup `json:"unattributed"`
	// Own are lines of experts who bought by their own picks: they earn nothing,
	// and are in no other figure.
	Own      []Amounts `json:"own"`
	LeftOut  LeftOut   `json:"left_out"`
	Complete string    `json:"completeness"`
}

// Amounts are sums over lines in one currency.
// Gross - Refunded - Canceled = Net.
type Amounts struct {
	Currency string  `json:"currency"`
	Lines    float64 `json:"lines"` // parts of lines where attribution=split
	Gross    int64   `json:"gross"`
	Refunded int64   `json:"refunded"`
	Canceled int64   `json:"canceled"` // of lines that the partner closed
	Net      int64   `json:"net"`
	Earned   int64   `json:"earned"` // by experts, of Net
	Held     int64   `json:"held"`   // of Earned, what waits for a person now
}

// A MoneyGroup is one value of each dimension, in one currency.
type MoneyGroup struct {
	Key map[string]string `json:"key"`
	Amounts
}

const completeMoney = "Lines of orders that partners reported as paid from from to to, by the partner's time, as far as folded by now. " +
	"As of an earlier time refunds and closings of later are undone; an amount paid that was corrected since is as corrected. " +
	"What no token leads to is under unattributed, and is never guessed. Groups of fewer than five known buyers are not told of."

// A purse sums up a group.
type purse struct {
	key    []string
	buyers map[string]struct{}
	Amounts
}

func (p *purse) few() bool { return len(p.buyers) < recommend.FewestReaders }

// A ledger sums up lines.
type ledger struct {
	*tally
	asOf         time.Time
	total        map[string]*purse
	own          map[string]*purse
	groups       map[string]*purse
	unattributed map[string]*purse
}

// MoneyOf sums up the lines of orders that were made between the edges of r. Of
// r it takes Edges, AsOf, By, Where and Model.
func (a *Analyst) MoneyOf(ctx context.Context, r *Request) (*Money, error) {
	if r.AsOf.IsZero() {
		r.AsOf = a.Now()
	}
	p, err := r.planMoney()
	if err != nil {
		return nil, err
	}
	l := &ledger{
		tally: &tally{plan: p, filedUnder: make(map[string]recommend.Filed)}, asOf: r.AsOf,
		total: make(map[string]*purse), own: make(map[string]*purse), groups: make(map[string]*purse), unattributed: make(map[string]*purse),
	}
	err = a.lines(ctx, func(line *recommend.OrderLine) error {
		if line.FirstAt.Before(r.Edges[0]) || !line.FirstAt.Before(r.Edges[len(r.Edges)-1]) {
			return nil
		}
		if m, ok := line.MoneyAt(l.asOf); ok {
			l.add(a.Picks, line, m)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return l.told(r), nil
}

// planMoney refuses what money cannot be told apart by.
func (r *Request) planMoney() (*plan, error) {
	p := &plan{Request: *r}
	var ps []recommend.Problem
	for _, d := range slices.Sorted(maps.Keys(r.Where)) {
		ps = append(ps, onlyMoney(d, d)...)
	}
	for _, d := range r.By {
		ps = append(ps, onlyMoney("breakdown", d)...)
	}
	switch {
	case r.Model != "" && !slices.Contains(Models(), r.Model):
		ps = append(ps, r.badModel())
	case !r.Edges[0].Before(r.Edges[len(r.Edges)-1]):
		ps = append(ps, problem("from", "from is not before to", "let from be before to"))
	}
	ps = append(ps, p.dimensions()...)
	return p, recommend.Refuse(ps...)
}

func onlyMoney(field, d string) []recommend.Problem {
	if slices.Contains(Dimensions(), d) && !slices.Contains(MoneyDimensions(), d) {
		return []recommend.Problem{problem(field, "orders are not told apart by "+d, "use one of "+strings.Join(MoneyDimensions(), ", "))}
	}
	return nil
}

// add counts a line worth m.
func (l *ledger) add(picks Picks, line *recommend.OrderLine, m recommend.LineMoney) {
	if line.Click == nil || line.Unattributed != "" {
		if len(l.Where) == 0 {
			sum(l.unattributed, line.Unattributed, line.Currency, []string{line.Unattributed}).add("", 1, m)
		}
		return
	}
	state, _ := line.Earning()
	shares := line.SharesBy(recommend.Model(l.model()))
	for i, s := range shares {
		f := l.look(picks, s.Pick)
		f.Partner = line.Partner
		if s.Expert != "" {
			f.Expert = s.Expert
		}
		part := partOf(m, i, len(shares))
		var held int64
		if state == recommend.EarningOnHold {
			held = part.Earned
		}
		if !l.wanted(s.Pick, &f) {
			continue
		}
		if line.Click.Self {
			sum(l.own, "", line.Currency, nil).add(line.Click.Reader, 1/float64(len(shares)), part)
			continue
		}
		for _, p := range append(l.purses(s.Pick, &f, line.Currency), sum(l.total, "", line.Currency, nil)) {
			p.add(line.Click.Reader, 1/float64(len(shares)), part)
			p.Held += held
		}
	}
}

// partOf is part i of n equal ones.
func partOf(m recommend.LineMoney, i, n int) recommend.LineMoney {
	if n == 1 {
		return m
	}
	of := func(amount int64) int64 { return recommend.EqualParts(amount, n)[i] }
	part := recommend.LineMoney{Gross: of(m.Gross), Refunded: of(m.Refunded), Canceled: of(m.Canceled), Earned: of(m.Earned)}
	part.Net = part.Gross - part.Refunded - part.Canceled
	return part
}

// look is what a pick is filed under, which is looked up once.
func (l *ledger) look(picks Picks, pick string) recommend.Filed {
	f, known := l.filedUnder[pick]
	if !known {
		picks.FiledUnder([]string{pick}, func(_ int, found recommend.Filed, _ bool) { f = found })
		l.filedUnder[pick] = f
	}
	return f
}

func (l *ledger) values(d, pick string, f *recommend.Filed) []string {
	if d == ByPick {
		return []string{pick}
	}
	return valuesOf(f, d)
}

func (l *ledger) wanted(pick string, f *recommend.Filed) bool {
	for d, wanted := range l.Where {
		if !slices.ContainsFunc(l.values(d, pick, f), func(v string) bool { return slices.Contains(wanted, v) }) {
			return false
		}
	}
	return true
}

// purses are the groups that a pick is in.
func (l *ledger) purses(pick string, f *recommend.Filed, currency string) []*purse {
	if len(l.By) == 0 {
		return nil
	}
	keys := l.keys(func(d string) []string { return l.values(d, pick, f) })
	out := make([]*purse, len(keys))
	for i, key := range keys {
		out[i] = sum(l.groups, strings.Join(key, "\x00"), currency, key)
	}
	return out
}

func sum(in map[string]*purse, name, currency string, key []string) *purse {
	name = currency + "\x00" + name
	p := in[name]
	if p == nil {
		p = &purse{key: key, buyers: make(map[string]struct{}), Amounts: Amounts{Currency: currency}}
		in[name] = p
	}
	return p
}

func (p *purse) add(buyer string, part float64, m recommend.LineMoney) {
	if buyer != "" && len(p.buyers) < recommend.FewestReaders {
		p.buyers[buyer] = struct{}{}
	}
	p.Lines += part
	p.Gross, p.Refunded, p.Canceled = p.Gross+m.Gross, p.Refunded+m.Refunded, p.Canceled+m.Canceled
	p.Net, p.Earned = p.Net+m.Net, p.Earned+m.Earned
}

// told is what may be told of l.
func (l *ledger) told(r *Request) *Money {
	m := &Money{
		From: r.Edges[0], To: r.Edges[len(r.Edges)-1], AsOf: r.AsOf, Model: r.model(),
		Totals: []Amounts{}, Unattributed: []MoneyGroup{}, Own: []Amounts{}, Complete: completeMoney,
	}
	for _, p := range ordered(l.total) {
		if p.few() {
			m.LeftOut.Groups++
			continue
		}
		m.Totals = append(m.Totals, p.Amounts)
	}
	for _, p := range ordered(l.own) {
		if p.few() {
			m.LeftOut.Groups++
			continue
		}
		m.Own = append(m.Own, p.Amounts)
	}
	for _, p := range ordered(l.groups) {
		if p.few() {
			m.LeftOut.Groups++
			continue
		}
		g := MoneyGroup{Key: make(map[string]string), Amounts: p.Amounts}
		for i, d := range r.By {
			g.Key[d] = p.key[i]
		}
		m.Groups = append(m.Groups, g)
	}
	for _, p := range ordered(l.unattributed) {
		if p.Lines < recommend.FewestReaders { // whose they are is not known
			m.LeftOut.Groups++
			continue
		}
		m.Unattributed = append(m.Unattributed, MoneyGroup{Key: map[string]string{"reason": p.key[0]}, Amounts: p.Amounts})
	}
	return m
}

// ordered are the sums of one currency after the other, the highest net first.
func ordered(in map[string]*purse) []*purse {
	return slices.SortedFunc(maps.Values(in), func(a, b *purse) int {
		return cmp.Or(cmp.Compare(a.Currency, b.Currency), cmp.Compare(b.Net, a.Net), slices.Compare(a.key, b.key))
	})
}
