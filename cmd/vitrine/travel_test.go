package main_test

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"
)

// A world is an installation with processes to ask: one that serves alone, or
// two of each kind on servers.
type world struct {
	in     *installation
	api    []*process
	ingest []*process
	reader string // token
	expert string
	mod    string
}

// eachWorld runs a test on the embedded engines and on the real ones. Before
// anything is imported or started, installations are furnished.
func eachWorld(t *testing.T, test func(*testing.T, *world), furnish ...func(*installation)) {
	t.Run("embedded", func(t *testing.T) {
		in := newInstallation(t)
		for _, f := range furnish {
			f(in)
		}
		in.importPublishers()
		w := &world{in: in, api: []*process{in.start("serve")}}
		w.api = append(w.api, w.api[0])
		test(t, w.tokens())
	})
	t.Run("servers", func(t *testing.T) {
		in := newInstallation(t).onServers()
		for _, f := range furnish {
			f(in)
		}
		in.importPublishers()
		w := &world{
			in: in, api: []*process{in.start("api"), in.start("api")},
			ingest: []*process{in.start("ingest"), in.start("ingest")},
		}
		test(t, w.tokens())
	})
}

func (w *world) tokens() *world {
	w.reader = w.in.token("reader-1", "window:read")
	w.expert = w.in.token(expertName(0), "picks:write", "window:read")
	w.mod = w.in.token("mod-1", "moderate")
	return w
}

// shows reports whether a page of picks at path, asked of p, holds pick.
func (w *world) shows(p *process, path, pick string) (bool, error) {
	var page windowPage
	if err := p.client(w.reader).get(path, &page); err != nil {
		return false, err
	}
	for _, it := range page.Items {
		if it.Pick == pick {
			return true, nil
		}
	}
	return false, nil
}

// What one process took in, another shows.
func TestAPickTravelsToAnotherProcessesWindow(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		const n = 30
		took := make([]time.Duration, 0, n)
		for i := range n {
			start := time.Now()
			id, _, err := w.api[0].client(w.expert).publish(fmt.Sprint("travel-", i), "topic-0")
			if err != nil {
				t.Fatal(err)
			}
			answered := time.Since(start)
			await(t, 20*time.Second, func() error {
				ok, err := w.shows(w.api[1], "/v1/window?limit=50&topic=topic-0", id)
				if err == nil && !ok {
					err = fmt.Errorf("pick %s is not in the window yet", id)
				}
				return err
			})
			took = append(took, time.Since(start))
			if i == 0 {
				t.Logf("first publish answered in %v", answered)
			}
		}
		slices.Sort(took)
		t.Logf("publish to visible: p50 %v, p95 %v, max %v (n = %d)", took[n/2], took[n*95/100], took[n-1], n)
	})
}

// A removed pick and a paused partner are gone from window, search, storefront
// and from cursors given out before.
func TestTakedownAndPauseReachEverySurface(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		var ids []string
		for i := range 12 {
			id, _, err := w.api[0].client(w.expert).publish(fmt.Sprint("surface-", i), "topic-0")
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, id)
		}
		surfaces := []string{"/v1/window?limit=50&topic=topic-0", "/v1/search?q=surface&limit=50", "/v1/experts/" + expertName(0) + "/window?tab=latest&limit=50"}
		for _, p := range w.api {
			for _, path := range surfaces {
				await(t, 20*time.Second, func() error {
					var page windowPage
					if err := p.client(w.reader).get(path, &page); err != nil {
						return err
					}
					if len(page.Items) != len(ids) {
						return fmt.Errorf("%s shows %d of %d", path, len(page.Items), len(ids))
					}
					return nil
				})
			}
		}
		var first windowPage
		w.api[0].client(w.reader).mustGet(t, "/v1/window?limit=4&topic=topic-0", &first)
		if first.Next == "" {
			t.Fatal("12 picks in pages of 4 have no second page")
		}
		served := make(map[string]bool)
		for _, it := range first.Items {
			served[it.Pick] = true
		}
		victim := ids[slices.IndexFunc(ids, func(id string) bool { return !served[id] })]
		w.rule(t, "pick", victim, "remove")
		start := time.Now()
		for _, p := range w.api {
			for _, path := range append(surfaces, "/v1/window?limit=50&topic=topic-0&cursor="+first.Next) {
				await(t, 20*time.Second, func() error {
					if shown, err := w.shows(p, path, victim); err != nil || shown {
						return fmt.Errorf("%s still shows the removed pick: %w", path, err)
					}
					return nil
				})
			}
			if status, body, err := p.client(w.reader).do(http.MethodGet, "/v1/picks/"+victim, nil); err != nil || status != http.StatusGone {
				t.Errorf("GET of the removed pick: %d %s %v, want 410", status, body, err)
			}
		}
		t.Logf("takedown reached every surface of both processes in %v", time.Since(start))

		w.rule(t, "partner", "shop", "pause")
		start = time.Now()
		for _, p := range w.api {
			for _, path := range append(surfaces, "/v1/window?limit=4&topic=topic-0&cursor="+first.Next) {
				await(t, 20*time.Second, func() error {
					var page windowPage
					if err := p.client(w.reader).get(path, &page); err != nil {
						return err
					}
					if len(page.Items) > 0 {
						return fmt.Errorf("%s shows %d picks of a paused partner", path, len(page.Items))
					}
					return nil
				})
			}
		}
		t.Logf("pause reached every surface of both processes in %v", time.Since(start))
		if _, status, _ := w.api[1].client(w.expert).publish("while-paused", "topic-0"); status != http.StatusUnprocessableEntity {
			t.Errorf("publishing to a paused partner: %d, want 422", status)
		}
		w.rule(t, "partner", "shop", "resume")
		await(t, 20*time.Second, func() error {
			if shown, err := w.shows(w.api[1], surfaces[0], first.Items[0].Pick); err != nil || !shown {
				return fmt.Errorf("resumed, but not shown: %w", err)
			}
			return nil
		})
	})
}

func (w *world) rule(t *testing.T, kind, id, action string) {
	t.Helper()
	status, body, err := w.api[0].client(w.mod).do(http.MethodPost, "/v1/rulings", map[string]any{
		"target": map[string]string{"kind": kind, "id": id}, "action": action, "rule": "other", "text": "A test says so.",
	}, "Idempotency-Key", fmt.Sprintf(`"%s-%s-%s"`, kind, id, action))
	if err != nil || status >= 300 {
		t.Fatalf("ruling %s %s: %d %s %v", action, id, status, body, err)
	}
}

// Pages of one window, asked of two api processes in turn while picks are
// published and an ingester dies, neither repeat nor skip.
func TestPagesHoldTogetherAcrossProcesses(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		before := make(map[string]bool)
		for i := range 60 {
			id, _, err := w.api[i%2].client(w.expert).publish(fmt.Sprint("before-", i), "topic-0")
			if err != nil {
				t.Fatal(err)
			}
			before[id] = true
		}
		for _, p := range w.api {
			await(t, 20*time.Second, func() error {
				n, cursor := 0, ""
				for {
					var page windowPage
					if err := p.client(w.reader).get("/v1/window?limit=50&topic=topic-0"+cursor, &page); err != nil {
						return err
					}
					if n += len(page.Items); page.Next == "" {
						break
					}
					cursor = "&cursor=" + page.Next
				}
				if n != len(before) {
					return fmt.Errorf("%d of %d shown", n, len(before))
				}
				return nil
			})
		}
		stop := make(chan struct{})
		var wg sync.WaitGroup
		var mu sync.Mutex
		var later []string
		published := func() int {
			mu.Lock()
			defer mu.Unlock()
			return len(later)
		}
		for worker := range publishers {
			token := w.in.token(expertName(worker), "picks:write", "window:read")
			wg.Go(func() {
				for i := 0; ; i++ {
					select {
					case <-stop:
						return
					default:
					}
					if id, _, err := w.api[i%2].client(token).publish(fmt.Sprintf("later-%d-%d", worker, i), fmt.Sprint("topic-", worker)); err == nil {
						mu.Lock()
						later = append(later, id)
						mu.Unlock()
					}
				}
			})
		}
		if len(w.ingest) > 0 {
			w.ingest[0].kill()
		}
		seen := make(map[string]int)
		cursor := ""
		for i := 0; ; i++ {
			var page windowPage
			w.api[i%2].client(w.reader).mustGet(t, "/v1/window?limit=5&topic=topic-0"+cursor, &page)
			for _, it := range page.Items {
				seen[it.Pick]++
				if seen[it.Pick] > 1 {
					t.Errorf("pick %s came twice", it.Pick)
				}
			}
			if page.Next == "" {
				break
			}
			cursor = "&cursor=" + page.Next
			more := published() + 1 // something is published between any two pages
			await(t, time.Minute, func() error {
				if n := published(); n < more {
					return fmt.Errorf("%d published, want %d", n, more)
				}
				return nil
			})
		}
		close(stop)
		wg.Wait()
		for id := range before {
			if seen[id] == 0 {
				t.Errorf("pick %s was skipped", id)
			}
		}
		// The ingester left takes over: what was published meanwhile shows.
		for _, id := range later {
			await(t, time.Minute, func() error { return w.api[0].client(w.reader).get("/v1/picks/"+id, new(any)) })
		}
		t.Logf("%d picks published meanwhile, all there", len(later))
	})
}
