package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"time"

	"vitrine.dev/recommend"
)

// A batchWrite is everything that a batch changes.
type batchWrite struct {
	leaves  []recommend.Document
	made    []*leaf                      // those of leaves
	topics  []string                     // of appends, sorted
	appends map[string][]recommend.Event // by topic
	letters []DeadLetter
	states  []recommend.Document
}

// load brings the states of items into the cache and returns the documents
// that the decisions read, with one call of the store.
func (l *lane) load(ctx context.Context, items []item) (map[recommend.Ref]recommend.Document, error) {
	want := map[recommend.Ref]bool{}
	for i := range items {
		it := &items[i]
		if it.err != nil {
			continue
		}
		for _, r := range it.reads {
			want[r] = true
		}
		if l.state(it.event.Key) == nil {
			want[l.ref(it)] = true
		}
	}
	docs, err := l.get(ctx, want)
	if err != nil {
		return nil, err
	}
	for i := range items {
		it := &items[i]
		if it.err != nil || l.state(it.event.Key) != nil {
			continue
		}
		it.err = l.guard(it.event, func() error { return l.remember(it, docs) })
	}
	return docs, nil
}

// remember decodes the state of an item into the cache.
func (l *lane) remember(it *item, docs map[recommend.Ref]recommend.Document) error {
	doc, ok := docs[l.ref(it)]
	if !ok {
		doc.Version = -1
	}
	state, err := l.folder.Load(doc.Body)
	if err != nil {
		return &failure{ReasonState, err.Error()}
	}
	l.states.put(it.event.Key, &cached{id: it.event.Key, state: state, version: doc.Version, size: len(doc.Body)})
	return nil
}

func (l *lane) get(ctx context.Context, want map[recommend.Ref]bool) (map[recommend.Ref]recommend.Document, error) {
	if len(want) == 0 {
		return nil, nil
	}
	refs := make([]recommend.Ref, 0, len(want))
	for r := range want {
		refs = append(refs, r)
	}
	slices.SortFunc(refs, recommend.Ref.Compare)
	var found []recommend.Document
	err := l.try(ctx, "get documents", func(ctx context.Context) (err error) {
		found, err = l.store.Get(ctx, refs...)
		return err
	})
	if err != nil {
		return nil, err
	}
	docs := make(map[recommend.Ref]recommend.Document, len(found))
	for _, d := range found {
		docs[d.Ref] = d
	}
	return docs, nil
}

// decide decides items in order and returns how many; less than all when the
// next one has to wait for the topic that it names. Spoiled says that a
// decision panicked, and may have left its state half changed: the item has
// its error, and the others are to be decided again from what is stored.
func (l *lane) decide(items []item, docs map[recommend.Ref]recommend.Document) (n int, wait *Premature, spoiled bool) {
	s := Scene{Clicks: l.clicks, Proves: l.proves, experts: map[string]*recommend.Expert{}}
	s.Policy, s.Links = l.scene()
	for i := range items {
		it := &items[i]
		it.held, it.refused, it.outcome = false, nil, Outcome{}
		if it.err != nil {
			continue
		}
		state := l.state(it.event.Key)
		if state.version >= it.event.Offset {
			it.held = true
			continue
		}
		s.Docs = among(docs, it.reads)
		err := l.guard(it.event, func() (err error) {
			it.outcome, err = l.folder.Decide(s, state.state, it.event, it.decoded)
			return err
		})
		var early *Premature
		var failed *failure
		switch {
		case errors.As(err, &failed):
			it.err = err
			return 0, nil, true
		case errors.As(err, &early) && l.early(early.Topic, it.event.Offset):
			return i, early, false
		case err != nil:
			it.refused, it.outcome = err, Outcome{}
		case it.outcome.Changed:
			state.version, state.changed = it.event.Offset, i
		}
	}
	return len(items), nil, false
}

// early reports whether topic has not been waited for since the event at
// offset was taken up.
func (l *lane) early(topic string, offset int64) bool {
	upTo, ok := l.caughtUp[topic]
	return !ok || upTo < offset
}

func among(docs map[recommend.Ref]recommend.Document, refs []recommend.Ref) map[recommend.Ref]recommend.Document {
	if len(refs) == 0 {
		return nil
	}
	m := make(map[recommend.Ref]recommend.Document, len(refs))
	for _, r := range refs {
		if d, ok := docs[r]; ok {
			m[r] = d
		}
	}
	return m
}

// plan turns decided items into what is to be written. Spoiled says that an
// item turned out to be impossible: it has its error, and the others are to be
// decided again without it.
func (l *lane) plan(ctx context.Context, items []item) (w batchWrite, spoiled bool, err error) {
	if spoiled, err = l.leaves(ctx, items, &w); spoiled || err != nil {
		return w, spoiled, err
	}
	if w.states, spoiled = l.save(items); spoiled {
		return w, true, nil
	}
	w.appends = map[string][]recommend.Event{}
	for i := range items {
		it := &items[i]
		if it.death() != nil {
			w.letters = append(w.letters, l.letter(it))
		}
		for t, es := range it.outcome.Appends {
			l.traces.pass(it, es)
			w.appends[t] = append(w.appends[t], es...)
		}
	}
	w.topics = slices.Sorted(maps.Keys(w.appends))
	return w, false, nil
}

// save encodes the states that items changed, each as its last event left it.
func (l *lane) save(items []item) (docs []recommend.Document, spoiled bool) {
	for i := range items {
		it := &items[i]
		if !it.outcome.Changed {
			continue
		}
		s := l.state(it.event.Key)
		if s.changed != i {
			continue
		}
		var body json.RawMessage
		it.err = l.guard(it.event, func() (err error) {
			body, err = l.folder.Save(s.state)
			return err
		})
		if it.err != nil {
			return nil, true
		}
		s.size = len(body)
		l.states.put(s.id, s)
		docs = append(docs, recommend.Document{Ref: l.ref(it), Version: s.version, Body: body})
	}
	return docs, false
}

// keep takes the leaves of a batch for what the store holds, or will hold once
// the batch is written; if it is not, the lane forgets them.
func (l *lane) keep(w batchWrite) {
	for _, lf := range w.made {
		lf.stored = lf.doc.Version
		l.made.put(lf.doc.Ref, lf)
	}
}

// write makes all of a batch durable but its states, together with states of
// the batch before. See lane for the order.
func (l *lane) write(ctx context.Context, w batchWrite, before []recommend.Document) error {
	if len(w.letters) > 0 {
		err := l.try(ctx, "bury", func(ctx context.Context) error { return l.dead.Bury(ctx, w.letters...) })
		if err != nil {
			return err
		}
	}
	if err := l.put(ctx, "put leaves", slices.Concat(w.leaves, before)); err != nil {
		return err
	}
	for _, t := range w.topics {
		err := l.try(ctx, "append to "+t, func(ctx context.Context) error {
			_, err := l.log.Append(ctx, t, w.appends[t]...)
			return err
		})
		if errors.Is(err, recommend.ErrInvalid) {
			err = &failure{ReasonUnappended, err.Error()}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (l *lane) put(ctx context.Context, what string, docs []recommend.Document) error {
	if len(docs) == 0 {
		return nil
	}
	traced := l.traces.holding(docs, l.ref)
	points := exemplar(traced)
	began := time.Now()
	err := l.try(ctx, what, func(ctx context.Context) error {
		defer func(began time.Time) { l.meter.stored(time.Since(began), points) }(time.Now())
		return l.store.Put(ctx, docs...)
	})
	if err == nil {
		l.traces.put(began, len(docs), traced)
	}
	return err
}
