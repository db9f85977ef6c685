package recommend

import (
	"context"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"
)

// turns bound how many pages are scored at once: no more than there are
// processors, so that what takes a moment does not wait behind all that take
// long. No more than half of them renew what could still be shown, and those for
// no more than half of the time while more pages are asked for than there are
// processors.
type turns struct {
	scoring, renewing *semaphore.Weighted
	processors        int64
	pages             atomic.Int64 // asked for now
	next              atomic.Int64 // when one may be renewed again, in ns since begun
	begun             time.Time
}

func newTurns() *turns {
	all := int64(runtime.GOMAXPROCS(0))
	return &turns{scoring: semaphore.NewWeighted(all), renewing: semaphore.NewWeighted(max(1, all/2)), processors: all, begun: time.Now()}
}

// take waits for a turn. It fails when ctx ends before.
func (t *turns) take(ctx context.Context) (end func(), err error) {
	if err := t.scoring.Acquire(ctx, 1); err != nil {
		return nil, fmt.Errorf("a page without a turn: %w", err)
	}
	return func() { t.scoring.Release(1) }, nil
}

// renew takes a turn if there is one at once; else everybody is busy.
func (t *turns) renew() (end func(), busy bool) {
	begun := time.Since(t.begun).Nanoseconds()
	if t.pages.Load() > t.processors && begun < t.next.Load() || !t.renewing.TryAcquire(1) {
		return nil, true
	}
	if !t.scoring.TryAcquire(1) {
		t.renewing.Release(1)
		return nil, true
	}
	return func() {
		ended := time.Since(t.begun).Nanoseconds()
		t.next.Store(ended + (ended - begun))
		t.scoring.Release(1)
		t.renewing.Release(1)
	}, false
}

// readInTurn reads the shelf for a page that is scored, once it has its turn; it
// fails, without reading, when ctx ends before. What the page waits for besides,
// such as the log, it waits for without one.
func (w *Windows) readInTurn(ctx context.Context, scene *Scene, now time.Time, f func(*look)) error {
	end, err := w.turns.take(ctx)
	if err != nil {
		return err
	}
	defer end()
	w.shelf.read(scene, now, f)
	return nil
}

// readFor has show lay a page of a window: of what was kept of the reader at
// once, if that may serve him, else of cards that are scored in their turn. What
// is overdue serves him while there is no turn, see [WindowsConfig].Keep. That is
// stale-while-revalidate (RFC 5861), where who has a turn renews his own.
func (w *Windows) readFor(ctx context.Context, v *serving, now time.Time, show func(*scored, []placing)) (err error) {
	if kept := v.who.kept; kept != nil && momentOf(now) < kept.until && w.readKept(v, now, show) {
		return nil
	}
	var end func()
	if v.who.kept != nil || v.who.former != nil {
		if end, v.overdue = w.turns.renew(); v.overdue && w.readKept(v, now, show) {
			return nil
		}
	}
	if end == nil {
		began := time.Now()
		if end, err = w.turns.take(ctx); err != nil {
			return err
		}
		w.figures.spent(StageTurn, began)
	}
	defer end()
	w.countScored(v)
	w.shelf.read(v.scene, now, func(l *look) {
		n := v.length(l)
		s := w.ranked(l, v)
		began := time.Now()
		placed, _ := s.place(v.Bare, true, v.c, n)
		w.figures.spent(StageMix, began)
		show(s, placed)
	})
	return nil
}

// readKept has show lay a page of what was kept, if that may serve the reader.
func (w *Windows) readKept(v *serving, now time.Time, show func(*scored, []placing)) (shown bool) {
	w.shelf.read(v.scene, now, func(l *look) {
		n := v.length(l)
		began := time.Now()
		s, placed := w.stood(l, v, n)
		w.figures.spent(StageKept, began)
		if s != nil {
			w.countKept(v)
			show(s, placed)
			shown = true
		}
	})
	return shown
}

// length is how many cards the page has, on a look at the scene of its arms.
func (v *serving) length(l *look) int {
	l.scene = v.arms.scene(v.scene)
	return min(v.c.limit, l.scene.Policy.Window.Length-v.c.position)
}
