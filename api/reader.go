package api

import (
	"fmt"
	"net/http"
	"slices"

	"vitrine.dev/recommend"
)

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
	d := recommend.DeclaredReader{At: c.now()}
	if d.Interests, err = declared(*weights); err != nil {
		return err
	}
	who, err := s.acting(c)
	if err != nil {
		return err
	}
	if d.ID = who.name; d.Validate() != nil {
		return d.Validate()
	}
	pending, err := s.cause(c, who, who.eventID(c), func(name string) (string, any) {
		d.ID = name
		return recommend.TypeReaderDeclared, d
	})
	if err != nil {
		return err
	}
	if pending {
		who.Reader = recommend.Reader{}
		who.Declare(d.Interests)
	}
	return c.did(pending, interestsOf(&who.Reader, pending))
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
