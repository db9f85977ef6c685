package recommend

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"vitrine.dev/recommend/link"
)

// Channels are the partners that this installation is connected to.
type Channels interface {
	// Get returns the channel of a partner; false when there is none.
	Get(partner string) (Channel, bool)
}

// A CheckerConfig says what a [Checker] needs.
type CheckerConfig struct {
	Channels Channels
	Log      Log // takes what partners say
	World    *World
	Logger   *slog.Logger
	// Timeout is how long a partner is waited for. Zero is 800 ms.
	Timeout time.Duration
}

// A Checker asks partners again for facts that are older than the policy says
// somebody about to buy should see. It is safe for concurrent use; the nil of
// it asks nobody.
type Checker struct {
	cfg    CheckerConfig
	asking singleflight.Group

	mu  sync.Mutex
	got map[string]*Product // answers that may not be folded yet
}

// NewChecker returns a Checker.
func NewChecker(c CheckerConfig) *Checker {
	c.Timeout = cmp.Or(c.Timeout, 800*time.Millisecond)
	return &Checker{cfg: c, got: make(map[string]*Product)}
}

// Facts are what a partner says of a product.
type Facts struct {
	Product *Product // nil when nothing is known
	// Stale says that the facts are older than the policy wants, and the
	// partner did not answer.
	Stale bool
}

// Check returns the facts of the product named by key: known, while it is not
// too old, else what its partner answers. However many ask at once, the
// partner is asked once. The answer is appended to the log, but not waited for
// until it is folded. That the partner does not answer is no error: known is
// returned as stale.
func (c *Checker) Check(ctx context.Context, now time.Time, rules *ReaderRules, key string, known *Product) Facts {
	old := func(p *Product) bool { return p == nil || now.Sub(p.UpdatedAt) > rules.CheckFactsAge.D() }
	// An archive's facts have neither price nor stock and never grow old.
	stale := Facts{Product: known, Stale: old(known) && (known == nil || known.Perishable())}
	if c == nil || c.cfg.Channels == nil || !old(known) {
		return stale
	}
	partner, item, err := link.ParseKey(key)
	if err != nil {
		return stale
	}
	channel, ok := c.cfg.Channels.Get(partner)
	if !ok || channel.Adapter == nil || !c.cfg.World.Scene().Partners.State(partner).Open() {
		return stale
	}
	if p := c.last(key); !old(p) {
		return Facts{Product: p}
	}
	answer, err, _ := c.asking.Do(key, func() (any, error) {
		if p := c.last(key); !old(p) { // another has asked in between
			return p, nil
		}
		// Others wait for the same answer: it does not end with who asked first.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.cfg.Timeout)
		defer cancel()
		p, err := c.ask(ctx, channel.Adapter, item, Product{Key: key, UpdatedAt: now}, known)
		if err == nil {
			c.keep(p)
			c.tell(ctx, p)
		}
		return p, err
	})
	p, ok := answer.(*Product)
	if err != nil || !ok || p == nil {
		c.cfg.Logger.WarnContext(ctx, "facts stay as they are: their partner does not tell", "product", key, "err", err)
		return stale
	}
	return Facts{Product: p}
}

// last is the last answer about a product; nil when there was none lately.
func (c *Checker) last(key string) *Product {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.got[key]
}

// keep remembers an answer until it will have been folded.
func (c *Checker) keep(p *Product) {
	const most = 2_000
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.got) >= most { // most of them have been folded long since
		clear(c.got)
	}
	c.got[p.Key] = p
}

// ask asks the partner for what asked names: the time of its facts is that of
// the question, by our own clock.
func (c *Checker) ask(ctx context.Context, a Adapter, item string, asked Product, known *Product) (*Product, error) {
	said, err := a.Lookup(ctx, item)
	switch {
	case err != nil:
		return nil, err
	case said == nil:
		return nil, fmt.Errorf("product %s: %w: no answer", asked.Key, ErrUnavailable)
	case said.Key != asked.Key:
		return nil, fmt.Errorf("product %s: %w: the answer is about %q", asked.Key, ErrUnavailable, clip(said.Key))
	}
	p := *said
	p.UpdatedAt = asked.UpdatedAt.UTC()
	scene := c.cfg.World.Scene()
	p.keepUnsaid(known)
	if known != nil {
		p.Follow(known, p.UpdatedAt, scene.Policy.Earnings.Notice.D()) // as the fold will
	}
	if l, err := scene.Partners.Links().Parse(p.URL); err != nil || l.Key() != p.Key {
		p.URL = "" // the canonical link leads there too
	}
	if err := p.Validate(); err != nil {
		return nil, fmt.Errorf("product %s: %w: %w", p.Key, ErrUnavailable, err)
	}
	return &p, nil
}

// keepUnsaid fills from known what a look-up of one item may leave out, and
// only a catalogue tells.
func (p *Product) keepUnsaid(known *Product) {
	if known == nil {
		return
	}
	p.Topic, p.Image = cmp.Or(p.Topic, known.Topic), cmp.Or(p.Image, known.Image)
	p.Seller, p.AfterSales = cmp.Or(p.Seller, known.Seller), cmp.Or(p.AfterSales, known.AfterSales)
	p.URL, p.CommissionBP = cmp.Or(p.URL, known.URL), cmp.Or(p.CommissionBP, known.CommissionBP)
	p.Extra = mergeExtra(known.Extra, p.Extra)
}

// tell appends what a partner said. A failure costs nothing but that somebody
// asks again.
func (c *Checker) tell(ctx context.Context, p *Product) {
	data, err := json.Marshal(p)
	if err == nil {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.cfg.Timeout)
		defer cancel()
		_, err = c.cfg.Log.Append(ctx, TopicCatalog, Event{
			ID: contentID("f", p.Key, p.UpdatedAt.Format(time.RFC3339Nano)), Source: SourceAPI, Type: TypeProductListed,
			Key: p.Key, Time: p.UpdatedAt, Data: data,
		})
	}
	if err != nil {
		c.cfg.Logger.WarnContext(ctx, "facts told by a partner are not in the log", "product", p.Key, "err", err)
	}
}
