package exports_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"vitrine.dev/exports"
	"vitrine.dev/recommend"
)

func TestALineThatIsSplitIsARowForEachExpert(t *testing.T) {
	w := newWorld(t)
	paid := recommend.Money{Amount: 1000, Currency: "CNY"}
	click := recommend.Click{Product: "taobao:1", Path: recommend.PathCart, Terms: recommend.Terms{Model: recommend.ModelSplit, CommissionBP: 1000, ShareBP: 6778}}
	at := noon.Add(-time.Hour)
	w.orders = []recommend.Order{{ID: "o1", Lines: []recommend.OrderLine{
		{Partner: "taobao", Line: "1", State: "settled", FirstAt: at, SettleAt: at, Paid: &paid, Refunded: 100, Currency: "CNY", Click: &click, Entries: 2, Credits: map[recommend.Model][]recommend.Credit{
			recommend.ModelSplit: {{Expert: "mei", Pick: "p1", Amount: 31}, {Expert: "li", Pick: "p2", Amount: 30}}, recommend.ModelLast: {{Expert: "li", Pick: "p2", Amount: 61}},
		}},
		{Partner: "taobao", Line: "2", FirstAt: noon, Currency: "CNY"},                      // placed later
		{Partner: "taobao", Line: "3", Currency: "CNY", Refunds: map[string]int64{"": 100}}, // of which only a refund is known
	}}}
	d := w.open()
	accept(t, d, "a", ask(exports.DatasetOrders, exports.NDJSON))
	worked(t, d, "a")
	_, rows := lines(t, result(t, d, "a"))
	var got []string
	for _, r := range rows {
		got = append(got, fmt.Sprint(r["line"], r["ordered_on"], r["settled_on"], r["expert"], r["pick"], r["path"], r["model"], r["part"], r["parts"], r["state"], r["paid"], r["refunded"], r["net"], r["earned"]))
	}
	want := []string{
		fmt.Sprint("1", "2026-11-23", "2026-11-23", "mei", "p1", "cart", "split", 1, 2, "processed", 500, 50, 450, 31),
		fmt.Sprint("1", "2026-11-23", "2026-11-23", "li", "p2", "cart", "split", 2, 2, "processed", 500, 50, 450, 30),
	}
	if d := gocmp.Diff(want, got, gocmp.Transformer("text", func(s string) string { return strings.ReplaceAll(s, " ", "") })); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestMoneyIsARowForEachSum(t *testing.T) {
	w := newWorld(t)
	d := w.open()
	accept(t, d, "a", ask(exports.DatasetMoney, exports.CSV))
	worked(t, d, "a")
	o := recommend.DefaultPolicy().Disclose(recommend.RelationCommission, nil, "en")
	var want strings.Builder
	for _, of := range []string{"all,,", "group,'=mei,", "unattributed,,no-token", "own,,"} {
		want.WriteString("vitrine.export.money/1,2026-11-23T12:00:00Z,2026-11-21T12:00:00Z,2026-11-23T12:00:00Z,split," + of + ",CNY,7.5,100,10,5,85,8,0," + o.Label + "," + o.ShortLabel + ",commission\r\n")
	}
	_, got, _ := strings.Cut(string(result(t, d, "a")), "\r\n")
	if d := gocmp.Diff(strings.ReplaceAll(want.String(), `"`, ""), strings.ReplaceAll(got, `"`, "")); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestRetentionIsARowForEachCohortAndInterval(t *testing.T) {
	w := newWorld(t)
	d := w.open()
	accept(t, d, "a", ask(exports.DatasetRetention, exports.NDJSON))
	worked(t, d, "a")
	_, rows := lines(t, result(t, d, "a"))
	var got []string
	for _, r := range rows {
		got = append(got, fmt.Sprint(r["cohort_readers"], " ", r["few_readers"], " ", r["from"], " ", r["readers"], " ", r["rate"], " ", r["interval_high"], " ", r["open"]))
	}
	want := []string{
		"8 false 2026-11-21T12:00:00Z 4 0.5 0.75 false", "8 false 2026-11-23T12:00:00Z 2 0.25 0 true",
		"<nil> true <nil> <nil> <nil> <nil> <nil>", "0 false <nil> <nil> <nil> <nil> <nil>",
	}
	if d := gocmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}
