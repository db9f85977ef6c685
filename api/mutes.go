package api

import (
	"net/http"
	"slices"
	"time"

	"vitrine.dev/recommend"
)

type muting struct {
	did
	Kind  string `json:"kind"`
	ID    string `json:"id"`
	Muted bool   `json:"muted"`
}

func (s *Server) mute(c *call) error   { return s.setMute(c, recommend.ActMute) }
func (s *Server) unmute(c *call) error { return s.setMute(c, recommend.ActUnmute) }

func (s *Server) setMute(c *call, act string) error {
	out := muting{Kind: c.Param("kind"), ID: c.Param("id"), Muted: act == recommend.ActMute}
	object, err := objectOf(out.Kind, out.ID)
	if err != nil {
		return err
	}
	who, err := s.acting(c)
	if err != nil {
		return err
	}
	if who.has(who.Muted(out.Kind, out.ID) == out.Muted) {
		return c.did(false, out)
	}
	if out.Muted {
		if err := s.known(c, object); err != nil {
			return err
		}
	}
	if out.Pending, err = s.act(c, who, object.action(who.eventID(c), act, c.now())); err != nil {
		return err
	}
	return c.did(out.Pending, out)
}

// topicObject is the kind of object that no ruling can be about.
const topicObject = "topic"

// An object is what a reader's action is about.
type object struct{ kind, id string }

// objectOf refuses what cannot name anything.
func objectOf(kind, id string) (object, error) {
	switch kind {
	case recommend.TargetPick, recommend.TargetExpert, recommend.TargetPartner:
		if !recommend.ValidID(id) {
			return object{}, notFound(kind, id)
		}
	case topicObject:
		if !recommend.ValidTopic(id) {
			return object{}, notFound(kind, id)
		}
	default:
		return object{}, notFound("kind of object", kind)
	}
	return object{kind, id}, nil
}

// action is one on o.
func (o object) action(event, kind string, at time.Time) recommend.Action {
	a := recommend.Action{ID: event, Kind: kind, At: at}
	switch o.kind {
	case recommend.TargetPick:
		a.Pick = o.id
	case recommend.TargetExpert:
		a.Expert = o.id
	case recommend.TargetPartner:
		a.Partner = o.id
	case topicObject:
		a.Topic = o.id
	}
	return a
}

// known refuses an object that does not exist: it would be a misspelling.
func (s *Server) known(c *call, o object) error {
	switch o.kind {
	case recommend.TargetPick:
		return s.exists(c, recommend.Ref{Kind: recommend.KindPick, ID: o.id}, "pick")
	case recommend.TargetExpert:
		return s.exists(c, recommend.Ref{Kind: recommend.KindExpert, ID: o.id}, "expert")
	case recommend.TargetPartner:
		if s.World.Scene().Partners.Get(o.id) == nil {
			return notFound("partner", o.id)
		}
		return nil
	}
	known := slices.ContainsFunc(s.Windows.TopicTree(c.lang), func(t recommend.TopicInfo) bool { return t.ID == o.id })
	if !known {
		return refuse(codeTopicUnknown, "no topic "+o.id)
	}
	return nil
}

// mutes lists what the caller has muted, latest first.
func (s *Server) mutes(c *call) error {
	r, err := s.reading(c.ctx(), c.who.Subject)
	if err != nil {
		return err
	}
	slices.Reverse(r.Mutes)
	page, err := paged(c, "mutes", r.Mutes, func(m recommend.Mute) string { return m.Kind + ":" + m.ID })
	if err != nil {
		return err
	}
	c.private()
	c.next(page.NextCursor)
	return c.json(http.StatusOK, page)
}
