package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"vitrine.dev/api"
	"vitrine.dev/cmd/vitrine/demo"
	"vitrine.dev/recommend"
)

// loadDemo brings the demo world in through the import, beside the folds that
// run already. In an installation that has it, only the products' facts are
// told anew, for prices and stocks are shown while they are fresh.
func loadDemo(ctx context.Context, p *process, env environment) (err error) {
	world, err := demo.New(p.cfg.now())
	if err != nil {
		return err
	}
	if len(world.Experts) == 0 {
		return errors.New("the demo world has no experts")
	}
	picks := make([]recommend.Ref, len(world.Picks)) // all of them: a load may have been cut short
	for i := range world.Picks {
		picks[i] = recommend.Ref{Kind: recommend.KindPick, ID: world.Picks[i].ID}
	}
	known, err := p.engines.Store.Get(ctx, picks...)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "vitrine-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := world.WriteTo(dir); err != nil {
		return err
	}
	if err := p.writeSales(ctx, dir, world.Sales); err != nil {
		return err
	}
	if len(known) == len(picks) {
		for _, kind := range recordKinds() {
			if kind.file == "products" {
				continue
			}
			if err := os.Remove(filepath.Join(dir, kind.file+".jsonl")); err != nil && !errors.Is(err, os.ErrNotExist) {
				return err
			}
		}
	}
	im := importer{service: p.service, out: io.Discard, verdicts: env.Stderr, dirs: []string{dir}, trusted: true}
	return im.run(ctx, p.consumer)
}

// demoExperts are those whom anybody may act as.
func demoExperts(now time.Time) ([]string, error) {
	world, err := demo.New(now)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(world.Experts))
	for i := range world.Experts {
		ids[i] = world.Experts[i].ID
	}
	return ids, nil
}

// greet tells a newcomer where to look and hands out tokens to try the API with.
func greet(ctx context.Context, p *process, env environment, url string) error {
	if err := p.follower.Sync(ctx); err != nil {
		return err
	}
	world, err := demo.New(p.cfg.now())
	if err != nil {
		return err
	}
	expert, reader := world.Experts[0], world.Readers[0]
	sign := func(sub string, scopes ...string) (string, error) {
		return p.engines.Keys.Sign(api.Claims{Subject: sub, Scopes: scopes, IssuedAt: p.cfg.now(), TTL: 30 * 24 * time.Hour})
	}
	readerToken, err := sign(reader.ID, api.ScopeWindowRead)
	if err != nil {
		return err
	}
	expertToken, err := sign(expert.ID, api.ScopeWindowRead, api.ScopePicksWrite)
	if err != nil {
		return err
	}
	judgeToken, err := sign("ops", api.ScopeWindowRead, api.ScopeModerate, api.ScopeMetricsRead)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(env.Stdout, `
Vitrine is ready, with a demo world of %d picks by %d experts.

  window      %s/
  cart, me    %s/cart  %s/me
  publisher   %s/publish
  earnings    %s/earnings
  figures     %s/analytics
  signals     %s/signals
  shops       %s
  rules       %s/about
  API         %s/openapi.yaml

  reader %s   export READER=%s
  expert %s   export EXPERT=%s
  moderator and analyst ops   export JUDGE=%s

  curl -H "Authorization: Bearer $READER" '%s/v1/window?limit=3'
`, len(world.Picks), len(world.Experts), url, url, url, url, url, url, url, p.shop.origin+"/", url, url, reader.ID, readerToken, expert.ID, expertToken, judgeToken, url)
	return err
}
