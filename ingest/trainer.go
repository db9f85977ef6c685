package ingest

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"vitrine.dev/recommend"
)

// A Pupil is what a [Trainer] teaches: a learner with its memory. One goroutine
// uses it.
type Pupil interface {
	// Mind takes rows that were published before; what a Mind is told to serve a
	// pupil need not mind.
	recommend.Mind
	// Resume goes on from a state that Changes returned, of a surface.
	Resume(s recommend.Surface, state json.RawMessage) error
	// Restart goes on from weights of a surface that somebody took back to; none
	// are those of the prior.
	Restart(s recommend.Surface, weights []recommend.ModelWeight) error
	// Prepare reads at once what Observe needs for these actions, which come next.
	Prepare(ctx context.Context, actions []*recommend.Action) error
	// Observe takes the next action of the log.
	Observe(ctx context.Context, a *recommend.Action) error
	// Changes returns, in a fixed order, what has changed since it was called
	// last, rows that it was told excepted.
	Changes() (rows []recommend.LearnedRow, surfaces map[string]recommend.LearnedWeights)
}

// A Trainer learns from the actions in the log and appends what changed to
// vitrine.models. Hand Run to [Consumer.Duties]: the process that holds the
// partition of [recommend.ModelKey] learns, and no other does.
//
// How far it has learned is published with what it learned, in one step. So
// after a crash, or in another process, it goes on from the last publication,
// and every action after that is observed again and counted once. Of two that
// take themselves for the trainer one is refused by the fold and begins again
// from what the other has published.
//
// Where more actions come than there is time for it learns from a part of them,
// see [recommend.Sample]: it is never late for long. Those of imports, which are
// trusted, are all learned from.
type Trainer struct {
	Cluster Cluster
	Group   string // of the [Consumer]; DefaultGroup when empty
	Codec   Codec
	Store   recommend.Store
	Log     recommend.Log
	// New returns a pupil that knows nothing. It is called whenever learning
	// begins from what is published.
	New func() Pupil
	// Ready is called before learning begins, and waits until what the pupil
	// looks at is there; done is called when it is not needed any more, also
	// after an error. It may be nil.
	Ready func(context.Context) (done func(), err error)
	// Pace says how to learn. It is asked again and again.
	Pace func() recommend.LearningRules

	Now     func() time.Time // time.Now when nil
	Backoff func(attempt int) time.Duration
	Logger  *slog.Logger     // none when nil
	Metrics *LearningMetrics // none when nil
}

// Run learns until ctx ends, if it falls to d.
func (t *Trainer) Run(ctx context.Context, d Duty) {
	if d.Topic != recommend.TopicModels || !d.Holds(recommend.ModelKey) {
		return
	}
	c := t.defaults()
	for failed := 0; ctx.Err() == nil; failed++ {
		began := c.Now()
		err := c.guarded(ctx, d.Partition)
		if ctx.Err() != nil {
			return
		}
		if c.Now().Sub(began) > time.Minute {
			failed = 0
		}
		level := slog.LevelWarn
		if errors.Is(err, recommend.ErrConflict) {
			level = slog.LevelInfo
		}
		c.Logger.Log(ctx, level, "learning begins again from what is published", "attempt", failed+1, "err", err)
		_ = pause(ctx, c.Backoff(failed))
	}
}

// guarded makes an error of a panic: folding goes on beside it.
func (t *Trainer) guarded(ctx context.Context, partition int) (err error) {
	defer func() {
		if v := recover(); v != nil {
			t.Logger.ErrorContext(ctx, "learning panicked", "err", fmt.Sprintf("panic of %T", v), "stack", string(debug.Stack()))
			err = fmt.Errorf("panic of %T", v)
		}
	}()
	return t.train(ctx, partition)
}

func (t *Trainer) defaults() *Trainer {
	c := *t
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Backoff == nil {
		c.Backoff = backoff
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Ready == nil {
		c.Ready = func(context.Context) (func(), error) { return func() {}, nil }
	}
	return &c
}

// A lesson is learning from one state that was published on.
type lesson struct {
	*Trainer
	client    *client
	by        string
	pupil     Pupil
	actions   *actionReader
	known     recommend.LearnedModel // as published last
	followed  map[string]int64       // rollbacks, by surface
	seen      *recentIDs
	sample    recommend.Sample
	load      load
	allowance float64   // bytes of rows
	rested    time.Time // when allowance was that
	behind    time.Time // when the next action was appended; zero when there is none
}

// train learns until ctx ends or it cannot go on; that it was passed by another
// trainer wraps ErrConflict.
func (t *Trainer) train(ctx context.Context, partition int) error {
	done, err := t.Ready(ctx)
	defer done()
	if err != nil {
		return err
	}
	l := &lesson{Trainer: t, client: t.Cluster.client(), by: rand.Text()[:16], pupil: t.New(), seen: newRecentIDs(recentActions), allowance: rowsBurst, rested: t.Now()}
	defer l.client.close()
	if err := l.awaitFolded(ctx, partition); err != nil {
		return err
	}
	if err := l.resume(ctx); err != nil {
		return err
	}
	actions, err := l.open(ctx)
	if err != nil {
		return err
	}
	l.actions = actions
	t.Logger.InfoContext(ctx, "learning", "by", l.by, "sequence", l.known.Sequence, "offsets", actions.offsets())
	return l.learn(ctx)
}

// learn observes and publishes until ctx ends.
func (l *lesson) learn(ctx context.Context) error {
	next := l.Now().Add(l.Pace().Publish.D())
	for {
		if err := l.observe(ctx, next); err != nil {
			return err
		}
		if l.Now().Before(next) {
			continue
		}
		if err := l.publish(ctx); err != nil {
			return err
		}
		next = l.Now().Add(l.rest())
	}
}

// Rows are published with an allowance that grows with time: the log keeps them.
const (
	rowsBurst  = 8 << 20  // bytes
	rowsSecond = 64 << 10 // bytes
)

// rest is how long to learn until the next publication.
func (l *lesson) rest() time.Duration {
	now := l.Now()
	l.allowance = min(l.allowance+rowsSecond*now.Sub(l.rested).Seconds(), rowsBurst)
	l.rested = now
	return max(l.Pace().Publish.D(), time.Duration(-l.allowance/rowsSecond*float64(time.Second)))
}

// observe takes what there is of actions, until a time. It leaves the processor
// to others for as much time as the pace says.
func (l *lesson) observe(ctx context.Context, until time.Time) error {
	events, err := l.actions.next(ctx)
	if err != nil {
		return err
	}
	l.weigh(ctx, events)
	l.behind = time.Time{}
	for len(events) > 0 {
		l.behind = events[0].Appended
		if err := l.settle(ctx, l.behind); err != nil {
			return err
		}
		n := l.settled(events)
		if err := l.take(ctx, events[:n]); err != nil {
			return err
		}
		events = events[n:]
		now := l.Now()
		l.Metrics.lag(now, l.behind)
		if !now.Before(until) {
			l.actions.putBack(events)
			break
		}
	}
	if l.actions.caughtUp() {
		l.behind = time.Time{}
	}
	l.Metrics.lag(l.Now(), l.behind)
	return ctx.Err()
}

// settleFor is how old an action is before it is learned from: what it refers to
// is folded and followed by then.
const settleFor = time.Second

func (l *lesson) settle(ctx context.Context, appended time.Time) error {
	if wait := settleFor - l.Now().Sub(appended); wait > 0 {
		return pause(ctx, min(wait, settleFor))
	}
	return nil
}

// settled is how many of the first events are old enough, one at least.
func (l *lesson) settled(events []recommend.Event) int {
	now, n := l.Now(), 1
	for n < min(len(events), atOnce) && now.Sub(events[n].Appended) >= settleFor {
		n++
	}
	return n
}

// atOnce is how many actions are prepared for together.
const atOnce = 64

// take observes events.
func (l *lesson) take(ctx context.Context, events []recommend.Event) error {
	all := make([]*recommend.Action, len(events)) // nil for what is not learned from
	chosen := make([]*recommend.Action, 0, len(events))
	for i := range events {
		if all[i] = l.choose(&events[i]); all[i] != nil {
			chosen = append(chosen, all[i])
		}
	}
	began := time.Now()
	if err := l.patiently(ctx, func() error { return l.pupil.Prepare(ctx, chosen) }); err != nil {
		return fmt.Errorf("prepare for %d actions: %w", len(chosen), err)
	}
	if err := l.yield(ctx, time.Since(began)); err != nil {
		return err
	}
	for i := range events {
		if a := all[i]; a != nil {
			began := time.Now()
			if err := l.patiently(ctx, func() error { return l.pupil.Observe(ctx, a) }); err != nil {
				return fmt.Errorf("observe %s: %w", events[i].ID, err)
			}
			l.Metrics.observed()
			if err := l.yield(ctx, time.Since(began)); err != nil {
				return err
			}
		}
		l.actions.done(&events[i])
	}
	return nil
}

// choose is the action of an event, nil where nothing is to be learned from it.
func (l *lesson) choose(e *recommend.Event) *recommend.Action {
	if l.seen.twice(e.Source, e.ID) {
		return nil
	}
	decoded, err := checkAction(*e)
	if err != nil {
		return nil // it is in the dead letters, with its reason
	}
	a, ok := decoded.(*recommend.Action)
	if !ok {
		return nil
	}
	takes := e.Trusted || l.sample.Takes(a)
	l.load.chose(takes)
	if !takes {
		l.Metrics.shed()
		return nil
	}
	return a
}

// patiently calls f until the store is there.
func (l *lesson) patiently(ctx context.Context, f func() error) error {
	for attempt := 0; ; attempt++ {
		err := f()
		if !errors.Is(err, recommend.ErrUnavailable) {
			return err
		}
		if stop := pause(ctx, l.Backoff(attempt)); stop != nil {
			return stop
		}
	}
}

// yield waits for so long that learning takes its share of one processor.
func (l *lesson) yield(ctx context.Context, took time.Duration) error {
	l.Metrics.spent(took)
	share := l.Pace().Share
	l.actions.owed += time.Duration(float64(took) * (1 - share) / share)
	if l.actions.owed < 5*time.Millisecond {
		return nil
	}
	owed := min(l.actions.owed, time.Second)
	l.actions.owed = 0
	return pause(ctx, owed)
}
