package api

import (
	"context"
	"sync"
	"time"
)

// A requestContext is the context of a request, with its trace and its
// deadline. Most requests are answered without waiting for anything, so the
// timer starts only when somebody asks for Done.
type requestContext struct {
	context.Context // of the connection

	trace    trace
	deadline time.Time

	mu     sync.Mutex
	over   bool
	timed  context.Context // nil until somebody waits
	cancel context.CancelFunc
}

// Deadline is the earlier of its own and that of the connection.
func (x *requestContext) Deadline() (time.Time, bool) {
	if d, ok := x.Context.Deadline(); ok && d.Before(x.deadline) {
		return d, true
	}
	return x.deadline, true
}

// Done starts the timer.
func (x *requestContext) Done() <-chan struct{} { return x.wait().Done() }

// Err tells that the time is over also where nobody waited for it.
func (x *requestContext) Err() error {
	x.mu.Lock()
	timed, over := x.timed, x.over
	x.mu.Unlock()
	switch {
	case timed == nil && !over && time.Now().Before(x.deadline):
		return x.Context.Err()
	case timed == nil:
		timed = x.wait() // and Done is closed before this says so
	}
	return timed.Err()
}

// Value knows the trace, and once the timer runs its context, so that those
// made from x find it and need no goroutine to watch x.
func (x *requestContext) Value(key any) any {
	if _, ok := key.(traceKey); ok {
		return &x.trace
	}
	x.mu.Lock()
	timed := x.timed
	x.mu.Unlock()
	if timed == nil {
		return x.Context.Value(key)
	}
	return timed.Value(key)
}

func (x *requestContext) wait() context.Context {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.timed == nil {
		x.timed, x.cancel = context.WithDeadline(x.Context, x.deadline)
		if x.over {
			x.cancel()
		}
	}
	return x.timed
}

// end lets go of the timer; afterwards x is canceled.
func (x *requestContext) end() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.over = true
	if x.cancel != nil {
		x.cancel()
	}
}
