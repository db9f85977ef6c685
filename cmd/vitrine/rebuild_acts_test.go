package main_test

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vitrine.dev/recommend"
)

// Readers go on bookmarking while all documents are made anew: not one
// bookmark that was taken is missing afterwards, and each counts once.
func TestReadersActWhileARebuildIsMade(t *testing.T) {
	const readers, picks = 4, 200
	eachWorld(t, func(t *testing.T, w *world) {
		w.awaitGoods(t, fmt.Sprint("g", picks-1))
		rebuild := func() {
			t.Helper()
			if table, told, err := w.in.try("rebuild"); err != nil {
				t.Errorf("rebuild: %v\n%s\n%s", err, table, told)
			}
		}
		var wg sync.WaitGroup
		var taken atomic.Int64
		done := make(chan struct{})
		kept := make([][]string, readers) // by each, in the order of taking
		tokens := make([]string, readers)
		for r := range readers {
			tokens[r] = w.in.token(fmt.Sprint("keeper-", r), "window:read")
		}
		for r, token := range tokens {
			wg.Go(func() {
				for i := range picks {
					pick := fmt.Sprint("g", i)
					_, err := again(t.Context(), w.api, r+i, func(p *process) (int, []byte, error) {
						return p.client(token).do(http.MethodPut, "/v1/bookmarks/"+pick, nil)
					})
					if err != nil {
						t.Error(err)
						return
					}
					kept[r] = append(kept[r], pick)
					taken.Add(1)
					select {
					case <-done:
						return
					default:
					}
				}
			})
		}
		for range 2 {
			more := taken.Load() + 2*readers // some before each, and after the last
			await(t, time.Minute, func() error {
				if n := taken.Load(); n < more {
					return fmt.Errorf("%d bookmarks are taken, want %d", n, more)
				}
				return nil
			})
			before := taken.Load()
			rebuild()
			t.Logf("%d bookmarks were taken during a rebuild", taken.Load()-before)
		}
		close(done)
		wg.Wait()
		want := make(map[string]int64)
		for r, token := range tokens {
			for _, pick := range kept[r] {
				want[pick]++
			}
			for _, p := range w.api {
				await(t, time.Minute, func() error { return p.keeps(token, kept[r]) })
			}
		}
		got := w.counted(t)
		for pick, n := range want {
			if got[pick][recommend.ActBookmark] != n {
				t.Errorf("pick %s: %d readers are counted, want %d", pick, got[pick][recommend.ActBookmark], n)
			}
		}
		rebuild() // nobody acts any more: all is the same
	}, withGoods(picks))
}

// keeps compares the bookmarks of the reader of token, as a process tells
// them, with those that were taken.
func (p *process) keeps(token string, want []string) error {
	var got []string
	for cursor := ""; ; {
		var page struct {
			Items []struct{ Pick string }
			Next  string `json:"next_cursor"`
		}
		if err := p.client(token).get("/v1/bookmarks?limit=50"+cursor, &page); err != nil {
			return err
		}
		for _, it := range page.Items {
			got = append(got, it.Pick)
		}
		if page.Next == "" {
			break
		}
		cursor = "&cursor=" + page.Next
	}
	want = slices.Sorted(slices.Values(want))
	slices.Sort(got)
	if !slices.Equal(got, want) {
		return fmt.Errorf("%d bookmarks are kept, want %d", len(got), len(want))
	}
	return nil
}
