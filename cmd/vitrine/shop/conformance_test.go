package shop_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"vitrine.dev/cmd/vitrine/shop"
	"vitrine.dev/recommend"
	"vitrine.dev/recommend/partner"
	"vitrine.dev/recommend/partner/partnertest"
)

// TestShopAdapterAgainstTheShop runs the suite of adapters with both halves of
// the shop protocol as they are shipped.
func TestShopAdapterAgainstTheShop(t *testing.T) {
	partnertest.Run(t, func(t *testing.T) *partnertest.Partner {
		t.Helper()
		c := newClock()
		s := open(t, config(func(cfg *shop.Config) { cfg.Now = c.Now }))
		h := s.Handler()
		var want []recommend.OrderReport
		for i := range 10 {
			c.move(time.Minute)
			token := "v1.kid.t" + strconv.Itoa(i) + ".seal"
			// The orders of another partner between them are none of its business.
			buy(t, h, "/p/zaoshi/checkout", url.Values{"item": {"1"}, "qty": {"1"}})
			c.move(time.Second)
			at := buy(t, h, "/p/shanque/checkout", url.Values{"item": {"4711"}, "qty": {"2"}, "vt": {token}})
			want = append(want, recommend.OrderReport{
				ID: idOf(at), Partner: "shanque", Line: "1", Token: token, State: "paid", Quantity: 2,
				Amount: recommend.Money{Amount: 31800, Currency: "CNY"}, At: c.Now(),
			})
		}
		watch := &watch{next: h}
		server := httptest.NewServer(watch)
		t.Cleanup(server.Close)
		adapter, err := partner.NewShop(partner.ShopConfig{Partner: "shanque", URL: shop.Base(server.URL, "shanque"), Key: "opens-orders", Client: server.Client(), Now: c.Now})
		if err != nil {
			t.Fatal(err)
		}
		return &partnertest.Partner{
			Adapter: adapter, ID: "shanque", Item: "4711", Unknown: "4713", Origins: []string{server.URL},
			Orders: want[1:9], From: want[0].At.Add(time.Millisecond), To: want[9].At,
			Behave: func(m partnertest.Mode) {
				watch.set(m)
				err := s.Switch("shanque", map[partnertest.Mode]shop.Switches{
					partnertest.Slow: {SlowMS: 300_000}, partnertest.HTML: {Wrong: "html"}, partnertest.Broken: {Wrong: "json"}, partnertest.Down: {Down: true},
				}[m])
				if err != nil {
					t.Error(err)
				}
			},
			Cursor: func() string { return watch.get(&watch.cursor) },
			Handed: func() string { return watch.get(&watch.handed) },
		}
	})
}

// A watch sees which cursors go by, and does what no switch does.
type watch struct {
	next   http.Handler
	mu     sync.Mutex
	mode   partnertest.Mode
	cursor string
	handed string
}

func (h *watch) set(m partnertest.Mode) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.mode = m
}

func (h *watch) get(s *string) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return *s
}

func (h *watch) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	mode := h.mode
	h.mu.Unlock()
	switch mode {
	case partnertest.Gone:
		http.NotFound(w, r)
		return
	case partnertest.Huge:
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"title": "` + strings.Repeat("x", 2<<20) + `"}`))
		return
	default:
	}
	if !strings.HasSuffix(r.URL.Path, "/api/orders") || mode != partnertest.Well && mode != "" {
		h.next.ServeHTTP(w, r)
		return
	}
	seen := httptest.NewRecorder()
	h.next.ServeHTTP(seen, r)
	var page struct {
		NextCursor string `json:"next_cursor"`
	}
	_ = json.Unmarshal(seen.Body.Bytes(), &page)
	h.mu.Lock()
	h.cursor, h.handed = r.URL.Query().Get("cursor"), page.NextCursor
	h.mu.Unlock()
	w.Header().Set("Content-Type", seen.Header().Get("Content-Type"))
	w.WriteHeader(seen.Code)
	_, _ = w.Write(seen.Body.Bytes())
}

func TestTheOrderQueryNeedsTheKeyOfItsPartner(t *testing.T) {
	h := open(t, config(nil)).Handler()
	const query = "/p/shanque/api/orders?from=2026-11-26T00:00:00Z&to=2026-11-27T00:00:00Z"
	for header, want := range map[string]int{"": 401, "Bearer ": 401, "Bearer opens-others": 401, "opens-orders": 401, "Bearer opens-orders": 200} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, query, http.NoBody)
		r.Header.Set("Authorization", header)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%q: got %d, want %d", header, w.Code, want)
		}
	}
}

func TestFactsOfAnItemFollowWhatIsSold(t *testing.T) {
	h := open(t, config(nil)).Handler()
	facts := func() recommend.Product {
		var p recommend.Product
		if err := json.Unmarshal(send(t, h, http.MethodGet, "/p/shanque/api/items/4711", nil).Body.Bytes(), &p); err != nil {
			t.Fatal(err)
		}
		return p
	}
	if p := facts(); *p.Stock != 50 || p.Seller != "山雀商店" || p.AfterSales != "Seven days" || p.CommissionBP != 500 || p.Price.Amount != 15900 {
		t.Errorf("at first: got %+v", p)
	}
	order := buy(t, h, "/p/shanque/checkout", url.Values{"item": {"4711"}, "qty": {"3"}})
	if p := facts(); *p.Stock != 47 {
		t.Errorf("after three were bought: got %d left, want 47", *p.Stock)
	}
	do(t, h, order, "closed", "")
	if p := facts(); *p.Stock != 50 {
		t.Errorf("after the order was closed: got %d left, want 50", *p.Stock)
	}
}
