package api

import (
	"fmt"
	"net/http"

	"vitrine.dev/recommend"
)

type earningRuled struct {
	did
	Order   string                 `json:"order"`
	Partner string                 `json:"partner"`
	Line    string                 `json:"line"`
	State   recommend.EarningState `json:"state"`
}

// ruleEarning takes a decision about what a line of an order earns, by the
// rules of the fold.
func (s *Server) ruleEarning(c *call) error {
	var in struct {
		Order   string                 `json:"order"`
		Partner string                 `json:"partner"`
		Line    string                 `json:"line"`
		State   recommend.EarningState `json:"state"`
		Text    string                 `json:"text"`
	}
	if err := c.decode(&in); err != nil {
		return err
	}
	r := recommend.EarningRuled{Order: in.Order, Partner: in.Partner, Line: in.Line, State: in.State, Text: in.Text, By: c.who.Subject, At: c.now()}
	if err := r.Validate(); err != nil {
		return err
	}
	e, err := c.event(c.eventID(), recommend.TypeEarningRuled, r.Order, r)
	if err != nil {
		return err
	}
	out := earningRuled{Order: r.Order, Partner: r.Partner, Line: r.Line, State: r.State}
	ref := orderRef(r.Order)
	docs, err := s.documents(c.ctx(), ref)
	if err != nil {
		return err
	}
	var o recommend.Order
	if _, err := body(docs, ref, &o); err != nil {
		return err
	}
	c.private()
	if o.Seen.Has(e) { // a repeat, at another process
		c.replayed()
		return c.json(http.StatusAccepted, out)
	}
	with := recommend.Circumstances{Rules: s.World.Scene().Policy.Earnings, Clicks: s.Clicks, Appended: c.now()}
	if _, err := o.Rule(&r, with); err != nil {
		return err
	}
	at, err := s.Log.Append(c.ctx(), recommend.TopicOrders, e)
	if err != nil {
		return fmt.Errorf("%s: %w", e.Type, err)
	}
	out.Pending, err = s.settle(c.ctx(), wait{topic: recommend.TopicOrders, refs: []recommend.Ref{ref}, done: func(docs map[recommend.Ref]recommend.Document) (bool, error) {
		var o recommend.Order
		known, err := body(docs, ref, &o)
		return known && (docs[ref].Version >= at[0].Offset || o.Seen.Has(e)), err
	}})
	if err != nil {
		return err
	}
	return c.json(http.StatusAccepted, out)
}
