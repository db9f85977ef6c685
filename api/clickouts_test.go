package api_test

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"vitrine.dev/api"
	"vitrine.dev/recommend"
)

func TestAClickoutLeadsToThePartnerWithASignedClick(t *testing.T) {
	s, p, pick, _ := selling(t)
	ann := s.token(t, "ann", api.ScopeWindowRead)
	got := into[way](s.do("POST", "/v1/clickouts", object{"pick_id": pick, "quantity": 2}, ann, key("a")).is(201))
	if !strings.HasPrefix(got.URL, "https://item.taobao.com/item.htm?id=1&") || got.Embed != "webview" || got.Path != "direct" || !got.Attributed || got.Partner != "taobao" {
		t.Errorf("got %+v", got)
	}
	click, err := recommend.NewClicks(s.keys.Secret("click")).Open(p.last.Token)
	if err != nil {
		t.Fatal(err)
	}
	now := s.clock.now().Truncate(time.Second)
	want := recommend.Click{
		ID: got.ClickID, Reader: "ann", Pick: pick, Expert: "mei", Product: "taobao:1", At: now, Path: recommend.PathDirect, Quantity: 2,
		Price: &recommend.Money{Amount: 20000, Currency: "CNY"},
		Terms: recommend.Terms{CommissionBP: 1000, ShareBP: 8000, Model: recommend.ModelLast, HoldingDays: 30, Policy: s.world.world.Scene().Policy.Version},
	}
	if diff := cmp.Diff(want, click); diff != "" || !got.ExpiresAt.Equal(now.Add(15*24*time.Hour)) {
		t.Errorf("until %v, click (-want +got):\n%s", got.ExpiresAt, diff)
	}
	if s.done(recommend.ActCheckout) != 1 {
		t.Error("the log has no checkout")
	}
}

func TestARepeatedClickoutIsOneClickOnAnyProcess(t *testing.T) {
	s, p, pick, _ := selling(t)
	other := s.world.open(t, func(c *api.Config) { c.Channels = p })
	ann := s.token(t, "ann", api.ScopeWindowRead)
	first := s.do("POST", "/v1/clickouts", object{"pick_id": pick}, ann, key("a")).is(201)
	s.clock.advance(90 * time.Second)
	s.offer("1", 20000, 0) // sold out meanwhile: the click was made all the same
	again := other.do("POST", "/v1/clickouts", object{"pick_id": pick}, ann, key("a")).is(201)
	if diff := cmp.Diff(string(first.body), string(again.body)); diff != "" || again.header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("another process answers (-first +again):\n%s", diff)
	}
	if n := s.done(recommend.ActCheckout); n != 1 {
		t.Errorf("%d checkouts, want one", n)
	}
}

func TestAClickRemembersOtherExpertsClickedBefore(t *testing.T) {
	s, p, pick, _ := selling(t)
	bo := s.expert("bo", "home")
	again := s.publish(bo, object{"link": pickOf("1")["link"], "reason": reasonFor("another"), "topics": []string{"home/tea"}}).ID
	s.offer("1", 20000, 5)
	ann := s.token(t, "ann", api.ScopeWindowRead)
	s.goTo(p, ann, pick)
	s.clock.advance(time.Hour)
	click, err := recommend.NewClicks(s.keys.Secret("click")).Open(s.goTo(p, ann, again))
	if err != nil || len(click.Touches) != 1 || click.Touches[0].Expert != "mei" || click.Touches[0].Pick != pick {
		t.Errorf("got %+v, %v; want the click on mei's pick", click, err)
	}
}

// Whatever a partner's adapter returns, nobody is sent off its hosts.
func TestNobodyIsSentToAHostThatIsNotThePartners(t *testing.T) {
	s, p, pick, _ := selling(t)
	p.origins = []string{"https://pay.taobao.example"}
	ann := s.token(t, "ann", api.ScopeWindowRead)
	n := 0
	ask := func(url string) *reply {
		p.link = func(recommend.Conversion) (recommend.Checkout, error) { return recommend.Checkout{URL: url}, nil }
		n++
		return s.do("POST", "/v1/clickouts", object{"pick_id": pick}, ann, key(strconv.Itoa(n)))
	}
	for _, url := range []string{
		"", "//evil.example", "javascript:alert(1)", "data:text/html,x", "https:evil.example", "https://evil.example/item.htm?id=1",
		"https://item.taobao.com.evil.example/item.htm?id=1", "https://item.taobao.com@evil.example/item.htm?id=1", "https://evil.example\\@item.taobao.com/item.htm?id=1",
		"https://evil.example/?u=https://item.taobao.com/item.htm?id=1", "https://evil.example https://item.taobao.com/item.htm?id=1",
		"https://item.taobao.com/item.htm?id=2", "https://item.taobao.com/", "http://item.taobao.com/item.htm?id=1", "https://pay.taobao.example.evil.example/",
		"https://pay.taobao.example:444/", "http://pay.taobao.example/", "https://x@pay.taobao.example/", "https://pay.taobao.example\t.evil.example/",
		"https://ｐay.taobao.example/", "ftp://pay.taobao.example/", "https://" + strings.Repeat("a", 9000), "https://item.jd.com/1.html", "https://s.click.taobao.com/t?e=1",
	} {
		ask(url).problem(503, "partner-link-refused")
	}
	for _, url := range []string{"https://pay.taobao.example/c?t=1", "https://PAY.taobao.example", "https://detail.tmall.com/../x"} {
		if r := ask(url); !strings.Contains(url, "tmall") {
			r.is(201)
		} else {
			r.is(503)
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		hosts := []string{"item.taobao.com", "pay.taobao.example", "evil.example"}
		url := rapid.SampledFrom([]string{"https://", "http://", "https:/", "//", "https:///", "\thttps://"}).Draw(rt, "scheme") +
			rapid.SampledFrom([]string{"", "user@", "a:b@", "x\\", "item.taobao.com%2f", "item.taobao.com#@", "item.taobao.com."}).Draw(rt, "before") +
			rapid.SampledFrom(hosts).Draw(rt, "host") +
			rapid.SampledFrom([]string{"", ":443", ":80", ".evil.example", "\\.evil.example", "@evil.example", "\u3002evil.example", "%00.evil.example"}).Draw(rt, "after") +
			rapid.SampledFrom([]string{"", "/", "/item.htm?id=1", "/item.htm?id=1#x", "/item.htm?id=1&u=//evil.example", "?id=1"}).Draw(rt, "path")
		r := ask(url)
		if r.status == 503 {
			return
		}
		got := into[way](r.is(201))
		rest, ok := strings.CutPrefix(got.URL, "https://")
		host, _, _ := strings.Cut(strings.NewReplacer("?", "/", "#", "/").Replace(rest), "/")
		if !ok || host != "item.taobao.com" && host != "pay.taobao.example" && host != "item.taobao.com:443" {
			rt.Fatalf("sent to %q", got.URL)
		}
	})
}

func TestWhatCannotBeBoughtSaysWhy(t *testing.T) {
	s, _, pick, mei := selling(t)
	ann := s.token(t, "ann", api.ScopeWindowRead)
	n := 0
	ask := func(body any) *reply {
		n++
		return s.do("POST", "/v1/clickouts", body, ann, key(strconv.Itoa(n)))
	}
	for name, c := range map[string]struct {
		body   object
		status int
		code   string
	}{
		"an unknown pick": {object{"pick_id": "none"}, 404, "not-found"}, "no id": {object{"pick_id": "//evil"}, 404, "not-found"},
		"none": {object{"pick_id": pick, "quantity": 0}, 422, "quantity-limit"}, "less than none": {object{"pick_id": pick, "quantity": -1}, 422, "quantity-limit"},
		"very many": {object{"pick_id": pick, "quantity": 1_000_000}, 422, "quantity-limit"}, "more than there are": {object{"pick_id": pick, "quantity": 6}, 409, "out-of-stock"},
		"an address": {object{"pick_id": pick, "url": "https://evil.example"}, 422, "validation"},
	} {
		t.Run(name, func(t *testing.T) { r := ask(c.body); r.t = t; r.problem(c.status, c.code) })
	}
	s.do("POST", "/v1/clickouts", object{"pick_id": pick}, ann).problem(400, "idempotency-key-missing")
	s.offer("1", 20000, 0)
	if got := ask(object{"pick_id": pick}).problem(409, "out-of-stock"); got["available_quantity"] != 0.0 {
		t.Errorf("got %v, want how many are left", got)
	}
	s.offer("1", 20000, 5)
	rule := func(kind, id, action string) {
		s.do("POST", "/v1/rulings", object{"target": object{"kind": kind, "id": id}, "action": action, "rule": "counterfeit", "text": "Looked at."}, s.moderator()).is(200)
	}
	rule("partner", "taobao", "pause")
	ask(object{"pick_id": pick}).problem(409, "partner-paused")
	rule("partner", "taobao", "resume")
	rule("expert", "mei", "suspend")
	ask(object{"pick_id": pick}).problem(410, "pick-removed")
	rule("expert", "mei", "restore")
	ask(object{"pick_id": pick}).is(201)
	r := s.do("GET", "/v1/picks/"+pick, nil).is(200)
	s.do("DELETE", "/v1/picks/"+pick, nil, mei, ifMatch(r.header.Get("ETag"))).is(200)
	ask(object{"pick_id": pick}).problem(410, "pick-removed")
}

func TestAPartnerWithoutAChannelIsReachedByItsOwnPage(t *testing.T) {
	s, _, pick, _ := selling(t)
	alone := s.world.open(t)
	got := into[way](alone.do("POST", "/v1/clickouts", object{"pick_id": pick}, s.token(t, "ann", api.ScopeWindowRead), key("a")).is(201))
	if got.URL != "https://item.taobao.com/item.htm?id=1" || got.Attributed || got.Embed != "external" {
		t.Errorf("got %+v, want the item's own page", got)
	}
}

func TestAMiddlePageTellsThatFactsAreStale(t *testing.T) {
	s, _, pick, _ := selling(t)
	got := into[recommend.Middle](s.do("GET", "/v1/picks/"+pick+"/middle", nil, s.token(t, "ann", api.ScopeWindowRead)).is(200))
	if got.Stale || got.Item.Product.Price.Amount != 20000 || got.Disclosure.Label == "" || got.Partner.ID != "taobao" {
		t.Errorf("got %+v, want facts of now", got)
	}
	s.clock.advance(16 * time.Minute)
	if got := into[recommend.Middle](s.do("GET", "/v1/picks/"+pick+"/middle", nil).is(200)); !got.Stale {
		t.Errorf("got %+v, want them stale", got)
	}
	s.do("GET", "/v1/picks/none/middle", nil).problem(404, "not-found")
}

// put lays pick into the cart of ann, at a price.
func (s *site) put(pick, product string, price int64) {
	s.t.Helper()
	now := s.clock.now()
	id := "c" + pick
	data, err := json.Marshal(recommend.Action{
		ID: id, Reader: "ann", Kind: recommend.ActCart, Pick: pick, Expert: "mei", Product: product, Quantity: 1,
		Price: &recommend.Money{Amount: price, Currency: "CNY"}, At: now,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.engine.Append(s.t.Context(), recommend.TopicActions, recommend.Event{
		ID: id, Source: "/test", Type: recommend.TypeActed, Key: "ann", Time: now, Data: data,
	}); err != nil {
		s.t.Fatal(err)
	}
}

func TestACartIsCheckedOutLineByLine(t *testing.T) {
	s, p, pick, mei := selling(t)
	second := s.publish(mei, pickOf("2")).ID
	s.offer("1", 20000, 5)
	s.offer("2", 900, 5)
	ann := s.token(t, "ann", api.ScopeWindowRead)
	type answer struct {
		Clickouts []way
		Problems  []struct {
			Line, Code string
			From, To   *recommend.Money
		}
	}
	s.do("POST", "/v1/cart/checkout", object{}, ann, key("empty")).problem(409, "cart-empty")
	s.put(pick, "taobao:1", 20000)
	s.put(second, "taobao:2", 800) // it has become dearer
	var r recommend.Reader
	if !s.engine.body(recommend.Ref{Kind: recommend.KindReader, ID: "ann"}, &r) || len(r.Cart.Lines) != 2 {
		t.Fatalf("cart %+v, want two lines", r.Cart)
	}
	got := into[answer](s.do("POST", "/v1/cart/checkout", object{"lines": []string{r.Cart.Lines[0].ID, r.Cart.Lines[1].ID, "lnone"}}, ann, key("a")).is(201))
	if len(got.Clickouts) != 1 || got.Clickouts[0].Line != r.Cart.Lines[0].ID || got.Clickouts[0].Path != "cart" || !got.Clickouts[0].ExpiresAt.Equal(s.clock.now().Truncate(time.Second).Add(90*24*time.Hour)) {
		t.Errorf("got %+v, want a way for the first line, good for 90 days", got.Clickouts)
	}
	if len(got.Problems) != 2 || got.Problems[0].Code != "line_unknown" || got.Problems[1].Code != "price_changed" || got.Problems[1].To.Amount != 900 {
		t.Errorf("got %+v, want the new price and the unknown line", got.Problems)
	}
	other := s.world.open(t, func(c *api.Config) { c.Channels = p })
	body := object{"accept_prices": true}
	both := s.do("POST", "/v1/cart/checkout", body, ann, key("b")).is(201)
	if got := into[answer](both); len(got.Clickouts) != 2 || len(got.Problems) != 0 {
		t.Errorf("got %+v, want both ways", got)
	}
	s.clock.advance(time.Minute)
	if again := other.do("POST", "/v1/cart/checkout", body, ann, key("b")).is(201); !bytes.Equal(again.body, both.body) {
		t.Errorf("another process answers %s, want %s", again.body, both.body)
	}
	if n := s.done(recommend.ActCheckout); n != 3 {
		t.Errorf("%d checkouts, want three", n)
	}
	s.offer("1", 20000, 0)
	s.offer("2", 900, 0)
	if got := into[answer](s.do("POST", "/v1/cart/checkout", body, ann, key("c")).is(200)); len(got.Clickouts) != 0 || len(got.Problems) != 2 || got.Problems[0].Code != "unavailable" {
		t.Errorf("got %+v, want two problems", got)
	}
}

func TestRacingRepeatsOfAClickoutAnswerOneClick(t *testing.T) {
	s, p, pick, _ := selling(t)
	other := s.world.open(t, func(c *api.Config) { c.Channels = p })
	ann := s.token(t, "ann", api.ScopeWindowRead)
	var second *reply
	once := false
	s.engine.before = func() { // the repeat overtakes the first, a minute later
		if once {
			return
		}
		once = true
		s.clock.advance(time.Minute)
		second = other.do("POST", "/v1/clickouts", object{"pick_id": pick}, ann, key("a")).is(201)
	}
	first := s.do("POST", "/v1/clickouts", object{"pick_id": pick}, ann, key("a")).is(201)
	if diff := cmp.Diff(string(first.body), string(second.body)); diff != "" {
		t.Errorf("the two answer (-first +second):\n%s", diff)
	}
	var r recommend.Reader
	if !s.engine.body(recommend.Ref{Kind: recommend.KindReader, ID: "ann"}, &r) || len(r.Clicks) != 1 {
		t.Errorf("clicks %+v, want one", r.Clicks)
	}
}
