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
	inPolicy := make(map[string]bool)
	for _, p := range policy.Partners {
		inPolicy[p.ID] = true
	}
	// Those of the policy go first, then the registrations by age: nobody is
	// pushed out by a later one.
	ids := slices.SortedFunc(maps.Keys(ps.byID), func(a, b string) int {
		if inPolicy[a] != inPolicy[b] {
			return map[bool]int{true: -1, false: 1}[inPolicy[a]]
		}
		return cmp.Or(ps.byID[a].Since.Compare(ps.byID[b].Since), cmp.Compare(a, b))
	})
	links := make([]link.Partner, len(ids))
	for i, id := range ids {
		links[i] = ps.byID[id].link()
	}
	ps.links, refused = registry(links)
	for _, id := range refused {
		delete(ps.byID, id)
	}
	return ps, refused
}

// registry joins partners, in order, leaving out those that do not fit with the
// ones before them. Most fit, so it tries halves and not one by one.
func registry(partners []link.Partner) (joined *link.Registry, refused []string) {
	var fit []link.Partner
	joined, err := link.NewRegistry()
	if err != nil {
		panic("partners: " + err.Error()) // there is nothing in it that could be wrong
	}
	var join func([]link.Partner)
	join = func(some []link.Partner) {
		all := append(slices.Clip(fit), some...)
		switch r, err := link.NewRegistry(all...); {
		case err == nil:
			joined, fit = r, all
		case len(some) == 1:
			refused = append(refused, some[0].ID)
		default:
			join(some[:len(some)/2])
			join(some[len(some)/2:])
		}
	}
	join(partners)
	return joined, refused
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
