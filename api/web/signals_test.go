package web_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"vitrine.dev/recommend"
)

// told is what a site of the tests is told by the API.
type told struct {
	asked []string
	err   error
}

// signals of every kind and state, about made-up people.
const someSignals = `{"next_cursor":"c-2","items":[
 {"id":"fast-order-1","kind":"fast-order","subject":{"kind":"line","id":"o<1>/harbour/2"},"pick":"p0","expert":"ali","evidence":{"click_at":"2026-11-23T11:00:00Z","order_at":"2026-11-23T11:00:01Z","seconds":1,"limit":3},
  "first_seen":"2026-11-23T11:00:01Z","last_seen":"2026-11-23T11:00:01Z","expires":"2026-12-23T11:00:01Z","state":"open","revision":1,"etag":"\"r1\""},
 {"id":"self-purchase-1","kind":"self-purchase","subject":{"kind":"line","id":"odd"},"pick":"p0","expert":"ali","evidence":{},
  "first_seen":"2026-11-22T11:00:00Z","last_seen":"2026-11-22T11:00:00Z","expires":"2026-12-22T11:00:00Z","state":"expired","lapsed":true,"revision":2,"etag":"\"r2\""},
 {"id":"shared-payout-1","kind":"shared-payout","subject":{"kind":"expert","id":"ali"},"expert":"ali","evidence":{"experts":["ali","gone"]},
  "first_seen":"2026-11-22T11:00:00Z","last_seen":"2026-11-22T11:00:00Z","expires":"2026-12-22T11:00:00Z","state":"upheld","by":"ops","text":"同一家店","decided_at":"2026-11-23T09:00:00Z","revision":3,"etag":"\"r3\""},
 {"id":"fast-order-2","kind":"fast-order","subject":{"kind":"line","id":"o2/harbour/1"},"pick":"p0","expert":"ali","evidence":{"seconds":0,"limit":3},
  "first_seen":"2026-11-22T11:00:00Z","last_seen":"2026-11-22T11:00:00Z","expires":"2026-12-22T11:00:00Z","state":"upheld","by":"ops","decided_at":"2026-11-23T09:00:00Z","revision":3,"etag":"\"r3\""},
 {"id":"shared-payout-2","kind":"shared-payout","subject":{"kind":"expert","id":"mira"},"expert":"mira","evidence":{"experts":["mira","ali"]},
  "first_seen":"2026-11-22T11:00:00Z","last_seen":"2026-11-22T11:00:00Z","expires":"2026-12-22T11:00:00Z","state":"open","revision":1,"etag":"\"r1\""},
 {"id":"click-burst-1","kind":"click-burst","subject":{"kind":"pick","id":"p0"},"pick":"p0","expert":"ali","evidence":{"width":600,"buckets":[
   {"at":"2026-11-22T10:00:00Z","clicks":41,"readers":3,"networks":2,"past":1.25},{"at":"2026-11-22T10:10:00Z","clicks":42,"readers":3,"networks":2},{"at":"2026-11-22T10:20:00Z","clicks":43,"readers":3,"networks":2},
   {"at":"2026-11-22T10:30:00Z","clicks":44,"readers":3,"networks":2},{"at":"2026-11-22T10:40:00Z","clicks":45,"readers":3,"networks":2},{"at":"2026-11-22T10:50:00Z","clicks":46,"readers":3,"networks":2}]},
  "first_seen":"2026-11-22T11:00:00Z","last_seen":"2026-11-22T11:00:00Z","expires":"2026-12-22T11:00:00Z","state":"open","revision":1,"etag":"\"r1\""}]}`

const someFigures = `{"confidence":0.95,"kinds":[
 {"kind":"fast-order","open":1,"upheld":3,"dismissed":1,"expired":0,"lapsed":0,"resolved":4,"precision":0.75,"interval":{"low":0.3,"high":0.95}},
 {"kind":"click-burst","open":1,"upheld":0,"dismissed":0,"expired":0,"lapsed":0,"resolved":0,"precision":null,"interval":{"low":0,"high":1}}]}`

const someFiles = `{"items":[
 {"id":"x1","dataset":"orders","format":"csv","state":"running","created_at":"2026-11-23T11:59:00Z","as_of":"2026-11-23T11:59:00Z","request":{},"rows":0,"bytes":2048},
 {"id":"x2","dataset":"money","format":"ndjson","state":"failed","created_at":"2026-11-23T11:58:00Z","as_of":"2026-11-23T11:58:00Z","request":{},"rows":0,"bytes":0,"expires_at":"2026-11-24T11:58:00Z","error":{"code":"too-large","message":"More than <fits>.","fix":"Ask for less."}},
 {"id":"x3","dataset":"picks","format":"csv","state":"done","created_at":"2026-11-23T11:57:00Z","as_of":"2026-11-23T11:57:00Z","request":{},"rows":7,"bytes":3145728,"expires_at":"2026-11-24T11:57:00Z",
  "download":{"url":"/v1/exports/x3/data?expires=1&signature=s","expires_at":"2026-11-24T11:57:00Z","content_type":"text/csv","sha256":"00"}}]}`

func (a *told) ask(_ *http.Request, target string, v any) error {
	a.asked = append(a.asked, target)
	if a.err != nil {
		return a.err
	}
	path, _, _ := strings.Cut(target, "?")
	body, ok := map[string]string{"/v1/signals": someSignals, "/v1/metrics/signals": someFigures, "/v1/exports": someFiles}[path]
	if !ok {
		return errors.New("the API has no " + path)
	}
	return json.Unmarshal([]byte(body), v)
}

func TestSignalsAreToldInWords(t *testing.T) {
	w := newWorld(t, nil)
	w.fill(1)
	for lang, words := range map[string][]string{
		"en": {
			"Line 2 of order o&lt;1&gt; at Harbour &amp; Pine", "Ordered 1 second after the click. Less than 3 seconds is sooner", "The line’s earning is held until",
			"The expert bought by a pick of their own", "Ended undecided", "Ground gone", "Holds nothing.", "Paid to one account: 阿梨泡茶, gone.", "held until somebody rules", "has a signal of its own. It ends on ", "Decided by ops, ", "Decide anew",
			"6 stretches of 10 minutes", "41 clicks, 2 networks, 3 readers; 1.2 clicks are usual", "1 more", "Orders by these clicks are held until", "75.0%", "30.0%–95.0%",
		},
		"zh": {
			"Harbour &amp; Pine订单 o&lt;1&gt; 的第 2 行", "点击后 1 秒下单", "该行收益冻结至", "达人通过自己的推荐购买", "到期未裁定", "依据已更正", "收款账户相同：阿梨泡茶、gone", "ops 于", "6 个 10 分钟的时段", "41 次点击", "另有 1 个",
		},
	} {
		page := w.ok("/signals?kind=", "X-Test-Session", "ops moderate", "Accept-Language", lang)
		holds(t, page, append(words, "同一家店", `rel="next" href="/signals?cursor=c-2&amp;kind="`, `name="if_match" value="&#34;r1&#34;"`, `href="/experts/ali"`, `href="/picks/p0"`)...)
		if n := strings.Count(page, "<textarea"); n != 5 {
			t.Errorf("%s: decisions about %d signals, want 5: nobody decides about one that ended", lang, n)
		}
	}
	if n := strings.Count(w.ok("/signals", "X-Test-Session", "ana metrics:read"), "<textarea"); n != 0 {
		t.Errorf("an analyst may decide about %d signals", n)
	}
	w.told.asked = nil
	w.ok("/signals?state=any&kind=click-burst&subject=pick:p0&cursor=c&limit=1000000", "X-Test-Session", "ops moderate")
	w.ok("/signals", "X-Test-Session", "ops moderate")
	for i, want := range map[int]url.Values{0: {"limit": {"20"}, "kind": {"click-burst"}, "subject": {"pick:p0"}, "cursor": {"c"}}, 2: {"limit": {"20"}, "state": {"open"}}} {
		if got := w.told.asked[i]; got != "/v1/signals?"+want.Encode() {
			t.Errorf("asked %s, want %s", got, want.Encode())
		}
	}
}

func TestWhatTheAPIRefusesIsAPageOfItsOwn(t *testing.T) {
	w := newWorld(t, nil)
	for _, c := range []struct {
		err  error
		want int
	}{
		{recommend.Refuse(recommend.Problem{Code: "cursor-invalid"}), http.StatusGone},
		{recommend.Refuse(recommend.Problem{Code: "validation"}), http.StatusBadRequest},
		{fmt.Errorf("ask: %w", recommend.ErrUnavailable), http.StatusServiceUnavailable},
	} {
		w.told.err = c.err
		if r := w.get("/signals", "X-Test-Session", "ops moderate"); r.status != c.want {
			t.Errorf("%v: status %d, want %d", c.err, r.status, c.want)
		}
	}
}

func TestNobodyElseIsLedToSignals(t *testing.T) {
	w := newWorld(t, nil)
	w.fill(1)
	for session, sees := range map[string]bool{"": false, "mei window:read picks:write": false, "ops moderate": true, "ana metrics:read": true} {
		if got := strings.Contains(w.ok("/about", "X-Test-Session", session), `href="/signals"`); got != sees {
			t.Errorf("%q is led to signals: %t", session, got)
		}
	}
	w.told.asked = nil
	if r := w.get("/signals", "X-Test-Session", "mei window:read"); r.status != http.StatusForbidden || len(w.told.asked) > 0 || !strings.Contains(r.body, "data-token") {
		t.Errorf("status %d, asked %v, want 403 with a way to sign in", r.status, w.told.asked)
	}
}

func TestAnAnalystSeesHisFiles(t *testing.T) {
	w := newWorld(t, nil)
	for lang, words := range map[string][]string{
		"en": {"Orders, line by line · CSV", "Is being made", "2.0 KiB", "Failed", "More than &lt;fits&gt;. Ask for less.", "3.0 MiB", "Look again"},
		"zh": {"订单，逐行 · CSV", "生成中", "失败", "刷新"},
	} {
		page := w.ok("/analytics?days=90&by=root", "X-Test-Session", "ana metrics:read", "Accept-Language", lang)
		holds(t, page, append(words, `href="/v1/exports/x3/data?expires=1&amp;signature=s" download`, `name="back" value="by=root&amp;days=90&amp;model=last"`, `&#34;breakdown&#34;:[&#34;root&#34;]`, `&#34;window&#34;:&#34;90d&#34;`)...)
		if n := strings.Count(page, " download>"); n != 1 {
			t.Errorf("%s: %d files to download, want the one that is done", lang, n)
		}
	}
	wants(t, w.ok("/analytics?said=quota-exceeded", "X-Test-Session", "ana metrics:read"), "Too many files")
	wants(t, w.ok("/analytics?said=%3Cb%3E", "X-Test-Session", "ana metrics:read"), "No file is made.")
}

// holds fails the test for what a page lacks, in whatever order it comes.
func holds(t *testing.T, page string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		wants(t, page, part)
	}
}
