package recommend

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// reader returns what pages look at of a reader's document, nil for one nothing
// is known of. What keeps it from being had is logged, once, and named in
// missing.
func (w *Windows) reader(ctx context.Context, id string) (r *Reader, missing []string) {
	o := w.taught(ctx, id, w.pseudonyms.Of, nil)
	return o.reader, o.missing
}

// named is the reader with his pseudonym, which he is given if he has none; ""
// when it cannot be had.
func (w *Windows) named(ctx context.Context, id string) opened {
	return w.taught(ctx, id, w.pseudonyms.Make, nil)
}

// taught is a reader by the name that call says he has. A standing that recall
// has of him and the version of his document says what is in that.
func (w *Windows) taught(ctx context.Context, id string, call func(context.Context, string) (string, error), recall recall) opened {
	o := opened{version: -1}
	if id == "" {
		o.recall(recall)
		return o
	}
	ctx, cancel := context.WithTimeout(ctx, w.readerTimeout)
	defer cancel()
	err := w.know(ctx, &o, id, call, recall)
	switch {
	case err != nil && !errors.Is(context.Cause(ctx), context.Canceled) && !w.readersAway.Swap(true):
		w.logger.WarnContext(ctx, "pages are made without their readers", "err", err)
	case err == nil && w.readersAway.Load() && w.readersAway.Swap(false):
		w.logger.InfoContext(ctx, "pages are made with their readers again")
	}
	if err != nil {
		return opened{name: o.name, version: -1, missing: []string{missingReader}}
	}
	return o
}

// A recall is the standing that is kept of the reader with a pseudonym, nil when
// there is none.
type recall func(name string) *standing

// recall reports whether a standing is kept of the version of o.
func (o *opened) recall(r recall) bool {
	if r == nil {
		return false
	}
	s := r(o.name)
	if s == nil || s.version != o.version {
		o.former = s
		return false
	}
	o.kept, o.reader = s, s.reader
	return true
}

// know fills o with the reader. One who was erased is somebody new.
func (w *Windows) know(ctx context.Context, o *opened, id string, call func(context.Context, string) (string, error), recall recall) (err error) {
	if o.name, err = call(ctx, id); err != nil {
		return err
	}
	if o.name == "" {
		o.recall(recall)
		return nil
	}
	docs, err := w.store.Get(ctx, Ref{KindReader, o.name})
	if err != nil {
		return err
	}
	if len(docs) == 0 {
		o.recall(recall)
		o.former = nil
		return nil
	}
	o.body, o.version = docs[0].Body, docs[0].Version
	if o.recall(recall) {
		return nil
	}
	if o.reader, err = w.tastes.decode(o.name, o.body); err != nil || o.reader.Erased.IsZero() {
		if o.former != nil && !o.former.reader.wishesAs(o.reader) {
			o.former = nil
		}
		return err
	}
	o.former = nil
	o.reader, o.body, o.version = nil, nil, -1
	if err := w.pseudonyms.Destroy(ctx, id, o.name); err != nil {
		o.name = ""
		return err
	}
	o.name, err = call(ctx, id)
	return err
}

// wishesAs reports whether r and other, which may be nil, want the same shown and
// left out, whatever else they did.
func (r *Reader) wishesAs(other *Reader) bool {
	return r != nil && other != nil && r.Impersonal == other.Impersonal && slices.Equal(r.Interests, other.Interests) &&
		slices.Equal(r.Follows, other.Follows) && slices.Equal(r.Mutes, other.Mutes) && slices.Equal(r.Feedback, other.Feedback)
}

// whole makes sure that o has all that scoring looks at.
func (w *Windows) whole(o *opened) {
	if o.kept == nil || o.body == nil {
		return
	}
	if r, err := w.tastes.decode(o.name, o.body); err == nil { // it could be read before
		o.reader = r
	}
	o.kept = nil
}

// readerDocs is the document of a reader, none for one nothing is known of.
func (w *Windows) readerDocs(ctx context.Context, id string) ([]Document, error) {
	name, err := w.pseudonyms.Of(ctx, id)
	if err != nil || name == "" {
		return nil, err
	}
	return w.store.Get(ctx, Ref{KindReader, name})
}

// decodeTaste reads of a reader's document what pages look at; the rest of it
// can be long. Of the traces it is those of [pageTraces].
func decodeTaste(body []byte) (*Reader, error) {
	var d struct {
		Interests  []Interest `json:"interests"`
		Follows    []Since    `json:"follows"`
		Mutes      []Mute     `json:"mutes"`
		Feedback   []Feedback `json:"feedback"`
		Bookmarks  []Bookmark `json:"bookmarks"`
		Cart       Cart       `json:"cart"`
		Impersonal bool       `json:"impersonal"`
		Traces     pageTraces `json:"traces"`
		History    History    `json:"history"`
		Dose       Dose       `json:"dose"`
		Erased     time.Time  `json:"erased"`
	}
	if err := json.Unmarshal(body, &d); err != nil {
		return nil, fmt.Errorf("reader's document: %w", err)
	}
	return &Reader{
		Interests: d.Interests, Follows: d.Follows, Mutes: d.Mutes, Feedback: d.Feedback, Bookmarks: d.Bookmarks, Cart: d.Cart,
		Impersonal: d.Impersonal, Traces: Traces(d.Traces), History: d.History, Dose: d.Dose, Erased: d.Erased,
	}, nil
}

// decodeTaught reads of a reader's document what is learned with: less than
// pages look at, for every action is learned from.
func decodeTaught(body []byte) (*Reader, error) {
	var d struct {
		Interests []Interest `json:"interests"`
		Follows   []struct {
			ID string `json:"id"`
		} `json:"follows"`
		Mutes []struct {
			Kind string `json:"kind"`
			ID   string `json:"id"`
		} `json:"mutes"`
		Feedback   []Feedback `json:"feedback"`
		Impersonal bool       `json:"impersonal"`
		Traces     pageTraces `json:"traces"`
		History    History    `json:"history"`
		Erased     time.Time  `json:"erased"`
	}
	if err := json.Unmarshal(body, &d); err != nil {
		return nil, fmt.Errorf("reader's document: %w", err)
	}
	r := &Reader{Interests: d.Interests, Feedback: d.Feedback, Impersonal: d.Impersonal, Traces: Traces(d.Traces), History: d.History, Erased: d.Erased}
	for _, f := range d.Follows {
		r.Follows = append(r.Follows, Since{ID: f.ID})
	}
	for _, m := range d.Mutes {
		r.Mutes = append(r.Mutes, Mute{Kind: m.Kind, ID: m.ID})
	}
	return r, nil
}

// mark says of items whether r, who may be nil, keeps them.
func (r *Reader) mark(items []Item, now time.Time, policy *Policy) {
	if r == nil || len(items) == 0 {
		return
	}
	at := make(map[string]int, len(items))
	for i := range items {
		at[items[i].Pick] = i
	}
	for _, b := range r.Bookmarks {
		if i, ok := at[b.Pick]; ok {
			items[i].Bookmarked = true
		}
	}
	for _, l := range r.CartAt(now, &policy.Reader).Lines {
		if i, ok := at[l.Pick]; ok {
			items[i].InCart = true
		}
	}
}
