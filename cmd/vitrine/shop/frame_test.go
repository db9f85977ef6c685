package shop_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"vitrine.dev/cmd/vitrine/shop"
)

// TestAReaderBuysInAFrameOfAnotherSite is what a middle page does with a shop
// that may be embedded. The content policy and the guard against other sites'
// forms must both let it.
func TestAReaderBuysInAFrameOfAnotherSite(t *testing.T) {
	if testing.Short() {
		t.Skip("drives a browser: not in -short")
	}
	path, err := exec.LookPath("chromium")
	switch {
	case err == nil:
	case os.Getenv("CI") == "true":
		t.Fatal("no Chromium on the PATH, and CI has to run this")
	default:
		t.Skip("NOT RUN: no Chromium on the PATH")
	}
	var store string
	outer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(`<!doctype html><title>Window</title><iframe width="600" height="700" src="` + store + `/p/shanque/checkout?item=4711&amp;qty=1&amp;vt=v1.k.a.b"></iframe>`))
	}))
	t.Cleanup(outer.Close)
	h := open(t, config(func(c *shop.Config) { c.Frames = []string{outer.URL} })).Handler()
	inner := httptest.NewServer(h)
	t.Cleanup(inner.Close)
	store = inner.URL

	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	ctx, end := chromedp.NewContext(allocator)
	t.Cleanup(end)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx, chromedp.Navigate(outer.URL)); err != nil {
		t.Fatal(err)
	}
	// inside acts on the frame, whose document is another one after each page: it
	// is looked for anew until the act can be done.
	inside := func(selector string, act func(context.Context, chromedp.QueryOption) error) {
		t.Helper()
		for ctx.Err() == nil {
			try, cancel := context.WithTimeout(ctx, 2*time.Second)
			frames, err := chromedp.Run(try, chromedp.Nodes(chromedp.CSS("iframe")))
			if err == nil {
				err = act(try, chromedp.FromNode(frames[0]))
			}
			cancel()
			if err == nil {
				return
			}
		}
		t.Fatalf("%s: %v", selector, ctx.Err())
	}
	for _, selector := range []string{`[data-act="pay"]`, `[data-act="received"]`, `[data-act="refund-all"]`} {
		inside(selector, func(try context.Context, in chromedp.QueryOption) error {
			return chromedp.Do(try, chromedp.Click(chromedp.CSS(selector), in))
		})
	}
	var order string
	for tick := time.NewTicker(20 * time.Millisecond); ; <-tick.C {
		list := send(t, h, http.MethodGet, "/p/shanque/orders", nil).Body.String()
		if at := strings.Index(list, "/p/shanque/orders/o"); at >= 0 {
			order, _, _ = strings.Cut(list[at:], `"`)
			if strings.Contains(send(t, h, http.MethodGet, order, nil).Body.String(), "<dd>0.00 CNY</dd>") {
				tick.Stop()
				return
			}
		}
		if ctx.Err() != nil {
			t.Fatalf("the order %q was not sent back: %v", order, ctx.Err())
		}
	}
}
