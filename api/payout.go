package api

import (
	"fmt"
	"net/http"
	"time"

	"vitrine.dev/recommend"
)

func payoutRef(expert string) recommend.Ref { return orderRef(recommend.PayoutID(expert)) }

type payoutAnswer struct {
	did
	Last string    `json:"last"` // characters of the account, at most 4; "" when none is declared
	At   time.Time `json:"at,omitzero"`
}

// payouts are where those of experts are paid to who have said so.
func (s *Server) payouts(c *call, experts ...string) (map[string]recommend.Payout, error) {
	refs := make([]recommend.Ref, len(experts))
	for i, x := range experts {
		refs[i] = payoutRef(x)
	}
	docs, err := s.documents(c.ctx(), refs...)
	if err != nil {
		return nil, err
	}
	all := make(map[string]recommend.Payout, len(docs))
	for i, x := range experts {
		var o recommend.Order
		known, err := body(docs, refs[i], &o)
		if err != nil {
			return nil, err
		}
		if known && o.Payout != nil {
			all[x] = *o.Payout
		}
	}
	return all, nil
}

// payout tells the caller where he is paid to, as far as it is known.
func (s *Server) payout(c *call) error {
	all, err := s.payouts(c, c.who.Subject)
	if err != nil {
		return err
	}
	p := all[c.who.Subject]
	c.private()
	return c.json(http.StatusOK, payoutAnswer{Last: p.Last, At: p.At})
}

// setPayout takes where the caller is paid to. The account itself is not kept
// anywhere: not in the log, and not with the repeats of requests.
func (s *Server) setPayout(c *call) error {
	var in struct {
		Account string `json:"account"`
	}
	if err := c.decode(&in); err != nil {
		return err
	}
	expert := c.who.Subject
	p, err := s.Clicks.PayoutOf(expert, in.Account, c.now())
	if err != nil {
		return err
	}
	all, err := s.payouts(c, expert)
	if err != nil {
		return err
	}
	c.private()
	if now := all[expert]; now.Digest == p.Digest {
		return c.json(http.StatusOK, payoutAnswer{Last: now.Last, At: now.At})
	}
	e, err := c.event("p"+randomID(), recommend.TypePayoutDeclared, recommend.PayoutID(expert), p)
	if err != nil {
		return err
	}
	at, err := s.Log.Append(c.ctx(), recommend.TopicOrders, e)
	if err != nil {
		return fmt.Errorf("%s: %w", e.Type, err)
	}
	ref := payoutRef(expert)
	pending, err := s.settle(c.ctx(), wait{topic: recommend.TopicOrders, refs: []recommend.Ref{ref}, done: func(docs map[recommend.Ref]recommend.Document) (bool, error) {
		d, ok := docs[ref]
		return ok && d.Version >= at[0].Offset, nil
	}})
	if err != nil {
		return err
	}
	return c.did(pending, payoutAnswer{did{pending}, p.Last, p.At})
}

// samePayout reports whether the caller is paid to the account of expert.
func (s *Server) samePayout(c *call, expert string) (bool, error) {
	if c.who.Subject == expert {
		return false, nil
	}
	all, err := s.payouts(c, c.who.Subject, expert)
	mine, ok := all[c.who.Subject]
	return ok && mine.Digest == all[expert].Digest, err
}
