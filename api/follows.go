package api

import (
	"net/http"
	"slices"
	"time"

	"vitrine.dev/recommend"
)

type following struct {
	did
	Expert    string `json:"expert"`
	Following bool   `json:"following"`
}

// follow and unfollow are settled states, so a repeat changes nothing and
// appends nothing.
func (s *Server) follow(c *call) error   { return s.setFollow(c, recommend.ActFollow) }
func (s *Server) unfollow(c *call) error { return s.setFollow(c, recommend.ActUnfollow) }

func (s *Server) setFollow(c *call, act string) error {
	id, err := c.id("expert", "expert")
	if err != nil {
		return err
	}
	out := following{Expert: id, Following: act == recommend.ActFollow}
	who, err := s.acting(c)
	if err != nil {
		return err
	}
	if who.has(slices.ContainsFunc(who.Follows, func(f recommend.Since) bool { return f.ID == id }) == out.Following) {
		return c.did(false, out)
	}
	if out.Following {
		if err := s.exists(c, recommend.Ref{Kind: recommend.KindExpert, ID: id}, "expert"); err != nil {
			return err
		}
	}
	a := recommend.Action{ID: who.eventID(c), Kind: act, Expert: id, At: c.now()}
	if out.Pending, err = s.act(c, who, a); err != nil {
		return err
	}
	return c.did(out.Pending, out)
}

// exists refuses what names nothing.
func (s *Server) exists(c *call, ref recommend.Ref, what string) error {
	docs, err := s.documents(c.ctx(), ref)
	if err == nil && len(docs) == 0 {
		err = notFound(what, ref.ID)
	}
	return err
}

// A followed expert is an item of GET /v1/follows.
type followed struct {
	Expert recommend.ExpertCard `json:"expert"`
	At     time.Time            `json:"at"`
}

// follows lists the experts the caller follows, latest first.
func (s *Server) follows(c *call) error {
	r, err := s.reading(c.ctx(), c.who.Subject)
	if err != nil {
		return err
	}
	slices.Reverse(r.Follows)
	ids, err := paged(c, "follows", r.Follows, func(f recommend.Since) string { return f.ID })
	if err != nil {
		return err
	}
	refs := make([]recommend.Ref, len(ids.Items))
	for i, f := range ids.Items {
		refs[i] = recommend.Ref{Kind: recommend.KindExpert, ID: f.ID}
	}
	docs, err := s.documents(c.ctx(), refs...)
	if err != nil {
		return err
	}
	page := list[followed]{Items: []followed{}, NextCursor: ids.NextCursor}
	for i, f := range ids.Items {
		var x recommend.Expert
		if _, err := body(docs, refs[i], &x); err != nil {
			return err
		}
		page.Items = append(page.Items, followed{recommend.ExpertCard{ID: f.ID, Name: x.Name, Trust: x.Trust}, f.At})
	}
	c.private()
	c.next(page.NextCursor)
	return c.json(http.StatusOK, page)
}
