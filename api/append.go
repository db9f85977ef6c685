package api

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"vitrine.dev/recommend"
)

// event makes an event that the request causes.
func (c *call) event(id, kind, key string, data any) (recommend.Event, error) {
	b, err := json.Marshal(data)
	if err != nil {
		return recommend.Event{}, fmt.Errorf("event %s: %w", kind, err)
	}
	return recommend.Event{
		ID: id, Source: recommend.SourceAPI, Type: kind, Key: key, Time: c.now(), Data: b, Traceparent: traceOf(c.ctx()).parent,
	}, nil
}

// ownPick reports whether who calls is the expert: what he does with his own picks is
// counted apart.
func (c *call) ownPick(expert string) bool { return expert != "" && expert == c.who.Subject }

// A wait looks again and again whether the effect of an append can be read.
type wait struct {
	topic string
	refs  []recommend.Ref
	// ask are those of refs to look at next; nil: all of them.
	ask func() []recommend.Ref
	// done looks at the documents of refs that exist.
	done func(docs map[recommend.Ref]recommend.Document) (bool, error)
}

// settle waits until w is done, for as long as Config.Wait allows. pending
// says that it was not: the append is safe in the log all the same. A store
// that is away is waited for in the same way.
func (s *Server) settle(ctx context.Context, w wait) (pending bool, err error) {
	start := time.Now()
	defer func() {
		if err == nil {
			s.meters.visible(w.topic, time.Since(start), pending)
		}
	}()
	deadline := time.NewTimer(s.Wait)
	defer deadline.Stop()
	const first, longest, leave = 2 * time.Millisecond, 40 * time.Millisecond, 4
	for pause := first; ; pause = min(pause*3/2, longest) {
		refs := w.refs
		if w.ask != nil {
			refs = w.ask()
		}
		looked := time.Now()
		docs, err := s.documents(ctx, refs...)
		if err == nil {
			done, err := w.done(docs)
			if done || err != nil {
				return false, err
			}
		}
		timer := time.NewTimer(max(pause, leave*time.Since(looked)))
		select {
		case <-timer.C:
		case <-deadline.C:
			timer.Stop()
			return true, nil
		case <-ctx.Done(): // the append is durable, whoever still listens
			timer.Stop()
			return true, nil
		}
	}
}

// documents reads refs by id.
func (s *Server) documents(ctx context.Context, refs ...recommend.Ref) (map[recommend.Ref]recommend.Document, error) {
	docs, err := s.Store.Get(ctx, refs...)
	if err != nil {
		return nil, err
	}
	byRef := make(map[recommend.Ref]recommend.Document, len(docs))
	for _, d := range docs {
		byRef[d.Ref] = d
	}
	return byRef, nil
}

// body decodes a document into v and reports whether there is one.
func body(docs map[recommend.Ref]recommend.Document, ref recommend.Ref, v any) (bool, error) {
	d, ok := docs[ref]
	if !ok {
		return false, nil
	}
	if err := recommend.UnmarshalZero(d.Body, v); err != nil {
		return false, fmt.Errorf("document %s: %w", ref, err)
	}
	return true, nil
}
