package ingest

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"
	"go.opentelemetry.io/otel/trace"

	"vitrine.dev/recommend"
	"vitrine.dev/recommend/link"
)

// A Lane lets tests fold messages without a broker, with every step that can
// fail or wait in their hands.
type Lane struct{ lane }

// NewLane returns a lane for f on what the other arguments stand for.
func NewLane(f Folder, store recommend.Store, log recommend.Log, dead Burier) *Lane {
	return &Lane{lane{
		folder: f, store: store, log: log, dead: dead,
		scene:   func() (*recommend.Policy, *link.Registry) { return nil, nil },
		refresh: func(context.Context) error { return nil },
		catchUp: func(string) error { return nil },
		pause:   func(int) error { return nil },
		beside:  aside,
		over:    func() bool { return false },
		now:     time.Now, logger: slog.New(slog.DiscardHandler),
		states: newRecent[string](statePriceOf), made: newRecent[recommend.Ref](leafPriceOf), caughtUp: map[string]int64{},
	}}
}

// Hooks sets what the lane calls to wait.
func (l *Lane) Hooks(catchUp func(topic string) error, pause func(attempt int) error) {
	l.catchUp, l.pause = catchUp, pause
}

// Stream sets the size of batches, and whether each is written before the next
// is decided, or just after, on the goroutine of the lane.
func (l *Lane) Stream(size int, before bool) {
	l.size = size
	l.beside = func(write func() error) func() error {
		wait := sync.OnceValue(write)
		if before {
			_ = wait()
		}
		return wait
	}
}

// Play sets what decisions look at.
func (l *Lane) Play(scene func() (*recommend.Policy, *link.Registry), clicks *recommend.Clicks) {
	l.scene, l.clicks = scene, clicks
}

// Trace has the lane make spans.
func (l *Lane) Trace(t trace.Tracer) { l.traces = newTracer(t) }

// LogTo sets where the lane logs.
func (l *Lane) LogTo(to *slog.Logger) { l.logger = to }

// Fold folds as a partition's loop does: until all of ms are durable. It
// returns how many are.
func (l *Lane) Fold(ctx context.Context, ms []kafka.Message) (done int, err error) {
	if len(ms) > 0 {
		l.taken = ms[len(ms)-1].Offset
	}
	for done < len(ms) && err == nil {
		var n int
		n, err = l.fold(ctx, ms[done:])
		done += n
	}
	return done, err
}

// CachedStates is how many states the lane keeps.
func (l *Lane) CachedStates() int { return l.states.order.Len() }

// A Stretch is how learning went for a while.
type Stretch struct {
	Lag                 time.Duration
	Came, Passed, Taken int64
}

// Share is what part of the actions is learned from after it.
func (s Stretch) Share(share float64) float64 {
	return stretch{lag: s.Lag, came: s.Came, passed: s.Passed, taken: s.Taken}.share(share)
}
