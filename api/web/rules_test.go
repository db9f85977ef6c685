package web_test

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vitrine.dev/api/web"
)

// everyPage is one address of each kind.
func everyPage() []string {
	return []string{"/", "/?topic=home%2Ftea", "/search", "/search?q=pan", "/experts/ali", "/picks/p0", "/products/harbour:0", "/publish", "/about", "/nowhere"}
}

func TestNoPageRunsOrLoadsWhatIsNotOurs(t *testing.T) {
	w := newWorld(t, &web.Demo{Experts: []string{"ali"}})
	w.fill(8)
	inline := regexp.MustCompile(`(?i)<style|\sstyle=|\son[a-z]+=|javascript:|<script>|<script type="text`)
	loaded := regexp.MustCompile(`(?:src|href|action)="([^"]*)"`)
	for _, target := range everyPage() {
		for _, who := range []string{"", "ali picks:write"} {
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

func TestLanguage(t *testing.T) {
	w := newWorld(t, nil)
	w.fill(3)
	for _, c := range []struct{ name, target, cookie, accept, want string }{
		{"English is for whoever asks for nothing", "/", "", "", "en"},
		{"the browser's wish", "/", "", "zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"},
		{"the better wish", "/", "", "zh;q=0.3, en-GB;q=0.7", "en"},
		{"an unknown wish", "/", "", "fr, de", "en"},
		{"a broken wish", "/", "", "zh;q=x,;;,=", "en"},
		{"what was chosen before", "/", "zh", "en", "zh-CN"},
		{"what is chosen now", "/?lang=en", "zh", "zh", "en"},
		{"an unknown choice", "/?lang=fr", "zh", "en", "zh-CN"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := w.get(c.target, "Accept-Language", c.accept, "Cookie", "vitrine_lang="+c.cookie)
			wants(t, r.body, `<html lang="`+c.want+`"`)
			if set := r.header.Get("Set-Cookie"); strings.Contains(set, "vitrine_lang=") != (c.target == "/?lang=en") {
				t.Errorf("got cookie %q", set)
			}
		})
	}
	t.Run("a page leads to itself in the other language", func(t *testing.T) {
		wants(t, w.ok("/search?q=pan&min=3"), `href="/search?lang=zh&amp;min=3&amp;q=pan" hreflang="zh"`)
	})
}

func catalogs(t *testing.T) map[string]map[string]any {
	t.Helper()
	all := make(map[string]map[string]any)
	for _, lang := range []string{"en", "zh"} {
		b, err := os.ReadFile("i18n/" + lang + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var c map[string]any
		if err := json.Unmarshal(b, &c); err != nil {
			t.Fatal(err)
		}
		all[lang] = c
	}
	return all
}

func TestBothLanguagesAreComplete(t *testing.T) {
	all := catalogs(t)
	holes := regexp.MustCompile(`\{\w+\}`)
	names := func(v any) []string {
		found := holes.FindAllString(fmt.Sprint(v), -1)
		slices.Sort(found)
		return slices.Compact(found)
	}
	for key, en := range all["en"] {
		zh, ok := all["zh"][key]
		if !ok {
			t.Errorf("%s is missing in Chinese", key)
			continue
		}
		if strings.HasPrefix(key, "card.also.more") {
			continue // English counts the others, Chinese all of them
		}
		if diff := cmp.Diff(names(en), names(zh)); diff != "" {
			t.Errorf("%s is filled with other names in Chinese: %s", key, diff)
		}
	}
	for key := range all["zh"] {
		if _, ok := all["en"][key]; !ok {
			t.Errorf("%s is missing in English", key)
		}
	}
	han := regexp.MustCompile(`\p{Han}`)
	for key, v := range all["en"] {
		if s := fmt.Sprint(v); han.MatchString(s) {
			t.Errorf("%s is Chinese in the English catalog: %s", key, s)
		}
	}
}

// families are the beginnings of keys that end in a name known when a page is made.
func families() []string {
	return []string{"tab.", "stock.", "relation.", "hidden.", "factor.", "amount.", "trouble.", "check.", "state.", "limits.name.", "partner.", "js.muted.", "js.hint.", "js.less.", "span.", "ago."}
}

func TestEveryMessageIsUsedAndEveryUsedOneExists(t *testing.T) {
	var source strings.Builder
	for _, pattern := range []string{"*.go", "templates/*.html", "static/*.js"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if strings.HasSuffix(f, "_test.go") {
				continue
			}
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			source.Write(b)
		}
	}
	text := source.String()
	en := catalogs(t)["en"]
	used := regexp.MustCompile(`(?:\bt|\bth|words\.text|\bc\.text|\bsay)[ (]["']([a-z]+(?:[._-][a-z_-]+)*)["']`)
	n := 0
	for _, m := range used.FindAllStringSubmatch(text, -1) {
		n++
		if _, ok := en[m[1]]; !ok {
			t.Errorf("message %q is used and does not exist", m[1])
		}
	}
	if n < 150 {
		t.Fatalf("found %d uses of messages: the test would pass on anything", n)
	}
	for key := range en {
		family := slices.ContainsFunc(families(), func(p string) bool { return strings.HasPrefix(key, p) })
		if !family && !strings.Contains(text, `"`+key+`"`) && !strings.Contains(text, `'`+key+`'`) {
			t.Errorf("message %q is never used", key)
		}
	}
}

// luminance is the relative luminance of #rrggbb as WCAG defines it.
func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	n, err := strconv.ParseUint(strings.TrimPrefix(hex, "#"), 16, 32)
	if err != nil || len(hex) != 7 {
		t.Fatalf("%q is no colour", hex)
	}
	channel := func(shift uint) float64 {
		c := float64(n>>shift&0xff) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*channel(16) + 0.7152*channel(8) + 0.0722*channel(0)
}

func TestColoursCanBeTold(t *testing.T) {
	css, err := os.ReadFile("static/vitrine.css")
	if err != nil {
		t.Fatal(err)
	}
	light, dark, ok := strings.Cut(string(css), "prefers-color-scheme: dark")
	if !ok {
		t.Fatal("no dark palette")
	}
	variable := regexp.MustCompile(`--([a-z-]+): (#[0-9a-f]{6})`)
	dark, _, _ = strings.Cut(dark, "}")
	for name, part := range map[string]string{"light": light, "dark": dark} {
		colours := make(map[string]string)
		for _, m := range variable.FindAllStringSubmatch(part, -1) {
			colours[m[1]] = m[2]
		}
		for _, c := range []struct {
			on   string
			text []string
			min  float64
		}{
			{"bg", []string{"ink", "soft", "muted", "accent-ink", "good", "warn", "bad"}, 4.5},
			{"surface", []string{"ink", "soft", "muted", "accent-ink", "good", "warn", "bad"}, 4.5},
			{"sunken", []string{"ink", "soft", "muted", "good", "warn"}, 4.5},
			{"tint", []string{"ink"}, 4.5},
			{"ink", []string{"bg"}, 4.5}, // pressed chips, toasts
			{"accent-ink", []string{"on-accent"}, 4.5},
			{"bg", []string{"accent", "edge"}, 3}, // focus rings, edges of controls
			{"surface", []string{"accent", "edge"}, 3},
			{"sunken", []string{"accent"}, 3}, // bars
		} {
			for _, text := range c.text {
				a, b := luminance(t, colours[text]), luminance(t, colours[c.on])
				if ratio := (max(a, b) + 0.05) / (min(a, b) + 0.05); ratio < c.min {
					t.Errorf("%s: %s on %s has contrast %.2f, want %.1f", name, text, c.on, ratio, c.min)
				}
			}
		}
	}
}

func TestPagesHaveLandmarksAndLabels(t *testing.T) {
	w := newWorld(t, &web.Demo{Experts: []string{"ali"}})
	w.fill(8)
	ids := regexp.MustCompile(`\sid="([^"]+)"`)
	control := regexp.MustCompile(`<(?:input|select|textarea)[^>]*>`)
	button := regexp.MustCompile(`(?s)<button([^>]*)>(.*?)</button>`)
	refs := regexp.MustCompile(`(?:aria-labelledby|aria-describedby|for|popovertarget)="([^"]+)"`)
	for _, target := range everyPage() {
		for _, who := range []string{"", "ali picks:write"} {
			page := w.get(target, "X-Test-Session", who).body
			wants(t, page, `class="skip" href="#main"`, "<header", "<nav", `<main id="main"`, "<footer")
			if n := strings.Count(page, "<h1"); n != 1 {
				t.Errorf("%s has %d first headings, want 1", target, n)
			}
			seen := make(map[string]bool)
			for _, m := range ids.FindAllStringSubmatch(page, -1) {
				if seen[m[1]] {
					t.Errorf("%s: id %q comes twice", target, m[1])
				}
				seen[m[1]] = true
			}
			for _, m := range refs.FindAllStringSubmatch(page, -1) {
				for id := range strings.FieldsSeq(m[1]) {
					if !seen[id] {
						t.Errorf("%s: %s names nothing", target, m[0])
					}
				}
			}
			for _, c := range control.FindAllString(page, -1) {
				labelled := strings.Contains(c, "aria-label") || strings.Contains(c, `type="hidden"`)
				for _, id := range ids.FindAllStringSubmatch(c, 1) {
					labelled = labelled || strings.Contains(page, `for="`+id[1]+`"`)
				}
				before, _, _ := strings.Cut(page, c)
				open := strings.LastIndex(before, "<label")
				if !labelled && open <= strings.LastIndex(before, "</label>") {
					t.Errorf("%s: %s has no label", target, c)
				}
			}
			for _, b := range button.FindAllStringSubmatch(page, -1) {
				text := regexp.MustCompile(`(?s)<[^>]+>|\s`).ReplaceAllString(b[2], "")
				if text == "" && !strings.Contains(b[1], "aria-label") && !strings.Contains(b[1], "data-mute") {
					t.Errorf("%s: <button%s> says nothing", target, b[1])
				}
			}
		}
	}
}
