package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"vitrine.dev/cmd/vitrine/bench"
)

// A benchConfig holds the settings of bench; the seed is that of demo, the file
// to write to that of eval.
type benchConfig struct {
	Rows        string
	Quick, Full bool
	Fresh       bool
	Rounds      int
	Duration    time.Duration
	Picks       int
	Rate        float64
}

func benchFlags() []string {
	return []string{"rows", "quick", "full", "fresh", "rounds", "duration", "picks", "rate", "seed", "json", "addr", "kafka", "elastic"}
}

func (c *benchConfig) define(fs *flag.FlagSet) {
	rows := make([]string, 0, len(bench.Rows()))
	for _, r := range bench.Rows() {
		rows = append(rows, r.Name)
	}
	fs.StringVar(&c.Rows, "rows", "", "only these `rows`, a,b,…: "+strings.Join(rows, ", "))
	fs.BoolVar(&c.Quick, "quick", false, "a small world and short rounds: about two minutes")
	fs.BoolVar(&c.Full, "full", false, "also what takes many minutes")
	fs.BoolVar(&c.Fresh, "fresh", false, "import the world anew, though one is kept")
	fs.IntVar(&c.Rounds, "rounds", 0, "rounds of every row (default 3, with --quick 2)")
	fs.DurationVar(&c.Duration, "duration", 0, "how long a turn of a round takes (default 4s, with --quick 1s)")
	fs.IntVar(&c.Picks, "picks", 0, "picks of the world (default 200000, with --quick 20000)")
	fs.Float64Var(&c.Rate, "rate", 0, "requests a second of rows at a fixed rate (default: half of what the service can)")
}

// benchCommand measures how fast the service is.
func benchCommand(ctx context.Context, cfg *config, env environment) error {
	if len(cfg.Args) == 2 && cfg.Args[0] == "floor" { // bench starts itself so
		return bench.ServeFloor(ctx, cfg.Addr, cfg.Args[1])
	}
	if len(cfg.Args) == 2 && cfg.Args[0] == "feed" {
		return bench.Feed(ctx, cfg.Args[1], env.Stdout)
	}
	if len(cfg.Args) > 1 && cfg.Args[0] == "shelf" {
		return bench.MeasureShelf(ctx, cfg.Args[1:], env.Stdout)
	}
	if len(cfg.Args) > 0 {
		return fmt.Errorf("bench takes no arguments, and %q is one", cfg.Args[0])
	}
	exe, err := os.Executable()
	if err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	o := bench.Options{
		Exe: exe, Rows: splitList(cfg.Bench.Rows), World: bench.Size{Seed: cfg.Simulation.Options.Seed, Picks: cfg.Bench.Picks}, Rounds: cfg.Bench.Rounds,
		Duration: cfg.Bench.Duration, Quick: cfg.Bench.Quick, Full: cfg.Bench.Full, Rate: cfg.Bench.Rate, Fresh: cfg.Bench.Fresh, Progress: env.Stderr,
		Kafka: cfg.brokers(), Elastic: cfg.urls(),
	}
	if cache, err := os.UserCacheDir(); err == nil {
		o.Cache = filepath.Join(cache, "vitrine-bench")
	}
	table, err := bench.Run(ctx, o)
	if table == nil {
		return err
	}
	err = errors.Join(err, table.Write(env.Stdout))
	if cfg.Eval.JSON != "" {
		err = errors.Join(err, table.WriteJSON(cfg.Eval.JSON))
	}
	if failed := table.Failed(); len(failed) > 0 {
		err = errors.Join(err, fmt.Errorf("bench: failed: %s", strings.Join(failed, ", ")))
	}
	return err
}
