package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"
)

// Options say what to measure, and how long. The zero value of every field but
// Exe is sensible.
type Options struct {
	Exe      string        // the vitrine binary, which serves and imports
	Rows     []string      // names of rows, or their part before the slash; all that are not only for asking when empty
	World    Size          // zero fields: 200,000 picks, 10,000 readers of 20 actions each
	Rounds   int           // of floor and subject; 0: 3
	Duration time.Duration // of each turn in a round; 0: 4 s
	Quick    bool          // 20,000 picks, 2 rounds of 1 s, where nothing else is said
	Full     bool          // also what takes minutes
	Rate     float64       // requests a second of the rows at a fixed rate; 0: half of what the service can
	Kafka    []string      // brokers, host:port, of rows on servers; none are run without
	Elastic  []string      // URLs of Elasticsearch
	Cache    string        // directory of prepared worlds; none are kept when empty
	Fresh    bool          // prepare worlds anew
	Progress io.Writer     // told what is being done; nobody when nil
}

func (o *Options) setDefaults() {
	picks, rounds, duration := 200_000, 3, 4*time.Second
	if o.Quick {
		picks, rounds, duration = 20_000, 2, time.Second
	}
	set := func(v *int, def int) {
		if *v == 0 {
			*v = def
		}
	}
	const readerOf, actions = 20, 20 // picks for every reader; of every reader
	const readers = 300              // at least: each has 100 windows a second, and all together more than are answered
	set(&o.World.Picks, picks)
	set(&o.World.Readers, max(o.World.Picks/readerOf, readers))
	set(&o.World.Actions, actions)
	set(&o.Rounds, rounds)
	if o.Duration == 0 {
		o.Duration = duration
	}
	if o.World.Seed == 0 {
		o.World.Seed = 1
	}
	if o.Progress == nil {
		o.Progress = io.Discard
	}
}

// A Bench is one run: what its rows share.
type Bench struct {
	Options
	Warmup time.Duration // of each side, before the rounds

	given   time.Duration // Options.Duration before defaults
	dir     string        // temporary, of this run
	world   *World
	service *Service // in use by rows, nil until one asks for it
	prepare string   // data directory of the world, nobody's while it is copied
}

// A Row measures one or more figures.
type Row struct {
	Name  string // unique; "group/variant"
	About string
	Asked bool // only where it is named
	Run   func(ctx context.Context, b *Bench) ([]Result, error)
}

// Run measures and returns what came of it, also what came before an error. It
// leaves no process and no directory behind, except in Options.Cache.
func Run(ctx context.Context, o Options) (t *Table, err error) {
	given := o.Duration
	o.setDefaults()
	rows, err := choose(Rows(), o.Rows)
	if err != nil {
		return nil, err
	}
	b := &Bench{Options: o, given: given, Warmup: min(o.Duration, time.Second)}
	if b.dir, err = os.MkdirTemp("", "vitrine-bench-"); err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	defer func() {
		if b.service != nil {
			b.service.Stop()
		}
		err = errors.Join(err, os.RemoveAll(b.dir))
	}()
	t = &Table{World: o.World, Machine: Machine{CPUs: runtime.GOMAXPROCS(0), Go: runtime.Version(), OS: runtime.GOOS + "/" + runtime.GOARCH}}
	for _, r := range rows {
		b.tell("%s: %s", r.Name, r.About)
		begun := time.Now()
		results, err := r.Run(ctx, b)
		for i := range results {
			results[i].settle()
		}
		t.Rows = append(t.Rows, results...)
		b.tell("  took %s", time.Since(begun).Round(100*time.Millisecond))
		if ctx.Err() != nil {
			return t, ctx.Err()
		}
		if err != nil { // of one row is no reason to do without the others
			t.Rows = append(t.Rows, Result{Name: r.Name, Error: err.Error()})
		}
	}
	return t, nil
}

func (b *Bench) tell(format string, args ...any) { fmt.Fprintf(b.Progress, format+"\n", args...) }

// choose returns the rows that names ask for, in the order of rows.
func choose(rows []Row, names []string) (chosen []Row, err error) {
	used := make(map[string]bool)
	for _, r := range rows {
		group, _, _ := strings.Cut(r.Name, "/")
		named := slices.Contains(names, r.Name)
		if named {
			used[r.Name] = true
		} else if slices.Contains(names, group) {
			named, used[group] = true, true
		}
		if named || len(names) == 0 && !r.Asked {
			chosen = append(chosen, r)
		}
	}
	for _, n := range names {
		if !used[n] {
			all := make([]string, 0, len(rows))
			for _, r := range rows {
				all = append(all, r.Name)
			}
			return nil, fmt.Errorf("rows: there is no %q; there are %s", n, strings.Join(all, ", "))
		}
	}
	return chosen, nil
}

// made is the world that the service has, made again for those who need to
// know what is in it.
func (b *Bench) made() *World {
	if b.world == nil {
		b.world = NewWorld(b.World)
	}
	return b.world
}
