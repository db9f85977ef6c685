package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"vitrine.dev/recommend"
)

// A trainRequest is what is asked of train, by the command or at the socket.
type trainRequest struct {
	Do      string          `json:"do"` // "" learns anew
	Surface string          `json:"surface,omitempty"`
	Version int64           `json:"version,omitempty"`
	Trees   json.RawMessage `json:"trees,omitempty"`
	DryRun  bool            `json:"dry_run,omitempty"`
	By      string          `json:"by,omitempty"`
	Why     string          `json:"why,omitempty"`
}

// trainCommand shows, takes back, pins or replaces what surfaces are scored by,
// or learns it anew from the log. On embedded engines the service that has them
// open does it, if one runs.
func trainCommand(ctx context.Context, cfg *config, env environment) error {
	req, err := parseTrain(cfg)
	if err != nil {
		return err
	}
	if cfg.Kafka == "" && cfg.Elastic == "" {
		body, err := json.Marshal(req)
		if err != nil {
			return err
		}
		if done, err := askService(ctx, cfg, env, "train", bytes.NewReader(body)); done {
			return err
		}
	}
	s, err := newService(ctx, cfg)
	if err != nil {
		return err
	}
	return errors.Join(s.train(ctx, req, env.Stderr, env.Stdout), s.engines.Close())
}

func parseTrain(cfg *config) (*trainRequest, error) {
	req := &trainRequest{Surface: cfg.Surface, DryRun: cfg.DryRun, By: cfg.By, Why: cfg.Why}
	args := cfg.Args
	if len(args) == 0 {
		return req, nil
	}
	req.Do = args[0]
	least, most := 2, 2
	switch req.Do {
	case "show":
		least = 1
	case recommend.ModelRollback, "load":
		least, most = 3, 3
	case recommend.ModelPin:
		most = 3
	case recommend.ModelUnpin:
	default:
		return nil, fmt.Errorf("train: %q is none of show, rollback, pin, unpin and load", req.Do)
	}
	if len(args) < least || len(args) > most {
		return nil, errors.New("train: use show [SURFACE], rollback SURFACE VERSION, pin SURFACE [VERSION], unpin SURFACE or load SURFACE FILE")
	}
	if len(args) > 1 {
		req.Surface = args[1]
	}
	if _, ok := recommend.SurfaceNamed(req.Surface); !ok && req.Surface != "" {
		return nil, fmt.Errorf("train: %q is no surface", req.Surface)
	}
	err := req.third(args)
	return req, err
}

// third reads the third argument.
func (r *trainRequest) third(args []string) (err error) {
	if len(args) < 3 {
		return nil
	}
	if r.Do == "load" {
		if r.Trees, _, err = readTrees(args[2]); err != nil {
			return fmt.Errorf("train: %w", err)
		}
		return nil
	}
	if r.Version, err = strconv.ParseInt(args[2], 10, 64); err != nil {
		return fmt.Errorf("train: %q is no version", args[2])
	}
	return nil
}

// serveTrain does it for somebody at the socket.
func (s *service) serveTrain(w http.ResponseWriter, r *http.Request) {
	req := new(trainRequest)
	if err := json.NewDecoder(io.LimitReader(r.Body, 2*recommend.MaxTrees)).Decode(req); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.serveCommand(w, r, func(progress, report io.Writer) error { return s.train(r.Context(), req, progress, report) })
}

func (s *service) train(ctx context.Context, req *trainRequest, progress, report io.Writer) error {
	now, err := s.model(ctx)
	if err != nil {
		return err
	}
	switch req.Do {
	case "show":
		return showModel(report, now, req.Surface)
	case "":
		return s.refit(ctx, req, progress, report)
	}
	e, err := req.event(now, s.cfg.now())
	if err != nil {
		return fmt.Errorf("train: %w", err)
	}
	at, err := s.engines.Publisher.Append(ctx, recommend.TopicModels, e)
	if err != nil {
		return fmt.Errorf("train: %w", err)
	}
	after, err := s.awaitModel(ctx, at[0].Offset)
	if err != nil || after == nil {
		fmt.Fprintln(progress, "the decision is in the log, and counts once it is folded")
		return err
	}
	return showModel(report, after, req.Surface)
}

// event is the decision that r asks for. It is refused here as the fold would.
func (r *trainRequest) event(now *recommend.LearnedModel, at time.Time) (recommend.Event, error) {
	e := recommend.Event{ID: rand.Text(), Source: recommend.SourceOperator, Key: recommend.ModelKey, Time: at.UTC()}
	if r.Why == "" {
		r.Why = "decided by an operator"
	}
	var v interface{ Validate() error }
	if r.Do == "load" {
		e.Type = recommend.TypeModelLoaded
		v = &recommend.LoadedModel{Surface: r.Surface, Trees: r.Trees, Text: r.Why, By: r.By, At: at.UTC()}
	} else {
		e.Type = recommend.TypeModelRuled
		ruled := &recommend.RuledModel{Surface: r.Surface, Action: r.Do, Version: r.Version, Text: r.Why, By: r.By, At: at.UTC()}
		v = ruled
		if err := ruled.Validate(); err == nil {
			if err := now.Rule(ruled); err != nil {
				return e, err
			}
		}
	}
	if err := v.Validate(); err != nil {
		return e, err
	}
	var err error
	e.Data, err = json.Marshal(v)
	return e, err
}

// model is what is served now.
func (s *service) model(ctx context.Context) (*recommend.LearnedModel, error) {
	m, _, err := s.modelAt(ctx)
	return m, err
}

func (s *service) modelAt(ctx context.Context) (m *recommend.LearnedModel, version int64, err error) {
	docs, err := s.engines.Store.Get(ctx, recommend.Ref{Kind: recommend.KindModel, ID: recommend.ModelKey})
	m = new(recommend.LearnedModel)
	if err != nil || len(docs) == 0 {
		return m, -1, err
	}
	return m, docs[0].Version, json.Unmarshal(docs[0].Body, m)
}

// foldedWithin is how long a decision is waited for.
const foldedWithin = 10 * time.Second

// awaitModel waits until an event is folded; nil says that nobody has folded it
// so far.
func (s *service) awaitModel(ctx context.Context, offset int64) (*recommend.LearnedModel, error) {
	ctx, cancel := context.WithTimeout(ctx, foldedWithin)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		m, version, err := s.modelAt(ctx)
		switch {
		case ctx.Err() != nil:
			return nil, nil //nolint:nilnil // it will be
		case err != nil:
			return nil, err
		case version >= offset:
			return m, nil
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
}
