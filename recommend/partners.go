package recommend

import (
	"cmp"
	"maps"
	"slices"

	"vitrine.dev/recommend/link"
)

// Partners are the approved channels at one moment: those of the policy and
// those registered by ruling, each in the state that rulings give it. A
// Partners is not changed after it was made.
type Partners struct {
	byID  map[string]*Partner
	links *link.Registry
}

// NewPartners joins the policy's partners with rulings on partners. A
// registration whose hosts belong to an earlier partner is left out and
// returned in refused.
func NewPartners(policy *Policy, rulings []*Ruling) (ps *Partners, refused []string) {
	ps = &Partners{byID: make(map[string]*Partner)}
	for _, p := range policy.Partners {
		if p.State == "" {
			p.State = PartnerActive
		}
		ps.byID[p.ID] = &p
	}
	byID := slices.SortedFunc(slices.Values(rulings), func(a, b *Ruling) int { return cmp.Compare(a.Target.ID, b.Target.ID) })
	for _, r := range byID {
		if r.Target.Kind != TargetPartner {
			continue
		}
		base := ps.byID[r.Target.ID]
		if r.Partner != nil && base == nil {
			reg := *r.Partner
			base = &reg
		}
		if base == nil {
			continue
		}
		base.State = r.PartnerState(base.State)
		ps.byID[base.ID] = base
	}
	links := make([]link.Partner, 0, len(ps.byID))
	var err error
	// Those of the policy go first: they are never pushed out by a registration.
	inPolicy := func(id string) bool {
		return slices.ContainsFunc(policy.Partners, func(p Partner) bool { return p.ID == id })
	}
	ids := slices.Sorted(maps.Keys(ps.byID))
	slices.SortStableFunc(ids, func(a, b string) int {
		switch {
		case inPolicy(a) == inPolicy(b):
			return 0
		case inPolicy(a):
			return -1
		}
		return 1
	})
	for _, id := range ids {
		if _, err = link.NewRegistry(append(links, ps.byID[id].link())...); err != nil {
			refused = append(refused, id)
			delete(ps.byID, id)
			continue
		}
		links = append(links, ps.byID[id].link())
	}
	if ps.links, err = link.NewRegistry(links...); err != nil {
		panic("partners: " + err.Error()) // each was accepted above
	}
	return ps, refused
}

// Links parses the links of these partners, whatever their state: what a
// paused partner's pick leads to is still known.
func (ps *Partners) Links() *link.Registry { return ps.links }

// Get returns a partner, or nil.
func (ps *Partners) Get(id string) *Partner { return ps.byID[id] }

// State is the state of a partner; one that is not approved is removed.
func (ps *Partners) State(id string) PartnerState {
	if p := ps.byID[id]; p != nil {
		return p.State
	}
	return PartnerRemoved
}

// All returns the partners by id.
func (ps *Partners) All() []*Partner {
	out := make([]*Partner, 0, len(ps.byID))
	for _, id := range slices.Sorted(maps.Keys(ps.byID)) {
		out = append(out, ps.byID[id])
	}
	return out
}
