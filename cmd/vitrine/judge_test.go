package main_test

import (
	"fmt"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// judgeStory decides about the signals that two experts with one account are.
// Once signed in, no script runs.
func judgeStory(b *tab, judge, one, other string) {
	t := b.t
	t.Helper()
	b.goTo("/about")
	b.until(`!document.querySelector('a[href="/signals"]')`)
	for _, expert := range []string{one, other} {
		got := b.text(fmt.Sprintf(`(async () => {
			const send = (method, path, body, token) => fetch(path, { method, credentials: 'omit', body: JSON.stringify(body), headers: { 'Content-Type': 'application/json', ...(token && { Authorization: 'Bearer ' + token }) } });
			const { token } = await (await send('POST', '/v1/demo/tokens', { expert: %q })).json();
			return (await send('PUT', '/v1/me/payout', { account: 'of %s' }, token)).status;
		})()`, expert, one))
		if got != "200" {
			t.Fatalf("the account of %s: status %s", expert, got)
		}
	}
	signedIn := b.text(`fetch('/v1/session', { method: 'POST', body: JSON.stringify({ token: '` + judge + `' }), headers: { 'Content-Type': 'application/json' } }).then((r) => r.status)`)
	if signedIn != "200" {
		t.Fatalf("the session: status %s", signedIn)
	}
	tell(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	b.decideByKey(one)
}

// decideByKey dismisses what is about expert with the keyboard alone.
func (b *tab) decideByKey(expert string) {
	b.t.Helper()
	b.goTo("/signals?kind=shared-payout")
	signal := b.text(`document.querySelector('.signals .panel:has(a[href="/experts/` + expert + `"])').id`)
	b.fitted("signals")
	panel := `document.getElementById('` + signal + `')`
	b.do(chromedp.Focus(chromedp.CSS("#" + signal + " textarea")))
	b.do(chromedp.KeyEvent("They share a shop." + kb.Tab + kb.Tab))
	b.until(`document.activeElement === ` + panel + `.querySelector('[value=dismissed]')`)
	b.do(chromedp.KeyEvent(kb.Enter))
	b.until(`location.search.includes('said=done') && !` + panel)
	b.shows(".signals .banner", map[bool]string{true: "已裁定", false: "Decided"}[b.text(`document.documentElement.lang`) == "zh-CN"])
	b.goTo("/signals?kind=shared-payout&state=dismissed")
	b.until(panel + `.querySelector('.state.dismissed') && ` + panel + `.textContent.includes('They share a shop.')`)
	b.fitted("a signal that is decided")
}

// fitted fails the test where the page is wider than the screen, and keeps what
// is seen.
func (b *tab) fitted(name string) {
	b.t.Helper()
	b.until(`document.readyState === 'complete'`)
	if got := b.text(`document.documentElement.scrollWidth + ' of ' + innerWidth`); b.text(`document.documentElement.scrollWidth > innerWidth`) != "false" {
		b.t.Errorf("%s: %s px wide", name, got)
	}
	if got := b.text(small); got != "" {
		b.t.Errorf("%s: too small to touch:\n%s", name, got)
	}
	b.picture(name + " " + b.text(`innerWidth`))
}
