package shop_test

import (
	"encoding/json"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"vitrine.dev/cmd/vitrine/shop"
	"vitrine.dev/recommend"
)

// fields are the hidden ones of a page's form.
func fields(t *testing.T, page string) url.Values {
	t.Helper()
	out := url.Values{}
	for _, m := range regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`).FindAllStringSubmatch(page, -1) {
		out.Set(m[1], html.UnescapeString(m[2]))
	}
	return out
}

func TestACheckoutKeepsTheTokenAndIsOneOrderHoweverOftenItIsSent(t *testing.T) {
	h := open(t, config(nil)).Handler()
	token := "v1.kid-_9." + strings.Repeat("aZ0-_", 500) + ".seal"
	page := send(t, h, http.MethodGet, "/p/shanque/checkout?"+url.Values{"item": {"4711"}, "sku": {"red"}, "qty": {"2"}, "vt": {token}}.Encode(), nil)
	if page.Code != http.StatusOK {
		t.Fatalf("checkout: got %d\n%s", page.Code, page.Body)
	}
	form := fields(t, page.Body.String())
	if form.Get("vt") != token || form.Get("qty") != "2" || form.Get("sku") != "red" {
		t.Errorf("the form holds %v", form)
	}
	first := buy(t, h, "/p/shanque/checkout", form)
	if again := buy(t, h, "/p/shanque/checkout", form); again != first {
		t.Errorf("sent again: got %s, want %s", again, first)
	}
	shown := send(t, h, http.MethodGet, first, nil).Body.String()
	for _, want := range []string{`data-state="paid"`, "¥318.00", "铸铁锅 &lt;24 cm&gt; × 2", `data-act="received"`, `data-act="refund-all"`} {
		if !strings.Contains(shown, want) {
			t.Errorf("the order's page lacks %q", want)
		}
	}
	if list := send(t, h, http.MethodGet, "/p/shanque/orders", nil).Body.String(); strings.Count(list, idOf(first)+" ·") != 1 {
		t.Errorf("the list does not have the order once:\n%s", list)
	}
	if list := send(t, h, http.MethodGet, "/p/zaoshi/orders", nil).Body.String(); strings.Contains(list, idOf(first)) {
		t.Error("another partner's list has the order")
	}
}

func TestWhatCannotBeBoughtIsSaidAndNotBought(t *testing.T) {
	h := open(t, config(nil)).Handler()
	for name, c := range map[string]struct {
		query url.Values
		want  int
	}{
		"no such item":        {url.Values{"item": {"9"}, "qty": {"1"}}, 404},
		"of another partner":  {url.Values{"item": {"1"}, "qty": {"1"}}, 404},
		"none of it":          {url.Values{"item": {"4711"}, "qty": {"0"}}, 422},
		"less than none":      {url.Values{"item": {"4711"}, "qty": {"-1"}}, 422},
		"more than a hundred": {url.Values{"item": {"4711"}, "qty": {"100"}}, 422},
		"no number":           {url.Values{"item": {"4711"}, "qty": {"many"}}, 422},
		"more than are left":  {url.Values{"item": {"4712"}, "qty": {"2"}}, 409},
		"a broken token":      {url.Values{"item": {"4711"}, "qty": {"1"}, "vt": {"v1.a b"}}, 400},
		"a long token":        {url.Values{"item": {"4711"}, "qty": {"1"}, "vt": {strings.Repeat("a", recommend.MaxToken+1)}}, 400},
	} {
		t.Run(name, func(t *testing.T) {
			w := send(t, h, http.MethodPost, "/p/shanque/checkout", c.query)
			if w.Code != c.want || !strings.Contains(w.Body.String(), `role="alert"`) {
				t.Errorf("got %d, want %d and a page that says so\n%s", w.Code, c.want, w.Body)
			}
		})
	}
	if list := send(t, h, http.MethodGet, "/p/shanque/orders", nil).Body.String(); !strings.Contains(list, "no orders yet") {
		t.Errorf("there are orders:\n%s", list)
	}
}

func TestAnOrderGoesForwardAloneAndPaysBackNoMoreThanWasPaid(t *testing.T) {
	h := open(t, config(nil)).Handler()
	later := pot("1")
	later.Set("do", "later")
	order := buy(t, h, "/p/shanque/checkout", later)
	refused := func(what, amount string, want int) {
		t.Helper()
		w := send(t, h, http.MethodPost, order, url.Values{"do": {what}, "amount": {amount}})
		if w.Code != want {
			t.Errorf("%s %s: got %d, want %d", what, amount, w.Code, want)
		}
	}
	refused("refund", "", 409)
	refused("received", "", 409)
	do(t, h, order, "paid", "")
	refused("paid", "", 409)
	refused("settled", "", 409)
	refused("refund", "159.01", 422)
	refused("refund", "-1", 422)
	refused("refund", "0", 422)
	refused("refund", "1.234", 422)
	refused("refund", "1e3", 422)
	do(t, h, order, "refund", "0.01")
	refused("refund", "159", 422)
	do(t, h, order, "refund", "158.99")
	refused("refund", "", 422)
	refused("burn", "", 409)
	if w := send(t, h, http.MethodPost, "/p/zaoshi/orders/"+idOf(order), url.Values{"do": {"received"}}); w.Code != http.StatusNotFound {
		t.Errorf("through another partner: got %d, want 404", w.Code)
	}
}

func TestPagesSpeakBothLanguagesAndFitIntoAFrame(t *testing.T) {
	h := open(t, config(func(c *shop.Config) {
		c.Frames, c.Pictures = []string{"http://127.0.0.1:8080"}, "http://127.0.0.1:8080"
	})).Handler()
	order := buy(t, h, "/p/shanque/checkout", pot("1"))
	for _, path := range []string{"/p/shanque/", "/p/shanque/i/4711", "/p/shanque/checkout?item=4711&qty=1", "/p/shanque/orders", order} {
		for lang, want := range map[string]string{"zh": "演示商店", "en": "A demonstration shop"} {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody)
			r.Header.Set("Accept-Language", lang+",x;q=0.5")
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			page := w.Body.String()
			if w.Code != http.StatusOK || !strings.Contains(page, want) || strings.Contains(page, "<script") || strings.Contains(page, "style=") {
				t.Errorf("%s in %s: got %d\n%s", path, lang, w.Code, page)
			}
			csp := w.Header().Get("Content-Security-Policy")
			if !strings.Contains(csp, "frame-ancestors http://127.0.0.1:8080") || strings.Contains(csp, "unsafe") {
				t.Errorf("%s: policy is %q", path, csp)
			}
		}
	}
	for lang, want := range map[string]string{"zh": "<p class=\"quiet\">什么都卖一点</p>", "en": "<p class=\"quiet\">A general store</p>"} {
		if page := send(t, h, http.MethodGet, "/p/shanque/?lang="+lang, nil).Body.String(); !strings.Contains(page, want) {
			t.Errorf("about in %s: want %s in\n%s", lang, want, page)
		}
	}
	if page := send(t, h, http.MethodGet, "/p/shanque/?lang=zh&q=last", nil).Body.String(); !strings.Contains(page, "Last one") || strings.Contains(page, "铸铁锅") {
		t.Errorf("search for last:\n%s", page)
	}
	if w := send(t, h, http.MethodGet, "/shop.css", nil); w.Code != http.StatusOK || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/css") {
		t.Errorf("stylesheet: got %d, %s", w.Code, w.Header().Get("Content-Type"))
	}
	if w := send(t, h, http.MethodGet, "/p/nobody/", nil); w.Code != http.StatusNotFound {
		t.Errorf("a partner that is none: got %d, want 404", w.Code)
	}
}

func TestSwitchesAreReadAndSetOverHTTPOneByOne(t *testing.T) {
	h := open(t, config(nil)).Handler()
	set := func(path, body, origin string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(body))
		if origin != "" {
			r.Header.Set("Origin", origin)
			r.Header.Set("Sec-Fetch-Site", "cross-site")
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	if w := set("/p/shanque/admin/switches", `{"wrong": "html"}`, ""); w.Code != http.StatusOK {
		t.Errorf("set wrong: got %d\n%s", w.Code, w.Body)
	}
	if w := set("/p/shanque/admin/switches", `{"duplicate": true}`, ""); w.Code != http.StatusOK {
		t.Errorf("set duplicate: got %d\n%s", w.Code, w.Body)
	}
	for body, want := range map[string]int{`{"wrong": "xml"}`: 422, `{"slow_ms": -1}`: 422, `{"sloow": 1}`: 422, `no`: 422} {
		if w := set("/admin/switches", body, ""); w.Code != want {
			t.Errorf("%s: got %d, want %d", body, w.Code, want)
		}
	}
	if w := set("/admin/switches", `{"down": true}`, "https://evil.example"); w.Code != http.StatusForbidden {
		t.Errorf("from another site's page: got %d, want 403", w.Code)
	}
	var all map[string]shop.Switches
	if err := json.Unmarshal(send(t, h, http.MethodGet, "/admin/switches", nil).Body.Bytes(), &all); err != nil {
		t.Fatal(err)
	}
	if got, want := all["shanque"], (shop.Switches{Wrong: "html", Duplicate: true}); got != want {
		t.Errorf("shanque: got %+v, want %+v", got, want)
	}
	if got := all["zaoshi"]; got != (shop.Switches{}) {
		t.Errorf("zaoshi: got %+v, want none", got)
	}
	if w := send(t, h, http.MethodGet, "/p/shanque/api/items/4711", nil); !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
		t.Errorf("the API of a shop that is wrong: got %s, want a page", w.Header().Get("Content-Type"))
	}
	if w := send(t, h, http.MethodGet, "/p/shanque/i/4711", nil); w.Code != http.StatusOK {
		t.Errorf("its pages: got %d, want 200", w.Code)
	}
}

func TestAShopThatCannotWorkIsRefused(t *testing.T) {
	for name, change := range map[string]func(*shop.Config){
		"no partner":       func(c *shop.Config) { c.Partners = nil },
		"a bad id":         func(c *shop.Config) { c.Partners[0].ID = "a/b" },
		"a partner twice":  func(c *shop.Config) { c.Partners[1].ID = c.Partners[0].ID },
		"nothing to sign":  func(c *shop.Config) { c.Partners[0].Notify = "http://vitrine" },
		"an unknown wrong": func(c *shop.Config) { c.Switches.Wrong = "xml" },
	} {
		if _, err := shop.New(config(change)); err == nil {
			t.Errorf("%s: got no error", name)
		}
	}
}
