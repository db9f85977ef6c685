package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"vitrine.dev/ingest"
	"vitrine.dev/recommend"
	"vitrine.dev/recommend/elastic"
	"vitrine.dev/recommend/link"
	"vitrine.dev/recommend/sqlite"
)

// rebuildCommand folds all documents anew from the log and puts them in the
// place of those that are there. On embedded engines the service that has them
// open does it, if one runs.
func rebuildCommand(ctx context.Context, cfg *config, env environment) error {
	if cfg.Kafka == "" && cfg.Elastic == "" {
		if done, err := askForRebuild(ctx, cfg, env); done {
			return err
		}
	}
	s, err := newService(ctx, cfg)
	if err != nil {
		return err
	}
	err = s.rebuild(ctx, rebuildOptions{verify: cfg.Verify, progress: env.Stderr, report: env.Stdout})
	return errors.Join(err, s.engines.Close())
}

type rebuildOptions struct {
	verify   bool
	progress io.Writer
	report   io.Writer
}

// A verifiable store can be read from its first document to its last.
type verifiable interface {
	recommend.Store
	Each(ctx context.Context, kind recommend.Kind, f func(recommend.Document) error) error
}

// A succession is a store that is to take the place of another.
type succession struct {
	now, next verifiable
	// replace makes next the store, after catchUp has been called while nobody
	// can write. On error nothing has changed and next is gone.
	replace func(ctx context.Context, catchUp func(context.Context) error) error
	discard func(context.Context) error
}

// succession opens an empty store beside that of e.
func (e *engines) succession(ctx context.Context) (*succession, error) {
	switch s := e.Store.(type) {
	case *sqlite.Store:
		next, err := s.Next()
		if err != nil {
			return nil, err
		}
		return &succession{
			now: s, next: next,
			replace: func(ctx context.Context, catchUp func(context.Context) error) error {
				return s.Replace(ctx, next, catchUp)
			},
			discard: func(context.Context) error { return s.Discard(next) },
		}, nil
	case *elastic.Store:
		next, err := s.Next(ctx)
		if err != nil {
			return nil, err
		}
		return &succession{
			now: s, next: next,
			replace: func(ctx context.Context, catchUp func(context.Context) error) error {
				return s.Replace(ctx, next, catchUp)
			},
			discard: func(ctx context.Context) error { return s.Discard(ctx, next) },
		}, nil
	}
	return nil, errors.New("this store cannot be replaced")
}

// errDiffers is the error of a rebuild that made other documents than those
// that were there. It has replaced them all the same.
var errDiffers = errors.New("the documents made anew differ from those that they have replaced")

// rebuild folds the log into a new store, which then takes the place of the
// present one. Others may go on folding and reading.
func (s *service) rebuild(ctx context.Context, o rebuildOptions) error {
	sc, err := s.engines.succession(ctx)
	if err != nil {
		return fmt.Errorf("rebuild: %w", err)
	}
	folds := s.rebuildOf(sc.next, o.progress)
	// The second time takes what came meanwhile, so that nobody has to wait for
	// more than a moment's events.
	for range 2 {
		if err := folds.Run(ctx); err != nil {
			return errors.Join(err, sc.discard(context.WithoutCancel(ctx)))
		}
	}
	var found *comparison
	err = sc.replace(ctx, func(ctx context.Context) error {
		if err := folds.Run(ctx); err != nil || !o.verify {
			return err
		}
		behind, err := s.behind(ctx)
		if err != nil {
			return err
		}
		fmt.Fprintln(o.progress, "comparing every document")
		found, err = compare(ctx, sc.now, sc.next, behind)
		return err
	})
	if err != nil {
		return fmt.Errorf("rebuild: nothing is changed: %w", err)
	}
	fmt.Fprintln(o.progress, "the documents made anew are in place")
	if found == nil {
		return nil
	}
	if err := found.print(o.report); err != nil {
		return err
	}
	if found.differ() {
		return errDiffers
	}
	return nil
}

// rebuildOf returns the folds into next, decided by what next tells of rulings.
func (s *service) rebuildOf(next recommend.Store, out io.Writer) *ingest.Rebuild {
	world := recommend.NewWorld(s.world.Scene().Policy, s.cfg.logger)
	follower := &recommend.Follower{
		Store: next, Kinds: []recommend.Kind{recommend.KindRuling}, Logger: s.cfg.logger,
		Apply: func(ctx context.Context, _ recommend.Kind, docs []recommend.Document) error {
			return world.Apply(ctx, docs)
		},
	}
	bar := newProgress(out, "folded", 0)
	return &ingest.Rebuild{
		Cluster: s.engines.Cluster, Codec: s.engines.Codec, Folders: ingest.Folders(), Store: next,
		Clicks: s.clicks(), Proves: recommend.NewWindowVerifier(s.engines.Keys.Secret("cursor")), Refresh: follower.Sync, Logger: s.cfg.logger,
		Scene: func() (*recommend.Policy, *link.Registry) {
			sc := world.Scene()
			return sc.Policy, sc.Partners.Links()
		},
		Progress: func(done, _ int64) { bar.set(done) },
	}
}

// behind reports whether the folds at work have not come to the end of the log.
func (s *service) behind(ctx context.Context) (bool, error) {
	folders := ingest.Folders()
	topics := make([]string, 0, len(folders))
	for _, f := range folders {
		topics = append(topics, f.Topic)
	}
	lag, err := ingest.Lag(ctx, s.engines.Cluster, "", topics...)
	if err != nil {
		return false, err
	}
	var n int64
	for _, l := range lag {
		n += l.Events()
	}
	return n > 0, nil
}
