package api_test

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"vitrine.dev/recommend"
)

// An engine is log, folds and store in memory. Events are folded while they
// are appended, unless the folds are stalled.
type engine struct {
	recommend.Scan

	now    func() time.Time
	world  *recommend.World
	shelf  *recommend.Shelf
	clicks *recommend.Clicks
	// parts is how many partitions every topic has; 0 is one.
	parts int

	mu      sync.Mutex
	changed []recommend.Ref // as documents were put
	log     map[string][]recommend.Event
	docs    map[recommend.Ref]recommend.Document
	dead    []error // why events changed nothing
	queue   []recommend.Event
	stalled bool
	logErr  error  // of Append
	getErr  error  // of Get
	before  func() // runs before an append, outside of the lock
}

func (e *engine) Append(ctx context.Context, topic string, events ...recommend.Event) ([]recommend.Position, error) {
	if e.before != nil {
		e.before()
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.logErr != nil {
		return nil, e.logErr
	}
	at := e.enqueue(topic, events)
	return at, e.fold(ctx)
}

// enqueue gives events their places in the log.
func (e *engine) enqueue(topic string, events []recommend.Event) (at []recommend.Position) {
	for _, ev := range events {
		ev.Topic, ev.Partition, ev.Appended = topic, e.partition(ev.Key), e.now()
		for _, old := range e.log[topic] {
			if old.Partition == ev.Partition {
				ev.Offset++
			}
		}
		e.log[topic] = append(e.log[topic], ev)
		e.queue = append(e.queue, ev)
		at = append(at, recommend.Position{Topic: topic, Partition: ev.Partition, Offset: ev.Offset})
	}
	return at
}

// resume lets stalled folds catch up.
func (e *engine) resume(t *testing.T) {
	t.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.stalled = false
	if err := e.fold(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (e *engine) events(topic string) []recommend.Event {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.log[topic])
}

func (e *engine) Get(_ context.Context, refs ...recommend.Ref) ([]recommend.Document, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.getErr != nil {
		return nil, e.getErr
	}
	var out []recommend.Document
	for _, r := range refs {
		if d, ok := e.docs[r]; ok {
			out = append(out, d)
		}
	}
	return out, nil
}

// Search finds every word of the text in reasons and titles, which is enough
// to be asked.
func (e *engine) Search(_ context.Context, q recommend.Search) ([]recommend.Hit, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	var hits []recommend.Hit
	for ref, d := range e.docs {
		var text struct{ Reason, Title string }
		if err := json.Unmarshal(d.Body, &text); err != nil {
			return nil, err
		}
		found := strings.ToLower(text.Reason + " " + text.Title)
		if (ref.Kind == recommend.KindPick || ref.Kind == recommend.KindProduct) &&
			!slices.ContainsFunc(strings.Fields(strings.ToLower(q.Text)), func(w string) bool { return !strings.Contains(found, w) }) {
			hits = append(hits, recommend.Hit{Ref: ref, Score: 1})
		}
	}
	slices.SortFunc(hits, func(a, b recommend.Hit) int { return a.Compare(b.Ref) })
	return hits, nil
}

// plant makes a document as if a fold had.
func (e *engine) plant(t *testing.T, ref recommend.Ref, v any) {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.docs[ref] = recommend.Document{Ref: ref, Version: e.docs[ref].Version + 1, Body: b}
}

func (e *engine) Put(context.Context, ...recommend.Document) error { return nil }

func (e *engine) Changes(_ context.Context, kind recommend.Kind, since recommend.Mark, limit int) ([]recommend.Document, recommend.Mark, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	n, _ := strconv.Atoi(string(since)) // "" is the beginning
	var out []recommend.Document
	for ; n < len(e.changed) && len(out) < limit; n++ {
		if ref := e.changed[n]; ref.Kind == kind && !slices.Contains(e.changed[n+1:], ref) {
			out = append(out, e.docs[ref])
		}
	}
	return out, recommend.Mark(strconv.Itoa(n)), nil
}

func (e *engine) Check(context.Context) error { return nil }

func (e *engine) Close() error { return nil }
