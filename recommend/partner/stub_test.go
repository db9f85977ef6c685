package partner_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"vitrine.dev/recommend"
	"vitrine.dev/recommend/partner/partnertest"
)

// start is the time at which the tests take place.
func start() time.Time { return time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC) }

func fixed() time.Time { return start() }

// A server is a partner that can be made to misbehave, and the client to reach it.
type server struct {
	*httptest.Server
	mode   atomic.Value  // partnertest.Mode
	end    chan struct{} // lets slow answers go
	asked  atomic.Int64
	cursor atomic.Value // string: the last one asked with
	handed atomic.Value // string: the last one given out
}

func serve(t *testing.T, well http.HandlerFunc) *server {
	t.Helper()
	s := &server{end: make(chan struct{})}
	s.behave(partnertest.Well)
	s.cursor.Store("")
	s.handed.Store("")
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked.Add(1)
		switch s.mode.Load().(partnertest.Mode) {
		case partnertest.Well:
			well(w, r)
		case partnertest.Slow:
			select {
			case <-s.end:
			case <-r.Context().Done():
			}
		case partnertest.HTML:
			page(w, http.StatusOK)
		case partnertest.Broken:
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(`{"reports": [{"id": "1", "tit`))
		case partnertest.Down:
			page(w, http.StatusServiceUnavailable)
		case partnertest.Gone:
			page(w, http.StatusNotFound)
		case partnertest.Huge:
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(`{"title": "` + strings.Repeat("x", 2<<20) + `"}`))
		}
	}))
	t.Cleanup(func() {
		close(s.end)
		s.Close()
	})
	return s
}

func (s *server) behave(m partnertest.Mode) { s.mode.Store(m) }

func page(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte("<!doctype html><title>Something else</title>"))
}

func answer(t *testing.T, w http.ResponseWriter, status int, v any) {
	t.Helper()
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(v); err != nil {
		t.Error(err)
	}
}

// lines are n reports, a minute apart, from start on.
func lines(partner string, n int) []recommend.OrderReport {
	out := make([]recommend.OrderReport, n)
	for i := range out {
		out[i] = recommend.OrderReport{
			ID: "o-" + strconv.Itoa(i+1), Partner: partner, Line: "1", Token: "v1.kid.payload.seal", State: "paid", Quantity: 1,
			Amount: recommend.Money{Amount: int64(1000 + i), Currency: "CNY"}, At: start().Add(time.Duration(i) * time.Minute),
		}
	}
	return out
}

// serveShop is a shop of the shop protocol with ten orders. It puts no trust in
// package partner: it knows the protocol from the documentation alone.
func serveShop(t *testing.T) *server {
	t.Helper()
	var s *server
	all := lines("", 10)
	s = serve(t, func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		switch {
		case r.URL.Path == "/base/api/items/4711":
			answer(t, w, http.StatusOK, map[string]any{"title": "铸铁锅", "price": map[string]any{"amount": 15900, "currency": "CNY"}, "stock": 3})
		case strings.HasPrefix(r.URL.Path, "/base/api/items/"):
			answer(t, w, http.StatusNotFound, map[string]any{"error": "no such item"})
		case r.URL.Path == "/base/api/orders" && r.Header.Get("Authorization") != "Bearer opens-orders":
			answer(t, w, http.StatusUnauthorized, map[string]any{})
		case r.URL.Path == "/base/api/orders":
			from, err := time.Parse(time.RFC3339Nano, q.Get("from"))
			if err != nil {
				t.Error(err)
			}
			to, err := time.Parse(time.RFC3339Nano, q.Get("to"))
			if err != nil {
				t.Error(err)
			}
			s.cursor.Store(q.Get("cursor"))
			skip, _ := strconv.Atoi(strings.TrimPrefix(q.Get("cursor"), "after/&="))
			limit, _ := strconv.Atoi(q.Get("limit"))
			if limit == 0 {
				limit = 100
			}
			in := slices.DeleteFunc(slices.Clone(all), func(o recommend.OrderReport) bool { return o.At.Before(from) || !o.At.Before(to) })
			in = in[min(skip, len(in)):]
			next := ""
			if len(in) > limit {
				in, next = in[:limit], "after/&="+strconv.Itoa(skip+limit)
			}
			s.handed.Store(next)
			answer(t, w, http.StatusOK, map[string]any{"reports": in, "next_cursor": next})
		default:
			page(w, http.StatusNotFound)
		}
	})
	return s
}
