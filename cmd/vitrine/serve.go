package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"go.opentelemetry.io/otel/trace"
	"golang.org/x/sync/errgroup"

	"vitrine.dev/analytics"
	"vitrine.dev/api"
	"vitrine.dev/api/web"
	"vitrine.dev/ingest"
	"vitrine.dev/recommend"
	"vitrine.dev/recommend/partner"
)

// A role says which parts a process runs.
type role struct{ api, folds bool }

func serve(ctx context.Context, cfg *config, env environment) error {
	return runService(ctx, cfg, env, role{api: true, folds: true})
}

func serveAPI(ctx context.Context, cfg *config, env environment) error {
	if err := onServers(cfg); err != nil {
		return fmt.Errorf("api: %w", err)
	}
	return runService(ctx, cfg, env, role{api: true})
}

func serveIngest(ctx context.Context, cfg *config, env environment) error {
	if err := onServers(cfg); err != nil {
		return fmt.Errorf("ingest: %w", err)
	}
	return runService(ctx, cfg, env, role{folds: true})
}

// onServers refuses to run a part alone on embedded engines, which only one
// process can have: an API without folds would take picks that nobody folds.
func onServers(cfg *config) error {
	if cfg.Kafka == "" || cfg.Elastic == "" {
		return errors.New("name the engines with --kafka and --elastic; on embedded ones, vitrine serve runs all parts in one process")
	}
	return nil
}

// newMetrics returns a registry that tells of the process. Beside what is usual
// that is go_gc_heap_live_bytes, which grows with what is kept and not with what
// the collector lets lie.
func newMetrics() *prometheus.Registry {
	r := prometheus.NewRegistry()
	live := collectors.GoRuntimeMetricsRule{Matcher: regexp.MustCompile(`^/gc/heap/live:bytes$`)}
	r.MustRegister(collectors.NewGoCollector(collectors.WithGoCollectorRuntimeMetrics(live)), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return r
}

// runService runs the parts of r until ctx ends. It stops in the order that
// loses nothing: first the requests, then the folds, then the engines.
func runService(ctx context.Context, cfg *config, env environment, r role) (err error) {
	tuneRuntime(ctx, cfg, env.Getenv)
	s, err := newService(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.engines.Close()) }()
	l, err := listen(ctx, cfg.Addr)
	if err != nil {
		return err
	}
	p := &process{service: s, role: r, env: env}
	tracer, flush, err := openTracing(ctx, cfg, env.Getenv)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	defer flush(ctx)
	p.tracer = tracer
	if cfg.Demo {
		if p.shop, err = openDemoShop(ctx, cfg, s.engines.Keys, l.Addr()); err != nil {
			return errors.Join(fmt.Errorf("demo shop: %w", err), l.Close())
		}
		p.background = append(p.background, func(ctx context.Context) error { return p.shop.run(ctx, cfg) })
	}
	srv, err := p.build()
	if err != nil {
		return errors.Join(err, l.Close())
	}
	defer p.close()
	debug, err := openDebug(ctx, cfg)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	if debug != nil {
		p.background = append(p.background, debug)
	}
	folding, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	work, wctx := errgroup.WithContext(folding)
	for _, run := range p.background {
		work.Go(func() error { return run(wctx) })
	}
	serving, end := context.WithCancel(ctx)
	defer end()
	context.AfterFunc(wctx, end) // a part that failed ends the process
	cfg.logger.InfoContext(ctx, "serving", "addr", l.Addr().String(), "api", r.api, "folds", r.folds, "policy", s.world.Scene().Policy.Version)
	if cfg.Demo {
		work.Go(func() error { return p.demo(wctx, env, "http://"+l.Addr().String()) })
	}
	err = serveHTTP(serving, cfg, l, srv, p.linger)
	stop()
	return errors.Join(err, work.Wait())
}

// A process is a service with the parts of its role wired together.
type process struct {
	*service
	role        role
	env         environment
	tracer      trace.Tracer // nil when nobody traces
	channels    *partner.Channels
	shop        *demoShop        // of the demo world; nil without it
	shelf       *recommend.Shelf // nil without the API
	follower    *recommend.Follower
	consumer    *ingest.Consumer
	loaded      atomic.Bool // the follower has read everything once
	server      *api.Server
	windows     *recommend.Windows
	memory      *recommend.Memory // what the windows are made by; nil without the API
	conversions *conversions
	background  []func(context.Context) error
}

func (p *process) build() (*http.Server, error) {
	if err := p.openChannels(); err != nil {
		return nil, err
	}
	kinds := []recommend.Kind{recommend.KindRuling}
	var apply func(context.Context, recommend.Kind, []recommend.Document) error
	if p.role.api {
		p.shelf = recommend.NewShelf(recommend.ShelfConfig{Scene: p.world.Scene, Now: p.cfg.now, Logger: p.cfg.logger, Store: p.measured})
		p.memory = recommend.NewMemory(p.world.Scene().Policy)
		models := recommend.NewModelFollower(p.memory, p.cfg.logger)
		if err := p.served(models); err != nil {
			return nil, err
		}
		kinds = append(recommend.ShelfKinds(), recommend.KindModel)
		apply = p.watched(func(ctx context.Context, kind recommend.Kind, docs []recommend.Document) error {
			return errors.Join(p.shelf.Apply(ctx, kind, docs), models.Apply(ctx, kind, docs))
		})
	}
	p.follower = p.service.follower(kinds, apply)
	p.conversions = newConversions(p)
	p.background = append(p.background, p.follow, p.watchPolicy, p.conversions.run)
	if p.engines.Embedded {
		p.background = append(p.background, p.control)
	}
	if p.role.folds {
		var err error
		if p.consumer, err = p.service.consumer(p.follower); err != nil {
			return nil, err
		}
		p.consumer.Tracer = p.tracer
		p.consumer.Log = countedLog{p.consumer.Log, p.conversions}
		if p.consumer.Duties, err = p.duties(p.shelf); err != nil {
			return nil, err
		}
		p.background = append(p.background, p.consumer.Run)
	}
	if !p.role.api {
		return healthServer(p.cfg, p.checks, p.metrics), nil
	}
	return p.buildAPI()
}

func (p *process) buildAPI() (*http.Server, error) {
	keys, store := p.engines.Keys, p.measured
	p.windows = recommend.NewWindows(recommend.WindowsConfig{
		Shelf: p.shelf, Memory: p.memory, World: p.world, Store: store, Pseudonyms: p.engines.Pseudonyms, Checker: p.checker(), SecretKey: keys.Secret("cursor"),
		Now: p.cfg.now, Logger: p.cfg.logger, Keep: p.cfg.KeepWindows,
	})
	if err := p.measureWindows(p.windows); err != nil {
		return nil, err
	}
	analyst := &analytics.Analyst{Counts: p.engines.Store, Picks: p.windows, Now: p.cfg.now}
	pages := web.Config{
		Windows: p.windows, Analyst: analyst, Live: live(p.metrics, p.cfg.now), Store: store, World: p.world, Now: p.cfg.now, Logger: p.cfg.logger,
		Session:      func(r *http.Request) (string, []string, bool) { return keys.Session(r, p.cfg.now()) },
		FrameOrigins: p.frameOrigins(), Admit: api.AdmitOf, Ask: api.Ask,
	}
	if p.cfg.Demo {
		experts, err := demoExperts(p.cfg.now())
		if err != nil {
			return nil, err
		}
		pages.Demo = &web.Demo{Experts: experts}
	}
	site, err := web.New(pages)
	if err != nil {
		return nil, fmt.Errorf("pages: %w", err)
	}
	desk, err := p.exports(analyst)
	if err != nil {
		return nil, err
	}
	p.server, err = api.New(api.Config{
		Log: countedLog{p.engines.Publisher, p.conversions}, Store: store, World: p.world, Windows: p.windows, Analyst: analyst, Exports: desk, Keys: keys, Pseudonyms: p.engines.Pseudonyms,
		Channels: p.channels, Clicks: p.clicks(), OrderPartitions: p.engines.OrderPartitions,
		Now: p.cfg.now, Logger: p.cfg.logger, Registerer: p.metrics, Gatherer: p.metrics, Ready: p.checks, Pages: site,
		Tracer: p.tracer, Demo: p.cfg.Demo,
	})
	if err != nil {
		return nil, err
	}
	return p.server.HTTPServer(), nil
}

// follow reads the store once before the process is ready, and then for good.
func (p *process) follow(ctx context.Context) error {
	start := time.Now()
	for {
		err := p.load(ctx)
		if ctx.Err() != nil { // told to stop
			return nil //nolint:nilerr // whatever Sync says of it
		}
		switch {
		case err == nil:
			p.cfg.logger.InfoContext(ctx, "store read", "took", time.Since(start).String())
			p.loaded.Store(true)
			return p.follower.Run(ctx)
		case !errors.Is(err, recommend.ErrUnavailable):
			return err
		}
		p.cfg.logger.WarnContext(ctx, "store is away, waiting for it", "err", err)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(time.Second):
		}
	}
}

// load reads the store whole.
func (p *process) load(ctx context.Context) error {
	if p.shelf == nil {
		return p.follower.Sync(ctx)
	}
	return p.shelf.Load(ctx, p.follower.Sync)
}

// checks look at what the process stands on, for readiness. A store that went
// away after the shelf was read leaves windows working: degraded, not unready.
func (p *process) checks(ctx context.Context) []api.Check {
	required := !p.role.api
	state := func(name string, err error) api.Check {
		c := api.Check{Name: name, OK: err == nil, Required: required}
		if err != nil {
			c.Detail = "does not answer"
		}
		return c
	}
	shelf := api.Check{Name: "shelf", OK: p.loaded.Load(), Required: true}
	if !shelf.OK {
		shelf.Detail = "still reading the store"
	}
	_, logErr := ingest.Lag(ctx, p.engines.Cluster, "", recommend.TopicPicks)
	return []api.Check{
		shelf, state("store", p.engines.Store.Check(ctx)), state("log", logErr),
		{Name: "policy", OK: true, Required: true, Detail: p.world.Scene().Policy.Version},
	}
}

// linger sends further requests elsewhere and goes on answering those that come.
func (p *process) linger() {
	if p.server == nil {
		return
	}
	p.server.Drain()
	if p.cfg.Linger > 0 {
		p.cfg.logger.Info("stopping: requests are to go elsewhere", "linger", p.cfg.Linger.String())
		time.Sleep(p.cfg.Linger) // a second signal ends the process at once
	}
}

func (p *process) close() {
	if p.windows != nil {
		p.windows.Close()
	}
	if p.server != nil {
		p.server.Close()
	}
}

func (p *process) demo(ctx context.Context, env environment, url string) error {
	switch err := loadDemo(ctx, p, env); {
	case ctx.Err() != nil: // told to stop
		return nil
	case err != nil:
		return fmt.Errorf("demo: %w", err)
	}
	if err := greet(ctx, p, env, url); err != nil {
		return err
	}
	// Facts grow stale: a demo that runs for days tells them anew.
	tick := time.NewTicker(12 * time.Hour)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if err := loadDemo(ctx, p, env); err != nil && ctx.Err() == nil {
				p.cfg.logger.WarnContext(ctx, "the demo's facts were not told anew", "err", err)
			}
		}
	}
}
