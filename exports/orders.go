package exports

import (
	"context"
	"fmt"
	"slices"
	"time"

	"vitrine.dev/recommend"
)

// ordersComplete says what the rows of orders are.
const ordersComplete = "Lines of orders that partners reported as paid from from on and before to, by the partner's time, as far as folded when the file is written. " +
	"A line is a row for each expert whom the model credits (that which it pays by, where no attribution was asked for), with part 1 to parts: the amounts in it are that part, so that they add up. " +
	"A line that nobody is credited for is one row, and unattributed says why. Amounts are in minor units as of as_of: refunds and closings of later are not in them; " +
	"states and reasons are those of when the file is written. Who bought is not in it."

// orderColumns are those of a row.
func orderColumns() []string {
	return []string{
		"schema", "as_of", "order", "line", "partner", "ordered_on", "settled_on", "order_state",
		"pick", "product", "expert", "path", "model", "part", "parts", "state", "reason", "unattributed",
		"currency", "paid", "refunded", "canceled", "net", "earned", "disclosure_label", "disclosure_short_label", "relationship",
	}
}

// orders are a row for each line and expert.
func (d *Desk) orders(j *Job, a About) *table {
	a.Complete, a.Disclosure, a.Columns = ordersComplete, d.disclosed(j), orderColumns()
	return &table{About: a, rows: func(ctx context.Context, write func(row) error) error {
		seen := make(map[string]struct{}) // a store may tell of an order twice
		return d.Documents.Each(ctx, recommend.KindOrder, func(doc recommend.Document) error {
			if _, again := seen[doc.ID]; again {
				return nil
			}
			seen[doc.ID] = struct{}{}
			var o recommend.Order
			if err := recommend.UnmarshalZero(doc.Body, &o); err != nil {
				return fmt.Errorf("%s: %w", doc.Ref, err)
			}
			for i := range o.Lines {
				for _, r := range lineRows(o.ID, &o.Lines[i], j, &a) {
					if err := write(r); err != nil {
						return err
					}
				}
			}
			return ctx.Err()
		})
	}}
}

// lineRows are those of one line, none where it was not asked for.
func lineRows(order string, l *recommend.OrderLine, j *Job, a *About) []row {
	q := &j.Request
	money, paid := l.MoneyAt(q.AsOf)
	if !paid || l.FirstAt.Before(q.Edges[0]) || !l.FirstAt.Before(q.Edges[1]) {
		return nil
	}
	model, credits := l.Crediting(recommend.Model(q.Model))
	state, reason := l.Earning()
	if len(credits) == 0 {
		credits, model = []recommend.Credit{{}}, ""
		if l.Entries == 0 { // it never earned anything
			state, reason = "", ""
		}
	}
	ledger := recommend.LedgerLine{State: state, HoldsUntil: l.HoldsUntil()}
	var product, path any
	if k := l.Click; k != nil {
		product, path = k.Product, string(k.Path)
	}
	part := func(amount int64) []int64 { return recommend.EqualParts(amount, len(credits)) }
	gross, refunded, canceled, earned := part(money.Gross), part(money.Refunded), part(money.Canceled), part(money.Earned)
	var rows []row
	for i, c := range credits {
		if !asked(q.Where["partner"], l.Partner) || !asked(q.Where["expert"], c.Expert) || !asked(q.Where["pick"], c.Pick) {
			continue
		}
		rows = append(rows, append(row{
			a.Schema, a.AsOf, order, l.Line, l.Partner, day(l.FirstAt), day(l.SettleAt), l.State,
			some(c.Pick), product, some(c.Expert), path, some(string(model)), int64(i + 1), int64(len(credits)),
			some(string(ledger.StateAt(q.AsOf))), some(reason), some(l.Unattributed),
			l.Currency, gross[i], refunded[i], canceled[i], gross[i] - refunded[i] - canceled[i], earned[i],
		}, a.disclosed()...))
	}
	return rows
}

// disclosed is how rows with money say that links are commissioned.
func (d *Desk) disclosed(j *Job) *recommend.DisclosureOf {
	of := d.Disclose(recommend.RelationCommission, nil, j.Lang)
	return &of
}

func (a *About) disclosed() row {
	return row{a.Disclosure.Label, a.Disclosure.ShortLabel, string(a.Disclosure.Relationship)}
}

// asked reports whether v is one of values, or anything is.
func asked(values []string, v string) bool { return len(values) == 0 || slices.Contains(values, v) }

// some is v, nil where it is "".
func some(v string) any {
	if v == "" {
		return nil
	}
	return v
}

// day is the day of t by UTC: the time of the day could tell who bought.
func day(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format(time.DateOnly)
}
