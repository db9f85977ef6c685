package main_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"vitrine.dev/recommend"
	"vitrine.dev/recommend/elastic"
	"vitrine.dev/recommend/sqlite"
)

// goodsPrice is that of g0; every further item costs a fen more.
const goodsPrice = 10_000

// withGoods furnishes an installation with picks g0, g1, … of products in
// stock that pay a commission of eight percent, of its publishers in turn.
func withGoods(n int) func(*installation) {
	return func(in *installation) {
		at := time.Now().UTC().Add(-time.Hour).Format(time.RFC3339)
		var products, picks strings.Builder
		for i := range n {
			fmt.Fprintf(&products, `{"key":"shop:g%d","title":"Thing %d","price":{"amount":%d,"currency":"CNY"},"stock":100000,"commission_bp":800,"updated_at":%q}`+"\n", i, i, goodsPrice+i, at)
			fmt.Fprintf(&picks, `{"id":"g%d","expert":%q,"link":"https://shop.example/i/g%d","reason":"Thing number %d has been in use here since the spring.","topics":["topic-%d"],"published_at":%q}`+"\n", i, expertName(i%publishers), i, i, i%publishers, at)
		}
		in.write("import/products.jsonl", products.String())
		in.write("import/picks.jsonl", picks.String())
	}
}

// awaitGoods returns once every process shows pick.
func (w *world) awaitGoods(t *testing.T, pick string) {
	t.Helper()
	for _, p := range w.api {
		await(t, time.Minute, func() error { return p.client(w.reader).get("/v1/picks/"+pick, new(any)) })
	}
}

// again asks the processes in turn, from the first-th on, until one gives a
// 2xx: one may be dead, another say that there is too much to do. Any other
// refusal is an error.
func again(ctx context.Context, ps []*process, first int, ask func(*process) (int, []byte, error)) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for try := first; ; try++ {
		status, b, err := ask(ps[try%len(ps)])
		switch {
		case err == nil && status < http.StatusMultipleChoices:
			return b, nil
		case err == nil && status < http.StatusInternalServerError && status != http.StatusConflict && status != http.StatusTooManyRequests:
			return nil, fmt.Errorf("refused: %d %s", status, b)
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("still not taken: %d %s %w", status, b, err)
		case <-tick.C:
		}
	}
}

// must sends a request that has to be taken, and decodes the answer into v
// unless that is nil.
func (w *world) must(t *testing.T, token, method, path string, body, v any, headers ...string) {
	t.Helper()
	b, err := again(t.Context(), w.api, 0, func(p *process) (int, []byte, error) { return p.client(token).do(method, path, body, headers...) })
	if err == nil && v != nil {
		err = json.Unmarshal(b, v)
	}
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
}

// together makes n requests at once, in turn to every process, until each is
// taken.
func (w *world) together(t *testing.T, n int, ask func(*process) (int, []byte, error)) {
	t.Helper()
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			if _, err := again(t.Context(), w.api[i%2:][:1], 0, ask); err != nil {
				t.Error(err)
			}
		})
	}
	close(start)
	wg.Wait()
}

func (in *installation) indices() elastic.Config {
	return elastic.Config{Addresses: []string{in.flags[3]}, Prefix: strings.ReplaceAll(in.flags[5], ".", "-") + "vitrine", Shards: 1}
}

func (in *installation) data(name string) string { return filepath.Join(in.dir, "data", name) }

// asleep calls f while nothing has the embedded engines open.
func (w *world) asleep(f func()) {
	if len(w.ingest) == 0 {
		w.api[0].kill()
		defer w.api[0].restart()
	}
	f()
}

// documents are all of kinds, as they lie in the store.
func (w *world) documents(t *testing.T, kinds ...recommend.Kind) (docs []recommend.Document) {
	t.Helper()
	w.asleep(func() {
		var s interface {
			io.Closer
			Each(ctx context.Context, kind recommend.Kind, f func(recommend.Document) error) error
		}
		var err error
		if len(w.ingest) > 0 {
			s, err = elastic.Open(t.Context(), w.in.indices())
		} else {
			s, err = sqlite.Open(w.in.data("vitrine.db"), sqlite.Options{})
		}
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = s.Close() }()
		for _, k := range kinds {
			if err := s.Each(t.Context(), k, func(d recommend.Document) error {
				docs = append(docs, d)
				return nil
			}); err != nil {
				t.Fatal(err)
			}
		}
	})
	return docs
}

// counted is how many readers the pulses of a pick count, by kind.
func (w *world) counted(t *testing.T) map[string]map[string]int64 {
	t.Helper()
	sum := make(map[string]map[string]int64)
	for _, d := range w.documents(t, recommend.KindPulse) {
		var p recommend.Pulse
		if err := json.Unmarshal(d.Body, &p); err != nil {
			t.Fatalf("%s: %v", d.Ref, err)
		}
		if sum[p.Pick] == nil {
			sum[p.Pick] = make(map[string]int64)
		}
		for kind, n := range p.Readers {
			sum[p.Pick][kind] += n
		}
	}
	return sum
}

// A hundred taps on one bookmark, through two processes at once, are one.
func TestAHundredBookmarksAtOnceAreOne(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		w.awaitGoods(t, "g0")
		put := func(p *process) (int, []byte, error) {
			return p.client(w.reader).do(http.MethodPut, "/v1/bookmarks/g0", nil)
		}
		w.together(t, 100, put)
		for _, p := range w.api {
			await(t, time.Minute, func() error {
				var page struct{ Items []struct{ Pick string } }
				if err := p.client(w.reader).get("/v1/bookmarks", &page); err != nil {
					return err
				}
				if len(page.Items) != 1 || page.Items[0].Pick != "g0" {
					return fmt.Errorf("bookmarks %v, want g0", page.Items)
				}
				return nil
			})
		}
		if n := w.counted(t)["g0"][recommend.ActBookmark]; n != 1 {
			t.Errorf("the pulse counts %d readers, want one", n)
		}
		// taken back and given again, it counts once more, not twice
		for _, method := range []string{http.MethodDelete, http.MethodPut} {
			w.together(t, 10, func(p *process) (int, []byte, error) {
				return p.client(w.reader).do(method, "/v1/bookmarks/g0", nil)
			})
		}
		if n := w.counted(t)["g0"][recommend.ActBookmark]; n != 1 {
			t.Errorf("the pulse counts %d readers after another change of mind, want one", n)
		}
	}, withGoods(1))
}

// A double tap on "add to cart" is one line: with a key of exactly one piece,
// without one of no more than were asked for.
func TestADoubleTapIsOneLine(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		const taps = 10
		w.awaitGoods(t, "g0")
		w.awaitGoods(t, "g1")
		add := func(pick string, headers ...string) func(*process) (int, []byte, error) {
			return func(p *process) (int, []byte, error) {
				return p.client(w.reader).do(http.MethodPost, "/v1/cart/items", map[string]any{"pick_id": pick}, headers...)
			}
		}
		w.together(t, taps, add("g0", "Idempotency-Key", `"tap"`))
		w.together(t, 2, add("g1"))
		for _, p := range w.api {
			await(t, time.Minute, func() error {
				var cart struct {
					Lines []struct {
						Pick     string
						Quantity int
					}
				}
				if err := p.client(w.reader).get("/v1/cart", &cart); err != nil {
					return err
				}
				if len(cart.Lines) != 2 || cart.Lines[0].Pick != "g0" || cart.Lines[0].Quantity != 1 || cart.Lines[1].Pick != "g1" || cart.Lines[1].Quantity > 2 {
					return fmt.Errorf("lines %+v, want one of each pick, and one piece of g0", cart.Lines)
				}
				return nil
			})
		}
		if n := w.counted(t)["g0"][recommend.ActCart]; n != 1 {
			t.Errorf("the pulse counts %d readers, want one", n)
		}
	}, withGoods(2))
}
