package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"vitrine.dev/cmd/vitrine/demo"
	"vitrine.dev/cmd/vitrine/shop"
	"vitrine.dev/recommend"
)

// A shopConfig holds the settings of the fake partner.
type shopConfig struct {
	Notify, SecretEnv, KeyEnv string
	Products, Orders          string
	Pictures                  string
	Slow                      time.Duration
	Wrong                     string
	Down, Duplicate, Shuffle  bool
}

func (c *shopConfig) define(fs *flag.FlagSet) {
	fs.StringVar(&c.Notify, "notify", "", "`address` of the Vitrine to tell of orders, such as http://127.0.0.1:8080; none when empty")
	fs.StringVar(&c.SecretEnv, "secret-env", "", "`variable` that holds what webhooks are signed with")
	fs.StringVar(&c.KeyEnv, "key-env", "", "`variable` that holds the key of the order query; shut when empty")
	fs.StringVar(&c.Products, "products", "", "`file` of goods, as products.jsonl of an import; the demo world's when empty")
	fs.StringVar(&c.Orders, "orders", "", "`file` that keeps orders; in memory when empty")
	fs.StringVar(&c.Pictures, "pictures", "", "`address` that relative pictures lie on; none when empty")
	fs.DurationVar(&c.Slow, "slow", 0, "`time` that every answer takes")
	fs.StringVar(&c.Wrong, "wrong", "", "what the API answers instead of what it should: html or json (cut off)")
	fs.BoolVar(&c.Down, "down", false, "answer 503 to everything, and tell nobody")
	fs.BoolVar(&c.Duplicate, "duplicate", false, "send every webhook twice")
	fs.BoolVar(&c.Shuffle, "shuffle", false, "send webhooks out of order")
}

// shopFlags are those of the partner command.
func shopFlags() []string {
	return []string{
		"addr", "partner", "now", "drain", "log", "notify", "secret-env", "key-env", "products", "orders", "pictures",
		"slow", "wrong", "down", "duplicate", "shuffle",
	}
}

// shopAddr is where the partner command serves unless told otherwise: beside a
// Vitrine on its own default address.
const shopAddr = "127.0.0.1:8090"

// servePartner runs the fake partner until ctx ends.
func servePartner(ctx context.Context, cfg *config, env environment) error {
	c, err := cfg.fakePartner(env)
	if err != nil {
		return fmt.Errorf("partner: %w", err)
	}
	s, err := shop.New(c)
	if err != nil {
		return err
	}
	l, err := listen(ctx, cfg.Addr)
	if err != nil {
		return err
	}
	if err := tellHowToConnect(env.Stdout, "http://"+l.Addr().String(), cfg, c.Partners); err != nil {
		return errors.Join(err, l.Close())
	}
	const headerTimeout = 5 * time.Second
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		return serveHTTP(ctx, cfg, l, &http.Server{Handler: s.Handler(), ReadHeaderTimeout: headerTimeout}, nil)
	})
	g.Go(func() error { return s.Run(ctx) })
	return g.Wait()
}

// fakePartner is the shop that the flags describe.
func (c *config) fakePartner(env environment) (shop.Config, error) {
	out := shop.Config{
		Now: c.now, Logger: c.logger, File: c.Shop.Orders, Pictures: strings.TrimSuffix(c.Shop.Pictures, "/"),
		Switches: shop.Switches{
			SlowMS: int(c.Shop.Slow.Milliseconds()), Wrong: c.Shop.Wrong, Down: c.Shop.Down, Duplicate: c.Shop.Duplicate, Shuffle: c.Shop.Shuffle,
		},
	}
	var secret, key string
	for _, v := range []struct {
		flag, name string
		to         *string
	}{{"secret-env", c.Shop.SecretEnv, &secret}, {"key-env", c.Shop.KeyEnv, &key}} {
		if v.name == "" {
			continue
		}
		if *v.to = strings.TrimSpace(env.Getenv(v.name)); *v.to == "" {
			return out, fmt.Errorf("%s: the variable %s is empty; set it", v.flag, v.name)
		}
	}
	if c.Shop.Notify != "" && secret == "" {
		return out, errors.New("notify: needs --secret-env, the variable with the secret that Vitrine knows too")
	}
	ids := splitList(c.Partner)
	names := map[string]demo.Partner{}
	if c.Shop.Products == "" {
		world, err := demo.New(c.now())
		if err != nil {
			return out, err
		}
		for _, p := range world.Partners {
			names[p.ID] = p
			if c.Partner == "" {
				ids = append(ids, p.ID)
			}
		}
		if out.Products, err = demoGoods(world); err != nil {
			return out, err
		}
	} else {
		if len(ids) == 0 {
			return out, errors.New("partner: name the partner whose goods the file has, such as --partner shanque")
		}
		var err error
		if out.Products, err = goodsOf(c.Shop.Products); err != nil {
			return out, fmt.Errorf("products: %w", err)
		}
	}
	for _, id := range ids {
		p := shop.Partner{ID: id, Name: names[id].Name, About: names[id].About, Secret: []byte(secret), Key: key}
		if c.Shop.Notify != "" {
			p.Notify = strings.TrimSuffix(c.Shop.Notify, "/") + "/v1/partners/" + id + "/orders"
		}
		out.Partners = append(out.Partners, p)
	}
	return out, nil
}

// demoGoods are the products of the demo world as a shop has them.
func demoGoods(world demo.World) ([]recommend.Product, error) {
	goods := make([]recommend.Product, len(world.Products))
	for i := range world.Products {
		b, err := json.Marshal(world.Products[i])
		if err == nil {
			err = json.Unmarshal(b, &goods[i])
		}
		if err != nil {
			return nil, fmt.Errorf("goods of the demo world: %w", err)
		}
	}
	return goods, nil
}

// goodsOf reads a file of products, one a line.
func goodsOf(file string) ([]recommend.Product, error) {
	f, err := os.Open(file) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	var goods []recommend.Product
	for dec := json.NewDecoder(f); ; {
		var p recommend.Product
		switch err := dec.Decode(&p); {
		case errors.Is(err, io.EOF):
			return goods, nil
		case err != nil:
			return nil, fmt.Errorf("%s, record %d: %w", file, len(goods)+1, err)
		}
		if err := p.Validate(); err != nil {
			return nil, fmt.Errorf("%s, record %d: %w", file, len(goods)+1, err)
		}
		goods = append(goods, p)
	}
}

// tellHowToConnect prints a channels file that connects a Vitrine on this
// machine to the shop.
func tellHowToConnect(out io.Writer, origin string, cfg *config, partners []shop.Partner) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# The fake partner serves at %s/ . A Vitrine is connected to it by --channels with a file like this:\n", origin)
	for _, p := range partners {
		fmt.Fprintf(&b, "- {partner: %s, adapter: shop, url: %q, embed: webview", p.ID, shop.Base(origin, p.ID))
		if cfg.Shop.SecretEnv != "" {
			fmt.Fprintf(&b, ", secret_env: %s", cfg.Shop.SecretEnv)
		}
		if cfg.Shop.KeyEnv != "" {
			fmt.Fprintf(&b, ", key_env: %s, pull: 1m", cfg.Shop.KeyEnv)
		} else {
			b.WriteString(", pull: 0")
		}
		b.WriteString("}\n")
	}
	_, err := io.WriteString(out, b.String())
	return err
}
