package api_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"vitrine.dev/recommend"
)

// An engine is log, folds and store in memory. Events are folded while they
// are appended, unless the folds are stalled.
type engine struct {
	now   func() time.Time
	world *recommend.World
	shelf *recommend.Shelf

	mu      sync.Mutex
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
	var at []recommend.Position
	for _, ev := range events {
		ev.Topic, ev.Offset, ev.Appended = topic, int64(len(e.log[topic])), e.now()
		e.log[topic] = append(e.log[topic], ev)
		e.queue = append(e.queue, ev)
		at = append(at, recommend.Position{Topic: topic, Offset: ev.Offset})
	}
	return at, e.fold(ctx)
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

func (e *engine) Put(context.Context, ...recommend.Document) error { return nil }

func (e *engine) Changes(context.Context, recommend.Kind, recommend.Mark, int) ([]recommend.Document, recommend.Mark, error) {
	return nil, "", nil
}

func (e *engine) Check(context.Context) error { return nil }

func (e *engine) Close() error { return nil }

// fold applies what is queued. Nobody else folds, so documents are read and
// written in place.
func (e *engine) fold(ctx context.Context) error {
	for !e.stalled && len(e.queue) > 0 {
		ev := e.queue[0]
		e.queue = e.queue[1:]
		changed := make(map[recommend.Ref]any)
		if err := e.decide(ev, changed); err != nil {
			e.dead = append(e.dead, err)
			continue
		}
		for _, ref := range slices.SortedFunc(maps.Keys(changed), func(a, b recommend.Ref) int { return cmp.Compare(a.String(), b.String()) }) {
			b, err := json.Marshal(changed[ref])
			if err != nil {
				return err
			}
			d := recommend.Document{Ref: ref, Version: ev.Offset, Body: b}
			e.docs[ref] = d
			if ref.Kind == recommend.KindRuling {
				if err := e.world.Apply(ctx, []recommend.Document{d}); err != nil {
					return err
				}
			}
			if ref.Kind.Indexed() {
				if err := e.shelf.Apply(ctx, ref.Kind, []recommend.Document{d}); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// load reads a document into v; v stays as it is when there is none.
func (e *engine) load(ref recommend.Ref, v any) bool {
	d, ok := e.docs[ref]
	if ok {
		if err := json.Unmarshal(d.Body, v); err != nil {
			panic(fmt.Sprintf("%s: %v", ref, err))
		}
	}
	return ok
}

func decodeEvent[T any](ev recommend.Event) T {
	var v T
	if err := json.Unmarshal(ev.Data, &v); err != nil {
		panic(fmt.Sprintf("%s: %v", ev.Type, err))
	}
	return v
}

func (e *engine) decide(ev recommend.Event, changed map[recommend.Ref]any) error {
	switch ev.Type {
	case recommend.TypePickPublished, recommend.TypePickEdited, recommend.TypePickWithdrawn, recommend.TypePickRestored:
		return e.decidePick(ev, changed)
	case recommend.TypeProductListed:
		p, old := decodeEvent[recommend.Product](ev), recommend.Product{}
		ref := recommend.Ref{Kind: recommend.KindProduct, ID: ev.Key}
		e.load(ref, &old)
		if p.UpdatedAt.After(old.UpdatedAt) {
			changed[ref] = p
		}
	case recommend.TypeReaderDeclared, recommend.TypeActed:
		e.decideAction(ev, changed)
	default:
		e.decideRuling(ev, changed)
	}
	return nil
}

func (e *engine) decideAction(ev recommend.Event, changed map[recommend.Ref]any) {
	ref := recommend.Ref{Kind: recommend.KindReader, ID: ev.Key}
	r := &recommend.Reader{ID: ev.Key}
	e.load(ref, r)
	if r.Seen.Has(ev) {
		return
	}
	if ev.Type == recommend.TypeReaderDeclared {
		r.Declare(decodeEvent[recommend.DeclaredReader](ev).Interests)
	} else {
		a := decodeEvent[recommend.Action](ev)
		kind, id := a.Object()
		switch a.Kind {
		case recommend.ActFollow:
			r.Follow(id, a.At)
		case recommend.ActUnfollow:
			r.Unfollow(id)
		case recommend.ActMute:
			r.Mute(recommend.Mute{Kind: kind, ID: id, At: a.At})
		case recommend.ActUnmute:
			r.Unmute(kind, id)
		}
	}
	r.Seen.Add(ev)
	changed[ref] = r
}

func (e *engine) decideRuling(ev recommend.Event, changed map[recommend.Ref]any) {
	ref := recommend.Ref{Kind: recommend.KindRuling, ID: ev.Key}
	target, _ := recommend.ParseTarget(ev.Key)
	r := &recommend.Ruling{Target: target, At: ev.Time}
	e.load(ref, r)
	if r.Seen.Has(ev) {
		return
	}
	expert := recommend.Ref{Kind: recommend.KindExpert, ID: target.ID}
	switch ev.Type {
	case recommend.TypePartnerRegistered:
		p := decodeEvent[recommend.Partner](ev)
		p.Since = ev.Appended
		r.Partner = &p
	case recommend.TypeExpertVerified:
		var x recommend.Expert
		e.load(expert, &x)
		v := decodeEvent[recommend.VerifiedExpert](ev)
		x.Verify(&v, ev.Appended, false, recommend.StandingAfter(r.Action))
		changed[expert] = x
	case recommend.TypeRulingMade:
		m := decodeEvent[recommend.MadeRuling](ev)
		r.Action, r.Rule, r.Text, r.By, r.At = m.Action, m.Rule, m.Text, m.By, m.At
		if m.Action == recommend.ActionRestore {
			r.Action = ""
		}
		r.History = append(r.History, m)
		var x recommend.Expert
		if target.Kind == recommend.TargetExpert && e.load(expert, &x) {
			x.Standing = recommend.StandingAfter(m.Action)
			changed[expert] = x
		}
	}
	r.Seen.Add(ev)
	changed[ref] = r
}
