package web_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"vitrine.dev/api/web"
	"vitrine.dev/recommend"
)

func yuan(amount int64) *recommend.Money { return &recommend.Money{Amount: amount, Currency: "CNY"} }

// keeper is a reader who has kept, hidden, followed and bought something.
func (w *testWorld) keeper(id string) recommend.Reader {
	at := func(minutes time.Duration) time.Time { return w.now.Add(-minutes * time.Minute) }
	r := recommend.Reader{
		ID: id, Interests: []recommend.Interest{{Topic: "home/tea", Weight: 0.6, Source: "declared"}},
		Follows: []recommend.Since{{ID: "mira", At: at(9)}}, Mutes: []recommend.Mute{{Kind: "topic", ID: "outdoor/hiking", At: at(8)}},
		Feedback:  []recommend.Feedback{{Kind: "pick", ID: "p3", At: at(7)}, {Kind: "expert", ID: "ali", More: true, At: at(6)}},
		Bookmarks: []recommend.Bookmark{{Pick: "p1", At: at(5)}, {Pick: "gone", At: at(4)}},
		Clicks:    []recommend.Clicked{{ID: "c1", Pick: "p4", Expert: "ali", Partner: "harbour", At: at(3)}},
		Cart: recommend.Cart{Revision: 4, At: at(2), Lines: []recommend.CartLine{
			{ID: "l0", Pick: "p0", Quantity: 2, Price: yuan(12900)},
			{ID: "l1", Pick: "p1", Quantity: 1, Price: yuan(11900)},
			{ID: "l2", Pick: "p2", Quantity: 60, Price: yuan(13000)},
			{ID: "l3", Pick: "gone", Product: "harbour:99", Quantity: 1},
		}},
	}
	w.reader(r)
	return r
}

func TestCardsSayWhatIsKept(t *testing.T) {
	w := newWorld(t, nil)
	w.fill(6)
	w.keeper("r1")
	page := w.ok("/?lang=en", "X-Test-Session", "r1 window:read")
	wants(t, page, `data-cart-count><span>64</span>`, `data-grid data-window="`)
	_, p1, _ := strings.Cut(page, `<li data-pick="p1"`)
	wants(t, p1, `data-position="`, `data-source="`, `data-keep aria-pressed="true" aria-label="Bookmark: Halfmu`, `data-put data-in aria-label="In your cart: Halfmu`)
	_, p5, _ := strings.Cut(page, `<li data-pick="p5"`)
	wants(t, p5, `data-keep aria-pressed="false"`, `data-put aria-label="Put into the cart: Halfmu`)
	if page := w.ok("/"); strings.Contains(page, "data-who") || !strings.Contains(page, `data-cart-count hidden`) {
		t.Error("somebody unknown is shown a cart that holds something")
	}
	r := w.keeper("r2")
	r.Impersonal = true
	w.reader(r)
	wants(t, w.ok("/", "X-Test-Session", "r2"), "data-impersonal")
}

func TestTheCart(t *testing.T) {
	w := newWorld(t, nil)
	w.fill(6)
	w.keeper("r1")

	t.Run("lines stand under their shop, each with what is wrong", func(t *testing.T) {
		page := w.ok("/cart", "X-Test-Session", "r1")
		wants(t, page, `data-revision="4"`, "64 pieces", "kept until <time", `data-group="harbour"`, "Harbour &amp; Pine",
			`data-line="l0"`, `data-quantity="2"`, `value="2"`, "CN¥258",
			`data-line="l1"`, "data-changed", "The price was CN¥119 and is CN¥129.50 now.", "Agree to the new price",
			`data-line="l2"`, "data-blocked", "Only 40 are left. Take fewer.",
			`data-line="l3"`, "data-blocked", "The pick is gone. Its expert has withdrawn this pick.",
			"Together", "CN¥387.50", `<span class="ad">#ad</span>`, "Check out at Harbour &amp; Pine", "You pay at Harbour &amp; Pine")
	})
	t.Run("the same in Chinese", func(t *testing.T) {
		wants(t, w.ok("/cart?lang=zh", "X-Test-Session", "r1"), "64 件", "价格已由 ¥119 变为 ¥129.50。", "仅剩 40 件", "合计", "去Harbour &amp; Pine结算")
	})
	t.Run("a script gets the cart alone", func(t *testing.T) {
		page := w.ok("/cart?fragment=1", "X-Test-Session", "r1")
		if strings.Contains(page, "<html") || !strings.Contains(page, "data-cart ") {
			t.Errorf("the fragment is %.200s", page)
		}
	})
	t.Run("an empty one leads back to the window", func(t *testing.T) {
		for _, who := range []string{"", "nobody window:read"} {
			wants(t, w.ok("/cart", "X-Test-Session", who), "Your cart is empty", "Go to the window")
		}
	})
	t.Run("one that cannot be read is not shown as empty", func(t *testing.T) {
		w.away = true
		defer func() { w.away = false }()
		if r := w.get("/cart", "X-Test-Session", "r1"); r.status != http.StatusServiceUnavailable {
			t.Errorf("answered %d, want 503", r.status)
		}
	})
}

func TestAReadersOwnPage(t *testing.T) {
	w := newWorld(t, nil)
	w.fill(6)
	w.keeper("r1")
	wants(t, w.ok("/me", "X-Test-Session", "r1 window:read"), "You are a guest", "What we think about you", `role="switch"`, `aria-checked="true"`,
		`data-interest="home/tea"`, "Tea", "chosen by you", "60%", "Forget interest: Tea",
		`data-follow="mira"`,
		`data-kind="expert" data-id="ali"`, "more of it", `data-kind="pick" data-id="p3"`, "Halfmu carbon steel skillet, 3 cm", "less of it", `data-kind="topic" data-id="outdoor/hiking"`, "Hiking", "never shown",
		`<li data-pick="gone" data-gone`, "A pick that is gone", "withdrawn this pick", `<li data-pick="p1"`, "Halfmu carbon steel skillet, 1 cm",
		`data-click="c1"`, "Something went wrong",
		`href="/v1/me/export" download`, "data-erase", "Erase everything about you?")
	mine := w.ok("/me", "X-Test-Session", "r1 window:read")
	for _, kind := range recommend.ComplaintCategories() {
		wants(t, mine, `name="kind" value="`+kind+`"`)
	}
	wants(t, w.ok("/me", "X-Test-Session", "ali window:read picks:write"), "Signed in as ali", `href="/earnings"`, "None yet.", "Nothing bookmarked yet.")
	page := w.ok("/me")
	wants(t, page, "Nothing is known about you")
	if strings.Contains(page, "data-erase") {
		t.Error("somebody unknown is offered to erase himself")
	}
	if r := w.get("/bookmarks", "X-Test-Session", "r1"); r.status != http.StatusSeeOther || r.header.Get("Location") != "/me#bookmarks" {
		t.Errorf("/bookmarks answered %d to %q", r.status, r.header.Get("Location"))
	}
}

func TestEarnings(t *testing.T) {
	w := newWorld(t, &web.Demo{Experts: []string{"ali"}})
	w.fill(2)
	wants(t, w.ok("/earnings"), "shown to the expert they belong to", `data-act="ali"`, "Earnings need JavaScript")
	wants(t, w.ok("/earnings", "X-Test-Session", "ali picks:write"), `data-earnings data-partners="`, "Harbour", `data-reasons="`, "self-purchase", "data-balances",
		`<option value="processed">To be paid out`, `id="earning"`, "How it works", "30 days after")
	if page := w.ok("/earnings", "X-Test-Session", "r1 window:read"); strings.Contains(page, "data-balances") {
		t.Error("a reader is shown a ledger")
	}
}

func TestTheMiddlePageBuys(t *testing.T) {
	w := newWorld(t, nil)
	w.fill(4)
	w.keeper("r1")
	page := w.ok("/picks/p0", "X-Test-Session", "r1")
	wants(t, page, `data-product data-pick="p0" data-expert="ali"`, "checked <time", "data-stale role=\"status\" hidden", `class="ad-line"`, "data-buy", "<noscript><a", "See the cart", "Bookmark", "Opens the checkout of Harbour", "data-report", `<dialog id="checkout"`)
	for _, category := range recommend.ReportCategories() {
		wants(t, page, `name="category" value="`+category+`"`)
	}
	w.now = w.now.Add(time.Hour)
	wants(t, w.ok("/picks/p0"), "data-old", "Harbour &amp; Pine was last asked a while ago")
}

func TestOnlyCheckoutsOfPartnersAreFramed(t *testing.T) {
	w := newWorld(t, nil)
	if csp := w.get("/").header.Get("Content-Security-Policy"); !strings.Contains(csp, "frame-src 'none'") {
		t.Errorf("without partners the policy is %q", csp)
	}
	made := func(origins ...string) (http.Handler, error) {
		return web.New(web.Config{Windows: w.windows, Store: w, World: w.world, FrameOrigins: origins, Now: func() time.Time { return w.now }})
	}
	for _, bad := range []string{"", "shop.example", "https://shop.example/path", "javascript:x", "https://a b", "https://*", "https://x;script-src", "ftp://shop.example", "https://u@shop.example"} {
		if _, err := made(bad); err == nil {
			t.Errorf("origin %q is taken", bad)
		}
	}
	var err error
	if w.site, err = made("https://shop.example", "http://127.0.0.1:9/"); err != nil {
		t.Fatal(err)
	}
	if csp := w.get("/").header.Get("Content-Security-Policy"); !strings.HasSuffix(csp, "frame-src https://shop.example http://127.0.0.1:9") {
		t.Errorf("the policy is %q", csp)
	}
}
