package main_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// The whole story in a browser: a reader chooses interests, opens a pick, keeps
// it, puts it into the cart and buys it at the partner's checkout inside of our
// page; the partner tells of the order and the expert sees what it earns him;
// everything is sent back, the earning is gone, the bookmark is still there.
func TestTheStoryInABrowser(t *testing.T) {
	chromium := browser(t)
	site := demoSite(t)
	desktop := look{width: 1280, height: 900, lang: "en-US"}
	reader := chromium.open(t, site, desktop)

	reader.goTo("/")
	reader.until(ready)
	reader.click(`.row [value="home/tea"]`)
	reader.until(ready + ` && ` + first + `?.dataset.topic === 'home/tea'`)
	// a pick that nobody else of the experts has, in stock, with a commission
	pick := reader.text(`fetch('/v1/window?limit=50').then((r) => r.json()).then((w) =>
		w.items.find((i) => i.topics.includes('home/tea') && i.product.availability === 'in_stock' && i.product.price && i.disclosure.relationship === 'commission').pick)`)
	reader.until(`(scrollTo(0, document.documentElement.scrollHeight), document.querySelector('[data-grid] > li[data-pick="` + pick + `"]'))`)
	expert := reader.text(`document.querySelector('[data-grid] > li[data-pick="` + pick + `"]').dataset.expert`)

	// open, keep, into the cart
	reader.eval(`document.querySelector('[data-grid] > li[data-pick="` + pick + `"] h2 a').click()`) // it may lie under what just came in
	reader.until(`location.pathname === '/picks/` + pick + `' && document.querySelector('[data-keep]')`)
	reader.click(`[data-product] [data-keep]`)
	reader.shows("#toast", "Bookmark")
	reader.click(`[data-product] [data-put]`)
	reader.until(`document.querySelector('[data-product] [data-put]').hasAttribute('data-in')`)
	held := func() string {
		return reader.text(`Promise.all([fetch('/v1/bookmarks').then((r) => r.json()), fetch('/v1/cart').then((r) => r.json())]).then(([b, c]) =>
			b.items.map((i) => i.pick).join() + '|' + c.lines.map((l) => l.pick + '×' + l.quantity).join())`)
	}
	await(t, waitABit, func() error {
		if got, want := held(), pick+"|"+pick+"×1"; got != want {
			return fmt.Errorf("kept and in the cart: %q, want %q", got, want)
		}
		return nil
	})

	// the cart, and from it to the checkout inside of the page
	reader.goTo("/cart")
	reader.shows(`[data-line]`, reader.text(`fetch('/v1/picks/`+pick+`').then((r) => r.json()).then((p) => p.product.title.split(' / ')[0].slice(0, 8))`))
	reader.picture("cart")
	reader.click(`[data-check-out]`)
	reader.until(`document.querySelector('[data-checkout-frame] iframe')`)
	checkout := reader.text(`document.querySelector('[data-checkout-frame] iframe').src`)
	if !strings.Contains(checkout, "vt=v1.") {
		t.Fatalf("the way to the checkout is %q, want one with a click token", checkout)
	}
	ordered := func() string {
		return reader.text(`fetch('/analytics').then((r) => r.text()).then((html) =>
			new DOMParser().parseFromString(html, 'text/html').querySelectorAll('section[aria-labelledby=funnel] tbody tr')[5].querySelector('td').textContent.replaceAll(',', ''))`)
	}
	before, err := strconv.Atoi(ordered())
	if err != nil {
		t.Fatalf("orders of the funnel: %v", err)
	}
	reader.payInFrame()
	paid := time.Now()
	shop := &tab{t: t, ctx: reader.ctx, site: origin(checkout)}

	// analysts see it
	await(t, waitABit, func() error {
		if got := ordered(); got != strconv.Itoa(before+1) {
			return fmt.Errorf("%s ordered by the funnel, want %d", got, before+1)
		}
		return nil
	})
	t.Logf("an order is in the funnel %v after it was paid", time.Since(paid).Round(time.Millisecond))

	// the expert sees what it earns, beside what visitors bought
	desk := chromium.open(t, site, desktop)
	desk.goTo("/earnings")
	desk.until(`document.querySelector('[data-act="` + expert + `"]')`)
	desk.eval(`document.querySelector('[data-act="` + expert + `"]').click()`)
	desk.until(`document.querySelector('[data-earnings]')`)
	earned := func() string {
		return desk.text(`fetch('/v1/me/earnings?limit=50').then((r) => r.json()).then((e) => {
			const made = e.items.filter((i) => i.order.startsWith('demo-')), own = e.items.filter((i) => !i.order.startsWith('demo-'));
			const sum = (of) => of.reduce((n, i) => n + i.amount, 0);
			return [e.balances.reduce((n, b) => n + b.balance, 0) - sum(made), own.map((i) => i.state + ' ' + i.amount).join()].join('|');
		})`)
	}
	await(t, waitABit, func() error {
		got := earned() // a script may pay within three seconds, which somebody has to look at
		if !strings.Contains(got, "|pending ") && !strings.Contains(got, "|on_hold ") || strings.HasPrefix(got, "0|") {
			return fmt.Errorf("earnings after the order are %q, want something pending or held", got)
		}
		return nil
	})
	desk.goTo("/earnings")
	desk.until(`document.querySelectorAll('[data-lines] tbody tr').length >= 1`)
	desk.shows("[data-lines]", "¥")
	desk.picture("earnings")

	// everything goes back: what was earned goes with it, what was kept stays
	shop.refundAll(t, reader)
	await(t, waitABit, func() error {
		if got := earned(); got != "0|refunded 0" {
			return fmt.Errorf("earnings after the refund are %q, want none", got)
		}
		return nil
	})
	reader.goTo("/me")
	reader.until(`document.querySelector('[data-bookmarks] [data-pick="` + pick + `"]')`)
	reader.picture("me")

	// and in the end he is forgotten
	reader.click(`[data-erase]`)
	reader.click(`[data-erase-yes]`)
	reader.until(`document.querySelector('[data-erased]')`)
	reader.goTo("/me")
	reader.until(`document.querySelector('main') && !document.querySelector('[data-bookmarks] [data-pick]')`)
}

// payInFrame pays in the partner's page inside of ours, by keyboard: its own
// page is another origin, which our script cannot reach.
func (b *tab) payInFrame() {
	b.t.Helper()
	b.do(chromedp.Focus(chromedp.CSS(`[data-checkout-frame] iframe`)))
	b.do(chromedp.WaitVisible(chromedp.CSS(`[data-checkout-frame] iframe`)))
	const links = 4 // in the head of the shop's page, before the button that pays
	for range links + 1 {
		b.do(chromedp.KeyEvent(kb.Tab))
	}
	b.do(chromedp.KeyEvent(kb.Enter))
}

func origin(address string) string {
	scheme, rest, _ := strings.Cut(address, "://")
	host, path, _ := strings.Cut(rest, "/")
	parts := strings.Split(path, "/") // p/PARTNER/checkout?…
	return scheme + "://" + host + "/" + strings.Join(parts[:2], "/")
}

// refundAll sends the shop's latest order back, on the shop's own pages.
func (b *tab) refundAll(t *testing.T, in *tab) {
	t.Helper()
	in.do(chromedp.Navigate(b.site + "/orders"))
	in.until(`document.querySelector('main a[href*="/orders/"]')`)
	in.click(`main a[href*="/orders/"]`)
	in.until(`document.querySelector('[data-act="refund-all"]')`)
	in.click(`[data-act="refund-all"]`)
	in.until(`!document.querySelector('[data-act="refund-all"]')`)
}
