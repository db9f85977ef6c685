package link_test

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vitrine.dev/recommend/link"
)

// operators are partners as an operator would give them.
func operators() []link.Partner {
	return []link.Partner{
		{ID: "ciao", Name: "Ciao", Links: []string{"https://ciao.example/item/{item}"}},
		{ID: "plain", Name: "Plain", Links: []string{"https://shop.example/p?id={item}"}},
		{ID: "vari", Name: "Vari", Links: []string{"https://x.example/{item}.html?sku={sku}"}},
	}
}

func newRegistry(tb testing.TB) *link.Registry {
	tb.Helper()
	r, err := link.NewRegistry(append(link.Builtin(), operators()...)...)
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

// A verdict is a line of testdata/links.txt: what Parse must make of a text.
type verdict struct {
	line           int
	text           string
	code           string // or, if there is none:
	key, canonical string
}

func golden(tb testing.TB) []verdict {
	tb.Helper()
	file, err := os.ReadFile("testdata/links.txt")
	if err != nil {
		tb.Fatal(err)
	}
	var out []verdict
	var now verdict
	n := 0
	for s := range strings.SplitSeq(string(file), "\n") {
		n++
		text, indented := strings.CutPrefix(s, "\t")
		fields := strings.Fields(s)
		switch {
		case s == "" || strings.HasPrefix(strings.TrimSpace(s), "#"):
		case indented:
			if strings.HasPrefix(text, `"`) {
				if text, err = strconv.Unquote(text); err != nil {
					tb.Fatalf("links.txt:%d: %v", n, err)
				}
			}
			v := now
			v.line, v.text = n, text
			out = append(out, v)
		case fields[0] == "=" && len(fields) == 3:
			now = verdict{key: fields[1], canonical: fields[2]}
		case fields[0] == "!" && len(fields) == 2:
			now = verdict{code: fields[1]}
		default:
			tb.Fatalf("links.txt:%d: neither verdict nor text: %q", n, s)
		}
	}
	return out
}

func TestEveryLinkOfTheGoldenTableGetsItsVerdict(t *testing.T) {
	r := newRegistry(t)
	accepted := []string{"Ciao", "JD", "Plain", "Taobao", "Tmall", "Tmall Global", "Vari", "Weidian"}
	good, refused := 0, 0
	for _, v := range golden(t) {
		got, err := r.Parse(v.text)
		var e *link.Error
		switch {
		case v.code == "" && err != nil:
			t.Errorf("links.txt:%d: Parse(%q) = %v; want %s", v.line, v.text, err, v.key)
		case v.code == "":
			good++
			if got.Key() != v.key || got.URL != v.canonical {
				t.Errorf("links.txt:%d: Parse(%q) = %s %s; want %s %s", v.line, v.text, got.Key(), got.URL, v.key, v.canonical)
			}
		case err == nil:
			t.Errorf("links.txt:%d: Parse(%q) = %s; want %s", v.line, v.text, got.Key(), v.code)
		case !errors.As(err, &e) || e.Code != v.code:
			t.Errorf("links.txt:%d: Parse(%q) = %v; want %s", v.line, v.text, err, v.code)
		default:
			refused++
			if e.Message == "" || e.Fix == "" {
				t.Errorf("links.txt:%d: error of %q has message %q and fix %q; want both", v.line, v.text, e.Message, e.Fix)
			}
			if diff := cmp.Diff(accepted, e.Accepted); diff != "" {
				t.Errorf("links.txt:%d: accepted channels of %q (-want +got):\n%s", v.line, v.text, diff)
			}
			if got != (link.Link{}) {
				t.Errorf("links.txt:%d: Parse(%q) = %+v with an error; want no link", v.line, v.text, got)
			}
		}
	}
	t.Logf("%d accepted, %d refused", good, refused)
	if good < 60 || refused < 60 {
		t.Errorf("the table has %d accepted and %d refused links; want 60 of each at least", good, refused)
	}
}

func TestATextLongerThan4096BytesIsRefused(t *testing.T) {
	r := newRegistry(t)
	const base = "https://item.jd.com/1.html?x="
	fits := base + strings.Repeat("y", 4096-len(base))
	if _, err := r.Parse(fits); err != nil {
		t.Errorf("Parse of 4096 bytes: %v; want a link", err)
	}
	if _, err := r.Parse(fits + "y"); code(err) != link.CodeMalformed {
		t.Errorf("Parse of 4097 bytes: %v; want %s", err, link.CodeMalformed)
	}
}

func TestAnItemIDHasUpTo64Characters(t *testing.T) {
	r := newRegistry(t)
	id := strings.Repeat("a", 64)
	if l, err := r.Parse("https://ciao.example/item/" + id); err != nil || l.Item != id {
		t.Errorf("Parse with 64 characters = %+v, %v; want the item", l, err)
	}
	if l, err := r.Parse("https://ciao.example/item/" + id + "a"); code(err) != link.CodeMalformed {
		t.Errorf("Parse with 65 characters = %+v, %v; want %s", l, err, link.CodeMalformed)
	}
}

func TestALinkThatNeedsResolvingSaysWhomToAskWhat(t *testing.T) {
	r := newRegistry(t)
	_, err := r.Parse("【淘宝】HTTP://m.tb.cn/h.6abCdEf?tk=x#frag CZ001")
	var e *link.Error
	if !errors.As(err, &e) {
		t.Fatalf("Parse = %v; want a *link.Error", err)
	}
	if want := "https://m.tb.cn/h.6abCdEf?tk=x"; e.Code != link.CodeNeedsResolving || e.Partner != "taobao" || e.URL != want {
		t.Errorf("error has code %q, partner %q, URL %q; want %q, taobao, %q", e.Code, e.Partner, e.URL, link.CodeNeedsResolving, want)
	}
}

func TestAnErrorTellsALookAlikeApart(t *testing.T) {
	r := newRegistry(t)
	for text, want := range map[string]string{
		"https://taobao.com.evil.io/item.htm?id=1":           "only looks like taobao.com",
		"https://item.taobao.com.evil.io/item.htm":           "only looks like item.taobao.com",
		"https://item.t\u0430obao.com/item.htm?id=1":         `t\u0430obao.com`,
		"https://item.taobao.com@evil.example/?id=1":         "user information",
		"https://weidian.com/?userid=123":                    `"weidian.com/" is not an item page of Weidian`,
		"https://evil.example/" + strings.Repeat("x/", 90):   `"evil.example" is not an approved shop`,
		"https://weidian.com/" + strings.Repeat("商品/", 90):   "\"weidian.com/\" is not",
		"https://weidian.com/" + strings.Repeat("tour/", 90): `/tour/tou"… is not an item page`,
	} {
		_, err := r.Parse(text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Parse(%q) = %v; want it to say %q", text, err, want)
		}
		if err != nil && !strings.Contains(err.Error(), "accepted: Ciao, JD, Plain, Taobao") {
			t.Errorf("Parse(%q) = %v; want it to say which channels are accepted", text, err)
		}
	}
}

func TestAKeyComesApartAsItWasMade(t *testing.T) {
	partner, item, err := link.ParseKey(link.Link{Partner: "tmall-hk", Item: "P0tn-U_9"}.Key())
	if err != nil || partner != "tmall-hk" || item != "P0tn-U_9" {
		t.Errorf("ParseKey = %q, %q, %v; want tmall-hk, P0tn-U_9", partner, item, err)
	}
	for _, key := range []string{"", "jd", "jd:", ":1", "JD:1", "jd:1:2", "jd:1 ", " jd:1", "jd:a/b", "-jd:1", "jd:" + strings.Repeat("1", 65), "jd:é"} {
		if partner, item, err := link.ParseKey(key); code(err) != link.CodeKey {
			t.Errorf("ParseKey(%q) = %q, %q, %v; want %s", key, partner, item, err, link.CodeKey)
		}
	}
}

// code is the code of a *link.Error, or what err is instead.
func code(err error) string {
	if e, ok := errors.AsType[*link.Error](err); ok {
		return e.Code
	}
	if err != nil {
		return "not a *link.Error: " + err.Error()
	}
	return "no error"
}
