// Package replay runs the serving code over events in their order, on a clock
// that stands at the time of the last of them: the folds, the shelf, the world
// and the windows of a service, in one process and in memory, without a log.
//
// It takes events and not files: what they are, and what is asked in between,
// is the business of its callers, which measure ranking on old data or make a
// society up.
package replay

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"vitrine.dev/ingest"
	"vitrine.dev/recommend"
	"vitrine.dev/recommend/link"
)

// A Config says how a replay decides and ranks.
type Config struct {
	// Policy is in force throughout; see [recommend.ArchivePolicy].
	Policy *recommend.Policy
	// Observe is told of every action of the right form, in order, before it is
	// folded; those that orders cause too. The clock stands at its event's time
	// by then. Its error ends the Apply. It may be nil.
	Observe func(ctx context.Context, a *recommend.Action) error
	// Folded is told of every event that was folded, those that others cause
	// too, and of what its data says, such as a [*recommend.PublishedPick]. Of
	// refused and repeated ones it is not. It may be nil.
	Folded func(e recommend.Event, data any)
	// SecretKey is that of the installation whose windows the events name; nil
	// makes the replay an installation of its own.
	SecretKey []byte
	// Logger is told what a service would be; nil tells nobody.
	Logger *slog.Logger
}

// A Replay is a service in memory. One goroutine at a time may change it;
// its windows can be asked by many in between.
type Replay struct {
	clock   atomic.Int64 // in nanoseconds since 1970
	world   *recommend.World
	shelf   *recommend.Shelf
	store   *ingest.Replay
	windows *recommend.Windows
	memory  *recommend.Memory
	learner *recommend.Learner
}

// New returns a replay in which nothing has happened yet.
func New(c Config) *Replay {
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.SecretKey == nil {
		c.SecretKey = make([]byte, 32)
	}
	r := &Replay{world: recommend.NewWorld(c.Policy, c.Logger)}
	r.store = ingest.NewReplay(ingest.ReplayConfig{
		Scene: func() (*recommend.Policy, *link.Registry) {
			s := r.world.Scene()
			return s.Policy, s.Partners.Links()
		},
		Before: func(ctx context.Context, _ recommend.Event, decoded any) error {
			a, ok := decoded.(*recommend.Action)
			if !ok {
				return nil
			}
			if c.Observe != nil {
				if err := c.Observe(ctx, a); err != nil {
					return err
				}
			}
			return r.learner.Observe(ctx, a)
		},
		After: c.Folded,
	})
	r.shelf = recommend.NewShelf(recommend.ShelfConfig{Scene: r.world.Scene, Now: r.Now, Logger: c.Logger, Store: r.store})
	r.memory = recommend.NewMemory(c.Policy)
	r.windows = recommend.NewWindows(recommend.WindowsConfig{
		Memory: r.memory, Shelf: r.shelf, World: r.world, Store: r.store, SecretKey: c.SecretKey, Now: r.Now, Logger: c.Logger,
		ReaderTimeout: time.Hour, // nothing is away, and no answer may depend on how busy the machine is
	})
	r.learner = recommend.NewLearner(recommend.LearnerConfig{Windows: r.windows, Memory: r.memory, Logger: c.Logger})
	return r
}

// Now is the time that the clock stands at.
func (r *Replay) Now() time.Time { return time.Unix(0, r.clock.Load()).UTC() }

// At sets the clock forward to t; it never goes back.
func (r *Replay) At(t time.Time) {
	if ns := t.UnixNano(); ns > r.clock.Load() {
		r.clock.Store(ns)
	}
}

// Apply sets the clock to the time of e and folds e; what changes can be seen
// in windows when it returns. The event's topic must be given, its place in the
// log is not needed. Readers are their own pseudonyms.
//
// An event that a rule refuses is an error that wraps [recommend.ErrInvalid];
// the replay can go on. After any other error it cannot.
func (r *Replay) Apply(ctx context.Context, e recommend.Event) error {
	r.At(e.Time)
	docs, refused := r.store.Fold(ctx, e)
	for i := range docs {
		kind, doc := docs[i].Kind, docs[i:i+1]
		if kind == recommend.KindRuling {
			if err := r.world.Apply(ctx, doc); err != nil {
				return fmt.Errorf("replay %s: %w", e.ID, err)
			}
		}
		if err := r.shelf.Apply(ctx, kind, doc); err != nil {
			return fmt.Errorf("replay %s: %w", e.ID, err)
		}
	}
	return refused
}

// Memory is what was learned so far.
func (r *Replay) Memory() *recommend.Memory { return r.memory }

// Windows answer as the service would at the time of the clock.
func (r *Replay) Windows() *recommend.Windows { return r.windows }

// World is the policy and the partners as they stand.
func (r *Replay) World() *recommend.World { return r.world }

// Store holds every document; it can only be read.
func (r *Replay) Store() recommend.Store { return r.store }
