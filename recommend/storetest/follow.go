package storetest

import (
	"strings"
	"testing"
	"time"

	"vitrine.dev/recommend"
)

// A follower reads the changes of one kind as a shelf does.
type follower struct {
	store  recommend.Store
	kind   recommend.Kind
	prefix string // other ids belong to other tests
	limit  int
	wait   time.Duration // for what others put

	mark  recommend.Mark
	seen  map[recommend.Ref]recommend.Document
	order []string // ids in the order of their first appearance
}

func (h *harness) follow(kind recommend.Kind, prefix string, limit int) *follower {
	return &follower{store: h.Store, kind: kind, prefix: prefix, limit: limit, wait: h.patience, seen: map[recommend.Ref]recommend.Document{}}
}

// step reads one page and returns how long it was.
func (f *follower) step(t testing.TB) int {
	t.Helper()
	docs, mark, err := f.store.Changes(t.Context(), f.kind, f.mark, f.limit)
	if err != nil {
		t.Fatalf("Changes of %s since %q: %v, want nil", f.kind, f.mark, err)
	}
	if len(docs) > f.limit {
		t.Fatalf("Changes with limit %d: got %d documents", f.limit, len(docs))
	}
	if len(docs) == 0 && mark != f.mark {
		t.Fatalf("Changes since %q: no documents and mark %q, want the same mark", f.mark, mark)
	}
	for _, d := range docs {
		if d.Kind != f.kind {
			t.Errorf("Changes of %s: got %s", f.kind, d.Ref)
		}
		if !strings.HasPrefix(d.ID, f.prefix) {
			continue
		}
		if _, ok := f.seen[d.Ref]; !ok {
			f.order = append(f.order, d.ID)
		}
		newest(f.seen, d)
	}
	f.mark = mark
	return len(docs)
}

// drain reads until there is nothing more.
func (f *follower) drain(t testing.TB) {
	t.Helper()
	for f.step(t) > 0 {
	}
}

// until reads until want has been seen, and then to the end.
func (f *follower) until(t testing.TB, want map[recommend.Ref]recommend.Document) {
	t.Helper()
	poll(t, f.wait, func() bool {
		f.drain(t)
		return len(f.seen) >= len(want) && f.behind(want) == 0
	})
	if n := f.behind(want); n > 0 {
		t.Errorf("Changes of %s: %d of %d documents were missed or are old after %s", f.kind, n, len(want), f.wait)
	}
	wantDocuments(t, "Changes of "+string(f.kind), sorted(f.seen), sorted(want))
}

// behind counts the documents of want that f has not seen in their version.
func (f *follower) behind(want map[recommend.Ref]recommend.Document) int {
	n := 0
	for r, d := range want {
		if got, ok := f.seen[r]; !ok || got.Version < d.Version {
			n++
		}
	}
	return n
}

// poll calls done, at growing intervals, until it is true or limit has passed
// since poll was called. It reports whether it was.
func poll(t testing.TB, limit time.Duration, done func() bool) bool {
	t.Helper()
	start := time.Now()
	for wait := time.Millisecond; ; wait = min(2*wait, 50*time.Millisecond) {
		late := time.Since(start) >= limit
		if done() {
			return true
		}
		if late {
			return false
		}
		select {
		case <-t.Context().Done():
			return false
		case <-time.After(wait):
		}
	}
}
