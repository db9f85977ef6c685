package api

import (
	"fmt"
	"strings"
	"testing"

	"github.com/x-way/crawlerdetect"
)

const (
	chrome    = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
	googlebot = "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
)

func openRobots(tb testing.TB) *robots {
	tb.Helper()
	r, err := newRobots()
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(r.close)
	return r
}

func TestRobotsAreThoseThatSayTheyAreSome(t *testing.T) {
	r := openRobots(t)
	for agent, want := range map[string]bool{
		"":        false,
		" ":       false,
		chrome:    false,
		googlebot: true,
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1":                                                                     false,
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15":                                                                                       false,
		"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0":                                                                                                                                      false,
		"Mozilla/5.0 (Linux; Android 14; V2254A Build/UP1A; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/126.0.0.0 Mobile Safari/537.36 MicroMessenger/8.0.50 WeChat/arm64 Language/zh_CN ABI/arm64": false,
		"Dalvik/2.1.0 (Linux; U; Android 14; Pixel 8 Build/UD1A)":                                                                                                                                                     false,
		"Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)":                                                                                                                                     true,
		"Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)":                                                                                                                         true,
		"Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)":                                                                                                      true,
		"facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)":                                                                                                                                   true,
		strings.Replace(chrome, "Chrome", "HeadlessChrome", 1):                                                                                                                                                        true,
		"Go-http-client/1.1":                          false,
		"okhttp/4.12.0":                               false,
		"Apache-HttpClient/4.5.14 (Java/17.0.11)":     false,
		"Java/17.0.11":                                false,
		"Faraday v2.9.0":                              false,
		"curl/8.5.0":                                  false,
		"python-requests/2.32.3 PriceBot/1.0":         true,
		"okhttp/4.12.0 (compatible; MyCrawler/1.0)":   true,
		"curl/8.5.0 (java spider)":                    true,
		"Scrapy/2.11 (+https://scrapy.org)":           true,
		strings.Repeat("x", longestAgent) + googlebot: false, // not looked at
	} {
		for range 2 { // the second time it is known
			if got := r.declared(agent); got != want {
				t.Errorf("%q: a robot: %t, want %t", agent, got, want)
			}
		}
	}
}

// Every library named is one that would be taken for a robot otherwise, and is a
// robot still once it says so.
func TestLibrariesAloneAreNoRobots(t *testing.T) {
	r := openRobots(t)
	names, _, _ := strings.Cut(strings.TrimPrefix(tools, "^(?:"), ")")
	for name := range strings.SplitSeq(names, "|") {
		agent := name + "/1.2.3"
		if name == "Faraday" {
			agent = name + " v1.2.3"
		}
		if !crawlerdetect.IsCrawler(agent) {
			t.Errorf("%s is taken for no robot: it need not be named", agent)
		}
		if r.declared(agent) {
			t.Errorf("%s alone is a robot", agent)
		}
		if more := agent + " (compatible; Examplebot/1.0)"; !r.declared(more) {
			t.Errorf("%s is no robot", more)
		}
	}
}

func TestFewAgentsAreRemembered(t *testing.T) {
	r := openRobots(t)
	for i := range 2 * mostAgents {
		r.known.Set(fmt.Sprint("agent-", i), true)
	}
	r.known.CleanUp()
	if n := r.known.EstimatedSize(); n > mostAgents {
		t.Errorf("%d are remembered, want %d at most", n, mostAgents)
	}
}

// BenchmarkRobots is what a judgement costs: of an agent that is known, of a new
// one, and of the longest that is looked at.
func BenchmarkRobots(b *testing.B) {
	r := openRobots(b)
	b.Run("known", func(b *testing.B) {
		r.declared(chrome)
		b.ReportAllocs()
		for b.Loop() {
			r.declared(chrome)
		}
	})
	for name, agent := range map[string]string{"new browser": chrome, "new robot": googlebot, "longest": strings.Repeat("aZ7-", longestAgent/4)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r.known.Invalidate(agent)
				r.declared(agent)
			}
		})
	}
	b.Run("begin", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			crawlerdetect.New()
		}
	})
}
