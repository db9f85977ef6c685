package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"strconv"
	"time"

	"github.com/segmentio/kafka-go"

	"vitrine.dev/recommend"
	"vitrine.dev/recommend/link"
)

// opTimeout bounds one call of the store or the log; then it is tried again.
const opTimeout = 15 * time.Second

// defaultBatch is how many events are folded together.
const defaultBatch = 2000

// A lane folds the messages of one partition in their order. It knows nothing
// of consumer groups or fetching: it is given messages and says how many of
// them are durable.
//
// It decides one batch while the one before is written, see stream.
//
// The order of its writes is what makes a crash harmless: dead letters, then
// leaves, then what the events cause in other topics, then states. Once a
// state holds an event, or a later one of its key, the event is not decided
// again; so everything else that it causes must be durable by then.
type lane struct {
	folder Folder
	store  recommend.Store
	log    recommend.Log
	dead   Burier
	scene  func() (*recommend.Policy, *link.Registry)
	clicks *recommend.Clicks
	proves func(windowID, pseudonym string) bool
	codec  Codec
	now    func() time.Time
	logger *slog.Logger
	meter  *topicMeter
	traces *tracer // nil when nobody traces

	size int // of batches; defaultBatch when 0
	// beside runs a write while the next batch is decided, and returns what
	// waits for it.
	beside func(write func() error) (wait func() error)

	// over reports whether no further batch is to be begun.
	over func() bool
	// refresh brings scene up to date with the store.
	refresh func(context.Context) error
	// catchUp waits until another topic has been folded as far as it is
	// written now. It is an error only when the lane must stop.
	catchUp func(topic string) error
	// pause waits before the next attempt at something that failed. It is an
	// error when the lane must stop.
	pause func(attempt int) error

	states *recent[string, *cached]
	// made are leaves as this lane wrote them last: it alone writes them.
	made *recent[recommend.Ref, *leaf]
	// flying is what is being written beside, in the order of writing.
	flying     []recommend.Document
	eager      bool   // every change of a leaf is encoded at once, in the batch under way
	generation uint64 // of the store that they are from, if it tells
	// taken is the offset of the last message fetched, folded or not.
	taken int64
	// caughtUp holds, by topic, the offset up to which events had been taken
	// up when that topic was last waited for.
	caughtUp map[string]int64
}

// An item is a message on its way through a lane.
type item struct {
	msg     kafka.Message
	event   recommend.Event
	decoded any
	reads   []recommend.Ref
	outcome Outcome
	err     error // why it can never be folded, whatever else there is
	refused error // why this decision refused it
	held    bool  // the state holds it already
}

// death is why the item goes to the dead letters, nil if it does not.
func (it *item) death() error {
	if it.err != nil {
		return it.err
	}
	return it.refused
}

// fold folds messages, which follow those of the last call without a gap, and
// returns how many of them, from the first, are durable and may be committed.
// That can be less than all; call it again with the rest. On error the lane
// must stop: n messages are durable and the others have to be delivered again.
func (l *lane) fold(ctx context.Context, ms []kafka.Message) (n int, err error) {
	items := make([]item, len(ms))
	for i, m := range ms {
		items[i] = l.take(m)
	}
	l.traces.begin(ctx, items)
	defer func() { l.traces.end(ctx, l.folder.Topic, items[:n]) }()
	n, err = l.stream(ctx, items)
	l.settle(items[:n])
	if n > 0 || err != nil {
		return n, err
	}
	items = items[:min(len(items), l.batchSize())]
	for {
		n, wait, err := l.apply(ctx, items)
		if err != nil {
			l.forget()
			return n, err
		}
		if n > 0 || wait == nil {
			return n, nil
		}
		if err := l.await(ctx, wait.Topic); err != nil {
			return 0, err
		}
	}
}

// take decodes and checks a message.
func (l *lane) take(m kafka.Message) item {
	it := item{msg: m}
	if it.event, it.err = l.codec.Decode(m); it.err != nil {
		return it
	}
	it.err = l.guard(it.event, func() (err error) {
		if it.decoded, err = l.folder.Check(it.event); err == nil {
			it.reads = l.folder.Reads(it.event, it.decoded)
		}
		return err
	})
	return it
}

func (l *lane) ref(it *item) recommend.Ref {
	return recommend.Ref{Kind: l.folder.Kind, ID: it.event.Key}
}

// await waits for another topic and for what it changed to be known here.
func (l *lane) await(ctx context.Context, topic string) error {
	began := time.Now()
	taken := l.taken
	if err := l.catchUp(topic); err != nil {
		return err
	}
	if err := l.try(ctx, "refresh scene", l.refresh); errors.Is(err, recommend.ErrInvalid) {
		l.logger.ErrorContext(ctx, "deciding by an old scene", "topic", l.folder.Topic, "err", err)
	} else if err != nil {
		return err
	}
	l.caughtUp[topic] = taken
	l.meter.waited(time.Since(began))
	return nil
}

// apply folds items up to the first that has to wait for another topic, in
// one go or, when the store or the log refuses a document for good, one by one.
func (l *lane) apply(ctx context.Context, items []item) (n int, wait *Premature, err error) {
	n, wait, err = l.attempt(ctx, items)
	if !errors.Is(err, recommend.ErrInvalid) {
		return n, wait, err
	}
	l.forget()
	if len(items) == 1 {
		items[0].err = err
		return l.attempt(ctx, items)
	}
	for n < len(items) {
		var one int
		one, wait, err = l.apply(ctx, items[n:n+1])
		n += one
		if err != nil || one == 0 {
			return n, wait, err
		}
	}
	return n, nil, nil
}

// attempt folds items once. An error that wraps ErrInvalid is a refusal of
// what one of the items makes.
func (l *lane) attempt(ctx context.Context, items []item) (n int, wait *Premature, err error) {
	for {
		l.notice()
		docs, err := l.load(ctx, items)
		if err != nil {
			return 0, nil, err
		}
		var spoiled bool
		if n, wait, spoiled = l.decide(items, docs); spoiled {
			l.forget()
			continue
		}
		if slices.ContainsFunc(items[:n], func(it item) bool { return it.held }) {
			l.made.clear() // somebody else folds this partition too: leaves in the store may hold what those kept here do not
		}
		w, spoiled, err := l.plan(ctx, items[:n])
		if err != nil {
			return 0, nil, err
		}
		if spoiled {
			l.forget()
			continue
		}
		l.keep(w)
		if err = l.write(ctx, w, nil); err == nil {
			err = l.put(ctx, "put states", w.states)
		}
		if errors.Is(err, recommend.ErrConflict) { // made from documents that are no more
			l.forget()
			continue
		}
		if err != nil {
			return 0, nil, err
		}
		break
	}
	l.settle(items[:n])
	return n, wait, nil
}

// settle counts items that are durable, and bounds what is kept.
func (l *lane) settle(items []item) {
	l.eager = false
	for i := range items {
		l.meter.count(&items[i])
	}
	l.states.trim()
	l.made.trim()
}

// batchSize is how many items are decided and written together at most.
func (l *lane) batchSize() int {
	if l.size > 0 {
		return l.size
	}
	return defaultBatch
}

// notice forgets the states that were read before the store's documents were
// replaced, by a rebuild that may have made others.
func (l *lane) notice() {
	if l.noticed() {
		l.generation = l.store.(interface{ Generation() uint64 }).Generation() //nolint:forcetypeassert // noticed has seen it
		l.forget()
	}
}

// noticed reports whether the documents have been replaced since the states
// were read.
func (l *lane) noticed() bool {
	s, ok := l.store.(interface{ Generation() uint64 })
	return ok && s.Generation() != l.generation
}

// try calls op until it succeeds or fails for good.
func (l *lane) try(ctx context.Context, what string, op func(context.Context) error) error {
	for attempt := 0; ; attempt++ {
		err := once(ctx, op)
		if err == nil || errors.Is(err, recommend.ErrInvalid) || errors.Is(err, recommend.ErrConflict) {
			return err
		}
		l.meter.retried()
		l.logger.WarnContext(ctx, "waiting for an engine", "op", what, "topic", l.folder.Topic, "attempt", attempt+1, "err", err)
		if ctx.Err() != nil {
			return fmt.Errorf("%s: %w: %w", what, ctx.Err(), err)
		}
		if stop := l.pause(attempt); stop != nil {
			return fmt.Errorf("%s: %w: %w", what, stop, err)
		}
	}
}

func once(ctx context.Context, op func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	return op(ctx)
}

// A failure is an error that is no refusal by a rule, with the reason that
// its dead letter carries. It wraps ErrInvalid.
type failure struct {
	reason string
	detail string
}

func (f *failure) Error() string { return f.reason + ": " + f.detail }
func (f *failure) Unwrap() error { return recommend.ErrInvalid }

// guard calls a function of the fold and turns a panic into an error. Values
// stay out of the log: a panic that is no runtime error may carry the event.
func (l *lane) guard(e recommend.Event, call func() error) (err error) {
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		detail := fmt.Sprintf("panic of %T", p)
		if re, ok := p.(interface {
			error
			RuntimeError()
		}); ok {
			detail = re.Error()
		}
		l.logger.Error("fold panicked", "topic", e.Topic, "partition", e.Partition, "offset", e.Offset,
			"type", e.Type, "err", detail, "stack", string(debug.Stack()))
		err = &failure{ReasonPanic, detail}
	}()
	return call()
}

// letter is the dead letter of an item.
func (l *lane) letter(it *item) DeadLetter {
	d := DeadLetter{
		Topic: l.folder.Topic, Partition: it.msg.Partition, Offset: it.msg.Offset,
		Reason: ReasonFailed, Detail: it.death().Error(), Attempts: 1, At: l.now(),
		Key: it.msg.Key, Value: it.msg.Value, Headers: it.msg.Headers,
	}
	err := it.death()
	var refusal *recommend.Refusal
	var failed *failure
	var put *recommend.PutError
	switch {
	case errors.As(err, &refusal):
		d.Reason = refusal.Code()
	case errors.As(err, &failed):
		d.Reason, d.Detail = failed.reason, failed.detail
	case errors.As(err, &put):
		d.Reason = ReasonRefused
	case errors.Is(err, recommend.ErrInvalid):
		d.Reason = "invalid"
	}
	if before, err := strconv.Atoi(d.Header(headerAttempts)); err == nil && before > 0 {
		d.Attempts = before + 1
	}
	return d
}
