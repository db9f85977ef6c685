package web_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vitrine.dev/recommend"
	"vitrine.dev/recommend/link"
)

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
	for _, code := range []string{ // what the publisher is told most
		link.CodeUnsupported, link.CodeMalformed, link.CodeNotItem, link.CodeNeedsResolving, link.CodeAmbiguous, "reason-too-short", "reason-too-long",
		"expert-not-verified", "publishing-frozen", "topic-not-approved", "duplicate-pick", "near-duplicate", "paid-share-exceeded", "restricted-goods", "partner-paused", "quota-exceeded",
	} {
		if _, ok := all["en"]["check."+code]; !ok {
			t.Errorf("a verdict with %s has no words", code)
		}
	}
	for _, h := range []recommend.Hidden{
		recommend.HiddenWithdrawn, recommend.HiddenHeld, recommend.HiddenDeferred, recommend.HiddenRemoved, recommend.HiddenExpert, recommend.HiddenTopic, recommend.HiddenPartnerPaused,
		recommend.HiddenPartnerRemoved, recommend.HiddenUnknownProduct, recommend.HiddenUnknownStock, recommend.HiddenSoldOut, recommend.HiddenStale, recommend.HiddenRestricted,
	} {
		if _, ok := all["en"]["hidden."+string(h)]; !ok {
			t.Errorf("a pick that is hidden as %s has no words", h)
		}
	}
	for family, codes := range map[string][]string{"report.category.": recommend.ReportCategories(), "complain.kind.": recommend.ComplaintCategories()} {
		for _, code := range codes {
			if _, ok := all["en"][family+code]; !ok {
				t.Errorf("a choice of %s has no words", family+code)
			}
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
	return []string{"tab.", "stock.", "relation.", "hidden.", "factor.", "amount.", "trouble.", "check.", "state.", "limits.name.", "partner.", "js.muted.", "js.hint.", "js.less.", "span.", "ago.", "report.category.", "complain.kind.", "cart.problem.", "me.kind.", "me.source.", "earn.state.", "earn.kind.", "earn.model.", "metrics.step.", "metrics.by.", "metrics.live.", "metrics.model.", "metrics.files.set.", "metrics.files.format.", "metrics.files.state.", "metrics.files.said.", "signals.kind.", "signals.state.", "signals.holds.", "signals.said."}
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
