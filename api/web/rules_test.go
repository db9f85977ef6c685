package web_test

import (
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"vitrine.dev/api/web"
)

// everyPage is one address of each kind.
func everyPage() []string {
	return []string{"/", "/?topic=home%2Ftea", "/search", "/search?q=pan", "/experts/ali", "/picks/p0", "/products/harbour:0", "/publish", "/about", "/cart", "/me", "/earnings", "/analytics", "/signals", "/nowhere"}
}

func TestNoPageRunsOrLoadsWhatIsNotOurs(t *testing.T) {
	w := newWorld(t, &web.Demo{Experts: []string{"ali"}})
	w.fill(8)
	inline := regexp.MustCompile(`(?i)<style|\sstyle=|\son[a-z]+=|javascript:|<script>|<script type="text`)
	loaded := regexp.MustCompile(`(?:src|href|action)="([^"]*)"`)
	for _, target := range everyPage() {
		for _, who := range []string{"", "ali picks:write", "ops moderate metrics:read"} {
			r := w.get(target, "X-Test-Session", who)
			csp := r.header.Get("Content-Security-Policy")
			for _, want := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "base-uri 'none'", "frame-ancestors 'none'", "form-action 'self'"} {
				if !strings.Contains(csp, want) {
					t.Errorf("%s: policy %q lacks %s", target, csp, want)
				}
			}
			if strings.Contains(csp, "unsafe") || r.header.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("%s: policy %q, X-Content-Type-Options %q", target, csp, r.header.Get("X-Content-Type-Options"))
			}
			if m := inline.FindString(r.body); m != "" {
				t.Errorf("%s: inline %q would not run under the policy", target, m)
			}
			for _, m := range loaded.FindAllStringSubmatch(r.body, -1) {
				outside := !strings.HasPrefix(m[1], "/") && !strings.HasPrefix(m[1], "#") || strings.HasPrefix(m[1], "//")
				if outside && !strings.Contains(r.body, m[0]+` target="_blank" rel="noopener nofollow sponsored"`) {
					t.Errorf("%s: leads outside without saying so: %s", target, m[0])
				}
			}
		}
	}
}

func TestFirstPageIsLight(t *testing.T) {
	const most = 60_000
	w := newWorld(t, nil)
	w.fill(60)
	for _, lang := range []string{"en", "zh"} {
		page := w.get("/?lang="+lang, "Accept-Encoding", "gzip")
		if n := len(picksOn(page.body)); n != 20 {
			t.Fatalf("first page has %d cards, want 20", n)
		}
		if len(page.body) > most {
			t.Errorf("%s: the page alone has %d bytes before compression, want under %d", lang, len(page.body), most)
		}
		sum := page.wire
		for _, file := range filesOf(t, w, page.body) {
			sum += w.get(file, "Accept-Encoding", "gzip").wire
		}
		if sum > most {
			t.Errorf("%s: page, style and scripts have %d bytes, want under %d", lang, sum, most)
		}
		t.Logf("%s: page %d bytes, with style and scripts %d on the wire", lang, len(page.body), sum)
	}
}

// filesOf are the addresses of everything but pictures that a page loads, what
// scripts import included.
func filesOf(t *testing.T, w *testWorld, page string) []string {
	t.Helper()
	var files []string
	for _, m := range regexp.MustCompile(`"(/static/[^"]+)"`).FindAllStringSubmatch(page, -1) {
		files = append(files, m[1])
	}
	imports := regexp.MustCompile(`(?:from|import) '\./([^']+)'`)
	for i := 0; i < len(files); i++ {
		r := w.get(files[i])
		if r.status != http.StatusOK {
			t.Fatalf("%s answered %d", files[i], r.status)
		}
		for _, m := range imports.FindAllStringSubmatch(r.body, -1) {
			if f := filepath.Dir(files[i]) + "/" + m[1]; !slices.Contains(files, f) {
				files = append(files, f)
			}
		}
	}
	return slices.Compact(slices.Sorted(slices.Values(files)))
}

func TestStaticFilesAreKeptForEver(t *testing.T) {
	w := newWorld(t, nil)
	files := filesOf(t, w, w.ok("/")+w.ok("/publish"))
	if len(files) < 10 {
		t.Fatalf("pages load %v, want styles and scripts", files)
	}
	for _, f := range files {
		r := w.get(f)
		if got := r.header.Get("Cache-Control"); !strings.Contains(got, "immutable") {
			t.Errorf("%s: Cache-Control %q, want immutable", f, got)
		}
		other := "/static/0123456789ab/" + filepath.Base(f)
		if got := w.get(other).header.Get("Cache-Control"); got != "no-cache" {
			t.Errorf("%s of another version: Cache-Control %q, want no-cache", f, got)
		}
		if z := w.get(f, "Accept-Encoding", "gzip, br"); z.body != r.body || z.header.Get("Content-Encoding") != "gzip" {
			t.Errorf("%s: compressed and plain differ", f)
		}
		if z := w.get(f, "Accept-Encoding", "gzip;q=0"); z.header.Get("Content-Encoding") != "" {
			t.Errorf("%s: compressed for somebody who refuses it", f)
		}
	}
	if r := w.get("/static/x/none.js"); r.status != http.StatusNotFound {
		t.Errorf("a file that is none answered %d, want 404", r.status)
	}
	if r := w.get("/favicon.ico"); r.status != http.StatusOK || r.header.Get("Content-Type") != "image/svg+xml" {
		t.Errorf("favicon answered %d %s", r.status, r.header.Get("Content-Type"))
	}
}
