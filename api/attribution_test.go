package api_test

import (
	"fmt"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"vitrine.dev/analytics"
	"vitrine.dev/api"
)

// TestOrdersAreWhoseTheModelSays has six readers click picks of two experts for
// one product, and buy it by the second.
func TestOrdersAreWhoseTheModelSays(t *testing.T) {
	s, p, pick, _ := selling(t, func(c *api.Config) {
		c.Analyst = &analytics.Analyst{Counts: c.Store.(analytics.Engine), Picks: c.Windows.(analytics.Picks), Now: c.Now}
	})
	bo := s.expert("bo", "home")
	again := s.publish(bo, object{"link": pickOf("1")["link"], "reason": reasonFor("another"), "topics": []string{"home/tea"}}).ID
	s.offer("1", 20000, 5)
	const readers = 6
	for i := range readers {
		who := s.token(t, fmt.Sprint("r", i), api.ScopeWindowRead)
		s.goTo(p, who, pick)
		s.clock.advance(time.Minute)
		token := s.goTo(p, who, again)
		s.clock.advance(time.Minute)
		s.push(s.reported(fmt.Sprint("o", i), token, "paid", 20000))
		if i == 0 {
			s.push(s.reported("o0", token, "refunded", 5000, "refund", "b1"))
		}
	}
	analyst := s.token(t, "ana", api.ScopeMetricsRead)
	for model, want := range map[string]map[string][]float64{
		"last":  {"mei": {readers, 0}, "bo": {readers, readers}},
		"first": {"mei": {readers, readers}, "bo": {readers, 0}},
		"split": {"mei": {readers, readers / 2.}, "bo": {readers, readers / 2.}},
	} {
		f := into[funnelAnswer](s.do("GET", "/v1/metrics/funnel?steps=clickout,order&window=1d&breakdown=expert&attribution="+model, nil, analyst).is(200))
		got := make(map[string][]float64)
		for _, g := range f.Groups {
			got[g.Key["expert"]] = counts(g.Steps)
		}
		if d := gocmp.Diff(want, got); d != "" {
			t.Errorf("clickouts and orders by %s (-want +got):\n%s", model, d)
		}
	}
	whole := analytics.Amounts{Currency: "CNY", Lines: readers, Gross: readers * 20000, Refunded: 5000, Net: readers*20000 - 5000}
	for model, want := range map[string]map[string]int64{
		"last": {"bo": whole.Gross}, "first": {"mei": whole.Gross}, "split": {"mei": whole.Gross / 2, "bo": whole.Gross / 2},
	} {
		m := into[analytics.Money](s.do("GET", "/v1/metrics/money?breakdown=expert&attribution="+model, nil, analyst).is(200))
		got := make(map[string]int64)
		for _, g := range m.Groups {
			got[g.Key["expert"]] = g.Gross
		}
		if d := gocmp.Diff(want, got); d != "" {
			t.Errorf("gross by %s (-want +got):\n%s", model, d)
		}
		if len(m.Totals) != 1 {
			t.Fatalf("totals %+v, want those of CNY", m.Totals)
		}
		total := m.Totals[0]
		if total.Earned == 0 || total.Earned > total.Net/10 {
			t.Errorf("%d earned of %d net, want a share of ten percent", total.Earned, total.Net)
		}
		total.Earned = 0
		if d := gocmp.Diff(whole, total); d != "" {
			t.Errorf("the total by %s (-want +got):\n%s", model, d)
		}
	}
	r := into[analytics.Retention](s.do("GET", "/v1/metrics/retention?step=clickout&back=order&interval=day", nil, analyst).is(200))
	last := r.Cohorts[len(r.Cohorts)-1]
	if last.Readers != readers || len(last.Back) != 1 || last.Back[0].Readers != readers || !last.Back[0].Open {
		t.Errorf("the cohort of today is %+v, want %d readers who all bought on this day, which is not over", last, readers)
	}
}

// TestAnExpertsOwnTrafficIsCountedApart has an expert open his own pick as often
// as his readers do.
func TestAnExpertsOwnTrafficIsCountedApart(t *testing.T) {
	s := openCounting(t)
	picks := s.stock(1)
	act := func(kind string) object { return object{"kind": kind, "pick": picks[0]} }
	const readers = 5
	for i := range readers {
		who := s.token(t, fmt.Sprint("r", i), api.ScopeWindowRead)
		s.do("POST", "/v1/actions", object{"actions": []object{act("impression"), act("open")}}, who).is(202)
	}
	expert := s.token(t, "x00", api.ScopeWindowRead)
	s.do("POST", "/v1/actions", object{"actions": []object{act("impression"), act("open")}}, expert).is(202)
	s.do("PUT", "/v1/bookmarks/"+picks[0], nil, expert).is(201)
	analyst := s.token(t, "ana", api.ScopeMetricsRead)
	f := into[funnelAnswer](s.do("GET", "/v1/metrics/funnel?steps=impression,open,bookmark&window=1d", nil, analyst).is(200))
	if d := gocmp.Diff([]float64{readers, readers, 0}, counts(f.Steps)); d != "" || f.LeftOut.Own != 1 {
		t.Errorf("%d of the expert's own, and of readers (-want +got):\n%s", f.LeftOut.Own, d)
	}
}
