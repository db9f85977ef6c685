package recommend

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"golang.org/x/sync/semaphore"
)

// turns bound how many pages are scored at once: no more than there are
// processors, so that what takes a moment does not wait behind all that take
// long. No more than half of them renew what could still be shown.
type turns struct{ scoring, renewing *semaphore.Weighted }

func newTurns() turns {
	all := int64(runtime.GOMAXPROCS(0))
	return turns{semaphore.NewWeighted(all), semaphore.NewWeighted(max(1, all/2))}
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
	if !t.renewing.TryAcquire(1) {
		return nil, true
	}
	if !t.scoring.TryAcquire(1) {
		t.renewing.Release(1)
		return nil, true
	}
	return func() { t.scoring.Release(1); t.renewing.Release(1) }, false
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
	kept, over := v.who.kept, v.who.former != nil
	if kept != nil {
		over = momentOf(now) >= kept.until
	}
	var end func()
	if over {
		end, v.overdue = w.turns.renew()
	}
	if (kept != nil || v.overdue) && end == nil && w.readKept(v, now, show) {
		return nil
	}
	if end == nil {
		if end, err = w.turns.take(ctx); err != nil {
			return err
		}
	}
	defer end()
	w.countScored(v)
	w.shelf.read(v.scene, now, func(l *look) {
		n := v.length(l)
		s := w.ranked(l, v)
		placed, _ := s.place(v.Bare, true, v.c, n)
		show(s, placed)
	})
	return nil
}

// readKept has show lay a page of what was kept, if that may serve the reader.
func (w *Windows) readKept(v *serving, now time.Time, show func(*scored, []placing)) (shown bool) {
	w.shelf.read(v.scene, now, func(l *look) {
		n := v.length(l)
		if s, placed := w.stood(l, v, n); s != nil {
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
