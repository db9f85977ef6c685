package main_test

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// judgeStory decides about the signals that two experts with one account are,
// and makes a file of figures. Once signed in, no script runs.
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
	b.file()
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

// file makes a file of what the page for analysts shows, and downloads it as
// somebody with the link alone does.
func (b *tab) file() {
	t := b.t
	t.Helper()
	b.goTo("/analytics?days=7&by=partner")
	b.click(`section[aria-labelledby=files] form .primary`)
	b.until(`location.search.includes('said=pending') && location.search.includes('by=partner')`)
	await(t, waitABit, func() error {
		b.goTo("/analytics?days=7&by=partner")
		if b.text(`document.querySelectorAll('[data-jobs] a[download]').length`) == "0" {
			return fmt.Errorf("no file: %s", b.text(`document.querySelector('[data-jobs]').textContent`))
		}
		return nil
	})
	b.eval(`document.querySelector('#files').scrollIntoView({ behavior: 'instant' })`)
	b.fitted("files")
	link := b.text(`document.querySelector('[data-jobs] a[download]').getAttribute('href')`)
	code, body, err := (&client{addr: strings.TrimPrefix(b.site, "http://"), http: http.Client{Timeout: waitABit}}).do(http.MethodGet, link, nil)
	if head, rows, _ := strings.Cut(string(body), "\n"); err != nil || code != http.StatusOK || !strings.Contains(head, "partner") || strings.Count(rows, "\n") < 8 {
		t.Errorf("status %d, %v, %.200q, want a row of each step of each shop", code, err, body)
	}
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
