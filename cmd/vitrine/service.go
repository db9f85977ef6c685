package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"vitrine.dev/ingest"
	"vitrine.dev/recommend"
	"vitrine.dev/recommend/link"
)

// A service is what a process runs: any of the API, the folds, or both.
type service struct {
	cfg     *config
	engines *engines
	world   *recommend.World
	metrics *prometheus.Registry
	figures *figures
	// measured is the store of the engines for all but the folds, see [measuredStore].
	measured *measuredStore
	read     stamp // of the policy file, taken before it was read
}

func newService(ctx context.Context, cfg *config) (*service, error) {
	read := stampOf(cfg.Policy)
	policy, err := recommend.LoadPolicy(cfg.Policy)
	if err != nil {
		return nil, err
	}
	eng, err := openEngines(ctx, cfg)
	if err != nil {
		return nil, err
	}
	world := recommend.NewWorld(policy, cfg.logger)
	metrics := newMetrics()
	figures, err := newFigures(metrics)
	if err != nil {
		return nil, errors.Join(err, eng.Close())
	}
	return &service{cfg: cfg, engines: eng, world: world, metrics: metrics, figures: figures, measured: figures.measured(eng.Store), read: read}, nil
}

// pulseEvery is how often the shelf takes what readers do: of every pick that
// was seen a pulse changes, and seconds are soon enough.
const pulseEvery = time.Second

// follower follows kinds and hands rulings to the world and everything to
// apply, which may be nil.
func (s *service) follower(kinds []recommend.Kind, apply func(context.Context, recommend.Kind, []recommend.Document) error) *recommend.Follower {
	every := 50 * time.Millisecond
	if !s.engines.Embedded {
		every = 250 * time.Millisecond
	}
	return &recommend.Follower{
		Store: s.measured, Kinds: kinds, Every: every, Wake: s.engines.Wake, Logger: s.cfg.logger,
		Seldom: map[recommend.Kind]time.Duration{recommend.KindPulse: pulseEvery, recommend.KindModel: modelEvery},
		Apply: func(ctx context.Context, kind recommend.Kind, docs []recommend.Document) error {
			if kind == recommend.KindRuling {
				if err := s.world.Apply(ctx, docs); err != nil {
					return err
				}
			}
			if apply == nil {
				return nil
			}
			return apply(ctx, kind, docs)
		},
	}
}

// consumer folds the log. It looks at the world, which f keeps up to date.
func (s *service) consumer(f *recommend.Follower) (*ingest.Consumer, error) {
	metrics, err := ingest.NewMetrics(s.metrics)
	if err != nil {
		return nil, fmt.Errorf("metrics: %w", err)
	}
	return &ingest.Consumer{
		Cluster: s.engines.Cluster, Folders: ingest.Folders(), Store: s.engines.Store, Log: s.engines.Publisher, Dead: s.engines.Publisher,
		Codec: s.engines.Codec, Clicks: s.clicks(), Proves: recommend.NewWindowVerifier(s.engines.Keys.Secret("cursor")), Now: s.cfg.now, Logger: s.cfg.logger, Metrics: metrics, Refresh: f.Sync,
		Scene: func() (*recommend.Policy, *link.Registry) {
			sc := s.world.Scene()
			return sc.Policy, sc.Partners.Links()
		},
	}, nil
}

// clicks mint and open the tokens of ways to checkouts.
func (s *service) clicks() *recommend.Clicks {
	return recommend.NewClicks(s.engines.Keys.Secret("click"))
}

// A stamp tells one content of a file from the next.
type stamp struct {
	modified int64 // in nanoseconds; 0 when there is no file
	size     int64
}

func stampOf(path string) stamp {
	if info, err := os.Stat(path); err == nil { //nolint:gosec // the operator names the file
		return stamp{info.ModTime().UnixNano(), info.Size()}
	}
	return stamp{}
}

// watchPolicy takes the policy file again when it changes. A bad file keeps
// the old policy and says why.
func (s *service) watchPolicy(ctx context.Context) error {
	if s.cfg.Policy == "" || s.cfg.Policy == "archive" {
		return nil
	}
	last := s.read
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		now := stampOf(s.cfg.Policy)
		if now == last {
			continue
		}
		last = now
		policy, err := recommend.LoadPolicy(s.cfg.Policy)
		if err != nil {
			s.cfg.logger.ErrorContext(ctx, "the changed policy file is not valid; the old policy stays in force", "err", err)
			continue
		}
		s.world.SetPolicy(ctx, policy)
		s.cfg.logger.InfoContext(ctx, "policy changed", "version", policy.Version)
	}
}

// serveHTTP serves until ctx ends, and while linger lasts, which may be nil; then
// it finishes the requests under way.
func serveHTTP(told context.Context, cfg *config, l net.Listener, srv *http.Server, linger func()) error {
	g, ctx := errgroup.WithContext(told)
	g.Go(func() error {
		if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve: %w", err)
		}
		return nil
	})
	g.Go(func() error {
		<-ctx.Done()
		if linger != nil && told.Err() != nil {
			linger()
		}
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), cfg.Drain)
		defer cancel()
		if err := srv.Shutdown(stop); err != nil {
			return errors.Join(fmt.Errorf("drain: %w", err), srv.Close())
		}
		return nil
	})
	return g.Wait()
}

func listen(ctx context.Context, addr string) (net.Listener, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("addr: %w", err)
	}
	return l, nil
}
