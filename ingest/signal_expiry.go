package ingest

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"vitrine.dev/recommend"
)

// A SignalExpiry appends the end of signals that nobody has decided about in
// time. The fold judges by the time of the append, so that an end that comes too
// early or twice changes nothing, and a rebuild ends the same.
//
// Hand Run to [Consumer.Duties]: the process that holds the partition of a
// signal's key ends it.
type SignalExpiry struct {
	Store recommend.Store
	Log   recommend.Log
	// Now is the clock that signals end by; time.Now when nil.
	Now func() time.Time
	// Wait waits between two looks, or until ctx ends, which is its error; by the
	// clock of the machine when nil.
	Wait   func(ctx context.Context, d time.Duration) error
	Logger *slog.Logger // none when nil
}

// expiryEvery is how long a signal holds at most after its time.
const expiryEvery = time.Minute

// An openSignal is one that is to end.
type openSignal struct {
	key     string
	expires time.Time
}

// Run ends the signals of d until ctx ends.
func (x *SignalExpiry) Run(ctx context.Context, d Duty) {
	if d.Topic != recommend.TopicOrders {
		return
	}
	wait, logger := x.Wait, x.Logger
	if wait == nil {
		wait = pause
	}
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	open, mark := map[string]openSignal{}, recommend.Mark("")
	for {
		err := x.read(ctx, d, open, &mark)
		if err == nil {
			err = x.end(ctx, open)
		}
		if err != nil && ctx.Err() == nil {
			logger.WarnContext(ctx, "ending signals", "partition", d.Partition, "err", err)
			open, mark = map[string]openSignal{}, "" // a mark can be of a store that was replaced
		}
		if wait(ctx, expiryEvery) != nil {
			return
		}
	}
}

// read brings open up to date.
func (x *SignalExpiry) read(ctx context.Context, d Duty, open map[string]openSignal, mark *recommend.Mark) error {
	const some = 500
	for {
		docs, next, err := x.changes(ctx, *mark, some)
		if err != nil {
			return err
		}
		for _, doc := range docs {
			var s recommend.Signal
			if err := recommend.UnmarshalZero(doc.Body, &s); err != nil {
				return fmt.Errorf("%s: %w", doc.Ref, err)
			}
			delete(open, s.ID)
			if s.State == recommend.SignalOpen && d.Holds(s.Key) {
				open[s.ID] = openSignal{s.Key, s.Expires}
			}
		}
		if len(docs) == 0 || next == *mark {
			return nil
		}
		*mark = next
	}
}

func (x *SignalExpiry) changes(ctx context.Context, since recommend.Mark, limit int) ([]recommend.Document, recommend.Mark, error) {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	return x.Store.Changes(ctx, recommend.KindSignal, since, limit)
}

// end appends the ends that are due, each once: a signal that changes after all
// is read again.
func (x *SignalExpiry) end(ctx context.Context, open map[string]openSignal) error {
	now := time.Now
	if x.Now != nil {
		now = x.Now
	}
	at := now().UTC()
	for id, s := range open {
		if at.Before(s.expires) {
			continue
		}
		data, err := marshal(recommend.SignalEnded{Signal: id, Key: s.key, At: at})
		if err != nil {
			return err
		}
		if err := x.append(ctx, recommend.Event{
			ID: "end-" + id + "-" + strconv.FormatInt(s.expires.Unix(), 10), Source: recommend.SourceSignals, Type: recommend.TypeSignalEnded,
			Key: s.key, Time: at, Data: data,
		}); err != nil {
			return err
		}
		delete(open, id)
	}
	return nil
}

func (x *SignalExpiry) append(ctx context.Context, e recommend.Event) error {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	if _, err := x.Log.Append(ctx, recommend.TopicOrders, e); err != nil {
		return fmt.Errorf("end of a signal: %w", err)
	}
	return nil
}
