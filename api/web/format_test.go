package web_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"vitrine.dev/recommend"
)

// The expectations are what Intl.NumberFormat answers for zh-CN and en-US with
// trailingZeroDisplay stripIfInteger.
func TestMoneyIsWrittenByLocale(t *testing.T) {
	w := newWorld(t, nil)
	for _, c := range []struct {
		amount   int64
		currency string
		en, zh   string
	}{
		{12900, "CNY", "CN¥129<", "¥129<"},
		{123456789, "CNY", "CN¥1,234,567.89<", "¥1,234,567.89<"},
		{1905, "USD", "$19.05<", "US$19.05<"},
		{500, "JPY", "¥500<", "JP¥500<"},
		{12000, "KRW", "₩12,000<", "￦12,000<"},
		{1500, "KWD", "KWD\u00a01.500<", "KWD\u00a01.500<"},
		{7, "EUR", "€0.07<", "€0.07<"},
		{0, "GBP", "£0<", "£0<"},
	} {
		w.put(recommend.KindProduct, "harbour:1", recommend.Product{Key: "harbour:1", Title: "t", Price: &recommend.Money{Amount: c.amount, Currency: c.currency}, UpdatedAt: w.now})
		w.expert("ali", "Ali", "home")
		w.pick("p1", "ali", 1, "a reason of more than twenty characters", "home")
		wants(t, w.ok("/picks/p1?lang=en"), `<b class="price">`+c.en)
		wants(t, w.ok("/picks/p1?lang=zh"), `<b class="price">`+c.zh)
	}
}

func TestAgesAreWrittenByLocale(t *testing.T) {
	w := newWorld(t, nil)
	w.expert("ali", "Ali", "home")
	w.pick("p1", "ali", 1, "a reason of more than twenty characters", "home")
	for _, c := range []struct {
		age    time.Duration
		en, zh string
	}{
		{-time.Hour, "just now", "刚刚"},
		{59 * time.Second, "just now", "刚刚"},
		{time.Minute, "1 minute ago", "1分钟前"},
		{59 * time.Minute, "59 minutes ago", "59分钟前"},
		{time.Hour, "1 hour ago", "1小时前"},
		{47 * time.Hour, "1 day ago", "1天前"},
		{29 * 24 * time.Hour, "29 days ago", "29天前"},
		{31 * 24 * time.Hour, "23 October 2026", "2026年10月23日"},
	} {
		w.put(recommend.KindProduct, "harbour:1", recommend.Product{Key: "harbour:1", Title: "t", UpdatedAt: w.now.Add(-c.age)})
		wants(t, w.ok("/picks/p1?lang=en"), "checked <time", c.en+"</time>")
		wants(t, w.ok("/picks/p1?lang=zh"), "核对于<time", c.zh+"</time>")
	}
}

// FuzzPages: whatever is asked for, the answer is a page under the policy, and
// nothing breaks.
func FuzzPages(f *testing.F) {
	w := newWorld(f, nil)
	w.fill(3)
	f.Add("/", "topic=home", "zh-CN,zh;q=0.9")
	f.Add("/search", "q=pan&min=1&max=2&in_stock=1&partner=harbour&topic=home&cursor=x", "en;q=x")
	f.Add("/experts/ali", "tab=popular&q=%00&cursor=", ",;=")
	f.Add("/picks/p0", "lang=zh&fragment=1", "")
	f.Add("/products/harbour:0", "cursor=%ff", "de")
	f.Add("/pictures/harbour:0.svg", "", "")
	f.Add("/static/x/../base.js", "", "")
	f.Fuzz(func(t *testing.T, path, query, accept string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody)
		r.URL = &url.URL{Path: "/" + strings.TrimPrefix(path, "/"), RawQuery: query}
		r.Header.Set("Accept-Language", accept)
		rec := httptest.NewRecorder()
		w.site.ServeHTTP(rec, r)
		if rec.Code >= http.StatusInternalServerError {
			t.Errorf("answered %d: %.200s", rec.Code, rec.Body)
		}
		html := strings.HasPrefix(rec.Header().Get("Content-Type"), "text/html")
		if html && rec.Code != http.StatusTemporaryRedirect && rec.Code != http.StatusMovedPermanently && rec.Header().Get("Content-Security-Policy") == "" {
			t.Errorf("a page without a policy: %d %.200s", rec.Code, rec.Body)
		}
	})
}
