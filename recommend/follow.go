package recommend

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"
)

// A Follower reads the changes of some kinds from a store and hands them on,
// in the order of kinds. It holds no documents itself.
type Follower struct {
	Store Store
	Kinds []Kind
	// Apply takes changed documents of one kind. The same document may come
	// again, also in an older version than before; Apply must not mind.
	Apply func(ctx context.Context, kind Kind, docs []Document) error
	// Every is the time between two looks; Wake cuts it short. Zero is 200 ms.
	Every time.Duration
	Wake  <-chan struct{}
	// Seldom is the least time between two looks at a kind of which much
	// changes and little is urgent; [Follower.Sync] looks at all.
	Seldom map[Kind]time.Duration
	// Page is how many documents are read at once. Zero is 5,000.
	Page   int
	Logger *slog.Logger

	mu     sync.Mutex // one Sync at a time
	marks  map[Kind]Mark
	looked map[Kind]time.Time // of those in Seldom
}

// Sync reads everything put before it was called. An error that wraps
// [ErrUnavailable] is worth retrying; nothing is lost by it.
func (f *Follower) Sync(ctx context.Context) error {
	return f.look(ctx, func(Kind) bool { return true })
}

func (f *Follower) look(ctx context.Context, due func(Kind) bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.marks == nil {
		f.marks, f.looked = make(map[Kind]Mark), make(map[Kind]time.Time)
	}
	for _, kind := range f.Kinds {
		if !due(kind) {
			continue
		}
		if err := f.sync(ctx, kind); err != nil {
			return err
		}
		f.looked[kind] = time.Now()
	}
	return nil
}

// due reports whether it is time to look at a kind.
func (f *Follower) due(kind Kind) bool { return time.Since(f.looked[kind]) >= f.Seldom[kind] }

func (f *Follower) sync(ctx context.Context, kind Kind) error {
	page := f.Page
	if page == 0 {
		page = 5000
	}
	read := func(since Mark) *changesPage {
		c := new(changesPage)
		c.docs, c.next, c.err = f.Store.Changes(ctx, kind, since, page)
		return c
	}
	for c := read(f.marks[kind]); ; {
		switch {
		case errors.Is(c.err, ErrInvalid) && f.marks[kind] != "": // the store was rebuilt behind us
			f.marks[kind] = ""
			c = read("")
			continue
		case c.err != nil:
			return c.err
		}
		more := len(c.docs) >= page
		ahead := make(chan *changesPage, 1)
		if more { // the store reads while we apply
			go func(since Mark) { ahead <- read(since) }(c.next)
		}
		var err error
		if len(c.docs) > 0 {
			err = f.Apply(ctx, kind, c.docs)
		}
		if err == nil {
			f.marks[kind] = c.next
		}
		if !more {
			return err
		}
		if c = <-ahead; err != nil {
			return err
		}
	}
}

// A changesPage is what a store answered.
type changesPage struct {
	docs []Document
	next Mark
	err  error
}

// Run syncs again and again until ctx ends, and returns nil then. A store that
// is away is logged once and waited for.
func (f *Follower) Run(ctx context.Context) error {
	every := f.Every
	if every == 0 {
		every = 200 * time.Millisecond
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	away := false
	for {
		err := f.look(ctx, f.due)
		switch {
		case ctx.Err() != nil:
			return nil // told to stop
		case err != nil && !away:
			away = true
			f.Logger.WarnContext(ctx, "following the store is interrupted", "err", err)
		case err == nil && away:
			away = false
			f.Logger.InfoContext(ctx, "following the store again")
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-f.Wake:
		}
	}
}
