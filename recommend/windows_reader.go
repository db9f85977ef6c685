package recommend

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// reader returns what pages look at of a reader's document, nil for one nothing
// is known of. What keeps it from being had is logged, once, and named in
// missing.
func (w *Windows) reader(ctx context.Context, id string) (r *Reader, missing []string) {
	_, r, missing = w.taught(ctx, id, w.pseudonyms.Of)
	return r, missing
}

// named is the same with the reader's pseudonym, which he is given if he has
// none; "" when it cannot be had.
func (w *Windows) named(ctx context.Context, id string) (name string, r *Reader, missing []string) {
	return w.taught(ctx, id, w.pseudonyms.Make)
}

func (w *Windows) taught(ctx context.Context, id string, call func(context.Context, string) (string, error)) (name string, r *Reader, missing []string) {
	if id == "" {
		return "", nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, w.readerTimeout)
	defer cancel()
	name, r, err := w.known(ctx, id, call)
	switch {
	case err != nil && !errors.Is(context.Cause(ctx), context.Canceled) && !w.readersAway.Swap(true):
		w.logger.WarnContext(ctx, "pages are made without their readers", "err", err)
	case err == nil && w.readersAway.Swap(false):
		w.logger.InfoContext(ctx, "pages are made with their readers again")
	}
	if err != nil {
		return name, nil, []string{missingReader}
	}
	return name, r, nil
}

// known is a reader by the name that call says he has. One who was erased is
// somebody new.
func (w *Windows) known(ctx context.Context, id string, call func(context.Context, string) (string, error)) (name string, r *Reader, err error) {
	if name, err = call(ctx, id); err != nil || name == "" {
		return name, nil, err
	}
	docs, err := w.store.Get(ctx, Ref{KindReader, name})
	if err != nil || len(docs) == 0 {
		return name, nil, err
	}
	if r, err = decodeTaste(docs[0].Body); err != nil || r.Erased.IsZero() {
		return name, r, err
	}
	if err := w.pseudonyms.Destroy(ctx, id, name); err != nil {
		return "", nil, err
	}
	name, err = call(ctx, id)
	return name, nil, err
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
