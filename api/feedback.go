package api

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"vitrine.dev/recommend"
)

// What a reader may say of something, as the address of feedback takes it.
const (
	lessOfIt = "not_interested"
	noneOfIt = "mute"
	moreOfIt = "more"
)

// A feedbackItem is one thing that a reader wants more, less or nothing of.
type feedbackItem struct {
	Kind     string    `json:"kind"`
	ID       string    `json:"id"`
	Feedback string    `json:"feedback"`
	At       time.Time `json:"at"`
}

// setFeedback holds from the next window on.
func (s *Server) setFeedback(c *call) error {
	var in struct {
		Kind string `json:"kind"`
	}
	if err := c.decode(&in); err != nil {
		return err
	}
	act := map[string]string{lessOfIt: recommend.ActHide, noneOfIt: recommend.ActMute, moreOfIt: recommend.ActMore}[in.Kind]
	if act == "" {
		return recommend.Refuse(recommend.Problem{
			Code: codeValidation, Pointer: "/kind", Message: fmt.Sprintf("%q is no feedback", shorten(in.Kind)), Fix: "give " + strings.Join([]string{lessOfIt, noneOfIt, moreOfIt}, ", "),
		})
	}
	o, who, err := s.feedbackOn(c)
	if err != nil {
		return err
	}
	if act == recommend.ActMute && who.has(who.Muted(o.kind, o.id)) {
		return c.done(false)
	}
	if err := s.known(c, o); err != nil {
		return err
	}
	pending, err := s.act(c, who, o.action(who.eventID(c), act, c.now()))
	if err != nil {
		return err
	}
	return c.done(pending)
}

func (s *Server) feedbackOn(c *call) (object, *actor, error) {
	o, err := objectOf(c.Param("kind"), c.Param("id"))
	if err != nil {
		return o, nil, err
	}
	who, err := s.acting(c)
	return o, who, err
}

// unsetFeedback takes back whatever the caller said of one thing.
func (s *Server) unsetFeedback(c *call) error {
	o, who, err := s.feedbackOn(c)
	if err != nil {
		return err
	}
	pending := false
	if !who.has(who.FeedbackOn(o.kind, o.id) == nil) {
		if pending, err = s.act(c, who, o.action(who.eventID(c, "hide"), recommend.ActUnhide, c.now())); err != nil {
			return err
		}
	}
	if !who.has(!who.Muted(o.kind, o.id)) {
		muted, err := s.act(c, who, o.action(who.eventID(c, "mute"), recommend.ActUnmute, c.now()))
		if err != nil {
			return err
		}
		pending = pending || muted
	}
	return c.done(pending)
}

// resetFeedback takes back all that GET lists.
func (s *Server) resetFeedback(c *call) error {
	who, err := s.acting(c)
	if err != nil {
		return err
	}
	pending := false
	for act, none := range map[string]bool{recommend.ActUnhide: len(who.Feedback) == 0, recommend.ActUnmute: len(who.Mutes) == 0} {
		if who.has(none) {
			continue
		}
		late, err := s.act(c, who, recommend.Action{ID: who.eventID(c, act), Kind: act, At: c.now()})
		if err != nil {
			return err
		}
		pending = pending || late
	}
	return c.done(pending)
}

// feedback lists what the caller wants more, less or nothing of, latest first.
func (s *Server) feedback(c *call) error {
	r, err := s.reading(c.ctx(), c.who.Subject)
	if err != nil {
		return err
	}
	page, err := paged(c, "feedback", feedbackOf(r), func(f feedbackItem) string { return f.Feedback + ":" + f.Kind + ":" + f.ID })
	if err != nil {
		return err
	}
	c.private()
	c.next(page.NextCursor)
	return c.json(http.StatusOK, page)
}

func feedbackOf(r *recommend.Reader) []feedbackItem {
	all := make([]feedbackItem, 0, len(r.Feedback)+len(r.Mutes))
	for _, f := range r.Feedback {
		kind := lessOfIt
		if f.More {
			kind = moreOfIt
		}
		all = append(all, feedbackItem{f.Kind, f.ID, kind, f.At})
	}
	for _, m := range r.Mutes {
		all = append(all, feedbackItem{m.Kind, m.ID, noneOfIt, m.At})
	}
	slices.SortStableFunc(all, func(a, b feedbackItem) int { return b.At.Compare(a.At) })
	return all
}
