package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"vitrine.dev/recommend"
	"vitrine.dev/recommend/link"
)

// A ReplayConfig says what a replay decides by.
type ReplayConfig struct {
	// Scene is the policy and the partners at this moment of the replay.
	Scene func() (*recommend.Policy, *link.Registry)
	// Clicks open the tokens of orders; nil opens none.
	Clicks *recommend.Clicks
	// Kinds are those whose changed documents Fold returns; nil is
	// [recommend.ShelfKinds].
	Kinds []recommend.Kind
	// Before is told of every event of the right form before it is decided,
	// with what Check made of it. Its error ends the fold of that event. It may
	// be nil.
	Before func(ctx context.Context, e recommend.Event, decoded any) error
	// After is told of every event that was folded; of those refused, and of
	// those seen before, it is not. It may be nil.
	After func(e recommend.Event, decoded any)
}

// A Replay folds events that are handed to it one by one into documents in
// memory, by the same rules as a [Consumer] folds the log: for measuring on old
// data and for simulations. It has no log and nothing is durable; there is one
// partition of every topic, and the offsets count what was handed in.
//
// It is a [recommend.Store] to read from: Get works, what changes or searches
// is an error. It is safe for concurrent use, but events have an order, and so
// one goroutine should fold.
type Replay struct {
	config  ReplayConfig
	folders map[string]Folder
	follows map[recommend.Kind]bool

	mu   sync.Mutex
	ends map[string]int64 // by topic: the offset of the next event
	docs map[recommend.Ref]*replayed
}

// A replayed document is a state, which stays decoded and is encoded when
// somebody asks for it, or a leaf, which is only ever a body.
type replayed struct {
	version int64
	state   any
	save    func(any) (json.RawMessage, error) // of a state
	body    json.RawMessage                    // nil: state is newer
}

// NewReplay returns a replay in which nothing has happened yet.
func NewReplay(c ReplayConfig) *Replay {
	if c.Kinds == nil {
		c.Kinds = recommend.ShelfKinds()
	}
	r := &Replay{
		config: c, folders: make(map[string]Folder), follows: make(map[recommend.Kind]bool),
		ends: make(map[string]int64), docs: make(map[recommend.Ref]*replayed),
	}
	for _, f := range Folders() {
		r.folders[f.Topic] = f
	}
	for _, k := range c.Kinds {
		r.follows[k] = true
	}
	return r
}

// Fold folds e and whatever events it causes in other topics, and returns the
// changed documents of the kinds followed, in the order of the changes. The
// place in the log is given to e here; e.Appended is e.Time where it is zero.
//
// An event that a rule refuses is an error that wraps [recommend.ErrInvalid]
// and changes nothing, though it takes its place in the log as any other does.
// One that refers to what has not come yet is refused at once, for nothing is
// under way. What a caused event is refused for comes with the documents that
// e itself changed.
func (r *Replay) Fold(ctx context.Context, e recommend.Event) ([]recommend.Document, error) {
	f, ok := r.folders[e.Topic]
	if !ok {
		return nil, fmt.Errorf("%w: no fold of topic %q", recommend.ErrInvalid, e.Topic)
	}
	e.Partition, e.Offset = 0, r.place(e.Topic)
	if e.Appended.IsZero() {
		e.Appended = e.Time
	}
	decoded, err := f.Check(e)
	if err != nil {
		return nil, err
	}
	if r.config.Before != nil {
		if err := r.config.Before(ctx, e, decoded); err != nil { // it may read what is folded so far
			return nil, err
		}
	}
	out, changed, err := r.change(f, e, decoded)
	if err != nil {
		return nil, err
	}
	if r.config.After != nil && !out.Duplicate {
		r.config.After(e, decoded)
	}
	for _, topic := range slices.Sorted(maps.Keys(out.Appends)) {
		for _, caused := range out.Appends[topic] {
			caused.Topic, caused.Appended = topic, e.Appended
			docs, failed := r.Fold(ctx, caused)
			changed, err = append(changed, docs...), errors.Join(err, failed)
		}
	}
	return changed, err
}

// place is the offset of the next event of topic.
func (r *Replay) place(topic string) int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := r.ends[topic]
	r.ends[topic]++
	return n
}

// change decides e and writes what it changes.
func (r *Replay) change(f Folder, e recommend.Event, decoded any) (Outcome, []recommend.Document, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	out, err := r.decide(f, e, decoded)
	if err != nil {
		return out, nil, err
	}
	changed, err := r.write(f, e, out)
	return out, changed, err
}

// decide decides e on the state of its key.
func (r *Replay) decide(f Folder, e recommend.Event, decoded any) (Outcome, error) {
	s := Scene{Clicks: r.config.Clicks}
	s.Policy, s.Links = r.config.Scene()
	if refs := f.Reads(e, decoded); len(refs) > 0 {
		s.Docs = make(map[recommend.Ref]recommend.Document, len(refs))
		for _, ref := range refs {
			d, ok, err := r.document(ref)
			if err != nil {
				return Outcome{}, err
			}
			if ok {
				s.Docs[ref] = d
			}
		}
	}
	doc, err := r.state(f, e.Key)
	if err != nil {
		return Outcome{}, err
	}
	out, err := f.Decide(s, doc.state, e, decoded)
	if err == nil && out.Changed {
		doc.version, doc.body = e.Offset, nil
	}
	return out, err
}

// state is the state of a key, a new one if need be.
func (r *Replay) state(f Folder, key string) (*replayed, error) {
	ref := recommend.Ref{Kind: f.Kind, ID: key}
	if doc := r.docs[ref]; doc != nil {
		return doc, nil
	}
	state, err := f.Load(nil)
	if err != nil {
		return nil, err
	}
	doc := &replayed{version: -1, state: state, save: f.Save}
	r.docs[ref] = doc
	return doc, nil
}

// write applies the leaves of an outcome and returns what changed of the kinds
// followed, the state last.
func (r *Replay) write(f Folder, e recommend.Event, out Outcome) (changed []recommend.Document, err error) {
	for _, lf := range out.Leaves {
		doc := r.docs[lf.Ref]
		var old json.RawMessage
		if doc != nil {
			old = doc.body
		}
		body, err := lf.Apply(old)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", lf.Ref, err)
		}
		if body == nil {
			continue
		}
		if doc == nil {
			doc = new(replayed)
			r.docs[lf.Ref] = doc
		}
		doc.version, doc.body = e.Offset, body
		if r.follows[lf.Ref.Kind] {
			changed = append(changed, recommend.Document{Ref: lf.Ref, Version: e.Offset, Body: body})
		}
	}
	if !out.Changed || !r.follows[f.Kind] {
		return changed, nil
	}
	d, _, err := r.document(recommend.Ref{Kind: f.Kind, ID: e.Key})
	return append(changed, d), err
}

// document is the document that ref names, encoded.
func (r *Replay) document(ref recommend.Ref) (d recommend.Document, ok bool, err error) {
	doc := r.docs[ref]
	if doc == nil || doc.version < 0 {
		return d, false, nil
	}
	if doc.body == nil {
		if doc.body, err = doc.save(doc.state); err != nil {
			return d, false, fmt.Errorf("save %s: %w", ref, err)
		}
	}
	return recommend.Document{Ref: ref, Version: doc.version, Body: doc.body}, true, nil
}

// Get returns those of the documents named by refs that there are now.
func (r *Replay) Get(_ context.Context, refs ...recommend.Ref) ([]recommend.Document, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var docs []recommend.Document
	for _, ref := range refs {
		d, ok, err := r.document(ref)
		if err != nil {
			return nil, err
		}
		if ok {
			d.Body = slices.Clone(d.Body)
			docs = append(docs, d)
		}
	}
	return docs, nil
}

// errReplay is the error of what a replay does not have.
var errReplay = errors.New("a replay has none: its documents are made by Fold and read by Get")

// Put is an error: documents are made by Fold alone.
func (r *Replay) Put(context.Context, ...recommend.Document) error {
	return fmt.Errorf("put: %w", errReplay)
}

// Changes is an error: Fold returns what changes.
func (r *Replay) Changes(context.Context, recommend.Kind, recommend.Mark, int) ([]recommend.Document, recommend.Mark, error) {
	return nil, "", fmt.Errorf("changes: %w", errReplay)
}

// Search is an error.
func (r *Replay) Search(context.Context, recommend.Search) ([]recommend.Hit, error) {
	return nil, fmt.Errorf("search: %w", errReplay)
}

// Check reports that the replay answers.
func (r *Replay) Check(context.Context) error { return nil }

// Close does nothing.
func (r *Replay) Close() error { return nil }
