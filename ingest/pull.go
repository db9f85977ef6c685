package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"vitrine.dev/recommend"
)

// A Puller asks partners for what became of orders and appends what they
// report. How far it is, is in the log itself: a span of time counts as read
// once its [recommend.TypeOrdersSynced] event follows its reports, and what no
// such event covers is asked for again. So a Puller needs no memory, and two
// that ask the same partner do no harm: a report is one event, however often
// it comes.
//
// Hand Run to [Consumer.Duties]: the process that holds the partition of a
// partner's sync events asks that partner, and no other does.
type Puller struct {
	Channels []recommend.Channel // those with Pull are asked
	Store    recommend.Store
	Log      recommend.Log
	// Now is the clock that spans end by; time.Now when nil.
	Now func() time.Time
	// Wait waits between two askings, or until ctx ends, which is its error; by
	// the clock of the machine when nil.
	Wait func(ctx context.Context, d time.Duration) error
	// Backoff is the pause after attempt+1 failures in a row, at most that
	// between askings; as of [Consumer] when nil.
	Backoff func(attempt int) time.Duration
	Logger  *slog.Logger // none when nil
}

// What partners take in one question, and how far it reaches back into the
// span before, for what a partner was slow to list.
const (
	pullWindow  = 3 * time.Hour
	promoWindow = 20 * time.Minute
	pullOverlap = 10 * time.Minute
	pullFrom    = 24 * time.Hour // of a channel that does not say
	pullTimeout = 30 * time.Second
	maxPages    = 10_000 // of one window
)

// Run asks the partners that fall to d until ctx ends, each at its own pace:
// one that fails holds up no other.
func (p *Puller) Run(ctx context.Context, d Duty) {
	if d.Topic != recommend.TopicOrders {
		return
	}
	var g errgroup.Group
	for _, ch := range p.Channels {
		if ch.Pull > 0 && ch.Adapter != nil && d.Holds(recommend.SyncID(ch.Partner)) {
			g.Go(func() error { return p.follow(ctx, ch) })
		}
	}
	_ = g.Wait() // it ends with ctx alone
}

// follow asks one partner again and again.
func (p *Puller) follow(ctx context.Context, ch recommend.Channel) error {
	log := p.logger().With("partner", ch.Partner)
	log.InfoContext(ctx, "pulling orders", "every", ch.Pull)
	wait, back := p.Wait, p.Backoff
	if wait == nil {
		wait = pause
	}
	if back == nil {
		back = backoff
	}
	for failed := 0; ; {
		next := ch.Pull
		if err := p.guarded(ctx, ch); err != nil && ctx.Err() == nil {
			log.WarnContext(ctx, "pulling orders", "attempt", failed+1, "err", err)
			next = min(back(failed), ch.Pull)
			failed++
		} else {
			failed = 0
		}
		if err := wait(ctx, next); err != nil {
			return err
		}
	}
}

// guarded makes an error of an adapter's panic: other partners are asked by
// this process too.
func (p *Puller) guarded(ctx context.Context, ch recommend.Channel) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic of %T", v)
		}
	}()
	return p.Pull(ctx, ch)
}

// Pull asks a partner once for everything from the first gap in what is known
// to be in the log until now. A window that the partner refuses for good is
// left as a gap, and the ones after it are asked for all the same.
func (p *Puller) Pull(ctx context.Context, ch recommend.Channel) error {
	now := time.Now
	if p.Now != nil {
		now = p.Now
	}
	to := now().UTC().Truncate(time.Second)
	sync, err := p.sync(ctx, ch.Partner)
	if err != nil {
		return err
	}
	from := to.Add(-pullFrom)
	if ch.PullFrom > 0 {
		from = to.Add(-ch.PullFrom)
	}
	if len(sync.Covered) > 0 {
		from = sync.Covered[0].From
	}
	var refused []error
	for _, gap := range sync.Gaps(from, to) {
		for _, w := range windows(gap, ch.Promotion) {
			n, err := p.window(ctx, ch, w)
			switch {
			case errors.Is(err, recommend.ErrInvalid):
				refused = append(refused, err)
				continue
			case err != nil:
				return errors.Join(append(refused, err)...)
			}
			if err := p.synced(ctx, recommend.OrdersSynced{Partner: ch.Partner, From: w.From, To: w.To, Reports: n}); err != nil {
				return err
			}
		}
	}
	return errors.Join(refused...)
}

// windows cuts a gap into spans that are asked for in one go. With the overlap
// none is longer than partners take.
func windows(gap recommend.Span, promotion bool) []recommend.Span {
	step := pullWindow - pullOverlap
	if promotion {
		step = promoWindow - pullOverlap
	}
	var out []recommend.Span
	for from := gap.From; from.Before(gap.To); from = from.Add(step) {
		to := from.Add(step)
		if to.After(gap.To) {
			to = gap.To
		}
		out = append(out, recommend.Span{From: from, To: to})
	}
	return out
}

// sync is what is known to be in the log.
func (p *Puller) sync(ctx context.Context, partner string) (*recommend.Sync, error) {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	docs, err := p.Store.Get(ctx, recommend.Ref{Kind: recommend.KindOrder, ID: recommend.SyncID(partner)})
	if err != nil {
		return nil, fmt.Errorf("how far orders of %s are read: %w", partner, err)
	}
	var o recommend.Order
	if len(docs) > 0 {
		if err := json.Unmarshal(docs[0].Body, &o); err != nil {
			return nil, fmt.Errorf("how far orders of %s are read: %w", partner, err)
		}
	}
	if o.Sync == nil {
		o.Sync = new(recommend.Sync)
	}
	return o.Sync, nil
}

// window appends the reports of one window and returns how many there were.
func (p *Puller) window(ctx context.Context, ch recommend.Channel, w recommend.Span) (n int, err error) {
	q := recommend.OrderQuery{From: w.From.Add(-pullOverlap), To: w.To}
	for range maxPages {
		reports, next, err := p.ask(ctx, ch, q)
		if err != nil {
			return n, fmt.Errorf("orders of %s from %s: %w", ch.Partner, w.From.Format(time.RFC3339), err)
		}
		if err := p.take(ctx, ch.Partner, reports); err != nil {
			return n, err
		}
		n += len(reports)
		switch next {
		case "":
			return n, nil
		case q.Cursor:
			return n, fmt.Errorf("orders of %s: %w: the cursor stands still", ch.Partner, recommend.ErrUnavailable)
		}
		q.Cursor = next
	}
	return n, fmt.Errorf("orders of %s: %w: a window without end", ch.Partner, recommend.ErrUnavailable)
}

func (p *Puller) ask(ctx context.Context, ch recommend.Channel, q recommend.OrderQuery) ([]recommend.OrderReport, string, error) {
	ctx, cancel := context.WithTimeout(ctx, pullTimeout)
	defer cancel()
	return ch.Adapter.OrdersSince(ctx, q)
}

// take appends reports. One that is wrong in itself is appended too where it
// can be: the fold says why in the dead letters, where somebody sees it.
func (p *Puller) take(ctx context.Context, partner string, reports []recommend.OrderReport) error {
	events := make([]recommend.Event, 0, len(reports))
	for i := range reports {
		r := &reports[i]
		if r.Partner != partner || !recommend.ValidID(r.ID) || r.At.IsZero() {
			p.logger().ErrorContext(ctx, "a report without partner, id or time of its own", "partner", partner)
			continue
		}
		data, err := marshal(r)
		if err != nil {
			return err
		}
		events = append(events, recommend.Event{
			ID: r.EventID(), Source: recommend.SourceOrders, Type: recommend.TypeOrderReported, Key: r.ID, Time: r.At.UTC(), Data: data,
		})
	}
	err := p.append(ctx, events...)
	if !errors.Is(err, recommend.ErrInvalid) {
		return err
	}
	for _, e := range events { // one of them can never be appended
		if err := p.append(ctx, e); errors.Is(err, recommend.ErrInvalid) {
			p.logger().ErrorContext(ctx, "a report that the log does not take", "partner", partner, "err", err)
		} else if err != nil {
			return err
		}
	}
	return nil
}

// synced notes that a span is read.
func (p *Puller) synced(ctx context.Context, s recommend.OrdersSynced) error {
	data, err := marshal(s)
	if err != nil {
		return err
	}
	key := recommend.SyncID(s.Partner)
	return p.append(ctx, recommend.Event{
		ID:     key + ":" + s.From.Format(time.RFC3339Nano) + "/" + s.To.Format(time.RFC3339Nano),
		Source: recommend.SourceOrders, Type: recommend.TypeOrdersSynced, Key: key, Time: s.To, Data: data,
	})
}

func (p *Puller) append(ctx context.Context, events ...recommend.Event) error {
	if len(events) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	if _, err := p.Log.Append(ctx, recommend.TopicOrders, events...); err != nil {
		return fmt.Errorf("pulled orders: %w", err)
	}
	return nil
}

func (p *Puller) logger() *slog.Logger {
	if p.Logger == nil {
		return slog.New(slog.DiscardHandler)
	}
	return p.Logger
}
