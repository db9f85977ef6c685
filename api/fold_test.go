package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"

	"vitrine.dev/ingest"
	"vitrine.dev/recommend"
)

// partition is where the events of a key lie.
func (e *engine) partition(key string) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(key))
	return int(h.Sum32() % uint32(max(1, e.parts)))
}

// fold applies what is queued by the rules of the ingester, one event after
// the other.
func (e *engine) fold(ctx context.Context) error {
	folders := ingest.Folders()
	for !e.stalled && len(e.queue) > 0 {
		ev := e.queue[0]
		e.queue = e.queue[1:]
		i := slices.IndexFunc(folders, func(f ingest.Folder) bool { return f.Topic == ev.Topic })
		if i < 0 {
			return fmt.Errorf("nothing folds %s", ev.Topic)
		}
		err := e.apply(ctx, folders[i], ev)
		if errors.Is(err, recommend.ErrInvalid) {
			e.dead = append(e.dead, err)
		} else if err != nil {
			return err
		}
	}
	return nil
}

func (e *engine) apply(ctx context.Context, f ingest.Folder, ev recommend.Event) error {
	decoded, err := f.Check(ev)
	if err != nil {
		return err
	}
	scene := e.world.Scene()
	look := ingest.Scene{Policy: scene.Policy, Links: scene.Partners.Links(), Clicks: e.clicks, Docs: make(map[recommend.Ref]recommend.Document)}
	for _, r := range f.Reads(ev, decoded) {
		if d, ok := e.docs[r]; ok {
			look.Docs[r] = d
		}
	}
	ref := recommend.Ref{Kind: f.Kind, ID: ev.Key}
	state, err := f.Load(e.docs[ref].Body)
	if err != nil {
		return err
	}
	out, err := f.Decide(look, state, ev, decoded)
	if err != nil {
		return err
	}
	for _, leaf := range out.Leaves {
		old, known := e.docs[leaf.Ref]
		if known && old.Version >= ev.Offset {
			continue
		}
		body, err := leaf.Apply(old.Body)
		if err != nil {
			return err
		}
		if body != nil {
			if err := e.put(ctx, recommend.Document{Ref: leaf.Ref, Version: ev.Offset, Body: body}); err != nil {
				return err
			}
		}
	}
	for topic, events := range out.Appends {
		e.enqueue(topic, events)
	}
	if !out.Changed {
		return nil
	}
	body, err := f.Save(state)
	if err != nil {
		return err
	}
	return e.put(ctx, recommend.Document{Ref: ref, Version: ev.Offset, Body: body})
}

// put stores d and tells those who follow documents of its kind.
func (e *engine) put(ctx context.Context, d recommend.Document) error {
	e.docs[d.Ref] = d
	e.changed = append(e.changed, d.Ref)
	if d.Kind == recommend.KindRuling {
		if err := e.world.Apply(ctx, []recommend.Document{d}); err != nil {
			return err
		}
	}
	if d.Kind.Indexed() {
		return e.shelf.Apply(ctx, d.Kind, []recommend.Document{d})
	}
	return nil
}

// body reads a document into v and reports whether there is one.
func (e *engine) body(ref recommend.Ref, v any) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	d, ok := e.docs[ref]
	if ok {
		if err := json.Unmarshal(d.Body, v); err != nil {
			panic(fmt.Sprintf("%s: %v", ref, err))
		}
	}
	return ok
}
