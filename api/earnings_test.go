package api_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vitrine.dev/api"
	"vitrine.dev/recommend"
)

func TestAnOrderEarnsOnceAndRefundsTakeExactlyThatBack(t *testing.T) {
	s, p, pick, mei := selling(t)
	ann := s.token(t, "ann", api.ScopeWindowRead)
	token := s.goTo(p, ann, pick)
	s.clock.advance(time.Minute)
	paid := s.reported("o1", token, "paid", 20000)
	check := func(when string, state string, amount int64) {
		t.Helper()
		l := s.earned(mei, "")
		if len(l.Items) != 1 || l.Items[0].State != state || l.Items[0].Amount != amount || l.Balances[0].Balance != amount || l.Items[0].Text == "" {
			t.Fatalf("%s: got %+v, want one line, %s, of %d", when, l, state, amount)
		}
		if sum := sumOf(l.Items[0].Entries); sum != amount {
			t.Errorf("%s: entries sum to %d, want %d", when, sum, amount)
		}
	}
	for range 3 { // the partner repeats itself
		if v := s.push(paid); v.Accepted != 1 || v.Pending {
			t.Fatalf("got %+v, want it taken", v)
		}
		check("paid", "pending", 1600) // 200 yuan × 10 % × 80 %
	}
	if n := s.done(recommend.ActPurchase); n != 1 {
		t.Errorf("%d purchases, want one", n)
	}
	s.clock.advance(24 * time.Hour)
	for range 2 {
		s.push(s.reported("o1", token, "settled", 20000))
		check("settled", "pending", 1600)
	}
	if n := s.done(recommend.ActSettle); n != 1 {
		t.Errorf("%d settlements of the purchase, want one", n)
	}
	if l := s.earned(mei, ""); l.Items[0].HoldsUntil.IsZero() || l.Items[0].Reason != "holding" {
		t.Errorf("got %+v, want it held for a while", l.Items[0])
	}
	s.clock.advance(31 * 24 * time.Hour)
	check("after the holding period", "processed", 1600)
	if n := len(s.earned(mei, "?state=processed").Items) + len(s.earned(mei, "?state=paid").Items); n != 1 {
		t.Errorf("%d lines by state, want the one that is processed", n)
	}
	s.push(s.reported("o1", token, "refunded", 5000, "refund", "r1"), s.reported("o1", token, "refunded", 5000, "refund", "r1"))
	check("refunded in part", "processed", 1200)
	s.push(paid) // late, and known
	check("paid again", "processed", 1200)
	s.push(s.reported("o1", token, "refunded", 15000, "refund", "r2"))
	check("refunded", "refunded", 0)
	if p, r := s.done(recommend.ActPurchase), s.done(recommend.ActRefund); p != 1 || r != 1 {
		t.Errorf("%d purchases and %d refunds, want one each", p, r)
	}
	if len(s.engine.dead) > 0 {
		t.Errorf("dead letters %v", s.engine.dead)
	}
}

func sumOf(entries []recommend.Entry) (sum int64) {
	for _, e := range entries {
		sum += e.Amount
	}
	return sum
}

func TestReportsInAnyOrderEarnTheSame(t *testing.T) {
	s, p, pick, mei := selling(t)
	token := s.goTo(p, s.token(t, "ann", api.ScopeWindowRead), pick)
	s.clock.advance(time.Minute)
	paid, settled := s.reported("o1", token, "paid", 20000), s.reported("o1", token, "settled", 20000)
	refund := s.reported("o1", token, "refunded", 4000, "refund", "r1")
	s.push(refund)
	s.push(settled, refund)
	s.push(paid)
	if l := s.earned(mei, ""); len(l.Items) != 1 || l.Items[0].Amount != 1280 || l.Balances[0].Balance != 1280 {
		t.Errorf("got %+v, want 1280 of what was not paid back", l)
	}
}

func TestAnOrderWithoutAGoodClickIsCreditedToNobody(t *testing.T) {
	s, p, pick, mei := selling(t)
	ann := s.token(t, "ann", api.ScopeWindowRead)
	token := s.goTo(p, ann, pick)
	tampered := []byte(token)
	tampered[len(tampered)-5] ^= 1
	foreign, err := recommend.NewClicks(make([]byte, 32)).Mint(recommend.Click{ID: "k", Pick: pick, Expert: "mei", Product: "taobao:1", At: s.clock.now()})
	if err != nil {
		t.Fatal(err)
	}
	s.push(
		s.reported("none", "", "paid", 20000), s.reported("foreign", foreign, "paid", 20000),
		s.reported("tampered", string(tampered), "paid", 20000), s.reported("malformed", "nonsense", "paid", 20000),
	)
	s.clock.advance(16 * 24 * time.Hour)
	s.push(s.reported("late", token, "paid", 20000))
	if l := s.earned(mei, ""); len(l.Items) != 0 || len(l.Balances) != 0 {
		t.Errorf("got %+v, want nothing earned", l)
	}
	for order, want := range map[string]string{"none": "no-token", "foreign": "token-foreign", "tampered": "token-tampered", "malformed": "token-malformed", "late": "window-over"} {
		var o recommend.Order
		if !s.engine.body(recommend.Ref{Kind: recommend.KindOrder, ID: order}, &o) || o.Lines[0].Unattributed != want {
			t.Errorf("order %s: got %+v, want %s", order, o, want)
		}
	}
}

func TestAnExpertsOwnPurchaseEarnsNothing(t *testing.T) {
	s, p, pick, mei := selling(t)
	token := s.goTo(p, mei, pick)
	s.push(s.reported("o1", token, "paid", 20000))
	l := s.earned(mei, "?lang=zh")
	if len(l.Items) != 1 || l.Items[0].Amount != 0 || l.Items[0].State != "canceled" || l.Items[0].Reason != "self-purchase" || !strings.Contains(l.Items[0].Text, "自购") {
		t.Errorf("got %+v, want a line that earns nothing and says why", l)
	}
}

func TestAnOrderFasterThanAnybodyIsHeldAndSaysSo(t *testing.T) {
	s, p, pick, mei := selling(t)
	ann := s.token(t, "ann", api.ScopeWindowRead)
	token := s.goTo(p, ann, pick)
	s.clock.advance(2 * time.Second)
	s.push(s.reported("o1", token, "paid", 20000))
	l := s.earned(mei, "?lang=zh")
	if len(l.Items) != 1 || l.Items[0].State != "on_hold" || l.Items[0].Reason != "fast-order" || !strings.Contains(l.Items[0].Text, "fast-order") || l.Items[0].Amount != 1600 {
		t.Errorf("got %+v, want it held, whole, with the rule's name", l)
	}
	token = s.goTo(p, ann, pick)
	s.clock.advance(3 * time.Second)
	s.push(s.reported("o2", token, "paid", 20000))
	if l := s.earned(mei, "?state=pending"); len(l.Items) != 1 || l.Items[0].Order != "o2" {
		t.Errorf("got %+v, want an order after 3 seconds not held", l)
	}
}

func TestAnEarningNamesItsProduct(t *testing.T) {
	s, p, pick, mei := selling(t)
	bare := s.publish(mei, pickOf("2")).ID // of what no partner lists
	ann := s.token(t, "ann", api.ScopeWindowRead)
	s.push(s.reported("o1", s.goTo(p, ann, pick), "paid", 20000), s.reported("o2", s.goTo(p, ann, pick), "paid", 20000))
	s.clock.advance(time.Minute)
	s.push(s.reported("o3", s.goTo(p, ann, bare), "paid", 20000))
	titles := make(map[string]string)
	for _, i := range s.earned(mei, "").Items {
		titles[i.Order] = i.Title
	}
	if diff := cmp.Diff(map[string]string{"o1": "Kettle 1", "o2": "Kettle 1", "o3": ""}, titles); diff != "" {
		t.Errorf("titles (-want +got):\n%s", diff)
	}
}

func TestEarningsArePagedOverAllPartitions(t *testing.T) {
	s, p, pick, mei := selling(t, func(c *api.Config) { c.OrderPartitions = 5 })
	s.engine.parts = 5
	token := s.goTo(p, s.token(t, "ann", api.ScopeWindowRead), pick)
	for i := range 7 {
		s.clock.advance(time.Minute)
		s.push(s.reported(fmt.Sprintf("o%d", i), token, "paid", 10000))
	}
	var got []string
	for query := "?limit=3"; query != ""; {
		l := s.earned(mei, query)
		if l.Balances[0].Balance != 7*800 || l.Balances[0].ByState["pending"] != 7*800 {
			t.Errorf("balances %+v, want those of all lines", l.Balances)
		}
		for _, i := range l.Items {
			got = append(got, i.Order)
		}
		if query = ""; l.NextCursor != "" {
			query = "?limit=3&cursor=" + l.NextCursor
		}
	}
	if want := "o6 o5 o4 o3 o2 o1 o0"; strings.Join(got, " ") != want {
		t.Errorf("got %v, want %s", got, want)
	}
	s.do("GET", "/v1/me/earnings?state=rich", nil, mei).problem(400, "validation")
	s.do("GET", "/v1/me/earnings?cursor=abc", nil, mei).problem(400, "cursor-invalid")
	s.do("GET", "/v1/me/earnings", nil, s.token(t, "ann", api.ScopeWindowRead)).problem(403, "insufficient-scope")
}

func TestALowerCommissionIsAnnouncedAndCountsForLaterClicks(t *testing.T) {
	s, p, pick, mei := selling(t)
	ann := s.token(t, "ann", api.ScopeWindowRead)
	s.clock.advance(time.Second)
	s.list(line("1", s.clock.now().Format(time.RFC3339), `,"price":{"amount":20000,"currency":"CNY"},"stock":5,"commission_bp":500`)).is(200)
	l := s.earned(mei, "")
	if len(l.Notices) != 1 || l.Notices[0].CommissionBP != 500 || !strings.Contains(l.Notices[0].Text, "5%") {
		t.Fatalf("notices %+v, want the lower commission", l.Notices)
	}
	s.push(s.reported("before", s.goTo(p, ann, pick), "paid", 20000))
	s.clock.advance(8 * 24 * time.Hour)
	s.list(line("1", s.clock.now().Format(time.RFC3339), `,"price":{"amount":20000,"currency":"CNY"},"stock":5,"commission_bp":500`)).is(200)
	s.push(s.reported("after", s.goTo(p, ann, pick), "paid", 20000))
	l = s.earned(mei, "")
	if len(l.Items) != 2 || l.Items[0].Amount != 800 || l.Items[1].Amount != 1600 || len(l.Notices) != 0 {
		t.Errorf("got %+v, want 800 after the notice and 1600 before", l)
	}
}

func TestARulingOnAnEarningFollowsTheTable(t *testing.T) {
	s, p, pick, mei := selling(t)
	token := s.goTo(p, s.token(t, "ann", api.ScopeWindowRead), pick)
	s.clock.advance(time.Minute)
	s.push(s.reported("o1", token, "paid", 20000))
	rule := func(order, state string) *reply {
		s.clock.advance(time.Second)
		return s.do("POST", "/v1/earnings/rulings", object{"order": order, "partner": "taobao", "line": "1", "state": state, "text": "Looked at."}, s.moderator())
	}
	rule("none", "on_hold").problem(404, "order-unknown")
	rule("o1", "processed").problem(422, "validation")
	if got := rule("o1", "paid").problem(409, "transition-forbidden"); got["state"] != "pending" {
		t.Errorf("got %v, want the state it is in", got)
	}
	rule("o1", "on_hold").is(202)
	if l := s.earned(mei, ""); l.Items[0].State != "on_hold" || l.Balances[0].ByState["on_hold"] != 1600 {
		t.Errorf("got %+v, want it on hold", l)
	}
	rule("o1", "pending").is(202)
	rule("o1", "fraud").is(202)
	rule("o1", "pending").problem(409, "transition-forbidden")
	if l := s.earned(mei, ""); l.Items[0].State != "fraud" || l.Balances[0].Balance != 0 {
		t.Errorf("got %+v, want nothing left", l)
	}
	s.do("POST", "/v1/earnings/rulings", object{"order": "o1", "partner": "taobao", "line": "1", "state": "paid"}, mei).problem(403, "insufficient-scope")
}

func TestAStorefrontTellsHowManyBoughtOnceTheyAreFive(t *testing.T) {
	s, p, pick, _ := selling(t, func(c *api.Config) { c.OrderPartitions = 3 })
	s.engine.parts = 3
	told := func() int { // by a process that has not counted yet
		t.Helper()
		other := s.world.open(t, func(c *api.Config) { c.OrderPartitions = 3 })
		x := into[recommend.ExpertProfile](other.do("GET", "/v1/experts/mei", nil).is(200))
		if page := into[recommend.Storefront](other.do("GET", "/v1/experts/mei/window", nil).is(200)); page.Expert.TrustedBy != x.TrustedBy {
			t.Errorf("the storefront says %d, the profile %d", page.Expert.TrustedBy, x.TrustedBy)
		}
		return x.TrustedBy
	}
	for i := range 5 {
		if n := told(); n != 0 {
			t.Errorf("%d told after %d buyers, want none", n, i)
		}
		token := s.goTo(p, s.token(t, fmt.Sprintf("ann%d", i), api.ScopeWindowRead), pick)
		s.push(s.reported(fmt.Sprintf("o%d", i), token, "settled", 20000), s.reported(fmt.Sprintf("again%d", i), token, "settled", 20000))
	}
	if n := told(); n != 5 {
		t.Errorf("%d told, want 5", n)
	}
}
