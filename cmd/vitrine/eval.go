package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/pprof"
	"strings"
	"time"

	"vitrine.dev/cmd/vitrine/floor"
	"vitrine.dev/cmd/vitrine/replay"
	"vitrine.dev/recommend"
)

// evalDirs replays data sets through the serving code and measures what its
// windows find.
func evalDirs(ctx context.Context, cfg *config, env environment) (err error) {
	if len(cfg.Args) == 0 {
		return errors.New("eval: name a directory that holds queries.jsonl beside files such as picks.jsonl")
	}
	if cfg.Policy == "" {
		cfg.Policy = "archive"
	}
	policy, err := recommend.LoadPolicy(cfg.Policy)
	if err != nil {
		return err
	}
	stop, err := startProfile(cfg.Eval.Profile)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	ev, err := newEvaluation(cfg, policy, env.Stderr)
	if err != nil {
		return err
	}
	if err := ev.run(ctx); err != nil {
		return err
	}
	set := ev.set()
	if cfg.Eval.Against != "" {
		if set.Against, err = compareEval(set, cfg.Eval.Against); err != nil {
			return err
		}
	}
	set.print(env.Stdout)
	if cfg.Eval.JSON != "" {
		err = writeEval(cfg.Eval.JSON, set)
	}
	return err
}

// startProfile writes to path where the CPU's time goes until stop; without a
// path there is no profile.
func startProfile(path string) (stop func() error, err error) {
	if path == "" {
		return func() error { return nil }, nil
	}
	f, err := os.Create(path) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, fmt.Errorf("profile: %w", err)
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, errors.Join(fmt.Errorf("profile: %w", err), f.Close())
	}
	return func() error {
		pprof.StopCPUProfile()
		return f.Close()
	}, nil
}

// An evaluation carries the files of one data set through a replay and asks
// the queries as their time comes.
type evaluation struct {
	name    string
	out     io.Writer // progress and verdicts
	streams []*stream
	files   []string
	lines   int64
	queries []*query
	replay  *replay.Replay
	// pageLimit is how many cards the policy lets a page have.
	pageLimit int

	market  *floor.Market
	floors  []*floorRun
	results []result // of the queries asked so far
	refusals
	replayed int64
	took     time.Duration // of everything
}

func newEvaluation(cfg *config, policy *recommend.Policy, out io.Writer) (*evaluation, error) {
	ev := &evaluation{name: setName(cfg.Args), out: out, pageLimit: policy.Window.Max, market: floor.NewMarket()}
	var err error
	if ev.queries, err = readQueries(cfg.Args); err != nil {
		return nil, err
	}
	if n := cfg.Eval.Only; n > 0 && n < len(ev.queries) {
		ev.queries = ev.queries[:n]
	}
	if ev.streams, ev.files, err = openStreams(cfg.Args); err != nil {
		return nil, err
	}
	if ev.lines, err = countLines(ev.files); err != nil {
		return nil, err
	}
	for _, name := range splitList(cfg.Eval.Floors) {
		policy, err := floor.New(name)
		if err != nil {
			return nil, err
		}
		ev.floors = append(ev.floors, &floorRun{name: name, policy: policy})
	}
	ev.replay = replay.New(replay.Config{Policy: policy, Folded: ev.folded, Logger: cfg.logger})
	return ev, plantTrees(ev.replay.Memory(), cfg.Eval.Trees)
}

// setName names a data set after its directories.
func setName(dirs []string) string {
	names := make([]string, len(dirs))
	for i, dir := range dirs {
		names[i] = filepath.Base(filepath.Clean(dir))
	}
	return strings.Join(names, "+")
}

// run replays as far as there are queries. What happens at the very time of a
// query is not known to it.
func (ev *evaluation) run(ctx context.Context) error {
	start := time.Now()
	bar := newProgress(ev.out, "replayed "+ev.name+":", ev.lines)
	defer bar.end()
	rs := &records{streams: ev.streams}
	for _, q := range ev.queries {
		for {
			r, err := rs.before(q.At)
			if err != nil {
				return err
			}
			if r == nil {
				break
			}
			if err := ev.apply(ctx, r); err != nil {
				return err
			}
			bar.set(ev.replayed)
		}
		ev.replay.At(q.At)
		res, err := ev.ask(ctx, q)
		if err != nil {
			return fmt.Errorf("query %s: %w", q.ID, err)
		}
		ev.results = append(ev.results, res)
		ev.askFloors(q)
	}
	ev.took = time.Since(start)
	return nil
}

// apply replays one record. A refused one is told and left out.
func (ev *evaluation) apply(ctx context.Context, r *record) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	ev.replayed++
	err := r.err
	if err == nil {
		r.event.Trusted = true
		err = ev.replay.Apply(ctx, r.event)
		if err != nil && !errors.Is(err, recommend.ErrInvalid) {
			return fmt.Errorf("%s:%d: %w", ev.files[r.file], r.line, err)
		}
	}
	if err != nil {
		ev.refuse(ev.out, fmt.Sprintf("%s:%d", ev.files[r.file], r.line), err)
	}
	return nil
}

// Refusals are the records that a rule refused.
type refusals struct {
	n      int
	byCode map[string]int
}

// mostTold is how many refusals are told one by one.
const mostTold = 20

func (x *refusals) refuse(out io.Writer, where string, err error) {
	code := "unreadable"
	if refusal, ok := errors.AsType[*recommend.Refusal](err); ok {
		code = refusal.Code()
	}
	if x.byCode == nil {
		x.byCode = make(map[string]int)
	}
	x.byCode[code]++
	x.n++
	if x.n <= mostTold {
		fmt.Fprintf(out, "%s: %v\n", where, err)
	}
}

// Records are those of streams in order, from the first that has a time; those
// that have none happen when it does.
type records struct {
	streams []*stream
	begins  time.Time
	early   []*record
	next    *record
	started bool
}

// before returns the next record if it happened before t, else nil.
func (rs *records) before(t time.Time) (*record, error) {
	if !rs.started {
		if err := rs.start(); err != nil {
			return nil, err
		}
	}
	if len(rs.early) > 0 {
		r := rs.early[0]
		if !rs.begins.Before(t) {
			return nil, nil
		}
		rs.early = rs.early[1:]
		return r, nil
	}
	if rs.next == nil {
		var err error
		if rs.next, err = mergeNext(rs.streams); err != nil {
			return nil, err
		}
	}
	r := rs.next
	if r == nil || !r.event.Time.Before(t) {
		return nil, nil
	}
	rs.next = nil
	return r, nil
}

// start reads as far as the first record that has a time.
func (rs *records) start() error {
	rs.started = true
	for {
		r, err := mergeNext(rs.streams)
		if err != nil {
			return err
		}
		if r != nil && (r.err != nil || r.event.Time.IsZero()) {
			rs.early = append(rs.early, r)
			continue
		}
		if rs.next = r; r != nil {
			rs.begins = r.event.Time
		}
		for _, e := range rs.early {
			e.event.Time = rs.begins
		}
		return nil
	}
}
