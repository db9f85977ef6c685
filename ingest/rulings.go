package ingest

import (
	"encoding/json"
	"fmt"
	"slices"

	"vitrine.dev/recommend"
	"vitrine.dev/recommend/link"
)

// Rulings folds vitrine.rulings: the state of a target is its ruling document;
// an expert is a leaf of the target "expert:…".
func Rulings() Folder {
	return Rules[recommend.Ruling]{
		Topic: recommend.TopicRulings, Kind: recommend.KindRuling, Check: checkRuling, Decide: decideRuling,
	}.Folder()
}

func checkRuling(e recommend.Event) (any, error) {
	switch e.Type {
	case recommend.TypePartnerRegistered:
		p := new(recommend.Partner)
		if err := decode(e, p); err != nil {
			return nil, err
		}
		if err := p.Validate(); err != nil {
			return nil, err
		}
		return p, ownKey(e, recommend.Target{Kind: recommend.TargetPartner, ID: p.ID}.String())
	case recommend.TypeExpertVerified:
		x := new(recommend.VerifiedExpert)
		if err := decode(e, x); err != nil {
			return nil, err
		}
		if err := x.Validate(); err != nil {
			return nil, err
		}
		return x, ownKey(e, recommend.Target{Kind: recommend.TargetExpert, ID: x.ID}.String())
	case recommend.TypeRulingMade:
		m := new(recommend.MadeRuling)
		if err := decode(e, m); err != nil {
			return nil, err
		}
		if err := m.Validate(); err != nil {
			return nil, err
		}
		return m, ownKey(e, m.Target.String())
	}
	return nil, unknownType(e)
}

// maxRulings is how many rulings on one target its document lists.
const maxRulings = 50

func decideRuling(s Scene, state *recommend.Ruling, e recommend.Event, decoded any) (Outcome, error) {
	if state.Seen.Has(e) {
		return Outcome{Duplicate: true}, nil
	}
	out := Outcome{Changed: true}
	made := recommend.MadeRuling{By: e.Source, At: e.Time.UTC()}
	switch v := decoded.(type) {
	case *recommend.Partner:
		if err := hostsFree(s.Links, v); err != nil {
			return Outcome{}, err
		}
		reg := *v
		reg.Since = e.Appended.UTC()
		if state.Partner != nil {
			reg.Since = state.Partner.Since
		}
		if reg.State == "" {
			reg.State = recommend.PartnerActive
		}
		made.Target, made.Action = recommend.Target{Kind: recommend.TargetPartner, ID: v.ID}, recommend.ActionRegister
		state.Partner = &reg
	case *recommend.VerifiedExpert:
		made.Target, made.Action = recommend.Target{Kind: recommend.TargetExpert, ID: v.ID}, recommend.ActionVerify
		standing := recommend.StandingAfter(state.Action)
		out.Leaves = []Leaf{expertLeaf(v.ID, func(x *recommend.Expert) { x.Verify(v, e.Appended.UTC(), e.Trusted, standing) })}
	case *recommend.MadeRuling:
		if !s.Policy.HasRule(v.Rule) {
			return Outcome{}, recommend.Refuse(recommend.Problem{Code: "rule-unknown", Pointer: "/rule", Message: fmt.Sprintf("%q is no rule of the policy", v.Rule), Fix: "name a rule of GET /v1/policy"})
		}
		made = *v
		made.At = v.At.UTC()
		state.Action, state.Rule, state.Text, state.By = v.Action, v.Rule, v.Text, v.By
		if v.Action == recommend.ActionRestore {
			state.Action = ""
		}
		if v.Target.Kind == recommend.TargetExpert {
			standing := recommend.StandingAfter(v.Action)
			out.Leaves = []Leaf{expertLeaf(v.Target.ID, func(x *recommend.Expert) { x.Stand(standing, e.Appended.UTC()) })}
		}
	}
	state.Target, state.At = made.Target, made.At
	state.History = append(state.History, made)
	if n := len(state.History) - maxRulings; n > 0 {
		state.History = slices.Delete(state.History, 0, n)
	}
	state.Seen.Add(e)
	return out, nil
}

// expertLeaf changes an expert. A ruling on somebody never verified leaves no
// expert; the standing waits in the ruling for the verification.
func expertLeaf(id string, change func(*recommend.Expert)) Leaf {
	return Leaf{
		Ref: recommend.Ref{Kind: recommend.KindExpert, ID: id},
		Apply: func(old json.RawMessage) (json.RawMessage, error) {
			var x recommend.Expert
			if old != nil {
				if err := json.Unmarshal(old, &x); err != nil {
					return nil, fmt.Errorf("expert: %w", err)
				}
			}
			change(&x)
			if x.ID == "" {
				return nil, nil
			}
			return marshal(x)
		},
	}
}

// hostsFree refuses a registration whose hosts belong to another partner.
func hostsFree(links *link.Registry, p *recommend.Partner) error {
	others := slices.DeleteFunc(slices.Clone(links.Partners()), func(o link.Partner) bool { return o.ID == p.ID })
	if _, err := link.NewRegistry(append(others, link.Partner{ID: p.ID, Name: p.Name, Links: p.Links})...); err != nil {
		return recommend.Refuse(recommend.Problem{Code: "host-taken", Pointer: "/links", Message: err.Error(), Fix: "use hosts of your own"})
	}
	return nil
}
