package main_test

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// A chrome is a headless browser of our own.
type chrome struct{ ctx context.Context }

// browser starts a browser. Without one the test is skipped, loudly, and fails
// in CI.
func browser(t *testing.T) chrome {
	t.Helper()
	if testing.Short() {
		t.Skip("drives a browser: not in -short")
	}
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "headless-shell"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	switch {
	case path != "":
	case os.Getenv("CI") == "true":
		t.Fatal("no Chromium on the PATH, and CI has to run this")
	default:
		t.Skip("NOT RUN: no Chromium on the PATH")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		// It plays a reader: by HeadlessChrome it would say that it is a robot.
		chromedp.UserAgent("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"),
	)
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start %s: %v", path, err)
	}
	return chrome{ctx}
}

// demoSite is the address of a service that has the demo world.
func demoSite(t *testing.T) string {
	t.Helper()
	site, _ := judgedSite(t)
	return site
}

// judgedSite is demoSite with the token of who judges and counts there.
func judgedSite(t *testing.T) (site, judge string) {
	t.Helper()
	in := &installation{t: t, dir: t.TempDir()}
	p := &process{in: in, addr: freeAddr(t), log: new(lockedBuffer)}
	p.args = []string{"serve", "--demo", "--data", filepath.Join(in.dir, "data"), "--addr", p.addr, "--log", "warn"}
	p.begin()
	t.Cleanup(p.kill)
	p.awaitReady()
	await(t, 2*time.Minute, func() error { // the world comes in behind the first answers
		told := regexp.MustCompile(`JUDGE=(\S+)\n`).FindStringSubmatch(p.log.String())
		if told == nil {
			return fmt.Errorf("the demo does not say that it is there:\n%s", p.log)
		}
		judge = told[1]
		return nil
	})
	return "http://" + p.addr, judge
}

// A tab is one person's browser window: nobody else's cookies, and an ear on
// the console.
type tab struct {
	t    *testing.T
	ctx  context.Context
	site string

	mu      sync.Mutex
	console []chromedp.ConsoleMessage
	read    chan struct{} // closed when the console has ended
}

// A look is how somebody sees pages.
type look struct {
	width, height int64
	phone, dark   bool
	lang          string // of the browser, such as "zh-CN"
}

// open opens a tab. When the test ends it fails for everything that the
// console complained about, refusals of the content policy among it.
func (c chrome) open(t *testing.T, site string, l look) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(c.ctx, chromedp.WithNewBrowserContext())
	b := &tab{t: t, ctx: ctx, site: site, read: make(chan struct{})}
	go b.listen(chromedp.Console(ctx))
	t.Cleanup(func() {
		cancel()
		<-b.read
	})
	t.Cleanup(b.complaints)
	b.dress(l)
	return b
}

// listen keeps what the console says until it ends.
func (b *tab) listen(messages iter.Seq2[chromedp.ConsoleMessage, error]) {
	defer close(b.read)
	for m, err := range messages {
		if err != nil {
			return
		}
		b.mu.Lock()
		b.console = append(b.console, m)
		b.mu.Unlock()
	}
}

// dress makes the tab look at pages as l says.
func (b *tab) dress(l look) {
	b.t.Helper()
	scheme, viewport := "light", []chromedp.EmulateViewportOption{}
	if l.dark {
		scheme = "dark"
	}
	if l.phone {
		viewport = append(viewport, chromedp.EmulateMobile, chromedp.EmulateTouch)
	}
	tell(b, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: network.Headers{"Accept-Language": l.lang}})
	tell(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	})
	b.do(chromedp.EmulateViewport(l.width, l.height, viewport...))
}

// tell gives the browser a command of its protocol.
func tell[P, R any](b *tab, command cdp.Command[P, R], params P) {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, command, params); err != nil {
		b.t.Fatalf("%s: %v", command.Method, err)
	}
}

// complaints fails the test for errors on the console. A mark of our own comes
// last in it, so none is missed.
func (b *tab) complaints() {
	const mark = "that was all"
	b.eval(`console.log("` + mark + `")`)
	await(b.t, 10*time.Second, func() error {
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, m := range b.console {
			if m.Text == mark {
				return nil
			}
		}
		return fmt.Errorf("the console ends before the mark: %v", b.console)
	})
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, m := range b.console {
		if m.IsException() || m.Type == "error" || m.Type == "warning" || m.Source == "security" {
			b.t.Errorf("console: %s %s", m.Source, m)
		}
	}
}

// do performs actions within half a minute.
func (b *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 30*time.Second)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		b.t.Fatal(err)
	}
}

func (b *tab) goTo(path string) {
	b.t.Helper()
	b.do(chromedp.Navigate(b.site + path))
}

func (b *tab) click(selector string) {
	b.t.Helper()
	b.do(chromedp.Click(chromedp.CSS(selector)))
}

// typeInto replaces what a field holds, key by key.
func (b *tab) typeInto(selector, text string) {
	b.t.Helper()
	b.do(chromedp.Focus(chromedp.CSS(selector)))
	b.eval("document.activeElement.select()")
	b.do(chromedp.KeyEvent(text))
}

// eval runs a script in the page for its effect.
func (b *tab) eval(script string) {
	b.t.Helper()
	b.do(chromedp.Evaluate[chromedp.Void](script, chromedp.EvalAwaitPromise))
}

// text is what script answers, or promises, as a string.
func (b *tab) text(script string) string {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 30*time.Second)
	defer cancel()
	s, err := chromedp.Run(ctx, chromedp.Evaluate[string]("(async () => String(await ("+script+")))()", chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%s: %v", script, err)
	}
	return s
}

// until waits until script is true. It is evaluated from outside: pages may
// not evaluate text, as polling within would.
func (b *tab) until(script string) {
	b.t.Helper()
	await(b.t, 20*time.Second, func() error {
		ctx, cancel := context.WithTimeout(b.ctx, 10*time.Second)
		defer cancel()
		ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("Boolean("+script+")"))
		if err == nil && !ok {
			err = fmt.Errorf("not so: %s", script)
		}
		return err
	})
}

// shows waits until the page's text under selector holds part.
func (b *tab) shows(selector, part string) {
	b.t.Helper()
	b.until(fmt.Sprintf(`document.querySelector(%q)?.textContent.includes(%q)`, selector, part))
}

// picture keeps what is seen as name.png among the test's artifacts.
func (b *tab) picture(name string) {
	b.t.Helper()
	png, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(filepath.Join(b.t.ArtifactDir(), name+".png"), png, 0o600)
	}
	if err != nil {
		b.t.Fatal(err)
	}
}

// status asks for a page without the browser.
func status(t *testing.T, address string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	return res.StatusCode
}
