package main_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// first is the first card of a list, cards all of them.
const (
	first = `document.querySelector('[data-grid] > li[data-pick]')`
	cards = `document.querySelectorAll('[data-grid] > li[data-pick]')`
	ready = `document.querySelector('.grid.laid') && document.querySelector('[data-grid]').ariaBusy !== 'true'`
)

func TestPagesInABrowser(t *testing.T) {
	chromium := browser(t)
	site, judge := judgedSite(t)
	desktop := look{width: 1280, height: 900, lang: "zh-CN"}

	t.Run("a reader makes the window his own", func(t *testing.T) { readerStory(chromium.open(t, site, desktop)) })
	t.Run("an expert publishes and a reader finds it", func(t *testing.T) {
		expertStory(chromium.open(t, site, look{width: 1280, height: 900, lang: "en-US"}), chromium.open(t, site, desktop))
	})
	t.Run("an analyst reads figures, sorts them and sees them move", func(t *testing.T) {
		analystStory(chromium.open(t, site, look{width: 1280, height: 900, lang: "en-US"}))
	})
	t.Run("who judges and counts needs no script, nor a mouse, nor a wide screen", func(t *testing.T) {
		judgeStory(chromium.open(t, site, look{width: 360, height: 780, phone: true, lang: "zh-CN"}), judge, "uncle-wok", "mira-tables")
		judgeStory(chromium.open(t, site, look{width: 1280, height: 900, lang: "en-US"}), judge, "ali-brews", "doc-ergon")
	})
	t.Run("pages can be read without script", func(t *testing.T) { withoutScript(chromium.open(t, site, desktop)) })
	t.Run("a session of an installation that is no more is replaced", func(t *testing.T) { staleSession(chromium.open(t, site, desktop)) })
	t.Run("a lost connection is told and survived", func(t *testing.T) { offline(chromium.open(t, site, desktop)) })
	for _, l := range []look{
		{width: 390, height: 844, phone: true, lang: "zh-CN"},
		{width: 390, height: 844, phone: true, dark: true, lang: "en-US"},
		{width: 640, height: 480, lang: "en-US"}, // 1280 at 200 % zoom
		{width: 1280, height: 900, lang: "en-US"},
		{width: 1280, height: 900, dark: true, lang: "zh-CN"},
	} {
		name := fmt.Sprintf("%d px, dark %t, %s", l.width, l.dark, l.lang)
		t.Run("every page fits and can be touched at "+name, func(t *testing.T) { fits(chromium.open(t, site, l), l) })
	}
	t.Run("the window is there within a second on a slow phone, and does not jump", func(t *testing.T) {
		slowPhone(chromium.open(t, site, look{width: 390, height: 844, phone: true, lang: "zh-CN"}))
	})
}

func readerStory(b *tab) {
	t := b.t
	b.goTo("/")
	b.until(ready)
	if got := b.text(`document.documentElement.lang`); got != "zh-CN" {
		t.Errorf("page is in %q, want zh-CN as the browser asks", got)
	}
	b.shows("[data-grid] .ad", "广告")
	if got := b.text(`document.cookie`); strings.Contains(got, "vitrine_session") {
		t.Errorf("scripts can read the session: %q", got)
	}

	// interests: the next window at once, and still after coming back
	b.click(`.row [value="home/tea"]`)
	b.until(ready + ` && ` + first + `?.dataset.topic === 'home/tea'`)
	b.until(`document.querySelector('[value="home/tea"]').ariaPressed === 'true'`)
	b.goTo("/")
	b.until(ready + ` && ` + first + `?.dataset.topic === 'home/tea' && document.querySelector('[value="home/tea"]').ariaPressed === 'true'`)

	// three clicks faster than answers: the last word counts
	b.eval(`for (const id of ['food/coffee', 'home/kitchen', 'food/coffee']) document.querySelector('.row [value="' + id + '"]').click()`)
	b.until(ready + ` && Array.from(` + cards + `).slice(0, 12).some((c) => c.dataset.topic === 'home/kitchen')`)
	if got, want := b.text(`fetch('/v1/me/interests').then((r) => r.json()).then((v) => v.interests.map((i) => i.topic).sort().join())`), "home/kitchen,home/tea"; got != want {
		t.Errorf("interests are %q, want %q", got, want)
	}

	// scrolling brings more, nothing twice
	b.until(`(scrollTo(0, document.documentElement.scrollHeight), ` + cards + `.length > 60)`)
	if all, unique := b.text(cards+`.length`), b.text(`new Set(Array.from(`+cards+`, (c) => c.dataset.pick)).size`); all != unique {
		t.Errorf("%s cards, %s of them different", all, unique)
	}
	b.eval(`scrollTo(0, 0)`)

	// follow: at once on every card of the expert, and for good
	expert := b.text(first + `.dataset.expert`)
	button := `[data-follow="` + expert + `"]`
	b.click(`[data-grid] > li[data-pick] .follow`)
	b.until(`Array.from(document.querySelectorAll('` + button + `')).every((f) => f.ariaPressed === 'true')`)
	b.shows("#toast", "已关注")
	b.goTo("/experts/" + expert)
	b.until(`document.querySelector('` + button + `').ariaPressed === 'true'`)
	b.goTo("/")
	b.until(ready)

	// why: reasons, bars in words, and away with Escape
	b.click(`[data-grid] > li[data-pick] .ask`)
	b.until(`document.querySelector('.sheet:popover-open .because li') && document.querySelectorAll('.sheet:popover-open .bars li').length >= 2`)
	b.shows(".sheet:popover-open", "你的兴趣")
	b.do(chromedp.KeyEvent(kb.Escape))
	b.until(`!document.querySelector('.sheet:popover-open')`)

	hideAndUndo(b)

	// another language, for good
	b.click(".tongue")
	b.until(`document.documentElement.lang === 'en' && ` + ready)
	b.shows("[data-grid] .ad", "#ad")
	b.goTo("/about")
	b.shows("h1", "The rules of the game")
}

// analystStory looks at the figures of the demo world.
func analystStory(b *tab) {
	b.goTo("/analytics?by=root")
	b.until(`document.querySelector('[data-plot] canvas') && document.querySelector('svg.chart').hasAttribute('hidden')`)
	b.until(`!document.querySelector('[data-live]').hidden && /\d/.test(document.querySelector('[data-tile=actions]').textContent)`)
	rows := `Array.from(document.querySelectorAll('section[aria-labelledby=broken] tbody tr'), (r) => Number(r.cells[2].firstChild.textContent.replaceAll(',', '')))`
	head := `section[aria-labelledby=broken] thead th:nth-child(3) button`
	sorted := func(sign string) {
		b.t.Helper()
		b.click(head)
		b.until(`((rows) => rows.length > 3 && rows.every((n, i) => i === 0 || ` + sign + ` * (rows[i - 1] - n) >= 0))(` + rows + `)`)
	}
	sorted("1")
	sorted("-1")
	// what is told of all topics together is what orders of the shops are worth
	b.shows(`section[aria-labelledby=money] tbody`, "CN¥")
	b.click(`section[aria-labelledby=money] nav a:last-child`)
	b.until(`location.search.includes('model=split') && document.querySelector('section[aria-labelledby=money] [aria-current]').textContent === 'Equal parts'`)
	b.picture("analytics")
}

// hideAndUndo sees that a hidden pick goes at once and comes back with undo.
func hideAndUndo(b *tab) {
	b.t.Helper()
	hidden := func() string {
		return b.text(`fetch('/v1/feedback').then((r) => r.json()).then((l) => l.items.map((m) => m.kind + ':' + m.id).join())`)
	}
	pick := b.text(first + `.dataset.pick`)
	b.click(`[data-grid] > li[data-pick] [data-less]`)
	b.click(`#less:popover-open [data-mute=pick]`)
	b.until(first + `.querySelector('.gone') && document.activeElement.textContent === '撤销'`)
	await(b.t, waitABit, func() error {
		if got := hidden(); got != "pick:"+pick {
			return fmt.Errorf("hidden %q, want %q", got, "pick:"+pick)
		}
		return nil
	})
	b.do(chromedp.KeyEvent(kb.Enter)) // the way back has the focus
	b.until(`!document.querySelector('.gone') && ` + first + `.dataset.pick === '` + pick + `'`)
	await(b.t, waitABit, func() error {
		if got := hidden(); got != "" {
			return fmt.Errorf("hidden %q after undo, want nothing", got)
		}
		return nil
	})
	expert := b.text(first + `.dataset.expert`)
	b.click(`[data-grid] > li[data-pick] [data-less]`)
	b.click(`#less:popover-open [data-mute=expert]:not([data-how])`)
	b.until(first + `.querySelector('.gone')`)
	if n := b.text(`Array.from(` + cards + `).filter((c) => !c.hidden && !c.querySelector('.gone') && c.dataset.expert === '` + expert + `').length`); n != "0" {
		b.t.Errorf("%s cards of an expert wanted less are still there", n)
	}
	b.click(`.gone button`)
	b.until(`!document.querySelector('.gone') && !document.querySelector('[data-grid] > li[hidden]')`)
}

func expertStory(b, reader *tab) {
	t := b.t
	b.goTo("/publish")
	b.typeInto("[data-filter]", "mira")
	b.until(`document.querySelectorAll('.persons > li:not([hidden])').length === 1`)
	b.click(`[data-act="mira-tables"]`)
	b.until(`document.querySelector('[data-limits]')?.ariaBusy === 'false' && document.querySelector('[data-mine] li')`)
	left := b.text(`document.querySelector('[data-limit=day]').textContent`)

	// a bad link: what is wrong and what to do, while typing
	b.typeInto("#link", "https://detail.tmall.com.evil.example/item.htm?id=1")
	b.shows("[data-say=link] .bad", "not an approved partner")
	b.shows("[data-say=link] .fix", "Taobao")
	b.typeInto("#link", "https://item.taobao.com/")
	b.shows("[data-say=link] .bad", "not a product")

	// a good one: the product appears
	found := b.text(`Promise.all(['/v1/me/picks?limit=50', '/v1/search?topic=home/tea&in_stock=true&limit=50'].map((u) => fetch(u).then((r) => r.json()))).then(([mine, all]) => {
		const had = new Set(mine.items.map((i) => i.product.key));
		const i = all.items.find((i) => !had.has(i.product.key) && i.product.title);
		return [i.link, i.product.title, i.product.key].join('\n');
	})`)
	link, title, key := cut3(found)
	b.typeInto("#link", "Look at this: "+link)
	b.shows("[data-say=link] .found", title)
	b.shows("[data-preview] [data-p=title]", title)
	b.typeInto("#reason", "Too short.")
	b.shows("[data-say=reason] .bad", "at least 20")
	reason := "Two months of breakfasts for people who never sit down, but it drips when it is full."
	b.typeInto("#reason", reason)
	b.shows("[data-count]", strconv.Itoa(len(reason)))
	b.until(`document.querySelectorAll('[data-hints] .met').length === 3`)
	b.click(`.chip:has([name=topics][value="home/tea"])`)
	b.shows("[data-preview] [data-p=topic]", "Tea")
	b.shows("[data-say=all] .good", "in order")
	b.picture("publisher")

	// published: visible to readers, and one less is left
	b.click("[data-submit]")
	b.until(`document.querySelector('[data-published]')`)
	b.shows("[data-say=all]", "Visible to readers")
	pick := b.text(`document.querySelector('[data-published]').dataset.published`)
	b.until(`document.querySelector('[data-mine] li')?.dataset.pick === '` + pick + `'`)
	b.until(`document.querySelector('[data-limit=day]').textContent !== '` + left + `'`)

	reader.goTo("/?topic=home%2Ftea")
	reader.until(`document.querySelector('[data-grid] > li[data-pick="` + pick + `"]')`)
	reader.shows(`[data-pick="`+pick+`"] .reason`, reason)
	reader.click(`[data-pick="` + pick + `"] h2 a`)
	reader.until(`location.pathname === '/picks/` + pick + `'`)
	reader.shows(".buy .ad-line", "广告")
	if got, want := reader.text(`new DOMParser().parseFromString(document.querySelector('.buy noscript').textContent, 'text/html').querySelector('a').rel`), "noopener nofollow sponsored"; got != want {
		t.Errorf("purchase link has rel %q, want %q", got, want)
	}
	reader.shows(".buy [data-buy]", "购买")
	reader.goTo("/products/" + url.PathEscape(key))
	reader.until(`Array.from(document.querySelectorAll('.voice'), (v) => v.dataset.expert).includes('mira-tables')`)

	// withdrawn: gone for readers; restored: back
	row := `[data-mine] li[data-pick="` + pick + `"]`
	b.click(row + " [data-do=withdraw]")
	b.until(`document.querySelector('` + row + ` .state.withdrawn')`)
	await(t, waitABit, func() error {
		if got := status(t, b.site+"/picks/"+pick); got != http.StatusGone {
			return fmt.Errorf("a withdrawn pick answers %d, want 410", got)
		}
		return nil
	})
	b.click(row + " [data-do=restore]")
	b.until(`document.querySelector('` + row + ` .state.published')`)

	// edited: the new words, in place
	b.click(row + " [data-do=edit]")
	b.until(`document.querySelector('#reason').value.startsWith('Two months') && document.querySelector('[data-submit]').textContent === 'Save changes'`)
	b.typeInto("#reason", reason+" The lid is on its second life.")
	b.shows("[data-say=all] .good", "in order")
	b.click("[data-submit]")
	b.shows("[data-say=all]", "Changed, and visible to readers")
	reader.goTo("/picks/" + pick)
	reader.shows(".voice blockquote", "second life")
	reader.shows(".voice", "修改于")

	b.click("[data-sign-out]")
	b.until(`document.querySelector('[data-act]')`)
}

func cut3(s string) (a, b, c string) {
	a, rest, _ := strings.Cut(s, "\n")
	b, c, _ = strings.Cut(rest, "\n")
	return a, b, c
}

func withoutScript(b *tab) {
	tell(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	b.goTo("/")
	b.click(`.more [rel=next]`)
	b.until(`location.search.includes('cursor=') && ` + cards + `.length > 0`)
	b.do(chromedp.WaitVisible(chromedp.CSS(`[data-grid] .reason`)), chromedp.WaitNotVisible(chromedp.CSS(`[data-less]`)))
	b.goTo("/")
	b.click(`.ask`)
	b.until(`document.querySelector('.sheet:popover-open .bars')`)
	b.goTo("/publish")
	b.shows("noscript", "JavaScript")
}

func staleSession(b *tab) {
	b.goTo("/about")
	b.eval(`document.cookie = 'vitrine_session=of.another.time; path=/'`)
	b.goTo("/")
	b.until(ready)
	b.click(`.row [value="food/coffee"]`)
	b.until(ready + ` && ` + first + `?.dataset.topic === 'food/coffee'`)
	b.goTo("/")
	b.until(`document.querySelector('[value="food/coffee"]').ariaPressed === 'true'`)
}

func offline(b *tab) {
	b.goTo("/")
	b.until(ready)
	b.eval(`window.fetch = () => Promise.reject(new TypeError('no network'))`)
	b.click(`[data-grid] > li[data-pick] .follow`)
	b.shows("#toast", "网络不通")
	b.until(`document.querySelector('.follow').ariaPressed === 'false'`) // rolled back
	b.until(`(scrollTo(0, document.documentElement.scrollHeight), document.querySelector('[data-more] .failed'))`)
	b.shows("[data-more]", "重试")
	b.eval(`Object.defineProperty(navigator, 'onLine', { value: false }); dispatchEvent(new Event('offline'))`)
	b.until(`document.querySelector('#offline').checkVisibility()`)
}
