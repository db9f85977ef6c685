package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"text/tabwriter"
	"time"

	"vitrine.dev/ingest"
)

// dead lists, shows and redrives dead letters.
func dead(ctx context.Context, cfg *config, env environment) (err error) {
	if len(cfg.Args) == 0 {
		return errors.New("dead: say list, show ID or redrive")
	}
	eng, err := openEngines(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, eng.Close()) }()
	filter := ingest.DeadFilter{ID: cfg.ID, Topic: cfg.Topic, Reason: cfg.Reason, Open: cfg.Open}
	switch cfg.Args[0] {
	case "list":
		return listDead(ctx, eng, filter, env)
	case "show":
		if len(cfg.Args) > 1 {
			filter.ID = cfg.Args[1]
		}
		return showDead(ctx, eng, filter.ID, env)
	case "redrive":
		return redrive(ctx, eng, cfg, filter, env)
	}
	return fmt.Errorf("dead: %q is none of list, show and redrive", cfg.Args[0])
}

func listDead(ctx context.Context, eng *engines, f ingest.DeadFilter, env environment) error {
	letters, err := ingest.ListDead(ctx, eng.Cluster, f)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(env.Stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tAT\tREASON\tATTEMPTS\tSTATE\tKEY\tDETAIL")
	for _, d := range letters {
		state := "open"
		if d.Redriven {
			state = "redriven"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\t%q\t%s\n", d.ID(), d.At.UTC().Format(time.RFC3339), d.Reason, d.Attempts, state, d.Key, d.Detail)
	}
	return w.Flush()
}

func showDead(ctx context.Context, eng *engines, id string, env environment) error {
	if id == "" {
		return errors.New("dead show: name the letter, topic/partition/offset")
	}
	d, err := ingest.ShowDead(ctx, eng.Cluster, id)
	if err != nil {
		return err
	}
	envelope, err := json.MarshalIndent(d.Envelope(), "", "  ")
	if err != nil {
		return fmt.Errorf("dead show %s: %w", id, err)
	}
	fmt.Fprintf(env.Stdout, "id        %s\nat        %s\nreason    %s\ndetail    %s\nattempts  %d\nredriven  %t\n", d.ID(), d.At.UTC().Format(time.RFC3339Nano), d.Reason, d.Detail, d.Attempts, d.Redriven)
	_, err = fmt.Fprintf(env.Stdout, "%s\n", envelope)
	return err
}

func redrive(ctx context.Context, eng *engines, cfg *config, f ingest.DeadFilter, env environment) error {
	var through func([]byte) ([]byte, error)
	if cfg.Through != "" {
		through = func(b []byte) ([]byte, error) {
			cmd := exec.CommandContext(ctx, "sh", "-c", cfg.Through) //nolint:gosec // the operator's own command
			cmd.Stdin, cmd.Stderr = bytes.NewReader(b), env.Stderr
			return cmd.Output()
		}
	}
	done, err := eng.Publisher.Redrive(ctx, f, through)
	for _, e := range done.Failed {
		fmt.Fprintf(env.Stdout, "%s: %v\n", e.ID, e.Err)
	}
	fmt.Fprintf(env.Stdout, "%d redriven, %d left, %d failed, %d redriven before\n", done.Sent, done.Left, len(done.Failed), done.Skipped)
	return err
}
