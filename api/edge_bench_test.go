package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"vitrine.dev/api"
	"vitrine.dev/recommend"
)

// A readyPage answers every window and rank with a page made before.
type readyPage struct {
	api.Windows
	page recommend.Window
}

func (p *readyPage) Window(context.Context, recommend.WindowRequest) (*recommend.Window, error) {
	w := p.page
	return &w, nil
}

func (p *readyPage) Rank(context.Context, recommend.RankRequest) (*recommend.Window, error) {
	w := p.page
	return &w, nil
}

// A nowhere takes an answer and forgets it, as a connection does.
type nowhere struct {
	header http.Header
	status int
	size   int
}

func (n *nowhere) Header() http.Header { return n.header }

func (n *nowhere) WriteHeader(status int) { n.status = status }

func (n *nowhere) Write(b []byte) (int, error) {
	n.size += len(b)
	return len(b), nil
}

// again is for the next answer.
func (n *nowhere) again() {
	clear(n.header)
	n.status, n.size = 0, 0
}

// stocked puts picks of many experts on the shelf of w, two of each product.
func (w *world) stocked(tb testing.TB, picks int) []string {
	tb.Helper()
	const experts = 50
	put := func(kind recommend.Kind, id string, v any) {
		body, err := json.Marshal(v)
		if err != nil {
			tb.Fatal(err)
		}
		d := recommend.Document{Ref: recommend.Ref{Kind: kind, ID: id}, Version: 1, Body: body}
		if err := w.engine.shelf.Apply(tb.Context(), kind, []recommend.Document{d}); err != nil {
			tb.Fatal(err)
		}
	}
	now := w.clock.now()
	for i := range experts {
		id := fmt.Sprintf("expert-%d", i)
		put(recommend.KindExpert, id, recommend.Expert{
			ID: id, Name: fmt.Sprintf("Expert %d", i), Verified: true, Trust: float64(i), Topics: []recommend.Approval{{Topic: "home"}},
		})
	}
	var ids []string
	for i := range picks {
		stock, item := int64(12), 600_000_000_000+int64(i/2)
		key, id := fmt.Sprintf("taobao:%d", item), fmt.Sprintf("pick-%024d", i)
		put(recommend.KindProduct, key, recommend.Product{
			Key: key, Title: fmt.Sprintf("Kettle of cast iron, one litre and a half, No. %d", i), Image: "https://img.alicdn.com/imgextra/kettle.jpg",
			Price: &recommend.Money{Amount: int64(9_900 + i), Currency: "CNY"}, Stock: &stock, UpdatedAt: now.Add(-time.Minute), CommissionBP: 500,
		})
		put(recommend.KindPick, id, recommend.Pick{
			ID: id, Expert: fmt.Sprintf("expert-%d", i%experts), State: recommend.PickPublished, Product: key,
			PickContent: recommend.PickContent{
				Link: fmt.Sprintf("https://item.taobao.com/item.htm?id=%d", item), Reason: reasonFor(id), Topics: []string{"home/tea", "home/kitchen"},
				Inventory: &stock, Images: []string{"https://img.alicdn.com/imgextra/pick.jpg"},
			},
			PublishedAt: now.Add(-time.Duration(i) * time.Hour),
		})
		ids = append(ids, id)
	}
	return ids
}

// BenchmarkWindowEdge is what a window and an order of candidates cost beside
// the ranking: "ready" serves a page made before, "whole" makes it, and "floor"
// is a bare handler with the same bytes.
func BenchmarkWindowEdge(b *testing.B) {
	w := newWorld(b)
	ids := w.stocked(b, 400)
	cfg := w.config()
	cfg.Limits = api.Limits{Read: api.Limit{PerSecond: 1e6, Burst: 1e6}}
	cfg.Logger = slog.New(slog.NewJSONHandler(io.Discard, nil)) //nolint:sloglint // the writing of records is to be measured
	who := w.token(b, "ann", api.ScopeWindowRead)
	order, err := json.Marshal(object{"picks": ids[:41], "limit": 20})
	if err != nil {
		b.Fatal(err)
	}
	page, err := cfg.Windows.Window(b.Context(), recommend.WindowRequest{Reader: "ann", Limit: 20, Lang: "en"})
	if err != nil {
		b.Fatal(err)
	}
	for _, by := range []struct {
		name    string
		windows api.Windows
	}{{"ready", &readyPage{cfg.Windows, *page}}, {"whole", cfg.Windows}} {
		cfg.Windows = by.windows
		server, err := api.New(cfg)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(server.Close)
		b.Run("window/"+by.name, func(b *testing.B) { serveAgain(b, server, http.MethodGet, "/v1/window?limit=20", "", who) })
		b.Run("rank/"+by.name, func(b *testing.B) { serveAgain(b, server, http.MethodPost, "/v1/rank", string(order), who) })
	}
	body, err := json.Marshal(page)
	if err != nil {
		b.Fatal(err)
	}
	bare := gin.New()
	bare.GET("/v1/window", func(c *gin.Context) { c.Data(http.StatusOK, "application/json; charset=utf-8", body) })
	b.Run("window/floor", func(b *testing.B) { serveAgain(b, bare, http.MethodGet, "/v1/window?limit=20", "", who) })
}

func serveAgain(b *testing.B, h http.Handler, method, path, body string, who header) {
	b.Helper()
	in := strings.NewReader(body)
	first := httptest.NewRequestWithContext(b.Context(), method, path, io.NopCloser(in))
	first.ContentLength = int64(len(body))
	first.Header.Set(who.name, who.value)
	first.Header.Set("Accept", "application/json")
	if body == "" {
		first.Body = http.NoBody
	} else {
		first.Header.Set("Content-Type", "application/json")
	}
	got := &nowhere{header: make(http.Header)}
	b.ReportAllocs()
	r := new(http.Request)
	for b.Loop() {
		*r = *first
		in.Reset(body)
		got.again()
		h.ServeHTTP(got, r)
		if got.status != http.StatusOK {
			b.Fatalf("status %d", got.status)
		}
	}
	b.ReportMetric(float64(got.size), "body-B")
}
