// Package shop is a small shop that sells nothing: item pages, a checkout,
// orders that can be paid, received, settled and sent back, and the shop
// protocol of package recommend/partner, webhooks included. A newcomer buys at
// it what the demo world recommends, and tests make it slow, wrong or down.
//
// One Shop serves several partners, each under /p/{partner}. It knows no
// accounts: whoever reaches it sees all orders. It is no shop system.
package shop

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"vitrine.dev/recommend"
	"vitrine.dev/recommend/link"
)

// A Config says what a shop sells, and for whom.
type Config struct {
	Partners []Partner
	Products []recommend.Product // of these partners; others are left out
	Now      func() time.Time    // time.Now when nil
	Logger   *slog.Logger        // may be nil
	Client   *http.Client        // for webhooks; one of our own when nil

	// File keeps orders and what is still to be told beyond the process; ""
	// keeps them in memory alone.
	File string
	// Pictures is the origin that pictures with a relative address lie on, such
	// as http://127.0.0.1:8080; without one they are left out.
	Pictures string
	// Frames are the origins that may show the pages inside of theirs; any when empty.
	Frames []string
	// Backoff is the pause after a webhook that was not taken, doubled each
	// time, up to a minute; a second when 0.
	Backoff time.Duration
	// Gather is how long webhooks are held so that they can be sent out of
	// order, where that is switched on; 2 seconds when 0.
	Gather time.Duration
	// Switches are how all partners behave at first.
	Switches Switches
}

// A Partner is one of the shops.
type Partner struct {
	ID         string
	Name       string
	About      string
	AfterSales string
	Notify     string // address of Vitrine's webhook; "" tells nobody
	Secret     []byte // signs webhooks
	Key        string // opens the order query; "" keeps it shut
}

// A Shop is safe for concurrent use.
type Shop struct {
	cfg      Config
	partners map[string]*Partner
	goods    map[string]*recommend.Product // by key
	listed   map[string][]string           // keys by partner, as in the config
	client   *http.Client
	ended    chan struct{} // closed when Run has ended: slow answers go

	mu       sync.Mutex
	switches map[string]Switches      // by partner
	wake     map[string]chan struct{} // by partner; says that there is something to tell
	state    state
	once     map[string]string // order by the nonce of its checkout page
}

// New returns a shop. It reads the file of an earlier one when there is one.
func New(c Config) (*Shop, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Backoff == 0 {
		c.Backoff = time.Second
	}
	if c.Gather == 0 {
		c.Gather = 2 * time.Second
	}
	s := &Shop{
		cfg: c, partners: map[string]*Partner{}, goods: map[string]*recommend.Product{}, listed: map[string][]string{},
		client: c.Client, ended: make(chan struct{}), switches: map[string]Switches{}, wake: map[string]chan struct{}{}, once: map[string]string{},
	}
	if s.client == nil {
		s.client = &http.Client{Timeout: 10 * time.Second}
	}
	if err := c.Switches.check(); err != nil {
		return nil, err
	}
	if len(c.Partners) == 0 {
		return nil, errors.New("shop: name at least one partner")
	}
	for i := range c.Partners {
		p := &c.Partners[i]
		if _, _, err := link.ParseKey(p.ID + ":1"); err != nil || s.partners[p.ID] != nil {
			return nil, fmt.Errorf("shop: partner %q has no usable id, or comes twice", p.ID)
		}
		if p.Notify != "" && len(p.Secret) == 0 {
			return nil, fmt.Errorf("shop: partner %q tells of orders but has no secret to sign with", p.ID)
		}
		if p.Name == "" {
			p.Name = p.ID
		}
		s.partners[p.ID] = p
		s.switches[p.ID] = c.Switches
		s.wake[p.ID] = make(chan struct{}, 1)
	}
	for i := range c.Products {
		g := &c.Products[i]
		if id := g.Partner(); s.partners[id] != nil && s.goods[g.Key] == nil {
			s.goods[g.Key] = g
			s.listed[id] = append(s.listed[id], g.Key)
		}
	}
	if err := s.load(); err != nil {
		return nil, err
	}
	return s, nil
}

// Run tells Vitrine of orders until ctx ends. What could not be told by then is
// told by the next Run, or by the order query.
func (s *Shop) Run(ctx context.Context) error {
	defer close(s.ended)
	var all sync.WaitGroup
	for _, p := range s.partners {
		if p.Notify != "" {
			all.Go(func() { s.tell(ctx, p) })
		}
	}
	all.Wait()
	<-ctx.Done()
	return nil
}

// Handler serves the shops. Requests that change something are refused when
// another site's page sends them.
func (s *Shop) Handler() http.Handler {
	mux := http.NewServeMux()
	page := func(f func(*visit) error) http.Handler { return s.behave(s.page(f), false) }
	api := func(f http.HandlerFunc) http.Handler { return s.behave(f, true) }
	mux.Handle("GET /p/{partner}/{$}", page((*visit).home))
	mux.Handle("GET /p/{partner}/i/{item}", page((*visit).item))
	mux.Handle("GET /p/{partner}/checkout", page((*visit).checkout))
	mux.Handle("POST /p/{partner}/checkout", page((*visit).buy))
	mux.Handle("GET /p/{partner}/orders", page((*visit).orders))
	mux.Handle("GET /p/{partner}/orders/{order}", page((*visit).order))
	mux.Handle("POST /p/{partner}/orders/{order}", page((*visit).change))
	mux.Handle("GET /p/{partner}/api/items/{item}", api(s.apiItem))
	mux.Handle("GET /p/{partner}/api/orders", api(s.apiOrders))
	mux.HandleFunc("GET /p/{partner}/admin/switches", s.showSwitches)
	mux.HandleFunc("POST /p/{partner}/admin/switches", s.setSwitches)
	mux.HandleFunc("GET /admin/switches", s.showSwitches)
	mux.HandleFunc("POST /admin/switches", s.setSwitches)
	mux.HandleFunc("GET /shop.css", stylesheet)
	mux.HandleFunc("GET /favicon.ico", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("GET /readyz", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/p/"+s.cfg.Partners[0].ID+"/", http.StatusFound)
	})
	return http.NewCrossOriginProtection().Handler(mux)
}

// Base is the address of a partner's shop, for a shop served at origin: the
// base that the shop protocol speaks of.
func Base(origin, partner string) string {
	return strings.TrimSuffix(origin, "/") + "/p/" + partner
}

// partnerIDs are sorted.
func (s *Shop) partnerIDs() []string {
	ids := make([]string, 0, len(s.partners))
	for id := range s.partners {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}
