package api

import (
	"net/http"
	"slices"

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
	event := c.eventID()
	a := recommend.Action{ID: event, Reader: c.who.Subject, Kind: act, At: c.now()}
	valid := recommend.ValidID(out.ID)
	switch out.Kind {
	case recommend.TargetPick:
		a.Pick = out.ID
	case recommend.TargetExpert:
		a.Expert = out.ID
	case recommend.TargetPartner:
		a.Partner = out.ID
	case "topic":
		a.Topic, valid = out.ID, recommend.ValidTopic(out.ID)
	default:
		return notFound("kind of mute", out.Kind)
	}
	if !valid {
		return notFound(out.Kind, out.ID)
	}
	r, err := s.reading(c.ctx(), c.who.Subject)
	if err != nil {
		return err
	}
	if r.Muted(out.Kind, out.ID) == out.Muted {
		return c.did(false, out)
	}
	if out.Muted {
		if err := s.mutable(c, out); err != nil {
			return err
		}
	}
	_, out.Pending, err = s.act(c, event, recommend.TypeActed, a)
	if err != nil {
		return err
	}
	return c.did(out.Pending, out)
}

// mutable refuses to mute what does not exist: it would be a misspelling.
func (s *Server) mutable(c *call, m muting) error {
	switch m.Kind {
	case recommend.TargetPick:
		return s.exists(c, recommend.Ref{Kind: recommend.KindPick, ID: m.ID}, "pick")
	case recommend.TargetExpert:
		return s.exists(c, recommend.Ref{Kind: recommend.KindExpert, ID: m.ID}, "expert")
	case recommend.TargetPartner:
		if s.World.Scene().Partners.Get(m.ID) == nil {
			return notFound("partner", m.ID)
		}
		return nil
	}
	known := slices.ContainsFunc(s.Windows.TopicTree(c.lang), func(t recommend.TopicInfo) bool { return t.ID == m.ID })
	if !known {
		return refuse(codeTopicUnknown, "no topic "+m.ID)
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
