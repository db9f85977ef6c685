package recommend_test

import (
	"encoding/json"
	"testing"
	"time"

	"vitrine.dev/recommend"
)

func TestOneReportIsOneEventHoweverItComes(t *testing.T) {
	report := func(change ...func(*recommend.OrderReport)) *recommend.OrderReport {
		o := &recommend.OrderReport{
			ID: "o1", Partner: "jd", Line: "1", Token: "v1.a.b.c", State: "paid", Quantity: 2,
			Amount: recommend.Money{Amount: 1200, Currency: "CNY"}, At: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC),
		}
		for _, f := range change {
			f(o)
		}
		return o
	}
	want := report().EventID()
	for name, same := range map[string]*recommend.OrderReport{
		"another clock":    report(func(o *recommend.OrderReport) { o.At = o.At.In(time.FixedZone("CST", 8*3600)) }),
		"an unknown field": report(func(o *recommend.OrderReport) { o.Extra = map[string]json.RawMessage{"attempt": json.RawMessage("2")} }),
	} {
		if got := same.EventID(); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
	seen := map[string]string{want: "the report"}
	for name, other := range map[string]*recommend.OrderReport{
		"order":    report(func(o *recommend.OrderReport) { o.ID = "o2" }),
		"partner":  report(func(o *recommend.OrderReport) { o.Partner = "taobao" }),
		"line":     report(func(o *recommend.OrderReport) { o.Line = "2" }),
		"state":    report(func(o *recommend.OrderReport) { o.State = "settled" }),
		"refund":   report(func(o *recommend.OrderReport) { o.Refund = "r1" }),
		"amount":   report(func(o *recommend.OrderReport) { o.Amount.Amount++ }),
		"currency": report(func(o *recommend.OrderReport) { o.Amount.Currency = "EUR" }),
		"quantity": report(func(o *recommend.OrderReport) { o.Quantity = 3 }),
		"time":     report(func(o *recommend.OrderReport) { o.At = o.At.Add(time.Second) }),
		"token":    report(func(o *recommend.OrderReport) { o.Token = "" }),
		"shifted":  report(func(o *recommend.OrderReport) { o.ID, o.Line = "o", "11" }),
	} {
		id := other.EventID()
		if seen[id] != "" {
			t.Errorf("another %s: the id of %s", name, seen[id])
		}
		if !recommend.ValidID(id) {
			t.Errorf("%q is no id", id)
		}
		seen[id] = name
	}
}
