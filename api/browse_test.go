package api_test

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vitrine.dev/api"
	"vitrine.dev/recommend"
)

func TestSearchFindsChineseAndEnglish(t *testing.T) {
	s := open(t)
	mei := s.expert("mei", "home")
	zh := pickOf("1")
	zh["reason"] = "用了两个冬天的铁壶，盖子依然严密，把手不烫手，出水略有一点滴漏。"
	a := s.publish(mei, zh)
	b := s.publish(mei, pickOf("2"))
	type page struct {
		Items  []recommend.Item
		Facets recommend.Facets
	}
	for q, want := range map[string][]string{"铁壶": {a.ID}, "why 2": {b.ID}, "nowhere": nil} {
		got := into[page](s.do("GET", "/v1/search?q="+url.QueryEscape(q), nil).is(200))
		var ids []string
		for _, it := range got.Items {
			ids = append(ids, it.Pick)
		}
		if diff := cmp.Diff(want, ids); diff != "" {
			t.Errorf("search %q (-want +got):\n%s", q, diff)
		}
	}
	for query, code := range map[string]string{
		"q=" + strings.Repeat("a", 201): "validation", "price_min=-1": "validation", "price_max=x": "validation", "in_stock=maybe": "validation", "limit=99": "validation",
	} {
		s.do("GET", "/v1/search?"+query, nil).problem(400, code)
	}
	s.do("GET", "/v1/search?topic=none", nil).problem(404, "topic-unknown")
	s.do("GET", "/v1/search?topic=No+Topic", nil).problem(404, "topic-unknown")
	if got := into[page](s.do("GET", "/v1/search?topic=home&partner=taobao&in_stock=true&price_min=1&price_max=9", nil).is(200)); len(got.Items) != 0 {
		t.Errorf("items %v, want none: no price is known", got.Items)
	}
}

func TestAStorefrontShowsOneExpert(t *testing.T) {
	s := open(t)
	mei, jun := s.expert("mei", "home"), s.expert("jun", "home")
	a := s.publish(mei, pickOf("1"))
	s.publish(jun, pickOf("2"))
	for _, tab := range []string{"", "?tab=latest", "?tab=popular", "?tab=for_you"} {
		got := into[recommend.Storefront](s.do("GET", "/v1/experts/mei/window"+tab, nil).is(200))
		if len(got.Items) != 1 || got.Items[0].Pick != a.ID || got.Expert.Name != "MEI" || got.Expert.Picks != 1 {
			t.Errorf("storefront%s: %+v, want mei's pick", tab, got)
		}
	}
	if got := into[recommend.ExpertProfile](s.do("GET", "/v1/experts/mei", nil).is(200)); got.Picks != 1 || len(got.Topics) != 1 {
		t.Errorf("profile %+v, want one pick and one topic", got)
	}
	s.do("GET", "/v1/experts/mei/window?tab=best", nil).problem(400, "validation")
	s.do("GET", "/v1/experts/mei/window?tab=", nil).problem(400, "validation")
	s.do("GET", "/v1/experts/none/window", nil).problem(404, "not-found")
	s.do("GET", "/v1/experts/none", nil).problem(404, "not-found")
	s.do("POST", "/v1/rulings", object{"target": object{"kind": "expert", "id": "mei"}, "action": "suspend", "rule": "spam"}, s.moderator()).is(200)
	if p := s.do("GET", "/v1/experts/mei", nil).problem(410, "gone"); p["removed_reason"] != "expert-unavailable" {
		t.Errorf("removed_reason %v, want expert-unavailable", p["removed_reason"])
	}
	if p := s.do("GET", "/v1/picks/"+a.ID, nil).problem(410, "pick-removed"); p["removed_reason"] != "expert-unavailable" {
		t.Errorf("removed_reason %v, want expert-unavailable", p["removed_reason"])
	}
}

func TestAProductHasEverybodysPicks(t *testing.T) {
	s := open(t)
	mei, jun := s.expert("mei", "home"), s.expert("jun", "home")
	s.publish(mei, pickOf("1"))
	c := pickOf("1")
	c["reason"] = reasonFor("jun's own")
	s.publish(jun, c)
	got := into[recommend.ProductPage](s.do("GET", "/v1/products/taobao:1", nil).is(200))
	if len(got.Items) != 2 || got.Link != "https://item.taobao.com/item.htm?id=1" {
		t.Errorf("product %+v, want two picks", got)
	}
	w := into[recommend.Window](s.do("GET", "/v1/window", nil, s.token(t, "ann", api.ScopeWindowRead)).is(200))
	if len(w.Items) != 1 || len(w.Items[0].AlsoBy) != 1 {
		t.Errorf("window %+v, want one card that names the other expert", w.Items)
	}
	s.do("GET", "/v1/products/taobao:none", nil).problem(404, "not-found")
	s.do("GET", "/v1/products/none", nil).problem(404, "not-found")
}

func TestTopicsPartnersAndPolicyArePublic(t *testing.T) {
	s := open(t)
	topics := into[struct{ Items []recommend.TopicInfo }](s.do("GET", "/v1/topics?lang=zh", nil).is(200))
	if len(topics.Items) == 0 || topics.Items[0].Label == "" {
		t.Errorf("topics %+v, want those of the policy with labels", topics.Items)
	}
	partners := into[struct {
		Items    []recommend.Partner
		Criteria []string
	}](s.do("GET", "/v1/partners", nil).is(200))
	if !slices.ContainsFunc(partners.Items, func(p recommend.Partner) bool { return p.ID == "tmall" && p.State == "active" }) || len(partners.Criteria) == 0 {
		t.Errorf("partners %+v, want tmall, and the criteria", partners)
	}
	r := s.do("GET", "/v1/policy", nil).is(200)
	if got := into[object](r); got["version"] != s.world.world.Scene().Policy.Version {
		t.Errorf("policy %v, want that in force", got["version"])
	}
	if got := r.header.Get("Cache-Control"); got != "public, max-age=30" {
		t.Errorf("Cache-Control %q, want public, max-age=30", got)
	}
	for _, path := range []string{"/v1/policy", "/v1/partners", "/v1/topics", "/v1/search"} {
		tag := s.do("GET", path, nil).is(200).header.Get("ETag")
		if tag == "" {
			t.Errorf("%s has no ETag", path)
		}
		s.do("GET", path, nil, header{"If-None-Match", `"x", W/` + tag}).is(304)
	}
}

func TestEveryPickCarriesItsLabel(t *testing.T) {
	s := open(t)
	mei := s.expert("mei", "home")
	id := s.publish(mei, pickOf("1")).ID
	ann := s.token(t, "ann", api.ScopeWindowRead)
	for _, path := range []string{
		"/v1/picks/" + id, "/v1/window", "/v1/search?q=why", "/v1/experts/mei/window", "/v1/products/taobao:1", "/v1/me/picks", "/v1/picks/" + id + "/versions",
	} {
		for lang, want := range map[string]string{"zh-CN,zh;q=0.9": "广告", "en": "#ad"} {
			who := ann
			if strings.Contains(path, "me/picks") || strings.Contains(path, "versions") {
				who = mei
			}
			r := s.do("GET", path, nil, who, header{"Accept-Language", lang}).is(200)
			var tree any
			if err := json.Unmarshal(r.body, &tree); err != nil {
				t.Fatal(err)
			}
			links := unlabelled(tree, want, t)
			if links == 0 {
				t.Errorf("%s shows no pick", path)
			}
		}
	}
}

// unlabelled counts what has a link to buy and fails for each without label.
func unlabelled(v any, label string, t *testing.T) (links int) {
	t.Helper()
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			links += unlabelled(x, label, t)
		}
	case map[string]any:
		if _, ok := v["link"]; ok {
			links++
			d, _ := v["disclosure"].(map[string]any) // absent is what is looked for
			if d["short_label"] != label || d["label"] == "" || d["placement"] != "adjacent" {
				t.Errorf("a link with the label %v, want %s", d, label)
			}
		}
		for _, x := range v {
			links += unlabelled(x, label, t)
		}
	}
	return links
}

func TestATakedownIsFinalForReaders(t *testing.T) {
	s := open(t)
	mei := s.expert("mei", "home")
	id := s.publish(mei, pickOf("1")).ID
	ann := s.token(t, "ann", api.ScopeWindowRead)
	rule := func(action string) *reply {
		return s.do("POST", "/v1/rulings", object{"target": object{"kind": "pick", "id": id}, "action": action, "rule": "counterfeit", "text": "not genuine"}, s.moderator())
	}
	made := into[struct {
		Action, By string
		History    []recommend.MadeRuling
	}](rule("remove").is(200))
	if made.Action != "remove" || made.By != "mod" || len(made.History) != 1 {
		t.Errorf("ruling %+v, want it in force", made)
	}
	p := s.do("GET", "/v1/picks/"+id, nil).problem(410, "pick-removed")
	if p["removed_reason"] != "removed" || p["rule"] != "counterfeit" {
		t.Errorf("got %v, want why it was removed", p)
	}
	if w := into[recommend.Window](s.do("GET", "/v1/window", nil, ann)); len(w.Items) != 0 {
		t.Errorf("the window still shows %v", w.Items)
	}
	s.do("GET", "/v1/picks/"+id, nil, mei).is(200)
	s.do("GET", "/v1/picks/"+id, nil, s.moderator()).is(200)
	rule("restore").is(200)
	s.do("GET", "/v1/picks/"+id, nil).is(200)
}

func TestRulingsThatMakeNoSenseAreRefused(t *testing.T) {
	s := open(t)
	for name, tt := range map[string]struct {
		body   object
		status int
		code   string
	}{
		"an unknown pick":    {object{"target": object{"kind": "pick", "id": "none"}, "action": "remove", "rule": "spam"}, 404, "not-found"},
		"an unknown partner": {object{"target": object{"kind": "partner", "id": "none"}, "action": "pause", "rule": "spam"}, 404, "not-found"},
		"an unknown kind":    {object{"target": object{"kind": "reader", "id": "ann"}, "action": "remove", "rule": "spam"}, 422, "validation"},
		"an unknown action":  {object{"target": object{"kind": "partner", "id": "jd"}, "action": "freeze", "rule": "spam"}, 422, "validation"},
		"an unknown rule":    {object{"target": object{"kind": "partner", "id": "jd"}, "action": "pause", "rule": "whim"}, 422, "rule-unknown"},
		"no rule":            {object{"target": object{"kind": "partner", "id": "jd"}, "action": "pause"}, 422, "validation"},
	} {
		t.Run(name, func(t *testing.T) {
			s := s.in(t)
			s.do("POST", "/v1/rulings", tt.body, s.moderator()).problem(tt.status, tt.code)
		})
	}
	s.do("POST", "/v1/rulings", object{}, s.token(t, "mei", api.ScopePicksWrite)).problem(403, "insufficient-scope")
}

func TestARegisteredPartnersLinksAreTakenAtOnce(t *testing.T) {
	s := open(t)
	mei := s.expert("mei", "home")
	shop := object{"id": "teahouse", "name": "Teahouse", "links": []string{"https://item.teahouse.example/i/{item}"}, "motto": "slow"}
	got := into[struct{ Partner recommend.Partner }](s.do("POST", "/v1/partners", shop, s.moderator()).is(200))
	if got.Partner.Since.IsZero() || string(got.Partner.Extra["motto"]) != `"slow"` {
		t.Errorf("partner %+v, want the time of approval, and fields that nobody knows", got.Partner)
	}
	c := pickOf("1")
	c["link"] = "https://item.teahouse.example/i/7?from=app"
	p := into[published](s.do("POST", "/v1/picks", c, mei, key("a")).is(202))
	if p.Pick == nil || p.Pick.Product.Key != "teahouse:7" {
		t.Errorf("pick %+v, want a product of the teahouse", p.Pick)
	}
	for name, tt := range map[string]struct {
		body   object
		status int
		code   string
	}{
		"hosts of another": {object{"id": "copycat", "name": "Copycat", "links": []string{"https://item.jd.com/{item}.html"}}, 409, "host-taken"},
		"no template":      {object{"id": "bare", "name": "Bare", "links": []string{"https://bare.example/"}}, 422, "validation"},
		"no name":          {object{"id": "bare", "links": []string{"https://bare.example/{item}"}}, 422, "validation"},
		"a wrong kind":     {object{"id": 3}, 422, "validation"},
	} {
		t.Run(name, func(t *testing.T) {
			s := s.in(t)
			s.do("POST", "/v1/partners", tt.body, s.moderator()).problem(tt.status, tt.code)
		})
	}
}

func TestAnExpertVerifiedNowHasAPageNow(t *testing.T) {
	s := open(t, func(c *api.Config) { c.Windows = unseeing{c.Windows} })
	body := object{"id": "mei", "name": "Mei", "topics": []string{"home"}, "verified": true, "bio": "Tea.", "since_birth": true}
	r := s.do("POST", "/v1/experts", body, s.moderator()).is(200)
	if got := r.header.Get("Location"); got != "/v1/experts/mei" {
		t.Errorf("Location %q, want /v1/experts/mei", got)
	}
	got := into[recommend.ExpertProfile](s.do("GET", "/v1/experts/mei", nil).is(200))
	if got.Name != "Mei" || got.Bio != "Tea." || len(got.Topics) != 1 || got.Topics[0].Label == "home" {
		t.Errorf("profile %+v, want Mei with a labelled topic", got)
	}
	s.do("POST", "/v1/experts", object{"id": "no id", "name": ""}, s.moderator()).problem(422, "validation")
	s.do("POST", "/v1/experts", `[`, s.moderator()).problem(400, "body-malformed")
}

// unseeing knows no storefront, as a process before it has followed the store.
type unseeing struct{ api.Windows }

func (u unseeing) Storefront(context.Context, recommend.StorefrontRequest) (*recommend.Storefront, error) {
	return nil, recommend.ErrNotFound
}

func TestAPendingVerificationSaysSo(t *testing.T) {
	s := open(t, func(c *api.Config) { c.Wait = 20 * time.Millisecond })
	s.engine.mu.Lock()
	s.engine.stalled = true
	s.engine.mu.Unlock()
	for path, body := range map[string]object{
		"/v1/experts":  {"id": "mei", "name": "Mei", "topics": []string{"home"}, "verified": true},
		"/v1/partners": {"id": "teahouse", "name": "Teahouse", "links": []string{"https://item.teahouse.example/i/{item}"}},
		"/v1/rulings":  {"target": object{"kind": "partner", "id": "jd"}, "action": "pause", "rule": "partner-quality"},
	} {
		if got := into[object](s.do("POST", path, body, s.moderator()).is(202)); got["pending"] != true {
			t.Errorf("%s: got %v, want it pending", path, got)
		}
	}
}
