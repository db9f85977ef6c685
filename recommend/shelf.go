package recommend

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// A Shelf holds, in memory, the picks that windows are made of, with their
// products, experts and rulings. A [Follower] over [ShelfKinds] feeds it, in
// any order: a pick may come before its expert, a ruling before its pick.
//
// What depends on the time, the policy or the partners is decided when the
// shelf is read, so a paused partner's picks are gone at once. A Shelf is safe
// for concurrent use; whoever applies changes holds readers up for well under
// a millisecond at a time.
type Shelf struct {
	scene  func() *Scene
	now    func() time.Time
	logger *slog.Logger
	store  Store
	budget int

	applying sync.Mutex   // one Apply at a time; guards loading and waiting
	loading  int          // calls of Load
	waiting  []int32      // rows to be listed when they end
	mu       sync.RWMutex // guards what follows
	picks    pickTable
	experts  expertTable
	products productTable
	topics   topicTable
	partners index
	rulings  map[string]shelvedRuling // by pick
	strays   map[string]*shelvedPulse // of picks that have not come yet
	newest   posting                  // every listed pick
	arrivals arrivals                 // to newest
	dropped  uint64                   // how often rows were given free

	epochs epochs
	faces  faces // of listed picks

	busyMu sync.Mutex // guards busy; taken while mu is held for reading
	busy   map[busyKey]busyTopic
}

// A ShelfConfig says what a shelf needs.
type ShelfConfig struct {
	// Scene is the world now; see [World.Scene].
	Scene func() *Scene
	Now   func() time.Time
	// Logger is told of documents that cannot be read.
	Logger *slog.Logger
	// Budget is how many picks are held, give or take two in a hundred; beyond
	// it the newest of each topic stay. Zero is 1,000,000. Of products that
	// nobody picks a quarter as many are held.
	Budget int
	// Store is asked for a product that was not held when a pick of it comes.
	// Without it such a product stays unknown until it changes.
	Store Store
}

const defaultBudget = 1_000_000

// NewShelf returns an empty shelf.
func NewShelf(c ShelfConfig) *Shelf {
	if c.Budget <= 0 {
		c.Budget = defaultBudget
	}
	return &Shelf{
		scene: c.Scene, now: c.Now, logger: c.Logger, store: c.Store, budget: c.Budget,
		products: productTable{mostIdle: max(c.Budget/4, 1)},
		topics:   newTopicTable(),
		rulings:  make(map[string]shelvedRuling),
		strays:   make(map[string]*shelvedPulse),
		faces:    newFaces(),
	}
}

// ShelfKinds are the kinds that a shelf follows, in the order that is loaded
// fastest.
func ShelfKinds() []Kind { return []Kind{KindRuling, KindExpert, KindProduct, KindPick, KindPulse} }

// applyAtOnce is how many documents are applied before readers get a turn.
const applyAtOnce = 16

// Apply takes changed documents of kind, as a [Follower] hands them on. Of a
// document that it has in the same or a newer version it takes no notice. A
// document that cannot be read is logged and left out: it must not keep
// others from being followed. Kinds that are not on a shelf are ignored. An
// error is one of the store, see [ShelfConfig]; applying the same again is right.
func (s *Shelf) Apply(ctx context.Context, kind Kind, docs []Document) error {
	s.applying.Lock()
	defer s.applying.Unlock()
	err := s.decodeAll(ctx, kind, docs, func(changes []func()) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		s.apply(changes)
		if s.loading == 0 { // else nobody sees them yet
			if err := s.catchUp(ctx); err != nil {
				return err
			}
		}
		s.trim()
		return nil
	})
	if err != nil {
		return err
	}
	return s.catchUp(ctx)
}

func (s *Shelf) apply(changes []func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, change := range changes {
		change()
	}
}

// Len is how many picks the shelf holds, hidden ones included.
func (s *Shelf) Len() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.picks.len()
}
