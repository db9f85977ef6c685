package exports

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"vitrine.dev/recommend"
)

// Config is what a [Desk] works with. Dir is needed, and Now; the zero value of
// everything else is sensible.
type Config struct {
	// Dir holds jobs and results. Processes that share it share the jobs: any of
	// them takes them and hands out results, and one at a time writes these.
	Dir string
	// Analyst counts; nil: funnels, series and tops fail.
	Analyst Analyst
	// Documents has the orders and the picks; nil: exports of them fail.
	Documents Documents
	// Disclose is how rows with money, or picks, say what links are; nil: as
	// [recommend.DefaultPolicy] does.
	Disclose func(r recommend.Relationship, product *recommend.Product, lang string) recommend.DisclosureOf
	Now      func() time.Time
	Logger   *slog.Logger
	// Registerer takes the metrics; nil: nobody sees them.
	Registerer prometheus.Registerer

	Queue   int           // most jobs that wait or run; 0: 16
	Kept    int           // most jobs at all; 0: 1,000
	Bytes   int64         // most bytes of a result; 0: 256 MiB
	Total   int64         // most bytes of all; 0: 2 GiB
	Keep    time.Duration // how long a result is kept; 0: 24 h
	Longest time.Duration // how long a job may take; 0: 30 min
	Every   time.Duration // how often jobs of other processes are looked for; 0: 2 s
}

// A Desk takes jobs, works on them one at a time, and hands out results. It is
// safe for concurrent use.
type Desk struct {
	Config

	dir    dir
	wake   chan struct{}
	meters *metrics

	mu      sync.Mutex
	current string // job that is worked on here
	cancel  context.CancelFunc
}

// New returns a Desk at cfg.Dir, which it makes.
func New(cfg Config) (*Desk, error) {
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("exports: %w", err)
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Disclose == nil {
		cfg.Disclose = recommend.DefaultPolicy().Disclose
	}
	const queue, kept, bytes, total = 16, 1_000, 256 << 20, 2 << 30
	for _, n := range []struct {
		v   *int
		def int
	}{{&cfg.Queue, queue}, {&cfg.Kept, kept}} {
		if *n.v == 0 {
			*n.v = n.def
		}
	}
	for _, n := range []struct {
		v   *int64
		def int64
	}{{&cfg.Bytes, bytes}, {&cfg.Total, total}} {
		if *n.v == 0 {
			*n.v = n.def
		}
	}
	const keep, longest, every = 24 * time.Hour, 30 * time.Minute, 2 * time.Second
	for _, n := range []struct {
		v   *time.Duration
		def time.Duration
	}{{&cfg.Keep, keep}, {&cfg.Longest, longest}, {&cfg.Every, every}} {
		if *n.v == 0 {
			*n.v = n.def
		}
	}
	meters, err := newMetrics(cfg.Registerer)
	if err != nil {
		return nil, fmt.Errorf("exports: %w", err)
	}
	return &Desk{Config: cfg, dir: dir(cfg.Dir), wake: make(chan struct{}, 1), meters: meters}, nil
}

// Accept puts a job for owner into the queue, durably. Of two with one id the
// first stays and is returned: so a repeat has no second effect. The error is
// [ErrFull] or [ErrCrowded] when there are too many.
func (d *Desk) Accept(id, owner string, ask Ask) (*Job, error) {
	if !goodID(id) {
		return nil, fmt.Errorf("export %q: %w", id, recommend.ErrInvalid)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if j, err := d.dir.load(id); err == nil {
		return j, nil
	}
	jobs, err := d.dir.all()
	if err != nil {
		return nil, fmt.Errorf("exports: %w", err)
	}
	waiting := 0
	for _, j := range jobs {
		if !j.Over() {
			waiting++
		}
	}
	switch {
	case waiting >= d.Queue:
		return nil, ErrFull
	case len(jobs) >= d.Kept:
		return nil, ErrCrowded
	}
	j := &Job{ID: id, Owner: owner, Ask: ask, State: Queued, Created: d.Now().UTC()}
	if j.Request.AsOf.IsZero() {
		j.Request.AsOf = j.Created
	}
	switch err := d.dir.create(j); {
	case errors.Is(err, fs.ErrExist): // by another process, or deleted and not swept yet
		return d.Get(id, owner)
	case err != nil:
		return nil, fmt.Errorf("exports: %w", err)
	}
	d.meters.waiting.Set(float64(waiting + 1))
	d.nudge()
	return j, nil
}

// nudge makes Run look.
func (d *Desk) nudge() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// Get returns a job of owner's. The error wraps [recommend.ErrNotFound] where
// there is none, or it has expired.
func (d *Desk) Get(id, owner string) (*Job, error) {
	j, err := d.find(id)
	if err == nil && j.Owner != owner {
		err = fmt.Errorf("export %q: %w", id, recommend.ErrNotFound)
	}
	if err != nil {
		return nil, err
	}
	if j.State == Running {
		if info, err := os.Stat(d.dir.path(id, extPart)); err == nil {
			j.Bytes = info.Size()
		}
	}
	return j, nil
}

func (d *Desk) find(id string) (*Job, error) {
	j, err := d.dir.load(id)
	switch {
	case errors.Is(err, fs.ErrNotExist), err == nil && j.Over() && !d.Now().Before(j.Expires):
		return nil, fmt.Errorf("export %q: %w", id, recommend.ErrNotFound)
	case err != nil:
		return nil, fmt.Errorf("exports: %w", err)
	}
	return j, nil
}

// List returns the jobs of owner, the latest first.
func (d *Desk) List(owner string) ([]*Job, error) {
	jobs, err := d.dir.all()
	if err != nil {
		return nil, fmt.Errorf("exports: %w", err)
	}
	var own []*Job
	for _, j := range slices.Backward(jobs) {
		if j.Owner == owner && (!j.Over() || d.Now().Before(j.Expires)) {
			own = append(own, j)
		}
	}
	return own, nil
}

// Delete takes a job of owner's back, whatever its state, and its result.
func (d *Desk) Delete(id, owner string) error {
	if _, err := d.Get(id, owner); err != nil {
		return err
	}
	if err := d.dir.bury(id); err != nil {
		return fmt.Errorf("exports: %w", err)
	}
	d.mu.Lock()
	if d.current == id {
		d.cancel()
	}
	d.mu.Unlock()
	d.nudge()
	return nil
}

// Open opens the result of a job that is done. The caller closes it; it can be
// read to its end even when the job is deleted meanwhile. The error wraps
// [recommend.ErrNotFound] where there is no such job, [recommend.ErrConflict]
// where it is not done.
func (d *Desk) Open(id string) (*Job, *os.File, error) {
	j, err := d.find(id)
	if err != nil {
		return nil, nil, err
	}
	if j.State != Done {
		return nil, nil, fmt.Errorf("export %q is %s: %w", id, j.State, recommend.ErrConflict)
	}
	f, err := os.Open(d.dir.path(id, extData))
	if err != nil {
		return nil, nil, fmt.Errorf("export %q: %w", id, recommend.ErrNotFound)
	}
	return j, f, nil
}
