package api

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"vitrine.dev/recommend"
	"vitrine.dev/recommend/link"
)

// rule takes a moderator's decision.
func (s *Server) rule(c *call) error {
	var in struct {
		Target recommend.Target `json:"target"`
		Action string           `json:"action"`
		Rule   string           `json:"rule"`
		Text   string           `json:"text"`
	}
	if err := c.decode(&in); err != nil {
		return err
	}
	m := recommend.MadeRuling{Target: in.Target, Action: in.Action, Rule: in.Rule, Text: in.Text, By: c.who.Subject, At: c.now()}
	if err := m.Validate(); err != nil {
		return err
	}
	scene := s.World.Scene()
	if !scene.Policy.HasRule(m.Rule) {
		return recommend.Refuse(recommend.Problem{
			Code: "rule-unknown", Pointer: "/rule", Message: strconv.Quote(shorten(m.Rule)) + " is no rule of the policy", Fix: "name a rule of GET /v1/policy",
		})
	}
	switch m.Target.Kind { // an expert may be ruled on before he is verified
	case recommend.TargetPick:
		if err := s.exists(c, recommend.Ref{Kind: recommend.KindPick, ID: m.Target.ID}, "pick"); err != nil {
			return err
		}
	case recommend.TargetPartner:
		if scene.Partners.Get(m.Target.ID) == nil {
			return notFound("partner", m.Target.ID)
		}
	}
	ruling, pending, err := s.decree(c, decree{target: m.Target, kind: recommend.TypeRulingMade, data: m})
	if err != nil {
		return err
	}
	return c.did(pending, struct {
		did
		Target        recommend.Target       `json:"target"`
		Action        string                 `json:"action"` // in force; "" when nothing is ruled any more
		Rule          string                 `json:"rule"`
		Text          string                 `json:"text,omitempty"`
		By            string                 `json:"by"`
		History       []recommend.MadeRuling `json:"history"`
		PolicyVersion string                 `json:"policy_version"`
	}{did{pending}, m.Target, ruling.Action, m.Rule, m.Text, m.By, listOf(ruling.History).Items, scene.Policy.Version})
}

// A decree is what a moderator appends about a target.
type decree struct {
	target recommend.Target
	kind   string
	data   any
	also   *recommend.Ref // a document that changes with the ruling
}

// decree appends d and waits until the documents of its target show it.
func (s *Server) decree(c *call, d decree) (ruling *recommend.Ruling, pending bool, err error) {
	e, err := c.event(c.eventID(), d.kind, d.target.String(), d.data)
	if err != nil {
		return nil, false, err
	}
	at, err := s.Log.Append(c.ctx(), recommend.TopicRulings, e)
	if err != nil {
		return nil, false, fmt.Errorf("%s: %w", d.kind, err)
	}
	ref := recommend.Ref{Kind: recommend.KindRuling, ID: d.target.String()}
	refs := []recommend.Ref{ref}
	if d.also != nil {
		refs = append(refs, *d.also)
	}
	ruling = &recommend.Ruling{}
	pending, err = s.settle(c.ctx(), wait{topic: recommend.TopicRulings, refs: refs, done: func(docs map[recommend.Ref]recommend.Document) (bool, error) {
		*ruling = recommend.Ruling{}
		known, err := body(docs, ref, ruling)
		if err != nil || !known {
			return false, err
		}
		if d.also != nil {
			if _, ok := docs[*d.also]; !ok {
				return false, nil
			}
		}
		folded := docs[ref].Version >= at[0].Offset || ruling.Seen.Has(e)
		return folded && s.inForce(ruling), nil
	}})
	return ruling, pending, err
}

// inForce reports whether this process goes by a ruling on a partner already;
// it learns of rulings a moment after they can be read.
func (s *Server) inForce(r *recommend.Ruling) bool {
	if r.Target.Kind != recommend.TargetPartner {
		return true
	}
	scene := s.World.Scene()
	base := r.Partner
	for i := range scene.Policy.Partners {
		if p := &scene.Policy.Partners[i]; p.ID == r.Target.ID {
			base = p
		}
	}
	if base == nil {
		return true
	}
	state := base.State
	if state == "" {
		state = recommend.PartnerActive
	}
	return scene.Partners.State(base.ID) == r.PartnerState(state)
}

// verifyExpert says who may publish about what.
func (s *Server) verifyExpert(c *call) error {
	var v recommend.VerifiedExpert
	if err := c.decodeOpen(&v); err != nil {
		return err
	}
	if err := v.Validate(); err != nil {
		return err
	}
	ref := recommend.Ref{Kind: recommend.KindExpert, ID: v.ID}
	_, pending, err := s.decree(c, decree{
		target: recommend.Target{Kind: recommend.TargetExpert, ID: v.ID}, kind: recommend.TypeExpertVerified, data: v, also: &ref,
	})
	if err != nil {
		return err
	}
	c.Header("Location", "/v1/experts/"+v.ID)
	return c.did(pending, struct {
		did
		ID       string   `json:"id"`
		Name     string   `json:"name"`
		Topics   []string `json:"topics"`
		Verified bool     `json:"verified"`
		Bio      string   `json:"bio,omitempty"`
	}{did{pending}, v.ID, v.Name, listOf(v.Topics).Items, v.Verified, v.Bio})
}

// registerPartner approves a shop with the addresses of its items.
func (s *Server) registerPartner(c *call) error {
	var p recommend.Partner
	if err := c.decodeOpen(&p); err != nil {
		return err
	}
	if err := p.Validate(); err != nil {
		return err
	}
	if p.State == "" {
		p.State = recommend.PartnerActive
	}
	links := s.World.Scene().Partners.Links()
	others := slices.DeleteFunc(slices.Clone(links.Partners()), func(o link.Partner) bool { return o.ID == p.ID })
	if _, err := link.NewRegistry(append(others, link.Partner{ID: p.ID, Name: p.Name, Links: p.Links})...); err != nil {
		return recommend.Refuse(recommend.Problem{Code: "host-taken", Pointer: "/links", Message: err.Error(), Fix: "use hosts of the partner's own"})
	}
	ruling, pending, err := s.decree(c, decree{
		target: recommend.Target{Kind: recommend.TargetPartner, ID: p.ID}, kind: recommend.TypePartnerRegistered, data: p,
	})
	if err != nil {
		return err
	}
	if ruling.Partner != nil {
		p = *ruling.Partner
	}
	return c.did(pending, struct {
		did
		Partner recommend.Partner `json:"partner"`
	}{did{pending}, p})
}

// decodeOpen reads a value whose unknown fields are kept, as events keep them.
func (c *call) decodeOpen(v json.Unmarshaler) error {
	var tree any
	if err := json.Unmarshal(c.body, &tree); err != nil {
		return refuse(codeBadBody, "not JSON: "+jsonFault(err))
	}
	if err := json.Unmarshal(c.body, v); err != nil {
		return recommend.Refuse(recommend.Problem{Code: codeValidation, Message: "a value is of the wrong kind", Fix: "see the schema in /openapi.yaml"})
	}
	return nil
}
