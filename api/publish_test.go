package api_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vitrine.dev/api"
	"vitrine.dev/recommend"
)

func TestAPublishedPickCanBeReadAtOnce(t *testing.T) {
	s := open(t)
	mei := s.expert("mei", "home")
	content := pickOf("1")
	content["inventory"] = 20
	content["images"] = []string{"https://img.example/1.jpg"}
	r := s.do("POST", "/v1/picks", content, mei, key("a"), header{"Accept-Language", "zh"}).is(202)
	p := into[published](r)
	if p.State != "published" || p.Pending || p.Pick == nil || p.PolicyVersion == "" || len(p.Checks) == 0 {
		t.Fatalf("got %s, want it published with checks, pick and policy version", r.body)
	}
	if got, want := r.header.Get("Location"), "/v1/picks/"+p.ID; got != want {
		t.Errorf("Location %q, want %q", got, want)
	}
	if got := p.Pick.Disclosure.ShortLabel; got != "广告" {
		t.Errorf("label %q, want 广告", got)
	}
	read := s.do("GET", "/v1/picks/"+p.ID, nil).is(200)
	if got, want := into[recommend.PickView](read).Reason, content["reason"]; got != want {
		t.Errorf("reason %q, want %q", got, want)
	}
	events := s.engine.events(recommend.TopicPicks)
	if len(events) != 1 || events[0].Key != "mei" || events[0].Type != recommend.TypePickPublished || events[0].Source != "/vitrine/api" {
		t.Errorf("events %+v, want one pick.published.v1 of mei", events)
	}
}

func TestPublishRefusesWithTheStatusOfTheRule(t *testing.T) {
	change := func(name string, value any) object {
		c := pickOf("1")
		if value == nil {
			delete(c, name)
		} else {
			c[name] = value
		}
		return c
	}
	for _, tt := range []struct {
		name    string
		body    any
		status  int
		code    string
		pointer string
	}{
		{"a missing link", change("link", nil), 422, "validation", "/link"},
		{"a missing reason", change("reason", nil), 422, "validation", "/reason"},
		{"no topics", change("topics", nil), 422, "validation", "/topics"},
		{"a short reason", change("reason", "好用"), 422, "reason-too-short", "/reason"},
		{"a long reason", change("reason", strings.Repeat("好", 1001)), 422, "reason-too-long", "/reason"},
		{"an unknown shop", change("link", "https://shop.example/1"), 422, "unsupported-channel", "/link"},
		{"a shop page", change("link", "https://item.taobao.com/"), 422, "link-not-an-item", "/link"},
		{"text without a link", change("link", "no link"), 422, "link-malformed", "/link"},
		{"a topic he is not verified for", change("topics", []string{"food"}), 403, "topic-not-approved", "/topics/0"},
		{"tobacco", change("reason", "这款电子烟味道很纯，续航也久，我自己用了两个月，推荐给大家试试看。"), 422, "restricted-goods", "/reason"},
		{"ten images", change("images", slices.Repeat([]string{"i"}, 10)), 422, "validation", "/images"},
		{"an unknown relationship", change("relationship", "cousin"), 422, "validation", "/relationship"},
		{"an unknown field", change("stock", 3), 422, "validation", "/stock"},
		{"a number as reason", change("reason", 3), 422, "validation", "/reason"},
		{"null", change("inventory", new(int)), 202, "", ""},
		{"a topic of a wrong kind", change("topics", []any{"home", 3}), 422, "validation", "/topics/1"},
		{"a fraction of an item", change("inventory", 1.5), 422, "validation", "/inventory"},
		{"no object", []string{"x"}, 422, "validation", ""},
		{"no JSON", `{"link":`, 400, "body-malformed", ""},
		{"two values", `{} {}`, 400, "body-malformed", ""},
		{"nothing", ``, 400, "body-malformed", ""},
		{"a body that is no UTF-8", "{\"link\":\"\xff\"}", 400, "body-malformed", ""},
		{"a body that is too large", change("reason", strings.Repeat("a", 65<<10)), 413, "body-too-large", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := open(t)
			mei := s.expert("mei", "home")
			r := s.do("POST", "/v1/picks", tt.body, mei, key("a"))
			if tt.status == 202 {
				r.is(202)
				return
			}
			p := r.problem(tt.status, tt.code)
			if tt.pointer != "" && !slices.ContainsFunc(faults(p), func(f object) bool { return f["pointer"] == tt.pointer && f["message"] != "" && f["fix"] != "" }) {
				t.Errorf("no error at %s with a message and a fix\n%s", tt.pointer, r.body)
			}
			if n := len(s.engine.events(recommend.TopicPicks)); n != 0 {
				t.Errorf("%d events, want none", n)
			}
		})
	}
}

func faults(problem object) (out []object) {
	list, _ := problem["errors"].([]any) // none is none
	for _, f := range list {
		if m, ok := f.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
}

func TestWhoMayNotPublishIsToldSo(t *testing.T) {
	s := open(t)
	stranger := s.token(t, "nobody", api.ScopePicksWrite)
	s.do("POST", "/v1/picks", pickOf("1"), stranger, key("a")).problem(403, "expert-not-verified")
	s.do("POST", "/v1/picks", object{"link": "https://shop.example/1"}, stranger, key("b")).problem(403, "expert-not-verified")
	mei := s.expert("mei", "home")
	s.do("POST", "/v1/rulings", object{"target": object{"kind": "expert", "id": "mei"}, "action": "freeze", "rule": "spam", "text": "too much"}, s.moderator()).is(200)
	s.do("POST", "/v1/picks", pickOf("1"), mei, key("c")).problem(403, "publishing-frozen")
}

func TestTheSameProductTwiceIsAConflict(t *testing.T) {
	s := open(t)
	mei := s.expert("mei", "home")
	first := s.publish(mei, pickOf("1"))
	s.clock.advance(31 * 24 * time.Hour)
	p := s.do("POST", "/v1/picks", pickOf("1"), mei, key("second")).problem(409, "duplicate-pick")
	if p["existing_id"] != first.ID {
		t.Errorf("existing_id %v, want %s", p["existing_id"], first.ID)
	}
}

func TestOverALimitNothingIsAppended(t *testing.T) {
	s := open(t)
	mei := s.expert("mei", "home")
	s.do("POST", "/v1/picks", pickOf("1"), mei, key("a")).is(202)
	s.clock.advance(4 * time.Minute)
	r := s.do("POST", "/v1/picks", pickOf("2"), mei, key("b"))
	p := r.problem(429, "quota-exceeded")
	if diff := cmp.Diff([]any{"spacing"}, p["violated-policies"]); diff != "" {
		t.Errorf("violated-policies (-want +got):\n%s", diff)
	}
	if got := r.header.Get("Retry-After"); got != "360" {
		t.Errorf("Retry-After %q, want 360", got)
	}
	if got := r.header.Get("RateLimit-Policy"); !strings.Contains(got, `"per-day";q=9;w=86400`) {
		t.Errorf("RateLimit-Policy %q, want the limit of a day", got)
	}
	if got := r.header.Get("RateLimit"); !strings.Contains(got, `"per-day";r=8`) {
		t.Errorf("RateLimit %q, want 8 left for the day", got)
	}
	if n := len(s.engine.events(recommend.TopicPicks)); n != 1 {
		t.Errorf("%d events, want 1", n)
	}
	s.clock.advance(6 * time.Minute)
	s.do("POST", "/v1/picks", pickOf("2"), mei, key("b")).is(202) // a refusal for now does not use up the key
}

func TestTooManyGiftsAreRefusedWithTheShare(t *testing.T) {
	s := open(t)
	mei := s.expert("mei", "home")
	for i := range 6 {
		c := pickOf(strconv.Itoa(i))
		if i < 2 {
			c["relationship"] = "gift"
		}
		s.publish(mei, c)
	}
	c := pickOf("9")
	c["relationship"] = "paid"
	p := s.do("POST", "/v1/picks", c, mei, key("paid")).problem(422, "paid-share-exceeded")
	if got, ok := p["current"].(float64); !ok || got < 0.4 || got > 0.45 {
		t.Errorf("current %v, want 3 of 7", p["current"])
	}
}

func TestAPausedPartnerTakesNoPicks(t *testing.T) {
	s := open(t)
	mei := s.expert("mei", "home")
	rule := func(action string) {
		s.do("POST", "/v1/rulings", object{"target": object{"kind": "partner", "id": "taobao"}, "action": action, "rule": "partner-quality"}, s.moderator()).is(200)
	}
	rule("pause")
	s.do("POST", "/v1/picks", pickOf("1"), mei, key("a")).problem(422, "partner-paused")
	rule("resume")
	s.do("POST", "/v1/picks", pickOf("1"), mei, key("b")).is(202)
}

func TestACheckSaysWhatPublishingWould(t *testing.T) {
	for name, content := range map[string]object{
		"a good pick":      pickOf("1"),
		"an unknown shop":  {"link": "https://shop.example/1", "reason": goodReason, "topics": []string{"home"}},
		"a short reason":   {"link": pickOf("1")["link"], "reason": "nice", "topics": []string{"home"}},
		"a foreign topic":  {"link": pickOf("1")["link"], "reason": goodReason, "topics": []string{"food"}},
		"a known product":  pickOf("known"),
		"one of everybody": {"link": "x", "reason": "y", "topics": []string{"z"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			mei := s.expert("mei", "home")
			s.publish(mei, pickOf("known"))
			before := len(s.engine.events(recommend.TopicPicks))
			type verdict struct {
				Checks       []object
				WouldPublish bool `json:"would_publish"`
				State        string
				Canonical    string
			}
			check := into[verdict](s.do("POST", "/v1/picks/check", content, mei).is(200))
			if n := len(s.engine.events(recommend.TopicPicks)); n != before {
				t.Fatalf("the check appended %d events", n-before)
			}
			r := s.do("POST", "/v1/picks", content, mei, key("real"))
			if got := r.status == 202; got != check.WouldPublish {
				t.Fatalf("check says would_publish %t, publishing answered %d\n%s", check.WouldPublish, r.status, r.body)
			}
			if check.WouldPublish {
				if diff := cmp.Diff(check.Checks, into[published](r).Checks); diff != "" {
					t.Errorf("checks (-check +publish):\n%s", diff)
				}
				return
			}
			var failed, told []any
			for _, c := range check.Checks {
				if c["result"] == "fail" {
					failed = append(failed, c["code"])
				}
			}
			for _, f := range faults(into[object](r)) {
				told = append(told, f["code"])
			}
			if diff := cmp.Diff(failed, told); diff != "" {
				t.Errorf("failed checks (-check +publish):\n%s", diff)
			}
		})
	}
}

func TestACheckShowsTheProductAndTheLabel(t *testing.T) {
	s := open(t)
	mei := s.expert("mei", "home")
	s.list(`{"key":"taobao:1","title":"Kettle","price":{"amount":9900,"currency":"CNY"},"stock":3,"commission_bp":500,"updated_at":"` + s.clock.now().Format(time.RFC3339) + `"}`).is(200)
	type shown struct {
		Canonical  string
		Product    *recommend.ProductCard
		Disclosure recommend.DisclosureOf
	}
	c := pickOf("1")
	c["link"] = "【好物】https://item.taobao.com/item.htm?spm=a.b&id=1 复制"
	got := into[shown](s.do("POST", "/v1/picks/check", c, mei).is(200))
	if got.Canonical != "https://item.taobao.com/item.htm?id=1" || got.Product == nil || got.Product.Price == nil || got.Product.Price.Amount != 9900 {
		t.Errorf("got %+v, want the canonical link, and the product with its price", got)
	}
	if got.Disclosure.Relationship != recommend.RelationCommission || got.Disclosure.ShortLabel != "#ad" {
		t.Errorf("disclosure %+v, want the commission told", got.Disclosure)
	}
	s.clock.advance(100 * time.Hour)
	if got := into[shown](s.do("POST", "/v1/picks/check", c, mei).is(200)); got.Product == nil || got.Product.Price != nil {
		t.Errorf("product %+v, want no price once it is old", got.Product)
	}
}

func TestAPostTakesSeveralPicksAndSpacesThem(t *testing.T) {
	s := open(t)
	mei := s.expert("mei", "home")
	type answer struct {
		Items   []published
		Pending bool
	}
	body := object{"picks": []object{pickOf("1"), pickOf("2"), pickOf("3")}}
	r := s.do("POST", "/v1/posts", body, mei, key("a")).is(202)
	got := into[answer](r)
	var states []string
	for _, p := range got.Items {
		states = append(states, p.State)
	}
	if diff := cmp.Diff([]string{"published", "deferred", "deferred"}, states); diff != "" {
		t.Errorf("states (-want +got):\n%s", diff)
	}
	if want := s.clock.now().Add(20 * time.Minute); !got.Items[2].DeferredUntil.Equal(want) {
		t.Errorf("the third is deferred until %s, want %s", got.Items[2].DeferredUntil, want)
	}
	again := s.do("POST", "/v1/posts", body, mei, key("a")).is(202)
	if !bytes.Equal(again.body, r.body) || again.header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("the repeat got %s, want the same replayed", again.body)
	}
	s.do("POST", "/v1/posts", object{"picks": []object{pickOf("4")}}, mei, key("b")).problem(429, "quota-exceeded")
	bad := s.do("POST", "/v1/posts", object{"picks": []object{pickOf("5"), {"link": "x"}}}, mei, key("c")).is(422)
	if !slices.ContainsFunc(faults(into[object](bad)), func(f object) bool { return f["pointer"] == "/picks/1/reason" }) {
		t.Errorf("no error points at /picks/1/reason\n%s", bad.body)
	}
	s.do("POST", "/v1/posts", object{"picks": []object{}}, mei, key("d")).problem(422, "validation")
	if n := len(s.engine.events(recommend.TopicPicks)); n != 3 {
		t.Errorf("%d events, want 3", n)
	}
}

func TestAWriteThatCannotBeReadInTimeIsPending(t *testing.T) {
	s := open(t, func(c *api.Config) { c.Wait = 30 * time.Millisecond })
	mei := s.expert("mei", "home")
	s.engine.mu.Lock()
	s.engine.stalled = true
	s.engine.mu.Unlock()
	p := into[published](s.do("POST", "/v1/picks", pickOf("1"), mei, key("a")).is(202))
	if p.State != "pending" || !p.Pending || p.Pick != nil {
		t.Fatalf("got %+v, want it pending", p)
	}
	s.do("GET", "/v1/picks/"+p.ID, nil, mei).problem(404, "not-found")
	s.engine.resume(t)
	s.do("GET", "/v1/picks/"+p.ID, nil, mei).is(200)
}

func TestAPickThatLostARaceIsRefused(t *testing.T) {
	w := newWorld(t)
	a, b := w.open(t), w.open(t)
	mei := a.expert("mei", "home")
	raced := false
	w.engine.before = func() {
		if !raced { // between the verdict and the append, another process is faster
			raced = true
			b.do("POST", "/v1/picks", pickOf("1"), mei, key("fast")).is(202)
		}
	}
	p := a.do("POST", "/v1/picks", pickOf("1"), mei, key("slow")).problem(409, "duplicate-pick")
	if p["existing_id"] == nil {
		t.Error("no existing_id")
	}
}

func TestAnEngineThatIsAwayIsToldAsSuch(t *testing.T) {
	s := open(t)
	mei := s.expert("mei", "home")
	away := fmt.Errorf("kafka 10.1.2.3:9092: %w", recommend.ErrUnavailable)
	set := func(log, store error) {
		s.engine.mu.Lock()
		defer s.engine.mu.Unlock()
		s.engine.logErr, s.engine.getErr = log, store
	}
	for name, fault := range map[string]func(){
		"the log":   func() { set(away, nil) },
		"the store": func() { set(nil, away) },
	} {
		t.Run(name, func(t *testing.T) {
			s := s.in(t)
			fault()
			r := s.do("POST", "/v1/picks", pickOf("1"), mei, key("a"))
			r.problem(503, "retry-later")
			if r.header.Get("Retry-After") == "" || strings.Contains(string(r.body), "10.1.2.3") {
				t.Errorf("got %v %s, want Retry-After and no internals", r.header, r.body)
			}
		})
	}
	set(errors.New("disk on fire at /var/lib"), nil)
	r := s.do("POST", "/v1/picks", pickOf("1"), mei, key("a"))
	r.problem(500, "internal")
	if strings.Contains(string(r.body), "fire") {
		t.Errorf("the cause of a 500 leaves the house: %s", r.body)
	}
	set(nil, nil)
	s.do("POST", "/v1/picks", pickOf("1"), mei, key("a")).is(http.StatusAccepted)
}
