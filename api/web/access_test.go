package web_test

import (
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"vitrine.dev/api/web"
)

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
	w.keeper("keeper")
	ids := regexp.MustCompile(`\sid="([^"]+)"`)
	control := regexp.MustCompile(`<(?:input|select|textarea)[^>]*>`)
	button := regexp.MustCompile(`(?s)<button([^>]*)>(.*?)</button>`)
	refs := regexp.MustCompile(`(?:aria-labelledby|aria-describedby|for|popovertarget)="([^"]+)"`)
	for _, target := range everyPage() {
		for _, who := range []string{"", "ali picks:write", "keeper window:read", "ops moderate metrics:read"} {
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
