package web_test

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"vitrine.dev/api/web"
	"vitrine.dev/recommend"
)

// wants fails the test for every part that page does not hold, in the order given.
func wants(t *testing.T, page string, parts ...string) {
	t.Helper()
	rest := page
	for _, p := range parts {
		_, after, found := strings.Cut(rest, p)
		if !found {
			t.Errorf("page lacks %q after what came before it", p)
			continue
		}
		rest = after
	}
}

func picksOn(page string) []string {
	var ids []string
	for _, m := range regexp.MustCompile(`<li data-pick="([^"]+)"`).FindAllStringSubmatch(page, -1) {
		ids = append(ids, m[1])
	}
	return ids
}

func nextOn(page string) string {
	m := regexp.MustCompile(`rel="next" href="([^"]+)"`).FindStringSubmatch(page)
	if m == nil {
		return ""
	}
	return html.UnescapeString(m[1])
}

func TestWindow(t *testing.T) {
	w := newWorld(t, nil)
	w.fill(45)

	t.Run("a card shows reason, expert, label, product, price and shop, in this order", func(t *testing.T) {
		page := w.ok("/?lang=en")
		_, card, _ := strings.Cut(page, `<li data-pick="p0"`)
		wants(t, card, `src="/pictures/harbour:0.svg"`, "给想换掉不粘锅", `href="/experts/ali"`, "阿梨泡茶", "verified for", "Kitchen",
			`<span class="ad">#ad</span> <a href="/picks/p0"`, "半亩灶 碳钢煎锅 0cm", "CN¥129", "In stock", "Harbour &amp; Pine", "Also by Mira Tabletalk", "Why this?", "Newness", "most of it")
	})
	t.Run("pages follow one another to an end, without script and without a repetition", func(t *testing.T) {
		seen := make(map[string]bool)
		at := "/"
		for range 10 {
			page := w.ok(at)
			for _, id := range picksOn(page) {
				if seen[id] {
					t.Errorf("pick %s came twice", id)
				}
				seen[id] = true
			}
			if at = nextOn(page); at == "" {
				wants(t, page, "You are up to date")
				break
			}
		}
		if len(seen) != 45 {
			t.Errorf("got %d picks over all pages, want 45", len(seen))
		}
	})
	t.Run("a script gets the cards alone", func(t *testing.T) {
		page := w.ok(nextOn(w.ok("/")) + "&fragment=1")
		if strings.Contains(page, "<html") || len(picksOn(page)) == 0 {
			t.Errorf("fragment is a whole page or has no cards: %.200s", page)
		}
	})
	t.Run("a topic limits the window and says so", func(t *testing.T) {
		page := w.ok("/?topic=home%2Ftea")
		wants(t, page, "<h1>Tea</h1>", `href="/"`, `value="home/tea" aria-pressed="true"`)
		if slices.Contains(picksOn(page), "p0") {
			t.Error("a pick about kitchens came in the window about tea")
		}
	})
	t.Run("a reader finds his interests pressed and whom he follows", func(t *testing.T) {
		w.reader(recommend.Reader{
			ID: "r1", Interests: []recommend.Interest{{Topic: "home/tea", Weight: 0.1, Source: "declared"}}, Follows: []recommend.Since{{ID: "mira"}},
		})
		page := w.ok("/", "X-Test-Session", "r1 window:read")
		wants(t, page, `data-who="r1"`, `value="home/tea" data-weight="0.1" aria-pressed="true"`, `value="home/kitchen" aria-pressed="false"`)
		wants(t, page, `data-follow="mira" aria-pressed="true"`)
		wants(t, page, `data-follow="ali" aria-pressed="false"`)
	})
	t.Run("a card leads to all that its score is made of, in both languages", func(t *testing.T) {
		page := w.ok("/", "X-Test-Session", "r1 window:read")
		link := regexp.MustCompile(`<a href="(/picks/[^"]*/why\?[^"]*)"`).FindStringSubmatch(page)
		if link == nil {
			t.Fatal("no card leads to its explanation")
		}
		at := html.UnescapeString(link[1])
		wants(t, w.ok(at+"&lang=en", "X-Test-Session", "r1 window:read"), "Why you see this", "What the score is made of", "Your interests", "that you declared", "2.000 × ", "Score", "What would change it", "Turn personalisation off")
		wants(t, w.ok(at+"&lang=zh", "X-Test-Session", "r1 window:read"), "为什么看到它", "分数的构成", "你的兴趣", "契合度", "2.000 × ", "分数", "怎样改变它", "关闭个性化")
		if r := w.get(at, "X-Test-Session", "r2 window:read"); r.status != http.StatusNotFound {
			t.Errorf("to somebody else it answers %d, want 404", r.status)
		}
	})
	t.Run("without the store the window comes all the same, and says what is missing", func(t *testing.T) {
		w.away = true
		defer func() { w.away = false }()
		wants(t, w.ok("/", "X-Test-Session", "r1"), "This page came without it", "<li data-pick=")
	})
	t.Run("nothing to show is told, with a way on", func(t *testing.T) {
		wants(t, w.ok("/?topic=outdoor%2Fhiking"), "Nothing here yet", "All interests")
	})
}

func TestStorefront(t *testing.T) {
	w := newWorld(t, nil)
	w.fill(6)
	page := w.ok("/experts/mira")
	wants(t, page, "<h1 id=\"expert\">Mira Tabletalk</h1>", "Pours for the neighbour&#39;s cat.", "Hiking", "trust not known yet", `data-follow="mira"`, "Latest", "Popular", "For you", `data-pick="`)
	if got := picksOn(page); !slices.Contains(got, "p1") || slices.Contains(got, "p0") {
		t.Errorf("storefront of mira shows %v, want her picks alone", got)
	}
	wants(t, w.ok("/experts/mira?tab=popular"), `href="/experts/mira?tab=popular" aria-current="page"`)
	wants(t, w.ok("/experts/mira?q=nothing-of-the-kind"), "Nothing found", "All picks of this expert")
	if page := w.ok("/experts/mira", "X-Test-Session", "mira picks:write"); strings.Contains(page, `data-follow="mira"`) {
		t.Error("an expert is offered to follow himself")
	}
}

func TestPickAndProduct(t *testing.T) {
	w := newWorld(t, nil)
	w.fill(4)

	t.Run("the label stands above the purchase link, which tells search engines what it is", func(t *testing.T) {
		for _, at := range []string{"/picks/p0", "/products/harbour:0"} {
			wants(t, w.ok(at), "半亩灶 碳钢煎锅 0cm", "CN¥129", "checked <time", "3 minutes ago", "Harbour &amp; Pine", "In stock", "30 days, free.",
				`<span class="ad">#ad</span> Ad · contains a purchase link`,
				`href="https://harbour.example/i/0" target="_blank" rel="noopener nofollow sponsored"`, "Buy at Harbour &amp; Pine", "handled by Harbour &amp; Pine")
		}
	})
	t.Run("everybody who picked it says why", func(t *testing.T) {
		page := w.ok("/picks/p0")
		wants(t, page, "给想换掉不粘锅", "Other experts say", "Mira Tabletalk", "Also here: 给想换掉不粘锅", "published <time")
		if n := strings.Count(page, `<article class="voice"`); n != 2 {
			t.Errorf("page shows %d voices, want 2", n)
		}
	})
	t.Run("what is sold out cannot be bought", func(t *testing.T) {
		none := int64(0)
		w.put(recommend.KindProduct, "harbour:1", recommend.Product{Key: "harbour:1", Title: "Gone skillet", Stock: &none, UpdatedAt: w.now})
		page := w.ok("/picks/p1")
		wants(t, page, "See price at shop", "Sold out at Harbour &amp; Pine")
		if strings.Contains(page, "sponsored") {
			t.Error("a sold-out product is linked to its shop")
		}
	})
	t.Run("a withdrawn pick says that it is gone and why", func(t *testing.T) {
		p := recommend.Pick{ID: "p2", Expert: "ali", Product: "harbour:2", State: recommend.PickWithdrawn, WithdrawnAt: w.now, PublishedAt: w.now.Add(-time.Hour), Revision: 2}
		p.Link, p.Reason, p.Topics = "https://harbour.example/i/2", "twenty characters and some more", []string{"home/tea"}
		w.put(recommend.KindPick, "p2", p)
		r := w.get("/picks/p2")
		if r.status != http.StatusGone {
			t.Errorf("got status %d, want 410", r.status)
		}
		wants(t, r.body, "This is not shown any more", "Its expert has withdrawn this pick.")
	})
}

func TestSearch(t *testing.T) {
	w := newWorld(t, nil)
	w.fill(6)
	page := w.ok("/search?q=" + url.QueryEscape("半亩灶"))
	wants(t, page, `value="半亩灶"`, "<h1>Search: 半亩灶</h1>", `<option value="home/kitchen"`, "Harbour &amp; Pine (", `data-pick="`)
	wants(t, w.ok("/search?q=zzz&in_stock=1"), "Nothing found", "Clear filters")
	wants(t, w.ok("/search?min=10&max=abc"), `name="min"`, `value="10"`, `name="max"`, `value=""`)
	if r := w.get("/search?q=" + strings.Repeat("x", 1000)); r.status != http.StatusOK {
		t.Errorf("a long query answered %d, want 200 for its beginning", r.status)
	}
}

func TestPublisher(t *testing.T) {
	w := newWorld(t, &web.Demo{Experts: []string{"mira", "ali", "nobody"}})
	w.fill(2)

	t.Run("somebody unknown may choose whom to act as in a demo", func(t *testing.T) {
		wants(t, w.ok("/publish"), "In this demo", "Mira Tabletalk", `data-act="mira"`, "阿梨泡茶", `data-act="ali"`)
	})
	t.Run("elsewhere he needs a token", func(t *testing.T) {
		page := newWorld(t, nil).ok("/publish", "X-Test-Session", "r1 window:read")
		wants(t, page, "Picks are published by experts", `data-token`, "Publishing needs JavaScript.")
	})
	t.Run("an expert gets the desk with the topics he is verified for", func(t *testing.T) {
		page := w.ok("/publish", "X-Test-Session", "ali window:read picks:write")
		wants(t, page, "Publishing as 阿梨泡茶", `name="link"`, `data-min="20" data-max="1000"`, `value="home/kitchen"`, `value="home/tea"`, `name="relationship" value="gift"`, `name="inventory"`, "As readers will see it", "Your picks")
		if strings.Contains(page, `name="topics" value="outdoor/hiking"`) || strings.Contains(page, "data-act") {
			t.Error("the desk offers a topic that is not the expert's, or to act as another")
		}
	})
	t.Run("whoever has the right and is no expert is told", func(t *testing.T) {
		wants(t, newWorld(t, nil).ok("/publish", "X-Test-Session", "zoe picks:write"), "Picks are published by experts")
	})
}

func TestRulesInPublic(t *testing.T) {
	w := newWorld(t, nil)
	wants(t, w.ok("/about"), "Version 2026-11-23", "Your interests", "#ad", "9 picks", "10 minutes", "once in 30 days", "20%", "20 to 1,000 characters",
		"80% of the commission", "less than 3 seconds after the click",
		"Harbour &amp; Pine", "Active", "30 days, free.", "Taobao", "No counterfeit goods.", "Tobacco")
	wants(t, w.ok("/about?lang=zh"), "版本 2026-11-23", "广告", "9 条", "10 分钟", "不足 3 秒", "不得推荐假冒")
}

func TestTroubleHasAPage(t *testing.T) {
	w := newWorld(t, nil)
	w.fill(30)
	cursor := nextOn(w.ok("/"))
	for _, c := range []struct {
		name, target, says string
		status             int
		before             func()
	}{
		{name: "an address without a page", target: "/nowhere/at/all", status: 404, says: "There is nothing here"},
		{name: "a pick that never was", target: "/picks/never", status: 404, says: "There is nothing here"},
		{name: "an expert that never was", target: "/experts/never", status: 404, says: "There is nothing here"},
		{name: "a product that is none", target: "/products/none", status: 404, says: "There is nothing here"},
		{name: "a topic that is none", target: "/?topic=none", status: 404, says: "There is nothing here"},
		{name: "a forged cursor", target: "/?cursor=forged", status: 410, says: "Start afresh"},
		{name: "a tab that is none", target: "/experts/ali?tab=none", status: 400, says: "That did not make sense"},
		{name: "an old cursor", target: cursor, status: 410, says: "Start afresh", before: func() { w.now = w.now.Add(31 * time.Minute) }},
		{name: "a search while the store is away", target: "/search?q=pan", status: 503, says: "Back in a moment", before: func() { w.away = true }},
		{name: "a publisher while the store is away", target: "/publish", status: 503, says: "Back in a moment"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.before != nil {
				c.before()
			}
			r := w.get(c.target, "X-Test-Session", "ali picks:write")
			if r.status != c.status {
				t.Errorf("got status %d, want %d", r.status, c.status)
			}
			wants(t, r.body, "<main", c.says)
		})
	}
	t.Run("a change is not a page's", func(t *testing.T) {
		for _, target := range []string{"/", "/publish", "/nowhere"} {
			if r := w.do(http.MethodPost, target); r.status != http.StatusMethodNotAllowed {
				t.Errorf("POST %s answered %d, want 405", target, r.status)
			}
		}
	})
}

func TestPictures(t *testing.T) {
	w := newWorld(t, nil)
	w.fill(1)
	for _, target := range []string{"/pictures/harbour:0.svg", "/pictures/harbour%3A0.svg", "/pictures/harbour:999.svg", "/avatars/ali.svg"} {
		r := w.get(target)
		if r.status != http.StatusOK || r.header.Get("Content-Type") != "image/svg+xml" || !strings.HasPrefix(r.body, "<svg") {
			t.Errorf("GET %s answered %d %s, want a picture", target, r.status, r.header.Get("Content-Type"))
		}
		if csp := r.header.Get("Content-Security-Policy"); !strings.Contains(csp, "sandbox") {
			t.Errorf("GET %s has policy %q: a picture opened by itself could act", target, csp)
		}
	}
	wants(t, w.get("/pictures/harbour:0.svg").body, "半亩灶 碳钢煎锅 0cm")
	for _, target := range []string{"/pictures/harbour:0.png", "/pictures/..svg", "/avatars/-.svg", "/avatars/a b.svg"} {
		if r := w.get(strings.ReplaceAll(target, " ", "%20")); r.status != http.StatusNotFound {
			t.Errorf("GET %s answered %d, want 404", target, r.status)
		}
	}
	w.away = true
	if r := w.get("/avatars/ali.svg"); r.status != http.StatusServiceUnavailable || strings.Contains(r.header.Get("Cache-Control"), "public") {
		t.Errorf("without the store an avatar answered %d, cached %q", r.status, r.header.Get("Cache-Control"))
	}
}

func TestHostileTextStaysText(t *testing.T) {
	const attack = `"'><script>alert(1)</script><img src=x onerror=alert(2)>{{.}}</title></textarea>`
	w := newWorld(t, &web.Demo{Experts: []string{"eve"}})
	w.expert("eve", attack, "home")
	w.product(0, attack)
	w.put(recommend.KindProduct, "harbour:1", recommend.Product{Key: "harbour:1", Title: "t", Image: "//evil.example/x.png", Seller: attack, AfterSales: attack, UpdatedAt: w.now})
	w.pick("p0", "eve", 0, attack, "home")
	w.pick("p1", "eve", 1, attack, "home")
	q := url.QueryEscape(attack)
	for _, target := range []string{
		"/", "/picks/p0", "/picks/p1", "/products/harbour:1", "/experts/eve", "/experts/eve?q=" + q, "/search?q=" + q + "&min=" + q, "/publish", "/?topic=" + q, "/?x=" + q, "/" + url.PathEscape(attack), "/about?lang=" + q,
	} {
		t.Run(fmt.Sprintf("%.40s", target), func(t *testing.T) {
			for _, who := range []string{"", "eve picks:write"} {
				page := w.get(target, "X-Test-Session", who).body
				for _, bad := range []string{"<script>alert", "<img src=x", "evil.example", `"'>`} {
					if strings.Contains(page, bad) {
						t.Errorf("page holds %q", bad)
					}
				}
			}
		})
	}
}
