package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	"vitrine.dev/cmd/vitrine/replay"
	"vitrine.dev/cmd/vitrine/society"
	"vitrine.dev/recommend"
)

// simulationConfig are the flags of the demo command.
type simulationConfig struct {
	On      bool
	Options society.Options
}

func simulationFlags() []string { return []string{"simulate", "weeks", "readers", "experts", "seed"} }

func (c *simulationConfig) define(fs *flag.FlagSet) {
	fs.BoolVar(&c.On, "simulate", false, "let a made-up society live with the windows, and report week by week")
	fs.IntVar(&c.Options.Weeks, "weeks", 6, "how many `weeks` the society is watched")
	fs.IntVar(&c.Options.Readers, "readers", 400, "`readers` of the society")
	fs.IntVar(&c.Options.Experts, "experts", 60, "`experts` of the society at the start; half as many join later")
	fs.Uint64Var(&c.Options.Seed, "seed", 1, "another `number` is another society")
}

// simulate lets a society live with the serving code for some weeks of a
// simulated clock and tells how the windows served it.
func simulate(ctx context.Context, cfg *config, env environment) (err error) {
	if !cfg.Simulation.On {
		return errors.New("demo: say --simulate; the demo world to look at is vitrine serve --demo")
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
	start, days := time.Now(), cfg.Simulation.Options.Days()
	bar := newProgress(env.Stderr, "simulated days", int64(days))
	options := cfg.Simulation.Options
	options.SpareSeen, options.SpareBought = policy.Seen.HiddenFor.D(), policy.Seen.BoughtFor.D()
	options.Progress = func(day int) { bar.set(int64(day)) }
	report, err := society.Run(ctx, options, replay.New(replay.Config{Policy: policy}))
	if err != nil {
		return err
	}
	bar.end()
	fmt.Fprintf(env.Stderr, "simulated in %s\n", time.Since(start).Round(time.Second))
	report.WriteTable(env.Stdout)
	if cfg.Eval.JSON == "" {
		return nil
	}
	return writeSimulation(cfg.Eval.JSON, report)
}

// writeSimulation writes a report as JSON.
func writeSimulation(path string, r *society.Report) error {
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("json: %w", err)
	}
	if err := os.WriteFile(path, append(b, '\n'), 0o600); err != nil { //nolint:gosec // the operator names the file
		return fmt.Errorf("json: %w", err)
	}
	return nil
}
