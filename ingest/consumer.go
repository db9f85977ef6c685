package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"go.opentelemetry.io/otel/trace"
	"golang.org/x/sync/errgroup"

	"vitrine.dev/recommend"
	"vitrine.dev/recommend/link"
)

// A Consumer folds topics of the log into documents. Several processes may run
// it with the same Group: each topic's partitions are shared out among them,
// and when one dies its partitions go to the others within ten seconds.
//
// Producers must not abort transactions: their events are folded all the same.
//
// An event is committed once its documents are durable or it is in the
// dead-letter topic. While the store or the log is away the consumer waits and
// the lag grows; nothing is lost or reordered.
type Consumer struct {
	Cluster Cluster
	Group   string // DefaultGroup when empty
	Folders []Folder
	Store   recommend.Store
	Log     recommend.Log // takes what events cause in other topics
	Dead    Burier
	Codec   Codec

	// Scene returns the rules of the game that events are decided by. It is
	// called for every batch and must not block.
	Scene func() (*recommend.Policy, *link.Registry)
	// Refresh brings Scene up to date with the store. It is called after a
	// wait for another topic, whose documents Scene may be made of. Nil when
	// there is nothing to do.
	Refresh func(context.Context) error

	// Clicks open the tokens that orders come back with. Without them every
	// token is one of another installation, and nobody is credited. They need
	// the SealKey of Codec: what the fold of orders tells the fold of actions is
	// sealed.
	Clicks *recommend.Clicks
	// Proves is that of [Scene]; every window is proven when it is nil.
	Proves func(windowID, pseudonym string) bool

	// Duties, when set, is called for every partition that this process holds,
	// beside the folding of it, and told by ctx when to return: what one process
	// at a time is to do, the holder of some partition does. It is waited for
	// before the partition goes elsewhere. For moments two processes can hold
	// one partition all the same, when one of them has been given up for dead.
	Duties func(ctx context.Context, d Duty)

	// BatchSize is the largest number of events folded at once; 2,000 when 0. A
	// batch is what is there: nothing waits for a batch to fill. Of what has been
	// fetched, one batch is decided while the one before is being written.
	BatchSize int
	// Patience is how long events that refer to what another topic has not
	// told wait while that topic's folding makes no progress although the
	// engines answer; 30 s when 0.
	Patience time.Duration
	// Backoff is the pause before attempt+2 at something that failed; from
	// 50 ms, doubling to 5 s, with jitter, when nil.
	Backoff func(attempt int) time.Duration
	// Now is the clock that dead letters are dated by; time.Now when nil.
	Now     func() time.Time
	Logger  *slog.Logger // none when nil
	Metrics *Metrics     // none when nil
	// Tracer makes spans of the events that a traced request caused, at most 16
	// of a batch; none are made when it is nil.
	Tracer trace.Tracer
}

// How long a batch under way may take to finish once the consumer is told to
// stop, or its partition is to go elsewhere.
const drainTimeout = 10 * time.Second

// Run folds until ctx ends; then it stops fetching, finishes the batches under
// way within ten seconds, commits, leaves its groups, and returns nil. Any
// other return is a mistake in the Consumer's fields.
func (c *Consumer) Run(ctx context.Context) error {
	if err := c.check(); err != nil {
		return fmt.Errorf("consumer: %w", err)
	}
	r := &running{Consumer: c.defaults(), client: c.Cluster.client()}
	defer r.client.close()
	g, ctx := errgroup.WithContext(ctx)
	for _, f := range r.Folders {
		g.Go(func() error { return r.topic(ctx, f) })
	}
	if r.Metrics != nil {
		g.Go(func() error { return r.watchEnds(ctx) })
	}
	return g.Wait()
}

// Lag returns how far the Consumer's topics have been folded, by whichever
// process.
func (c *Consumer) Lag(ctx context.Context) ([]PartitionLag, error) {
	topics := make([]string, len(c.Folders))
	for i, f := range c.Folders {
		topics[i] = f.Topic
	}
	return Lag(ctx, c.Cluster, c.Group, topics...)
}

func (c *Consumer) check() error {
	switch {
	case len(c.Cluster.Brokers) == 0:
		return errors.New("no broker")
	case len(c.Folders) == 0:
		return errors.New("nothing to fold")
	case c.Store == nil, c.Log == nil, c.Dead == nil, c.Scene == nil:
		return errors.New("store, log, dead letters and scene are needed")
	case c.Clicks != nil && len(c.Codec.SealKey) == 0:
		return errors.New("clicks need the key of seals")
	}
	topics := map[string]bool{}
	for _, f := range c.Folders {
		if topics[f.Topic] {
			return fmt.Errorf("two folds of %s", f.Topic)
		}
		topics[f.Topic] = true
	}
	return nil
}

// defaults returns a copy of c with every optional field set but Metrics.
func (c *Consumer) defaults() Consumer {
	d := *c
	if d.Refresh == nil {
		d.Refresh = func(context.Context) error { return nil }
	}
	if d.BatchSize <= 0 {
		d.BatchSize = defaultBatch
	}
	if d.Patience <= 0 {
		d.Patience = 30 * time.Second
	}
	if d.Backoff == nil {
		d.Backoff = backoff
	}
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.Logger == nil {
		d.Logger = slog.New(slog.DiscardHandler)
	}
	return d
}

// backoff doubles from 50 ms to 5 s. Half of it is by chance, so that
// processes that failed together do not try again together.
func backoff(attempt int) time.Duration {
	d := 5 * time.Second
	if attempt < 7 {
		d = 50 * time.Millisecond << max(attempt, 0)
	}
	return d/2 + rand.N(d/2) //nolint:gosec // chance here keeps no secret
}

// pause waits for d, or until ctx ends, which is its error.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// lingering returns a context that ends grace after ctx does, for work that is
// to be finished once begun.
func lingering(ctx context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	out, cancel := context.WithCancel(context.WithoutCancel(ctx))
	detach := context.AfterFunc(ctx, func() {
		_ = pause(out, grace)
		cancel()
	})
	return out, func() {
		detach()
		cancel()
	}
}
