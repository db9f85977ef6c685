package analytics_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"vitrine.dev/analytics"
	"vitrine.dev/recommend"
)

// TestMoneyIsThatOfTheLines holds what orders are worth against sums over the
// lines that were drawn, by every model and breakdown.
func TestMoneyIsThatOfTheLines(t *testing.T) {
	for seed := range uint64(300) {
		rnd := rand.New(rand.NewPCG(seed, 8))
		sales, _ := drawSales(rnd, nil)
		c := newCounts(recommend.DefaultPolicy())
		c.sell(t, sales)
		a := &analytics.Analyst{Counts: c, Picks: shelf(filed()), Now: func() time.Time { return morning().AddDate(0, 0, days+1) }}
		by := analytics.MoneyDimensions()
		rnd.Shuffle(len(by), func(i, k int) { by[i], by[k] = by[k], by[i] })
		r := &analytics.Request{
			Edges: []time.Time{morning(), morning().AddDate(0, 0, 1+rnd.IntN(days))}, By: by[:rnd.IntN(3)],
			Model: []string{"", "last", "first", "split"}[rnd.IntN(4)],
		}
		if rnd.IntN(2) == 0 {
			r.Where = map[string][]string{analytics.ByTopic: {"tea"}}
		}
		if rnd.IntN(2) == 0 {
			r.AsOf = drawTime(rnd)
		}
		m, err := a.MoneyOf(t.Context(), r)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		total, groups := moneyByHand(sales, r)
		var got []analytics.Amounts
		if len(m.Totals) > 0 {
			got = m.Totals
		}
		if d := gocmp.Diff(total, got, nearly); d != "" {
			t.Fatalf("seed %d: %+v is worth other than by hand (-want +got):\n%s", seed, *r, d)
		}
		told := make(map[string]analytics.Amounts)
		for _, g := range m.Groups {
			var key []string
			for _, d := range r.By {
				key = append(key, g.Key[d])
			}
			told[strings.Join(key, "|")] = g.Amounts
		}
		if d := gocmp.Diff(groups, told, nearly); d != "" {
			t.Fatalf("seed %d: the groups of %+v are worth other than by hand (-want +got):\n%s", seed, *r, d)
		}
	}
}

// moneyByHand adds up what was drawn. Of a line that is split the first pick has
// what is left over.
func moneyByHand(sales []sale, r *analytics.Request) ([]analytics.Amounts, map[string]analytics.Amounts) {
	type sums struct {
		analytics.Amounts
		buyers map[string]bool
	}
	all := make(map[string]*sums)
	for _, s := range sales {
		if s.bought.Before(r.Edges[0]) || !s.bought.Before(r.Edges[1]) || s.bought.After(r.AsOf) {
			continue
		}
		refunded := int64(0)
		if !s.cameBack.IsZero() && !s.cameBack.After(r.AsOf) {
			refunded = s.refunded
		}
		earned := (s.paid - refunded + 10) / 20 // 10 % of it, and of that a half, rounded
		if s.refunded == s.paid && !s.cameBack.IsZero() {
			earned = 0 // by now nothing is earned of it any more
		}
		picks := s.shares(r.Model)
		n := int64(len(picks))
		for i, pick := range picks {
			if f := filed()[pick]; r.Where != nil && !slices.Contains(f.Topics, "tea") {
				continue
			}
			part := func(amount int64) int64 {
				if int64(i) < amount%n {
					return amount/n + 1
				}
				return amount / n
			}
			names := []string{"total"}
			keys := []string{""}
			for k, d := range r.By {
				values := valuesByHand(d, pick, "", "")
				if d == analytics.ByPartner {
					values = []string{"taobao"}
				}
				var more []string
				for _, key := range keys {
					for _, v := range values {
						more = append(more, key+map[bool]string{true: "|"}[k > 0]+v)
					}
				}
				keys = more
			}
			for _, key := range keys {
				if len(r.By) > 0 {
					names = append(names, "by "+key)
				}
			}
			for _, name := range names {
				a := all[name]
				if a == nil {
					a = &sums{Amounts: analytics.Amounts{Currency: "CNY"}, buyers: make(map[string]bool)}
					all[name] = a
				}
				a.buyers[s.reader] = true
				a.Lines += 1 / float64(n)
				a.Gross, a.Refunded, a.Earned = a.Gross+part(s.paid), a.Refunded+part(refunded), a.Earned+part(earned)
				a.Net = a.Gross - a.Refunded
			}
		}
	}
	var total []analytics.Amounts
	groups := make(map[string]analytics.Amounts)
	for name, a := range all {
		if key, ok := strings.CutPrefix(name, "by "); len(a.buyers) < recommend.FewestReaders {
			continue
		} else if ok {
			groups[key] = a.Amounts
		} else {
			total = append(total, a.Amounts)
		}
	}
	return total, groups
}

// TestReadersReturnAsByHand holds cohorts against the events of histories.
func TestReadersReturnAsByHand(t *testing.T) {
	policy := recommend.DefaultPolicy()
	cohorts := 0
	for seed := range uint64(300) {
		rnd := rand.New(rand.NewPCG(seed, 9))
		all, _ := drawHistory(rnd)
		c, forgotten := fold(t, policy, rnd, all)
		now := morning().AddDate(0, 0, days+1)
		if rnd.IntN(2) == 0 {
			now = drawTime(rnd)
		}
		a := &analytics.Analyst{Counts: c, Picks: shelf(filed()), Now: func() time.Time { return now }}
		r := &analytics.Request{Steps: []string{"open", []string{"open", "share"}[rnd.IntN(2)]}}
		for h := 6 * rnd.IntN(3); h <= 24*days; h += 18 {
			r.Edges = append(r.Edges, morning().Add(time.Duration(h)*time.Hour))
		}
		got, err := a.Retain(t.Context(), r)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if d := gocmp.Diff(returnsByHand(all, forgotten, r, now), toldOf(got)); d != "" {
			t.Fatalf("seed %d: %+v (-want +got):\n%s", seed, *r, d)
		}
		for _, c := range got.Cohorts {
			if c.Readers > 0 {
				cohorts++
			}
		}
	}
	if cohorts < 50 {
		t.Errorf("%d cohorts are large enough to be told of: the test shows little", cohorts)
	}
}

func toldOf(t *analytics.Retention) []string {
	var lines []string
	for i, c := range t.Cohorts {
		back := []int64{}
		for _, b := range c.Back {
			back = append(back, b.Readers)
		}
		lines = append(lines, fmt.Sprint(i, ": ", c.Readers, c.Few, back))
	}
	return lines
}

func returnsByHand(all []deed, forgotten string, r *analytics.Request, now time.Time) []string {
	first, times := make(map[string]time.Time), make(map[string]map[string][]time.Time)
	pairs, _ := pairsByHand(all, nil, forgotten, "")
	for _, d := range all {
		if p := pairs[d.reader+"|"+d.pick]; d.reader == forgotten || p != nil && (p.own || p.bot) {
			continue
		}
		if at, ok := first[d.reader]; d.kind == r.Steps[0] && (!ok || d.at.Before(at)) {
			first[d.reader] = d.at
		}
		if d.kind == r.Steps[1] {
			if times[d.reader] == nil {
				times[d.reader] = make(map[string][]time.Time)
			}
			times[d.reader][d.pick] = append(times[d.reader][d.pick], d.at)
		}
	}
	in := func(at time.Time, i int) bool {
		return !at.After(now) && !at.Before(r.Edges[i]) && at.Before(r.Edges[i+1])
	}
	var lines []string
	for i := range len(r.Edges) - 1 {
		n, back := 0, make([]int, len(r.Edges)-1)
		for reader, at := range first {
			if !in(at, i) {
				continue
			}
			n++
			for k := range back {
				for _, of := range times[reader] {
					if in(slices.MinFunc(of, time.Time.Compare), k) || in(slices.MaxFunc(of, time.Time.Compare), k) {
						back[k]++
						break
					}
				}
			}
		}
		if few := n > 0 && n < recommend.FewestReaders; few || n == 0 {
			lines = append(lines, fmt.Sprint(i, ": ", 0, few, []int{}))
			continue
		}
		told := []int{}
		for k := i; k < len(back) && r.Edges[k].Before(now); k++ {
			told = append(told, back[k])
		}
		lines = append(lines, fmt.Sprint(i, ": ", n, false, told))
	}
	return lines
}
