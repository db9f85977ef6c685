package ingest_test

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vitrine.dev/ingest"
	"vitrine.dev/recommend"
)

var testClicks = recommend.NewClicks([]byte("a key of clicks that tests share"))

// aClick is one on pick p1 of mei, by r1, an hour before noon.
func aClick() recommend.Click {
	return recommend.Click{
		ID: "c1", Reader: "r1", Pick: "p1", Expert: "mei", Product: "jd:1", At: noon.Add(-time.Hour), Path: recommend.PathDirect,
		Terms: recommend.Terms{CommissionBP: 1000, ShareBP: 8000, Model: recommend.ModelLast, HoldingDays: 30},
	}
}

func mint(t interface{ Fatal(args ...any) }, k recommend.Click) string {
	token, err := testClicks.Mint(k)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func cny(n int64) recommend.Money { return recommend.Money{Amount: n, Currency: "CNY"} }

// aReport is one of line 1 of o1.
func aReport(t testing.TB, state string, amount int64, at time.Time) recommend.OrderReport {
	return recommend.OrderReport{
		ID: "o1", Partner: "jd", Line: "1", Token: mint(t, aClick()), Amount: cny(amount), State: state, At: at,
	}
}

func reported(r recommend.OrderReport) recommend.Event {
	return event(recommend.TypeOrderReported, r.ID, r.At, r)
}

func ruled(state recommend.EarningState, at time.Time) recommend.Event {
	return event(recommend.TypeEarningRuled, "o1", at, recommend.EarningRuled{
		Order: "o1", Partner: "jd", Line: "1", State: state, Text: "seen", By: "m1", At: at,
	})
}

func newOrderBench() *bench {
	b := newBench()
	b.clicks = testClicks
	return b
}

// earned is the line of o1 in mei's ledger and her account.
func earned(t testing.TB, b *bench) (recommend.LedgerLine, recommend.Account) {
	t.Helper()
	day := doc[recommend.LedgerDay](t, b, recommend.KindEarning, recommend.LedgerID("mei", 0, "2026-11-23"))
	if len(day.Lines) != 1 {
		t.Fatalf("got %d lines, want 1", len(day.Lines))
	}
	return day.Lines[0], doc[recommend.Account](t, b, recommend.KindEarning, recommend.AccountID("mei", 0))
}

func TestAPaidOrderEarnsOnceAndARefundTakesBackExactlyThat(t *testing.T) {
	b := newOrderBench()
	paid := aReport(t, "paid", 19900, noon)
	out := b.mustFold(t, ingest.Orders(), reported(paid))
	acts := out.Appends[recommend.TopicActions]
	if len(acts) != 1 || acts[0].Key != "r1" || !acts[0].Trusted {
		t.Fatalf("got %+v, want one sealed purchase of r1", acts)
	}
	var a recommend.Action
	if err := json.Unmarshal(acts[0].Data, &a); err != nil || a.Validate() != nil || a.Kind != "purchase" || a.Pick != "p1" {
		t.Errorf("got %+v, %v, %v, want a valid purchase of p1", a, err, a.Validate())
	}
	if out := b.mustFold(t, ingest.Orders(), reported(paid)); len(out.Leaves)+len(out.Appends) > 0 {
		t.Errorf("the same report again does %+v, want nothing", out)
	}
	line, account := earned(t, b)
	if line.Amount != 1592 || account.Balance["CNY"] != 1592 {
		t.Errorf("line %d, balance %d, want 1592", line.Amount, account.Balance["CNY"])
	}
	b.mustFold(t, ingest.Orders(), reported(aReport(t, "settled", 19900, noon.AddDate(0, 0, 7))))
	line, account = earned(t, b)
	for at, want := range map[time.Time]string{noon.AddDate(0, 0, 8): "pending holding", noon.AddDate(0, 0, 37): "processed holding-over"} {
		if got := string(line.StateAt(at)) + " " + line.ReasonAt(at); got != want {
			t.Errorf("at %s: %q, want %q", at, got, want)
		}
	}
	if len(account.Buyers) != 1 {
		t.Errorf("buyers %v, want one", account.Buyers)
	}
	part := aReport(t, "refunded", 9900, noon.AddDate(0, 0, 9))
	part.Refund = "f1"
	out = b.mustFold(t, ingest.Orders(), reported(part))
	if len(out.Appends[recommend.TopicActions]) != 1 {
		t.Error("the first refund is no action of the reader")
	}
	if line, _ = earned(t, b); line.Amount != 800 || line.State != recommend.EarningPending {
		t.Errorf("%s %d, want pending 800", line.State, line.Amount)
	}
	rest := part
	rest.Refund, rest.Amount = "f2", cny(10000)
	b.mustFold(t, ingest.Orders(), reported(rest))
	line, account = earned(t, b)
	if line.Amount != 0 || line.State != recommend.EarningRefunded || account.Balance["CNY"] != 0 || len(account.Buyers) != 0 {
		t.Errorf("%+v, %+v: want nothing left", line, account)
	}
	first := line.Entries[0]
	for _, e := range line.Entries[1:] {
		if e.Kind == recommend.EntryReversal && e.Origin != first.ID {
			t.Errorf("reversal %s is of %q, want %q", e.ID, e.Origin, first.ID)
		}
	}
	kinds := make([]recommend.EntryKind, len(line.Entries))
	for i, e := range line.Entries {
		kinds[i] = e.Kind
	}
	if want := []recommend.EntryKind{"accrual", "transition", "reversal", "reversal"}; !slices.Equal(kinds, want) {
		t.Errorf("entries %v, want %v", kinds, want)
	}
}

// TestARefundThatTakesNothingBackIsInTheLedger sends so little back that what is
// earned of the rest rounds to the same.
func TestARefundThatTakesNothingBackIsInTheLedger(t *testing.T) {
	b := newOrderBench()
	b.mustFold(t, ingest.Orders(), reported(aReport(t, "paid", 19900, noon)))
	before, _ := earned(t, b)
	back := aReport(t, "refunded", 3, noon.AddDate(0, 0, 1))
	back.Refund = "f1"
	b.mustFold(t, ingest.Orders(), reported(back))
	line, account := earned(t, b)
	last := line.Entries[len(line.Entries)-1]
	if line.Amount != before.Amount || account.Balance["CNY"] != before.Amount || last.Base != 19897 || last.Amount != 0 || last.Kind != recommend.EntryTransition || last.Reason != "refund" {
		t.Errorf("%d by %+v, balance %v; want %d of a base of 19897, by a refund", line.Amount, last, account.Balance, before.Amount)
	}
	b.mustFold(t, ingest.Orders(), reported(back))
	if again, _ := earned(t, b); len(again.Entries) != len(line.Entries) {
		t.Errorf("told again it makes %d entries of %d", len(again.Entries), len(line.Entries))
	}
}

func TestARulingFollowsTheTable(t *testing.T) {
	b := newOrderBench()
	f := ingest.Orders()
	refused := func(e recommend.Event, want string) {
		t.Helper()
		if _, err := b.fold(f, e); code(err) != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	refused(ruled(recommend.EarningFraud, noon), "order-unknown")
	b.mustFold(t, f, reported(aReport(t, "paid", 10000, noon)))
	refused(ruled(recommend.EarningPaid, noon), "transition-forbidden")
	refused(ruled(recommend.EarningPending, noon), "transition-forbidden")
	refused(ruled(recommend.EarningProcessed, noon), "validation")
	b.mustFold(t, f, ruled(recommend.EarningOnHold, noon))
	if line, _ := earned(t, b); line.State != recommend.EarningOnHold || line.Amount != 800 {
		t.Errorf("%+v, want 800 on hold", line)
	}
	b.mustFold(t, f, ruled(recommend.EarningPending, noon))
	b.mustFold(t, f, reported(aReport(t, "settled", 10000, noon.AddDate(0, 0, 7))))
	refused(ruled(recommend.EarningPaid, noon.AddDate(0, 0, 36)), "transition-forbidden")
	b.mustFold(t, f, ruled(recommend.EarningPaid, noon.AddDate(0, 0, 38)))
	b.mustFold(t, f, ruled(recommend.EarningFraud, noon.AddDate(0, 0, 39)))
	line, account := earned(t, b)
	last := line.Entries[len(line.Entries)-1]
	if line.Amount != 0 || account.Balance["CNY"] != 0 || line.State != recommend.EarningFraud || last.By != "m1" || last.Text != "seen" || last.Kind != recommend.EntryReversal {
		t.Errorf("%+v, want all taken back for fraud, by m1", line)
	}
	refused(ruled(recommend.EarningPending, noon.AddDate(0, 0, 40)), "transition-forbidden")
	b.mustFold(t, f, reported(aReport(t, "paid", 99000, noon.AddDate(0, 0, 41))))
	if line, _ = earned(t, b); line.Amount != 0 || line.State != recommend.EarningFraud {
		t.Errorf("%+v, want it final", line)
	}
}

func TestWhatIsCoveredOfAPartnersOrdersIsKept(t *testing.T) {
	b := newOrderBench()
	for _, h := range []int{0, 6, 3} {
		from := noon.Add(time.Duration(h-12) * time.Hour)
		b.mustFold(t, ingest.Orders(), event(recommend.TypeOrdersSynced, "sync:jd", noon, recommend.OrdersSynced{Partner: "jd", From: from, To: from.Add(3 * time.Hour)}))
		o := doc[recommend.Order](t, b, recommend.KindOrder, recommend.SyncID("jd"))
		if want := map[int]int{0: 1, 6: 2, 3: 1}[h]; len(o.Sync.Covered) != want {
			t.Errorf("after hour %d: %v, want %d spans", h, o.Sync.Covered, want)
		}
	}
}

// TestTheReaderHasBoughtOnceHisOrderIsPaid takes what the fold of orders tells
// along the whole way to the fold of actions, by the seal.
func TestTheReaderHasBoughtOnceHisOrderIsPaid(t *testing.T) {
	b := newOrderBench()
	out := b.mustFold(t, ingest.Orders(), reported(aReport(t, "paid", 19900, noon)))
	codec := ingest.Codec{SealKey: []byte("key")}
	for _, e := range out.Appends[recommend.TopicActions] {
		m, err := codec.Encode(e)
		if err != nil {
			t.Fatal(err)
		}
		if e, err = codec.Decode(m); err != nil || !e.Trusted {
			t.Fatalf("%+v, %v: want it sealed", e, err)
		}
		b.mustFold(t, ingest.Actions(), e)
		again := b.mustFold(t, ingest.Actions(), e)
		if !again.Duplicate {
			t.Error("a purchase told twice counts twice")
		}
		e.Trusted = false
		e.ID += "-forged"
		if _, err := b.fold(ingest.Actions(), e); code(err) != "purchase-unproven" {
			t.Errorf("without the seal: %v, want purchase-unproven", err)
		}
	}
	if _, ok := doc[recommend.Reader](t, b, recommend.KindReader, "r1").Traces["p1"]; !ok {
		t.Error("the reader has done nothing with p1")
	}
	if _, err := (ingest.Codec{}).Encode(out.Appends[recommend.TopicActions][0]); code(err) != "no-seal-key" {
		t.Errorf("without a key: %v, want no-seal-key", err)
	}
	c := &ingest.Consumer{
		Cluster: ingest.Cluster{Brokers: []string{"127.0.0.1:1"}}, Folders: ingest.Folders(), Store: newMemStore(),
		Log: newFoldedLog(t), Dead: hand{}, Scene: noScene, Clicks: testClicks,
	}
	if err := c.Run(t.Context()); err == nil {
		t.Error("a consumer that opens clicks runs without a key of seals")
	}
}

func TestTokensOfNobodysInstallationCreditNobody(t *testing.T) {
	b := newBench() // it has no key of clicks
	out := b.mustFold(t, ingest.Orders(), reported(aReport(t, "paid", 19900, noon)))
	o := doc[recommend.Order](t, b, recommend.KindOrder, "o1")
	if len(out.Leaves)+len(out.Appends) > 0 || o.Lines[0].Unattributed != "token-foreign" {
		t.Errorf("%+v does %+v, want it kept and credited to nobody", o, out)
	}
}

func TestOrderEventsAreRefused(t *testing.T) {
	wrongKey := func(e recommend.Event) recommend.Event { e.Key = "o9"; return e }
	late := noon.AddDate(0, 0, 2)
	for name, tt := range map[string]struct {
		event recommend.Event
		code  string
	}{
		"under another order's key": {wrongKey(reported(aReport(t, "paid", 1, noon))), "wrong-key"},
		"of the future":             {func() recommend.Event { e := reported(aReport(t, "paid", 1, late)); e.Appended = noon; return e }(), "clock-skew"},
		"in another currency": {func() recommend.Event {
			r := aReport(t, "paid", 1, noon)
			r.Amount.Currency = "USD"
			return reported(r)
		}(), "currency-mismatch"},
		"of an unknown type":           {event("order.eaten.v1", "o1", noon, struct{}{}), "unknown-type"},
		"of another shape":             {event(recommend.TypeOrderReported, "o1", noon, map[string]any{"id": "o1", "amount": 3}), "bad-data"},
		"with a rate":                  {event(recommend.TypeOrderReported, "o1", noon, map[string]any{"id": "o1", "partner": "jd", "line": "1", "amount": cny(1), "state": "paid", "at": noon, "rate": 9}), "terms-frozen"},
		"with a team":                  {event(recommend.TypeOrderReported, "o1", noon, map[string]any{"id": "o1", "partner": "jd", "line": "1", "amount": cny(1), "state": "paid", "at": noon, "team": 9}), "multi-level-forbidden"},
		"a span under another's key":   {wrongKey(event(recommend.TypeOrdersSynced, "", noon, recommend.OrdersSynced{Partner: "jd", From: noon, To: late})), "wrong-key"},
		"a span that ends before":      {event(recommend.TypeOrdersSynced, "sync:jd", noon, recommend.OrdersSynced{Partner: "jd", From: late, To: noon}), "validation"},
		"a span of the future":         {event(recommend.TypeOrdersSynced, "sync:jd", noon, recommend.OrdersSynced{Partner: "jd", From: noon, To: late}), "clock-skew"},
		"a ruling by nobody":           {event(recommend.TypeEarningRuled, "o1", noon, recommend.EarningRuled{Order: "o1", Partner: "jd", Line: "1", State: "fraud", At: noon}), "validation"},
		"a ruling under another key":   {wrongKey(ruled("fraud", noon)), "wrong-key"},
		"a ruling on no line of it":    {event(recommend.TypeEarningRuled, "o1", noon, recommend.EarningRuled{Order: "o1", Partner: "jd", Line: "7", State: "fraud", By: "m1", At: noon}), "order-unknown"},
		"a ruling on what is nobody's": {event(recommend.TypeEarningRuled, "o1", noon, recommend.EarningRuled{Order: "o1", Partner: "jd", Line: "2", State: "fraud", By: "m1", At: noon}), "nothing-earned"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newOrderBench()
			b.mustFold(t, ingest.Orders(), reported(aReport(t, "paid", 100, noon)))
			free := aReport(t, "paid", 100, noon)
			free.Line, free.Token = "2", ""
			b.mustFold(t, ingest.Orders(), reported(free))
			before := maps.Clone(b.docs)
			if _, err := b.fold(ingest.Orders(), tt.event); code(err) != tt.code {
				t.Errorf("got %v, want %s", err, tt.code)
			}
			if diff := cmp.Diff(before, b.docs); diff != "" {
				t.Errorf("a refused event changed documents:\n%s", diff)
			}
		})
	}
}
