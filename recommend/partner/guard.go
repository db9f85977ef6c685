package partner

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/sony/gobreaker/v2"
	"golang.org/x/time/rate"

	"vitrine.dev/recommend"
)

// A GuardConfig bounds what one partner can cost. Zero values are the defaults.
type GuardConfig struct {
	Partner string // for messages

	Lookup time.Duration // of one look-up; 800 ms
	Orders time.Duration // of one page of orders; 15 s
	Link   time.Duration // of one conversion of a link; 2 s

	// AsksForLinks says that ConvertLink asks the partner too. Otherwise it is
	// let through as it is, also while the partner is down: the way to a
	// checkout costs nobody anything.
	AsksForLinks bool

	Rate  float64 // of requests, by the second and of all kinds together; 20
	Burst int     // 2 seconds' worth

	// Failures in a row after which a kind of request is refused without asking; 5.
	Failures uint32
	// Rest is how long that lasts until one request may try again; 10 s.
	Rest time.Duration

	Logger *slog.Logger // told when the partner is left alone, and when it is back; may be nil
}

// Guard returns a with bounds on time, rate and failures. All that goes wrong
// with them is [recommend.ErrUnavailable]. Each kind of request has its own
// breaker, for a shop's orders may be away while its items answer; nothing is
// shared with other guards, so one partner never affects another.
//
// That an item is not found, or a request refused for good, is an answer and
// no failure; that the caller gave up is neither.
func Guard(a recommend.Adapter, c GuardConfig) *Guarded {
	c.Lookup = cmp.Or(c.Lookup, 800*time.Millisecond)
	c.Orders = cmp.Or(c.Orders, 15*time.Second)
	c.Link = cmp.Or(c.Link, 2*time.Second)
	c.Rate = cmp.Or(c.Rate, 20)
	c.Burst = cmp.Or(c.Burst, max(int(2*c.Rate), 1))
	c.Failures = cmp.Or(c.Failures, 5)
	c.Rest = cmp.Or(c.Rest, 10*time.Second)
	g := &Guarded{adapter: a, cfg: c, bucket: rate.NewLimiter(rate.Limit(c.Rate), c.Burst)}
	g.lookups = breaker[*recommend.Product](&g.cfg, "lookup")
	g.links = breaker[recommend.Checkout](&g.cfg, "link")
	g.orders = breaker[orderPage](&g.cfg, "orders")
	return g
}

// A Guarded is an adapter behind bounds. It is safe for concurrent use.
type Guarded struct {
	adapter recommend.Adapter
	cfg     GuardConfig
	bucket  *rate.Limiter
	lookups *gobreaker.CircuitBreaker[*recommend.Product]
	links   *gobreaker.CircuitBreaker[recommend.Checkout]
	orders  *gobreaker.CircuitBreaker[orderPage]
}

var _ recommend.Adapter = (*Guarded)(nil)

type orderPage struct {
	reports []recommend.OrderReport
	cursor  string
}

// errBusy says that our own bucket is empty: nothing the partner did.
var errBusy = errors.New("too many requests of ours")

func breaker[T any](c *GuardConfig, kind string) *gobreaker.CircuitBreaker[T] {
	return gobreaker.NewCircuitBreaker[T](gobreaker.Settings{
		Name:        c.Partner + " " + kind,
		Timeout:     c.Rest,
		ReadyToTrip: func(n gobreaker.Counts) bool { return n.ConsecutiveFailures >= c.Failures },
		IsSuccessful: func(err error) bool {
			return err == nil || errors.Is(err, recommend.ErrNotFound) || errors.Is(err, recommend.ErrInvalid)
		},
		IsExcluded: func(err error) bool { return errors.Is(err, context.Canceled) || errors.Is(err, errBusy) },
		OnStateChange: func(_ string, from, to gobreaker.State) {
			if c.Logger != nil {
				c.Logger.Warn("partner's breaker moved", "partner", c.Partner, "kind", kind, "from", from.String(), "to", to.String())
			}
		},
	})
}

// Lookup implements [recommend.Adapter].
func (g *Guarded) Lookup(ctx context.Context, item string) (*recommend.Product, error) {
	return guarded(ctx, g, g.lookups, g.cfg.Lookup, func(ctx context.Context) (*recommend.Product, error) {
		return g.adapter.Lookup(ctx, item)
	})
}

// ConvertLink implements [recommend.Adapter].
func (g *Guarded) ConvertLink(ctx context.Context, c recommend.Conversion) (recommend.Checkout, error) {
	if !g.cfg.AsksForLinks {
		return g.adapter.ConvertLink(ctx, c)
	}
	return guarded(ctx, g, g.links, g.cfg.Link, func(ctx context.Context) (recommend.Checkout, error) {
		return g.adapter.ConvertLink(ctx, c)
	})
}

// OrdersSince implements [recommend.Adapter].
func (g *Guarded) OrdersSince(ctx context.Context, q recommend.OrderQuery) ([]recommend.OrderReport, string, error) {
	page, err := guarded(ctx, g, g.orders, g.cfg.Orders, func(ctx context.Context) (orderPage, error) {
		reports, cursor, err := g.adapter.OrdersSince(ctx, q)
		return orderPage{reports, cursor}, err
	})
	return page.reports, page.cursor, err
}

// guarded makes one request within the bounds of g. Waiting for the bucket
// counts towards limit.
func guarded[T any](ctx context.Context, g *Guarded, b *gobreaker.CircuitBreaker[T], limit time.Duration, request func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	v, err := b.Execute(func() (T, error) {
		var none T
		if err := g.bucket.Wait(ctx); err != nil {
			if cause := ctx.Err(); cause != nil {
				return none, fmt.Errorf("%w: %w", recommend.ErrUnavailable, cause)
			}
			return none, fmt.Errorf("partner %s: %w: %w", g.cfg.Partner, recommend.ErrUnavailable, errBusy)
		}
		v, err := request(ctx)
		switch {
		case err == nil:
			return v, nil
		case errors.Is(err, recommend.ErrUnavailable), errors.Is(err, recommend.ErrNotFound), errors.Is(err, recommend.ErrInvalid):
			return none, err
		}
		return none, fmt.Errorf("partner %s: %w: %w", g.cfg.Partner, recommend.ErrUnavailable, err)
	})
	if errors.Is(err, gobreaker.ErrOpenState) || errors.Is(err, gobreaker.ErrTooManyRequests) {
		return v, fmt.Errorf("partner %s: %w: left alone for a while after failures", g.cfg.Partner, recommend.ErrUnavailable)
	}
	return v, err
}
