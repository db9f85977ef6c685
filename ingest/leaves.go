package ingest

import (
	"context"
	"encoding/json"
	"maps"
	"slices"

	"vitrine.dev/recommend"
)

// A leaf is a document on its way through the changes of a batch.
type leaf struct {
	doc    recommend.Document
	stored int64 // its version in the store, -1 for none
	// value is what the document holds, decoded, where its last change made
	// that; stale says that doc.Body is from before.
	value any
	stale bool
}

// leaves applies the changes of items to the leaves that they name, as this
// lane made them or, those that it did not make of late, read with one call of
// the store, and puts those that changed into w. Changes that a leaf holds
// already are left out.
func (l *lane) leaves(ctx context.Context, items []item, w *batchWrite) (spoiled bool, err error) {
	now, err := l.present(ctx, items)
	if err != nil {
		return false, err
	}
	for i := range items {
		it := &items[i]
		for _, change := range it.outcome.Leaves {
			if it.err == nil {
				it.err = l.change(it, now[change.Ref], change)
			}
		}
		spoiled = spoiled || it.err != nil && len(it.outcome.Leaves) > 0
	}
	if spoiled {
		return true, nil
	}
	for _, r := range slices.SortedFunc(maps.Keys(now), recommend.Ref.Compare) {
		lf := now[r]
		if lf.doc.Version <= lf.stored {
			continue
		}
		if err := l.guard(recommend.Event{Topic: l.folder.Topic}, lf.encode); err != nil {
			l.eager = true   // which of its changes is to blame shows when each is encoded
			return true, nil //nolint:nilerr // it is found again
		}
		w.leaves, w.made = append(w.leaves, lf.doc), append(w.made, lf)
	}
	return false, nil
}

// present are the leaves that items change, as they are before.
func (l *lane) present(ctx context.Context, items []item) (map[recommend.Ref]*leaf, error) {
	now := map[recommend.Ref]*leaf{}
	want := map[recommend.Ref]bool{}
	for i := range items {
		for _, lf := range items[i].outcome.Leaves {
			if now[lf.Ref] != nil {
				continue
			}
			made, ok := l.made.get(lf.Ref)
			if !ok {
				made = &leaf{doc: recommend.Document{Ref: lf.Ref, Version: -1}, stored: -1}
				want[lf.Ref] = true
			}
			now[lf.Ref] = made
		}
	}
	stored, err := l.get(ctx, want)
	for r, d := range stored {
		now[r] = &leaf{doc: d, stored: d.Version}
	}
	return now, err
}

func (l *lane) change(it *item, lf *leaf, change Leaf) error {
	if lf.stored >= it.event.Offset {
		return nil
	}
	return l.guard(it.event, func() error {
		changed, err := lf.apply(change)
		if err == nil && changed {
			lf.doc.Version = it.event.Offset
		}
		if err == nil && l.eager {
			err = lf.encode()
		}
		return err
	})
}

// apply changes lf, by its value where that will do.
func (lf *leaf) apply(change Leaf) (changed bool, err error) {
	if change.decoded != nil {
		if lf.value, err = change.decoded(lf.value, lf.doc.Body); err == nil {
			lf.stale = true
		}
		return err == nil, err
	}
	if err := lf.encode(); err != nil {
		return false, err
	}
	body, err := change.Apply(lf.doc.Body)
	if err != nil || body == nil {
		return false, err
	}
	lf.doc.Body, lf.value = body, nil
	return true, nil
}

// encode brings the body up to date.
func (lf *leaf) encode() (err error) {
	if !lf.stale {
		return nil
	}
	var body json.RawMessage
	if body, err = marshal(lf.value); err == nil {
		lf.doc.Body, lf.stale = body, false
	}
	return err
}
