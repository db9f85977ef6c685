package ingest_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/segmentio/kafka-go"
	"pgregory.net/rapid"

	"vitrine.dev/ingest"
	"vitrine.dev/recommend"
	"vitrine.dev/recommend/link"
)

// drawClick draws a click of the named id, mostly before the orders, and often at
// the very time of one.
func drawClick(t *rapid.T, id string) recommend.Click {
	at := noon.Add(-time.Duration(rapid.IntRange(-3, 400).Draw(t, "hours before")) * time.Hour)
	experts := rapid.Permutation([]string{"mei", "ann", "bo", "cy"}).Draw(t, "experts")
	paths := rapid.SampledFrom([]recommend.Path{recommend.PathDirect, recommend.PathBookmark, recommend.PathCart})
	k := recommend.Click{
		ID: id, Reader: rapid.SampledFrom([]string{"r1", "r2"}).Draw(t, "reader"), Pick: "p-" + experts[0], Expert: experts[0], Product: "jd:1",
		At: at, Path: paths.Draw(t, "path"), Self: rapid.IntRange(0, 15).Draw(t, "self") == 0,
		Terms: recommend.Terms{
			CommissionBP: rapid.SampledFrom([]int64{0, 1, 333, 1000, 8000}).Draw(t, "commission"),
			ShareBP:      rapid.SampledFrom([]int64{3333, 8000, 10000}).Draw(t, "share"),
			Model:        rapid.SampledFrom([]recommend.Model{"", recommend.ModelLast, recommend.ModelFirst, recommend.ModelSplit}).Draw(t, "model"),
			HoldingDays:  rapid.SampledFrom([]int{0, 1, 30}).Draw(t, "holding"),
		},
	}
	for i, x := range experts[1 : 1+rapid.IntRange(0, 3).Draw(t, "touches")] {
		k.Touches = append(k.Touches, recommend.Touch{
			Click: fmt.Sprint(id, "-", i), Pick: "p-" + x, Expert: x, Path: paths.Draw(t, "path"),
			At: at.Add(-time.Duration(rapid.IntRange(1, 400).Draw(t, "hours before that")) * time.Hour),
		})
	}
	if rapid.Bool().Draw(t, "priced") {
		k.Price, k.Quantity = new(cny(int64(rapid.IntRange(1, 20000).Draw(t, "price")))), rapid.IntRange(0, 3).Draw(t, "quantity")
	}
	return k
}

// drawReports draws what partners tell of two orders of one or two lines.
func drawReports(t *rapid.T) []recommend.OrderReport {
	type line struct {
		order, partner, line string
		tokens               []string
	}
	var lines []line
	for _, l := range []line{{"o1", "jd", "1", nil}, {"o1", "taobao", "1", nil}, {"o2", "jd", "1", nil}, {"o2", "jd", "2", nil}}[:rapid.IntRange(1, 4).Draw(t, "lines")] {
		id := "c-" + l.order + l.partner + l.line
		token := mint(t, drawClick(t, id))
		l.tokens = []string{token, token, token, token, "", token[:len(token)-3] + "abc", mint(t, drawClick(t, id+"-again"))}
		lines = append(lines, l)
	}
	states := []string{"paid", "paid", "received", "settled", "settled", "closed", "refunded", "refunded", "refunded"}
	out := make([]recommend.OrderReport, rapid.IntRange(1, 14).Draw(t, "reports"))
	for i := range out {
		l := rapid.SampledFrom(lines).Draw(t, "line")
		r := recommend.OrderReport{
			ID: l.order, Partner: l.partner, Line: l.line, Token: rapid.SampledFrom(l.tokens).Draw(t, "token"),
			State: rapid.SampledFrom(states).Draw(t, "state"), At: noon.Add(time.Duration(rapid.IntRange(-2, 20).Draw(t, "hour")) * time.Hour),
			Amount: cny(rapid.SampledFrom([]int64{0, 1, 99, 5000, 9999, 10000, 1_000_000_000_000}).Draw(t, "amount")),
		}
		if r.State == "refunded" {
			r.Refund = rapid.SampledFrom([]string{"", "f1", "f2", "f3"}).Draw(t, "refund")
		}
		out[i] = r
	}
	return out
}

// history makes events of reports: some come twice, as one event or as two,
// some days are told once more a day or two weeks later, and people rule, and
// decide about signals or let them end, between them.
func history(t *rapid.T) []recommend.Event {
	reports := drawReports(t)
	var out []recommend.Event
	at := noon.Add(24 * time.Hour)
	add := func(e recommend.Event, id string) {
		at = at.Add(time.Duration(rapid.IntRange(0, 40).Draw(t, "later")) * time.Hour)
		e.ID, e.Appended = id, at
		out = append(out, e)
	}
	tell := func(n int) {
		for i, r := range reports {
			if rapid.IntRange(0, 9).Draw(t, "foreign") == 0 {
				r.Amount.Currency = "USD"
			}
			add(reported(r), fmt.Sprint("e", i))
			if rapid.IntRange(0, 4).Draw(t, "again") == 0 {
				add(reported(r), fmt.Sprint("e", i, "-", n))
			}
			if rapid.IntRange(0, 3).Draw(t, "ruling") == 0 {
				state := rapid.SampledFrom([]recommend.EarningState{"on_hold", "pending", "paid", "paid", "fraud", "canceled", "duplicate"}).Draw(t, "decision")
				e := event(recommend.TypeEarningRuled, r.ID, at, recommend.EarningRuled{Order: r.ID, Partner: r.Partner, Line: r.Line, State: state, By: "m1", At: at})
				add(e, fmt.Sprint("ruling", n, "-", i))
			}
			if rapid.IntRange(0, 2).Draw(t, "signal") == 0 {
				id := recommend.SignalID(rapid.SampledFrom(recommend.SignalKinds()).Draw(t, "of"), r.ID, r.Partner, r.Line)
				e := event(recommend.TypeSignalEnded, r.ID, at, recommend.SignalEnded{Signal: id, Key: r.ID, At: at})
				if state := rapid.SampledFrom([]recommend.SignalState{"", "upheld", "dismissed"}).Draw(t, "found"); state != "" {
					e = event(recommend.TypeSignalResolved, r.ID, at, recommend.SignalResolved{Signal: id, Key: r.ID, State: state, By: "m1", At: at})
				}
				add(e, fmt.Sprint("signal", n, "-", i))
			}
		}
	}
	tell(0)
	if rapid.Bool().Draw(t, "replay") {
		at = at.AddDate(0, 0, rapid.SampledFrom([]int{1, 14, 31}).Draw(t, "days"))
		tell(1)
	}
	return out
}

func orderWorld() *world {
	w := newWorld()
	w.folder, w.most = ingest.Orders(), ingest.MaxEvent
	w.equip = func(l *ingest.Lane) {
		l.Play(func() (*recommend.Policy, *link.Registry) { return defaultPolicy(), defaultPartners().Links() }, testClicks)
	}
	return w
}

// TestAnyHistoryOfOrdersBalances folds a thousand histories with two ingesters
// that fail and are killed at any call, and compares the books.
func TestAnyHistoryOfOrdersBalances(t *testing.T) {
	sealed := ingest.Codec{SealKey: []byte("key")}
	for i := range 10 {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				events := history(t)
				ms := make([]kafka.Message, len(events))
				for i, e := range events {
					m, err := sealed.Encode(e)
					if err != nil {
						t.Fatal(err)
					}
					m.Topic, m.Offset = recommend.TopicOrders, int64(i)
					ms[i] = m
				}
				want, w := foldOnce(t, orderWorld(), ms), orderWorld()
				foldTwice(t, w, ms)
				if diff := cmp.Diff(want, w.outcome()); diff != "" {
					t.Fatalf("the end differs (-want +got):\n%s", diff)
				}
				audit(t, w.store.docs)
			})
		})
	}
}

// body decodes a document of an audit.
func body[T any](t *rapid.T, d recommend.Document) T {
	var v T
	if err := json.Unmarshal(d.Body, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// audit checks the books against themselves and the orders.
func audit(t *rapid.T, docs map[recommend.Ref]recommend.Document) {
	booked := map[string]map[string]recommend.LedgerLine{} // by line, then expert
	sums, days := map[string]map[string]int64{}, map[string][]string{}
	ids := map[string]bool{}
	var accounts []recommend.Account
	for _, ref := range slices.SortedFunc(maps.Keys(docs), recommend.Ref.Compare) {
		if ref.Kind != recommend.KindEarning {
			continue
		}
		day := body[recommend.LedgerDay](t, docs[ref])
		if day.Day == "" {
			accounts = append(accounts, body[recommend.Account](t, docs[ref]))
			continue
		}
		days[day.Expert] = append(days[day.Expert], day.Day)
		for _, l := range day.Lines {
			auditLine(t, l, ids)
			key := l.Order + "/" + l.Partner + "/" + l.Line
			if booked[key] == nil {
				booked[key] = map[string]recommend.LedgerLine{}
			}
			if _, twice := booked[key][day.Expert]; twice {
				t.Fatalf("%s pays %s on two days", key, day.Expert)
			}
			booked[key][day.Expert] = l
			if sums[day.Expert] == nil {
				sums[day.Expert] = map[string]int64{}
			}
			sums[day.Expert][l.Currency] += l.Amount
		}
	}
	for _, a := range accounts {
		if diff := cmp.Diff(sums[a.Expert], a.Balance); diff != "" {
			t.Fatalf("balance of %s (-its entries +its account):\n%s", a.Expert, diff)
		}
		if !slices.Equal(days[a.Expert], a.Days) {
			t.Fatalf("days of %s: %v, the account says %v", a.Expert, days[a.Expert], a.Days)
		}
	}
	if len(accounts) != len(days) {
		t.Fatalf("%d accounts of %d experts", len(accounts), len(days))
	}
	for ref, d := range docs {
		if ref.Kind == recommend.KindOrder {
			o := body[recommend.Order](t, d)
			for i := range o.Lines {
				auditCredits(t, &o.Lines[i], booked[o.ID+"/"+o.Lines[i].Partner+"/"+o.Lines[i].Line])
			}
		}
	}
}

func auditLine(t *rapid.T, l recommend.LedgerLine, ids map[string]bool) {
	var sum int64
	for i, e := range l.Entries {
		if ids[e.ID] {
			t.Fatalf("entry %s is there twice", e.ID)
		}
		ids[e.ID] = true
		sum += e.Amount
		switch {
		case (e.Kind == recommend.EntryAccrual) != (i == 0):
			t.Fatalf("entry %d of a line is of the kind %s: a line is accrued once, first", i, e.Kind)
		case e.Kind == recommend.EntryReversal && (e.Origin != l.Entries[0].ID || e.Amount >= 0):
			t.Fatalf("%+v reverses nothing", e)
		case e.Kind == recommend.EntryTransition && e.Amount != 0:
			t.Fatalf("%+v moves something", e)
		case recommend.EarningReason(e.Reason, "zh") == "" || recommend.EarningReason(e.Reason, "en") == "":
			t.Fatalf("the reason %q has no words", e.Reason)
		case sum < 0:
			t.Fatalf("%+v takes back more than there was", e)
		}
		if i > 0 {
			was := l.Entries[i-1].State
			processed := was == recommend.EarningPending && e.State == recommend.EarningPaid
			if was != e.State && !was.CanFollow(e.State) && !processed {
				t.Fatalf("%s follows %s in %+v", e.State, was, l.Entries)
			}
		}
	}
	if sum != l.Amount || l.State != l.Entries[len(l.Entries)-1].State {
		t.Fatalf("%+v is not the sum of its entries", l)
	}
	switch l.State {
	case recommend.EarningRefunded, recommend.EarningFraud, recommend.EarningCanceled, recommend.EarningDuplicate:
		if sum != 0 {
			t.Fatalf("%s, and %d is left", l.State, sum)
		}
	case recommend.EarningPending, recommend.EarningProcessed, recommend.EarningPaid, recommend.EarningOnHold:
	}
}

// auditCredits checks that the parts of a line are the whole, and that the
// ledgers have them.
func auditCredits(t *rapid.T, l *recommend.OrderLine, booked map[string]recommend.LedgerLine) {
	var owed, has int64
	if l.Click != nil {
		owed = l.Click.Terms.Earned(l.Base())
	}
	for model, credits := range l.Credits {
		var sum int64
		for _, c := range credits {
			sum += c.Amount
			if d := c.Amount - owed/int64(len(credits)); d < 0 || d > 1 {
				t.Fatalf("%s: parts %+v of %d are not equal", model, credits, owed)
			}
		}
		if sum != owed {
			t.Fatalf("%s: parts %+v are not %d", model, credits, owed)
		}
	}
	for _, b := range booked {
		has += b.Amount
	}
	if l.Credits == nil {
		owed = 0
	}
	if has != owed {
		t.Fatalf("ledgers have %d of a line that earns %d: %+v", has, owed, l)
	}
	if l.Paid != nil && l.Refunded == l.Paid.Amount && has != 0 {
		t.Fatalf("all was paid back, and %d is left", has)
	}
}

// facts are what must not depend on the order of reports.
func facts(t *rapid.T, b *bench) (lines map[string]recommend.OrderLine, balances map[string]int64) {
	lines, balances = map[string]recommend.OrderLine{}, map[string]int64{}
	for ref, d := range b.docs {
		if ref.Kind == recommend.KindOrder {
			for _, l := range body[recommend.Order](t, d).Lines {
				l.Problems = slices.DeleteFunc(l.Problems, func(p string) bool {
					return !slices.Contains([]string{"amount-changed", "refund-above-paid", "refund-before-order"}, p)
				})
				// What was raised and lapsed on the way is history, as entries are.
				l.Signals = slices.DeleteFunc(l.Signals, func(s recommend.Signal) bool { return s.Lapsed })
				for i := range l.Signals {
					l.Signals[i].Revision = 0
				}
				lines[ref.ID+"/"+l.Partner+"/"+l.Line] = l
			}
		}
		if ref.Kind == recommend.KindEarning { // a day has no balance
			for currency, n := range body[recommend.Account](t, d).Balance {
				if n != 0 {
					balances[ref.ID+" "+currency] = n
				}
			}
		}
	}
	return lines, balances
}

// TestReportsEndTheSameInAnyOrder takes a thousand sets of reports.
func TestReportsEndTheSameInAnyOrder(t *testing.T) {
	fold := func(t *rapid.T, reports []recommend.OrderReport) *bench {
		b := newOrderBench()
		for _, r := range reports {
			e := reported(r)
			e.Appended = noon.Add(48 * time.Hour)
			if _, err := b.fold(ingest.Orders(), e); err != nil && !errors.Is(err, recommend.ErrInvalid) {
				t.Fatal(err)
			}
		}
		audit(t, b.docs)
		return b
	}
	for i := range 10 {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				reports := drawReports(t)
				lines, balances := facts(t, fold(t, reports))
				again := append(rapid.Permutation(reports).Draw(t, "order"), reports[:rapid.IntRange(0, len(reports)).Draw(t, "again")]...)
				lines2, balances2 := facts(t, fold(t, again))
				skip := cmpopts.IgnoreFields(recommend.OrderLine{}, "Entries", "Watched", "Purchased", "SentBack", "SentBackAt", "SettleTold")
				if diff := cmp.Diff(lines, lines2, skip, cmpopts.EquateEmpty()); diff != "" {
					t.Fatalf("facts (-one order +another):\n%s", diff)
				}
				if diff := cmp.Diff(balances, balances2); diff != "" {
					t.Fatalf("balances (-one order +another):\n%s", diff)
				}
			})
		})
	}
}
