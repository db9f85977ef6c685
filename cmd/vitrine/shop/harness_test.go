package shop_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"vitrine.dev/cmd/vitrine/shop"
	"vitrine.dev/recommend"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func start() time.Time { return time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC) }

// A clock is moved by hand.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: start()} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func products() []recommend.Product {
	yuan := func(fen int64) *recommend.Money { return &recommend.Money{Amount: fen, Currency: "CNY"} }
	return []recommend.Product{
		{Key: "shanque:4711", Title: "铸铁锅 <24 cm>", Price: yuan(15900), Stock: new(int64(50)), Image: "/pictures/shanque:4711.svg", CommissionBP: 500, UpdatedAt: start()},
		{Key: "shanque:4712", Title: "Last one", Price: yuan(990), Stock: new(int64(1)), UpdatedAt: start()},
		{Key: "zaoshi:1", Title: "Noodles", Price: yuan(1250), UpdatedAt: start()},
		{Key: "elsewhere:1", Title: "Of another shop", Price: yuan(1), UpdatedAt: start()},
	}
}

func config(change func(*shop.Config)) shop.Config {
	c := shop.Config{
		Partners: []shop.Partner{
			{ID: "shanque", Name: "山雀商店", About: "A general store / 什么都卖一点", AfterSales: "Seven days", Key: "opens-orders"},
			{ID: "zaoshi", Name: "早市", Key: "opens-others"},
		},
		Products: products(), Now: newClock().Now,
	}
	if change != nil {
		change(&c)
	}
	return c
}

func open(t *testing.T, c shop.Config) *shop.Shop {
	t.Helper()
	s, err := shop.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// send makes a request to h itself, without a network.
func send(t *testing.T, h http.Handler, method, path string, form url.Values) *httptest.ResponseRecorder {
	t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r := httptest.NewRequestWithContext(t.Context(), method, path, body)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// buy places an order and returns the path of its page.
func buy(t *testing.T, h http.Handler, path string, form url.Values) string {
	t.Helper()
	w := send(t, h, http.MethodPost, path, form)
	if w.Code != http.StatusSeeOther {
		t.Fatalf("buy %v: got %d, want 303\n%s", form, w.Code, w.Body)
	}
	return w.Header().Get("Location")
}

// do takes an order further.
func do(t *testing.T, h http.Handler, order, what, amount string) {
	t.Helper()
	form := url.Values{"do": {what}}
	if amount != "" {
		form.Set("amount", amount)
	}
	if w := send(t, h, http.MethodPost, order, form); w.Code != http.StatusSeeOther {
		t.Fatalf("%s %s of %s: got %d, want 303\n%s", what, amount, order, w.Code, w.Body)
	}
}

// idOf is the id of the order that a page is of.
func idOf(path string) string { return path[strings.LastIndex(path, "/")+1:] }
