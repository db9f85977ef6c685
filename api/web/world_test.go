package web_test

import (
	"bytes"
	"compress/gzip"
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

	"vitrine.dev/api/web"
	"vitrine.dev/recommend"
)

// testPolicy is the default policy with a tree of topics and a shop of our own.
const testPolicy = `
topics:
  - {id: home, labels: {zh: 家居, en: Home}}
  - {id: home/tea, labels: {zh: 茶与茶器, en: Tea}}
  - {id: home/kitchen, labels: {zh: 厨房, en: Kitchen}}
  - {id: outdoor/hiking, labels: {zh: 徒步, en: Hiking}}
partners:
  - {id: harbour, name: Harbour & Pine, state: active, links: ["https://harbour.example/i/{item}"], after_sales: "30 days, free."}
`

// A testWorld is a site over real windows, whose documents a test puts.
type testWorld struct {
	recommend.Store // nil: what is not overridden is not used
	t               testing.TB
	docs            map[recommend.Ref]recommend.Document
	shelf           *recommend.Shelf
	world           *recommend.World
	now             time.Time
	away            bool // the store does not answer
	windows         *recommend.Windows
	told            *told
	site            http.Handler
}

func newWorld(t testing.TB, demo *web.Demo) *testWorld {
	t.Helper()
	policy, err := recommend.ParsePolicy([]byte(testPolicy))
	if err != nil {
		t.Fatal(err)
	}
	logger := slog.New(slog.DiscardHandler)
	w := &testWorld{t: t, told: new(told), docs: make(map[recommend.Ref]recommend.Document), now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
	now := func() time.Time { return w.now }
	w.world = recommend.NewWorld(policy, logger)
	w.shelf = recommend.NewShelf(recommend.ShelfConfig{Scene: w.world.Scene, Now: now, Logger: logger})
	w.windows = recommend.NewWindows(recommend.WindowsConfig{
		Shelf: w.shelf, World: w.world, Store: w, SecretKey: []byte("a key of this test"), Now: now, Logger: logger,
	})
	w.site, err = web.New(web.Config{Windows: w.windows, Store: w, World: w.world, Demo: demo, Now: now, Session: sessionOf, Analyst: new(figures), Ask: w.told.ask})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// sessionOf takes who looks from a header, as "id" or "id scope".
func sessionOf(r *http.Request) (sub string, scopes []string, ok bool) {
	f := strings.Fields(r.Header.Get("X-Test-Session"))
	if len(f) == 0 {
		return "", nil, false
	}
	return f[0], f[1:], true
}

// Get is a store's.
func (w *testWorld) Get(_ context.Context, refs ...recommend.Ref) ([]recommend.Document, error) {
	if w.away {
		return nil, fmt.Errorf("get: %w", recommend.ErrUnavailable)
	}
	var out []recommend.Document
	for _, r := range refs {
		if d, ok := w.docs[r]; ok {
			out = append(out, d)
		}
	}
	return out, nil
}

// Search is a store's: what holds the text is found.
func (w *testWorld) Search(_ context.Context, q recommend.Search) ([]recommend.Hit, error) {
	if w.away {
		return nil, fmt.Errorf("search: %w", recommend.ErrUnavailable)
	}
	var hits []recommend.Hit
	for ref, d := range w.docs {
		if strings.Contains(string(d.Body), q.Text) {
			hits = append(hits, recommend.Hit{Ref: ref, Score: 1})
		}
	}
	return hits, nil
}

func (w *testWorld) put(kind recommend.Kind, id string, v any) {
	w.t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		w.t.Fatal(err)
	}
	ref := recommend.Ref{Kind: kind, ID: id}
	d := recommend.Document{Ref: ref, Version: w.docs[ref].Version + 1, Body: b}
	w.docs[ref] = d
	if err := w.shelf.Apply(w.t.Context(), kind, []recommend.Document{d}); err != nil {
		w.t.Fatal(err)
	}
}

func (w *testWorld) expert(id, name string, topics ...string) {
	e := recommend.Expert{ID: id, Name: name, Bio: "Pours for the neighbour's cat.", Verified: true, Standing: recommend.StandingActive, Since: w.now.Add(-1000 * time.Hour), Trust: recommend.PriorTrust}
	for _, t := range topics {
		e.Topics = append(e.Topics, recommend.Approval{Topic: t, Since: e.Since})
	}
	w.put(recommend.KindExpert, id, e)
}

// product lists item n at the harbour shop.
func (w *testWorld) product(n int, title string) {
	key, stock := fmt.Sprintf("harbour:%d", n), int64(40)
	w.put(recommend.KindProduct, key, recommend.Product{
		Key: key, Title: title, Price: &recommend.Money{Amount: 12900 + int64(n)*50, Currency: "CNY"}, Stock: &stock, CommissionBP: 500, UpdatedAt: w.now.Add(-3 * time.Minute),
	})
}

// pick publishes item n, some minutes before now; those whose id starts with
// "q" long before.
func (w *testWorld) pick(id, expert string, n int, reason string, topics ...string) {
	at := w.now.Add(-time.Duration(n+1) * time.Minute)
	if id[0] == 'q' {
		at = at.Add(-200 * time.Hour)
	}
	w.put(recommend.KindPick, id, recommend.Pick{
		ID: id, Expert: expert, Product: fmt.Sprintf("harbour:%d", n), State: recommend.PickPublished, PublishedAt: at, Revision: 1,
		PickContent: recommend.PickContent{Link: fmt.Sprintf("https://harbour.example/i/%d", n), Reason: reason, Topics: topics},
	})
}

func (w *testWorld) reader(r recommend.Reader) { w.put(recommend.KindReader, r.ID, r) }

// fill makes a world of n products, every third with two picks.
func (w *testWorld) fill(n int) {
	w.expert("ali", "阿梨泡茶", "home/tea", "home/kitchen")
	w.expert("mira", "Mira Tabletalk", "home", "outdoor/hiking")
	for i := range n {
		title, reason, topic := fmt.Sprintf("半亩灶 碳钢煎锅 %dcm", i), fmt.Sprintf("给想换掉不粘锅、又怕伺候不好铁锅的人。第 %d 次开火才养出油膜，重是真的重，单手颠不动。", i), "home/kitchen"
		if i%2 == 1 {
			title, reason, topic = fmt.Sprintf("Halfmu carbon steel skillet, %d cm", i), fmt.Sprintf("Ask me again in the morning, but %d days in it heats in half the time of cast iron, and I can lift it with one hand.", i), "home/tea"
		}
		w.product(i, title)
		w.pick(fmt.Sprintf("p%d", i), []string{"ali", "mira"}[i%2], i, reason, topic)
		if i%3 == 0 {
			w.pick(fmt.Sprintf("q%d", i), []string{"mira", "ali"}[i%2], i, "Also here: "+reason, topic)
		}
	}
}

// A reply is a page as it came.
type reply struct {
	status int
	header http.Header
	body   string
	wire   int // bytes sent
}

// get asks for a page; headers are names and values in turn.
func (w *testWorld) get(target string, headers ...string) reply {
	w.t.Helper()
	return w.do(http.MethodGet, target, headers...)
}

func (w *testWorld) do(method, target string, headers ...string) reply {
	w.t.Helper()
	r := httptest.NewRequestWithContext(w.t.Context(), method, target, http.NoBody)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	rec := httptest.NewRecorder()
	w.site.ServeHTTP(rec, r)
	res := rec.Result()
	defer func() { _ = res.Body.Close() }()
	wire, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	plain := wire
	if res.Header.Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(bytes.NewReader(wire))
		if err != nil {
			w.t.Fatal(err)
		}
		if plain, err = io.ReadAll(z); err != nil {
			w.t.Fatal(err)
		}
	}
	return reply{res.StatusCode, res.Header, string(plain), len(wire)}
}

// ok is get for a page that must be there.
func (w *testWorld) ok(target string, headers ...string) string {
	w.t.Helper()
	r := w.get(target, headers...)
	if r.status != http.StatusOK {
		w.t.Fatalf("GET %s answered %d, want 200: %.300s", target, r.status, r.body)
	}
	return r.body
}
