package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"vitrine.dev/ingest"
	"vitrine.dev/recommend"
)

// modelEvery is how often what was learned, or taken back, is read.
const modelEvery = time.Second

// served counts which version of a model every surface is scored by.
func (s *service) served(models *recommend.ModelFollower) error {
	for _, surface := range recommend.Surfaces() {
		err := s.metrics.Register(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Namespace: "vitrine", Name: "model_version", Help: "Version of the model that a surface is scored by, 0 for the prior.",
			ConstLabels: prometheus.Labels{"surface": surface.String()},
		}, func() float64 {
			if v := models.Model().Surface(surface).Serving(); v != nil {
				return float64(v.Version)
			}
			return 0
		}))
		if err != nil {
			return fmt.Errorf("metrics: %w", err)
		}
	}
	return nil
}

// trainer learns beside the folds. It looks at shelf, which the process keeps
// for its windows, or at one of its own while it learns.
func (p *process) trainer(shelf *recommend.Shelf) (*ingest.Trainer, error) {
	metrics, err := ingest.NewLearningMetrics(p.metrics)
	if err != nil {
		return nil, fmt.Errorf("metrics: %w", err)
	}
	pupil := recommend.WindowsConfig{
		Shelf: shelf, World: p.world, Store: p.engines.Store, SecretKey: p.engines.Keys.Secret("cursor"), Now: p.cfg.now, Logger: p.cfg.logger,
	}
	var fits sync.WaitGroup
	var background func(func(context.Context)) // of the lesson under way
	t := &ingest.Trainer{
		Cluster: p.engines.Cluster, Codec: p.engines.Codec, Store: p.engines.Store, Log: p.engines.Publisher, Metrics: metrics,
		New:  func() ingest.Pupil { return recommend.NewPupil(pupil, background) },
		Pace: func() recommend.LearningRules { return p.world.Scene().Policy.Learning },
		Now:  p.cfg.now, Logger: p.cfg.logger,
	}
	t.Ready = func(ctx context.Context) (func(), error) {
		lesson, end := context.WithCancel(ctx)
		background = func(f func(context.Context)) { fits.Go(func() { f(lesson) }) }
		leave, err := func() {}, error(nil)
		if shelf != nil {
			err = p.awaitLoaded(ctx)
		} else {
			pupil.Shelf, leave, err = p.shelfToLearnFrom(ctx)
		}
		return func() {
			end()
			fits.Wait()
			leave()
		}, err
	}
	return t, nil
}

// awaitLoaded waits until the store was read once.
func (p *process) awaitLoaded(ctx context.Context) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !p.loaded.Load() {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
	return nil
}

// shelfToLearnFrom is a shelf that is kept up to date until done is called.
func (p *process) shelfToLearnFrom(ctx context.Context) (shelf *recommend.Shelf, done func(), err error) {
	shelf = recommend.NewShelf(recommend.ShelfConfig{Scene: p.world.Scene, Now: p.cfg.now, Logger: p.cfg.logger, Store: p.engines.Store})
	follower := p.service.follower(recommend.ShelfKinds(), shelf.Apply)
	if err := shelf.Load(ctx, follower.Sync); err != nil {
		return nil, func() {}, fmt.Errorf("read the shelf to learn from: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() { _ = follower.Run(ctx) }) // nil when ctx ends
	return shelf, func() {
		cancel()
		wg.Wait()
	}, nil
}
