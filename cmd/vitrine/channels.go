package main

import (
	"context"
	"sync"

	"vitrine.dev/ingest"
	"vitrine.dev/recommend"
	"vitrine.dev/recommend/partner"
)

// openChannels connects to the partners that the operator names in --channels;
// those of the demo world, if there is one, come on top.
func (p *process) openChannels() error {
	var named *partner.Channels
	if file := p.cfg.Channels; file != "" {
		var err error
		if named, err = partner.Load(file, partner.Environment{Getenv: p.env.Getenv, Now: p.cfg.now, Logger: p.cfg.logger}); err != nil {
			return err
		}
	}
	all := named.All()
	if p.shop != nil {
		all = append(p.shop.channels, all...)
	}
	p.channels = partner.NewChannels(p.figures.measuredChannels(all)...)
	return nil
}

// frameOrigins are where checkouts may be shown from within our pages.
func (p *process) frameOrigins() []string {
	var origins []string
	for _, c := range p.channels.All() {
		origins = append(origins, c.Origins...)
	}
	return origins
}

// duties are what a process does beside folding while it holds a partition:
// the partition of the orders topic that a partner's mark lies in makes it the
// one that asks this partner for orders; that of the models topic makes it the
// one that learns. Signals end where their keys lie.
func (p *process) duties(shelf *recommend.Shelf) (func(context.Context, ingest.Duty), error) {
	trainer, err := p.trainer(shelf)
	if err != nil {
		return nil, err
	}
	puller := &ingest.Puller{
		Channels: p.channels.All(), Store: p.engines.Store, Log: p.engines.Publisher, Now: p.cfg.now, Logger: p.cfg.logger,
	}
	expiry := &ingest.SignalExpiry{Store: p.engines.Store, Log: p.engines.Publisher, Now: p.cfg.now, Logger: p.cfg.logger}
	return func(ctx context.Context, d ingest.Duty) {
		var g sync.WaitGroup
		g.Go(func() { expiry.Run(ctx, d) })
		defer g.Wait()
		puller.Run(ctx, d)
		trainer.Run(ctx, d)
	}, nil
}

// checker asks partners again for facts that grew old.
func (p *process) checker() *recommend.Checker {
	return recommend.NewChecker(recommend.CheckerConfig{
		Channels: p.channels, Log: p.engines.Publisher, World: p.world, Logger: p.cfg.logger,
	})
}
