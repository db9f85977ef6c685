package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"vitrine.dev/recommend"
)

// reading is the caller's reader document; an empty reader when there is none.
func (s *Server) reading(ctx context.Context, id string) (*recommend.Reader, error) {
	ref := recommend.Ref{Kind: recommend.KindReader, ID: id}
	docs, err := s.documents(ctx, ref)
	if err != nil {
		return nil, err
	}
	r := &recommend.Reader{ID: id}
	_, err = body(docs, ref, r)
	return r, err
}

// act appends an event of the calling reader and waits until his document
// holds it. It returns the document, as far as it can be read.
func (s *Server) act(c *call, id, kind string, data any) (r *recommend.Reader, pending bool, err error) {
	e, err := c.event(id, kind, c.who.Subject, data)
	if err != nil {
		return nil, false, err
	}
	at, err := s.Log.Append(c.ctx(), recommend.TopicActions, e)
	if err != nil {
		return nil, false, fmt.Errorf("%s: %w", kind, err)
	}
	ref := recommend.Ref{Kind: recommend.KindReader, ID: c.who.Subject}
	r = &recommend.Reader{}
	pending, err = s.settle(c.ctx(), wait{
		topic: recommend.TopicActions, refs: []recommend.Ref{ref},
		done: func(docs map[recommend.Ref]recommend.Document) (bool, error) {
			*r = recommend.Reader{}
			if _, err := body(docs, ref, r); err != nil {
				return false, err
			}
			return docs[ref].Body != nil && docs[ref].Version >= at[0].Offset || r.Seen.Has(e), nil
		},
	})
	return r, pending, err
}

// did is the answer to a reader's small write.
type did struct {
	Pending bool `json:"pending"` // true: safe, and soon to be seen
}

func (c *call) did(pending bool, v any) error {
	c.private()
	if pending {
		return c.json(http.StatusAccepted, v)
	}
	return c.json(http.StatusOK, v)
}

// A weighed topic is one interest.
type weighed struct {
	Topic  string  `json:"topic"`
	Weight float64 `json:"weight"`
	Source string  `json:"source,omitempty"`
}

type interestsAnswer struct {
	did
	Interests []weighed `json:"interests"`
}

func interestsOf(r *recommend.Reader, pending bool) interestsAnswer {
	out := interestsAnswer{did{pending}, []weighed{}}
	for _, i := range r.Interests {
		out.Interests = append(out.Interests, weighed(i))
	}
	return out
}

// interests lists what the caller cares about.
func (s *Server) interests(c *call) error {
	r, err := s.reading(c.ctx(), c.who.Subject)
	if err != nil {
		return err
	}
	c.private()
	return c.tagged("", interestsOf(r, false))
}

// declare replaces the declared interests. Learned ones in the request are
// passed over, so that what GET answered can be sent back.
func (s *Server) declare(c *call) error {
	var in struct {
		Interests *[]weighed `json:"interests"`
	}
	if err := c.decode(&in); err != nil {
		return err
	}
	weights, err := in.Interests, error(nil)
	if weights == nil {
		return recommend.Refuse(recommend.Problem{Code: codeValidation, Pointer: "/interests", Message: "missing", Fix: "give a list, which may be empty"})
	}
	d := recommend.DeclaredReader{ID: c.who.Subject, At: c.now()}
	if d.Interests, err = declared(*weights); err != nil {
		return err
	}
	if err := d.Validate(); err != nil {
		return err
	}
	r, pending, err := s.act(c, c.eventID(), recommend.TypeReaderDeclared, d)
	if err != nil {
		return err
	}
	if pending {
		r = &recommend.Reader{}
		r.Declare(d.Interests)
	}
	return c.did(pending, interestsOf(r, pending))
}

func declared(list []weighed) (map[string]float64, error) {
	var ps []recommend.Problem
	weights := make(map[string]float64, len(list))
	bad := func(i int, field, message, fix string) {
		ps = append(ps, recommend.Problem{Code: codeValidation, Pointer: fmt.Sprintf("/interests/%d/%s", i, field), Message: message, Fix: fix})
	}
	if len(list) > recommend.MaxInterests {
		ps = append(ps, recommend.Problem{
			Code: codeValidation, Pointer: "/interests", Message: fmt.Sprintf("%d interests, %d allowed", len(list), recommend.MaxInterests), Fix: "keep the strongest",
		})
	}
	for i, w := range list {
		_, twice := weights[w.Topic]
		switch {
		case w.Source == "learned":
			continue
		case !recommend.ValidTopic(w.Topic):
			bad(i, "topic", fmt.Sprintf("%q is not a topic id", shorten(w.Topic)), "use an id listed by GET /v1/topics")
		case !(w.Weight >= 0 && w.Weight <= 1):
			bad(i, "weight", fmt.Sprintf("weight %v", w.Weight), "give a weight from 0 to 1")
		case twice:
			bad(i, "topic", fmt.Sprintf("topic %q is given twice", w.Topic), "name each topic once")
		}
		weights[w.Topic] = w.Weight
	}
	return weights, recommend.Refuse(ps...)
}

// paged cuts items, in their order, to the page that the cursor asks for. The
// cursor names the last item served; one that has gone since starts anew.
func paged[T any](c *call, scope string, items []T, name func(T) string) (list[T], error) {
	limit, err := c.limit()
	if err != nil {
		return list[T]{}, err
	}
	if limit == 0 {
		limit = c.server.World.Scene().Policy.Window.Max
	}
	scope += " " + c.who.Subject
	if cursor := c.Query("cursor"); cursor != "" {
		last, err := c.server.cursors.open(scope, cursor)
		if err != nil {
			return list[T]{}, err
		}
		items = items[1+slices.IndexFunc(items, func(x T) bool { return name(x) == last }):]
	}
	page := listOf(items[:min(limit, len(items))])
	if len(items) > limit {
		page.NextCursor = c.server.cursors.seal(scope, name(page.Items[limit-1]))
	}
	return page, nil
}
