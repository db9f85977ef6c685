package recommend_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"vitrine.dev/recommend"
)

var earningNoon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func TestFinalStatesAreFinal(t *testing.T) {
	table := recommend.EarningTransitions()
	for s, next := range table {
		final := slices.Contains([]recommend.EarningState{"fraud", "canceled", "duplicate"}, s)
		if s.Final() != final || final != (len(next) == 0) {
			t.Errorf("%s: final %v, followed by %v", s, s.Final(), next)
		}
		for _, n := range next {
			if _, ok := table[n]; !ok || n == s {
				t.Errorf("%s is followed by %q", s, n)
			}
		}
		if !final && !s.CanFollow(recommend.EarningFraud) {
			t.Errorf("%s cannot turn out to be fraud", s)
		}
		if s.CanFollow(recommend.EarningPaid) && s != recommend.EarningProcessed && s != recommend.EarningRefunded {
			t.Errorf("%s can be paid out", s)
		}
	}
	if recommend.EarningState("lost").Final() || recommend.EarningState("").CanFollow(recommend.EarningPaid) {
		t.Error("an unknown state has a place in the table")
	}
}

func TestEveryReasonHasWords(t *testing.T) {
	for _, code := range recommend.EarningReasons() {
		zh, en := recommend.EarningReason(code, "zh"), recommend.EarningReason(code, "en")
		if zh == "" || en == "" || zh == en || recommend.EarningReason(code, "fr") != en {
			t.Errorf("%s: zh %q, en %q", code, zh, en)
		}
	}
	if recommend.EarningReason("lost", "en") != "" {
		t.Error("words for an unknown code")
	}
}

func TestEarningsAreExactForAnyAmount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		terms := recommend.Terms{
			CommissionBP: rapid.Int64Range(0, 8000).Draw(t, "commission"), ShareBP: rapid.Int64Range(0, 10_000).Draw(t, "share"),
		}
		base := rapid.Int64Range(0, recommend.MaxAmount).Draw(t, "base")
		got := terms.Earned(base)
		// |got·10⁸ − base·rate| ≤ 10⁸/2, taken apart so that it fits.
		rate := terms.CommissionBP * terms.ShareBP
		whole, rest := base/100_000_000, base%100_000_000
		if want := whole*rate + (rest*rate+50_000_000)/100_000_000; got != want {
			t.Fatalf("%d at %d/10⁸: got %d, want %d", base, rate, got, want)
		}
		if more := terms.Earned(base + 1); more < got {
			t.Fatalf("%d earns %d and one more earns %d", base, got, more)
		}
	})
	wild := recommend.Terms{CommissionBP: -5, ShareBP: 1 << 60}
	if wild.Earned(100) != 0 || (recommend.Terms{CommissionBP: 1 << 60, ShareBP: 1 << 60}).Earned(100) != 100 {
		t.Error("terms out of range earn below nothing or above all")
	}
}

func TestSpansThatMeetAreOne(t *testing.T) {
	at := func(h int) time.Time { return earningNoon.Add(time.Duration(h) * time.Hour) }
	span := func(from, to int) recommend.Span { return recommend.Span{From: at(from), To: at(to)} }
	for name, tt := range map[string]struct{ add, covered, gaps []recommend.Span }{
		"nothing":     {nil, nil, []recommend.Span{span(0, 10)}},
		"one":         {[]recommend.Span{span(2, 4)}, []recommend.Span{span(2, 4)}, []recommend.Span{span(0, 2), span(4, 10)}},
		"meeting":     {[]recommend.Span{span(2, 4), span(4, 6)}, []recommend.Span{span(2, 6)}, []recommend.Span{span(0, 2), span(6, 10)}},
		"overlapping": {[]recommend.Span{span(2, 5), span(4, 6)}, []recommend.Span{span(2, 6)}, []recommend.Span{span(0, 2), span(6, 10)}},
		"bridged":     {[]recommend.Span{span(6, 8), span(2, 4), span(3, 7)}, []recommend.Span{span(2, 8)}, []recommend.Span{span(0, 2), span(8, 10)}},
		"apart":       {[]recommend.Span{span(6, 8), span(1, 3)}, []recommend.Span{span(1, 3), span(6, 8)}, []recommend.Span{span(0, 1), span(3, 6), span(8, 10)}},
		"beyond":      {[]recommend.Span{span(-5, 0), span(10, 20)}, []recommend.Span{span(-5, 0), span(10, 20)}, []recommend.Span{span(0, 10)}},
		"everything":  {[]recommend.Span{span(-5, 20)}, []recommend.Span{span(-5, 20)}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var s recommend.Sync
			for _, a := range tt.add {
				s.Add(a)
			}
			if diff := cmp.Diff(tt.covered, s.Covered); diff != "" {
				t.Errorf("covered (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.gaps, s.Gaps(at(0), at(10))); diff != "" {
				t.Errorf("gaps (-want +got):\n%s", diff)
			}
		})
	}
	var s recommend.Sync
	for i := range 500 {
		s.Add(span(2*i, 2*i+1))
	}
	if len(s.Covered) != 200 || !s.Covered[199].To.Equal(at(999)) {
		t.Errorf("%d spans until %s, want the last 200", len(s.Covered), s.Covered[len(s.Covered)-1].To)
	}
}

func TestAnAccountForgetsBuyersOfLongAgo(t *testing.T) {
	var a recommend.Account
	settle := func(buyer string, at time.Time) {
		day := at.Format(time.DateOnly)
		a.Apply(recommend.Movement{
			Expert: "mei", Day: day, Buyer: buyer, Settled: day,
			Line: recommend.LedgerLine{Currency: "CNY"}, Entry: recommend.Entry{Amount: 1, Base: 100, State: recommend.EarningPending},
		}, at)
	}
	settle("b0", earningNoon)
	settle("b1", earningNoon.AddDate(0, 0, 200))
	if len(a.Buyers) != 2 {
		t.Fatalf("buyers %v, want both", a.Buyers)
	}
	settle("b2", earningNoon.AddDate(0, 0, 401))
	if got := slices.Sorted(maps.Keys(a.Buyers)); !slices.Equal(got, []string{"b1", "b2"}) {
		t.Errorf("buyers %v, want those of the last 400 days", got)
	}
	for i := range 5100 {
		settle(fmt.Sprintf("c%04d", i), earningNoon.AddDate(0, 0, 402))
	}
	if _, kept := a.Buyers["c5099"]; len(a.Buyers) != 5000 || !kept || a.Buyers["b2"] != "" {
		t.Errorf("%d buyers, want the last 5,000", len(a.Buyers))
	}
	if a.Balance["CNY"] != 5103 || len(a.Days) != 4 || !slices.IsSorted(a.Days) {
		t.Errorf("balance %v, %d days", a.Balance, len(a.Days))
	}
}
