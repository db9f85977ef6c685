package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"vitrine.dev/api"
	"vitrine.dev/cmd/vitrine/demo"
	"vitrine.dev/cmd/vitrine/shop"
	"vitrine.dev/recommend"
	"vitrine.dev/recommend/partner"
)

// How often the demo world's partners are asked for orders; they tell of them
// by webhook too.
const demoPull = time.Minute

// A demoShop is where one buys what the demo world recommends: a server of its
// own for all its partners.
type demoShop struct {
	shop     *shop.Shop
	listener net.Listener
	origin   string
	channels []recommend.Channel
}

// openDemoShop makes the shop beside a service at addr, on the port after it
// where that is free.
func openDemoShop(ctx context.Context, cfg *config, keys *api.Keys, addr net.Addr) (*demoShop, error) {
	world, err := demo.New(cfg.now())
	if err != nil {
		return nil, err
	}
	site := reachable(addr)
	d := &demoShop{}
	if d.listener, err = listenBeside(ctx, addr); err != nil {
		return nil, err
	}
	d.origin = "http://" + reachable(d.listener.Addr())
	c := shop.Config{Now: cfg.now, Logger: cfg.logger, File: filepath.Join(cfg.Data, "shop.json"), Pictures: "http://" + site}
	for _, p := range world.Partners {
		secret := keys.Secret("demo shop " + p.ID)
		key := hex.EncodeToString(keys.Secret("demo shop orders " + p.ID))
		c.Partners = append(c.Partners, shop.Partner{
			ID: p.ID, Name: p.Name, About: p.About, Notify: "http://" + site + "/v1/partners/" + p.ID + "/orders", Secret: secret, Key: key,
		})
		a, err := partner.NewShop(partner.ShopConfig{Partner: p.ID, URL: d.origin + "/p/" + p.ID, Key: key, Embed: "webview", Now: cfg.now})
		if err != nil {
			return nil, errors.Join(err, d.listener.Close())
		}
		d.channels = append(d.channels, recommend.Channel{
			Partner: p.ID, Adapter: partner.Guard(a, partner.GuardConfig{Partner: p.ID, Logger: cfg.logger}), Secret: secret,
			Origins: []string{d.origin}, Pull: demoPull, PullFrom: partner.PullFrom,
		})
	}
	for i := range world.Products {
		var g recommend.Product
		b, err := json.Marshal(world.Products[i])
		if err == nil {
			err = json.Unmarshal(b, &g)
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("goods of the demo shop: %w", err), d.listener.Close())
		}
		c.Products = append(c.Products, g)
	}
	if d.shop, err = shop.New(c); err != nil {
		return nil, errors.Join(err, d.listener.Close())
	}
	return d, nil
}

// reachable is an address that a browser on this machine can use.
func reachable(addr net.Addr) string {
	host, port, err := net.SplitHostPort(addr.String())
	if ip := net.ParseIP(host); err == nil && (host == "" || ip != nil && ip.IsUnspecified()) {
		return net.JoinHostPort("127.0.0.1", port)
	}
	return addr.String()
}

func listenBeside(ctx context.Context, addr net.Addr) (net.Listener, error) {
	host, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		return nil, err
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		return nil, err
	}
	if l, err := listen(ctx, net.JoinHostPort(host, strconv.Itoa(n+1))); err == nil {
		return l, nil
	}
	return listen(ctx, net.JoinHostPort(host, "0"))
}

// run serves the shop and tells of its orders until ctx ends.
func (d *demoShop) run(ctx context.Context, cfg *config) error {
	const headerTimeout = 5 * time.Second
	srv := &http.Server{Handler: d.shop.Handler(), ReadHeaderTimeout: headerTimeout}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return serveHTTP(ctx, cfg, d.listener, srv, nil) })
	g.Go(func() error { return d.shop.Run(ctx) })
	return g.Wait()
}
