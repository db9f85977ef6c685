package api

import (
	"context"
	"sync"
	"time"
)

// turns let one request after another decide for the same expert, so that the
// limits one leaves are those the next one sees.
type turns struct {
	mu   sync.Mutex
	held map[string]*turn
}

type turn struct {
	free    chan struct{} // holds a token while nobody has the turn
	waiting int
}

func newTurns() *turns { return &turns{held: make(map[string]*turn)} }

// take waits for the turn of id, for patience at most: then it goes ahead
// without, as another process would, and the fold has the last word. The
// result gives the turn back.
func (t *turns) take(ctx context.Context, id string, patience time.Duration) (giveBack func()) {
	t.mu.Lock()
	h := t.held[id]
	if h == nil {
		h = &turn{free: make(chan struct{}, 1)}
		h.free <- struct{}{}
		t.held[id] = h
	}
	h.waiting++
	t.mu.Unlock()

	timer := time.NewTimer(patience)
	defer timer.Stop()
	got := false
	select {
	case <-h.free:
		got = true
	case <-ctx.Done():
	case <-timer.C:
	}
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if got {
			h.free <- struct{}{}
		}
		h.waiting--
		if h.waiting == 0 {
			delete(t.held, id)
		}
	}
}
