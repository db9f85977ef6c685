package main

import (
	"vitrine.dev/api"
	"vitrine.dev/exports"
	"vitrine.dev/recommend"
)

// exports is where analysts' files are made, nil where there is no directory
// for them. Its work is a part of the process.
func (p *process) exports(analyst api.Analyst) (*exports.Desk, error) {
	if p.cfg.Exports == "" {
		return nil, nil
	}
	desk, err := exports.New(exports.Config{
		Dir: p.cfg.Exports, Analyst: analyst, Documents: p.engines.Store, Now: p.cfg.now, Logger: p.cfg.logger, Registerer: p.metrics,
		Disclose: func(r recommend.Relationship, product *recommend.Product, lang string) recommend.DisclosureOf {
			return p.world.Scene().Policy.Disclose(r, product, lang)
		},
	})
	if err != nil {
		return nil, err
	}
	p.background = append(p.background, desk.Run)
	return desk, nil
}
