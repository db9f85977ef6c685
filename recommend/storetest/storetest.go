// Package storetest is the other half of the contract of [recommend.Store]: a
// suite that every implementation passes, and benchmarks that all of them
// share.
//
// It asks for nothing that the contract does not say. What an engine does
// beyond it (how fast a change is seen, which documents it refuses, how it
// survives a crash) is tested beside the engine.
package storetest

import (
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"vitrine.dev/recommend"
)

// defaultPatience is enough for an engine on a busy machine.
const defaultPatience = 10 * time.Second

// Options says what an engine offers the suite and what it cannot do. The zero
// value runs all that is possible without knowing the engine.
type Options struct {
	// Reopen closes s and opens what it kept, as a restart of the process
	// would. Without it the tests of what survives are skipped.
	Reopen func(tb testing.TB, s recommend.Store) recommend.Store
	// NoSingleCharacter says that a search for one Chinese character finds
	// nothing within longer text.
	NoSingleCharacter bool

	// patience is how long a test waits for what an engine may take a moment
	// for; the contract's own limits are tested as they are.
	patience time.Duration
}

// Run tests the stores that open returns; see [Options.Run].
func Run(t *testing.T, open func(testing.TB) recommend.Store) {
	t.Helper()
	Options{}.Run(t, open)
}

// Run tests the stores that open returns. Each must be empty and share nothing
// with another. The suite closes what it opened; what else has to go away,
// open leaves to [testing.TB.Cleanup]. A handful of stores is opened in all:
// tests of one group share a store and keep apart by their ids.
func (o Options) Run(t *testing.T, open func(testing.TB) recommend.Store) {
	t.Helper()
	if o.patience == 0 {
		o.patience = defaultPatience
	}
	groups := []struct {
		name string
		run  func(*testing.T, *harness)
	}{
		{"Put", testPut},
		{"Get", testGet},
		{"Changes", testChanges},
		{"Search", testSearch},
		{"Model", testModel},
		{"Aggregates", testAggregates},
		{"Reopen", testReopen},
		{"Check", testCheck},
	}
	for _, g := range groups {
		t.Run(g.name, func(t *testing.T) {
			h := &harness{Options: o, open: open}
			h.Store = h.openStore(t)
			g.run(t, h)
		})
	}
}

// A harness is a store under test together with what tests of one group share.
type harness struct {
	recommend.Store
	Options

	open   func(testing.TB) recommend.Store
	serial atomic.Int64
}

// openStore opens an empty store for as long as tb runs.
func (h *harness) openStore(tb testing.TB) recommend.Store {
	tb.Helper()
	return closing(tb, h.open(tb))
}

// prefix returns the start of ids that no other test of the group uses.
func (h *harness) prefix() string {
	return "t" + strconv.FormatInt(h.serial.Add(1), 10) + "-"
}

// closing closes s when tb ends.
func closing(tb testing.TB, s recommend.Store) recommend.Store {
	tb.Helper()
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Errorf("Close: %v", err)
		}
	})
	return s
}
