package link

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A Registry knows the approved partners and refuses everything else. It never
// changes; a new set of partners is a new Registry. It is safe for concurrent
// use.
type Registry struct {
	owners  map[string]*owner // by partner id
	exact   map[string]*site  // by host
	wild    map[string]*site  // by what follows "*."
	domains map[string]*owner // by domain
	sorted  []Partner         // by id
	names   []string          // sorted
}

// An owner is a partner with the form its links are written in.
type owner struct {
	Partner
	canonical template
	example   string // the canonical form with … for the item
}

// A site is a host, or all hosts under one, that belongs to a partner.
type site struct {
	owner   *owner
	rules   []rule // of item pages; none if wrapped
	wrapped bool   // links here must be resolved by the partner
}

// NewRegistry makes a registry of partners. The error names every partner and
// template that cannot be used, why, and how to mend it.
func NewRegistry(partners ...Partner) (*Registry, error) {
	r := &Registry{
		owners:  map[string]*owner{},
		exact:   map[string]*site{},
		wild:    map[string]*site{},
		domains: map[string]*owner{},
	}
	var problems []error
	for _, p := range partners {
		for _, err := range r.add(p.clone()) {
			problems = append(problems, fmt.Errorf("partner %q: %w", p.ID, err))
		}
	}
	problems = append(problems, r.overlaps()...)
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	for _, id := range slices.Sorted(maps.Keys(r.owners)) {
		r.sorted = append(r.sorted, r.owners[id].Partner)
		r.names = append(r.names, r.owners[id].Name)
	}
	slices.Sort(r.names)
	return r, nil
}

func (r *Registry) add(p Partner) (problems []error) {
	if p.Name == "" {
		p.Name = p.ID
	}
	if !validPartner(p.ID) {
		return []error{errors.New("the id is not usable; write 1 to 64 lower-case letters, digits, - and _, beginning with a letter or digit")}
	}
	if r.owners[p.ID] != nil {
		return []error{errors.New("is given twice; put all its links into one")}
	}
	if len(p.Links) == 0 {
		return []error{errors.New("has no link; give at least one, such as https://item.example/i/{item}")}
	}
	o := &owner{Partner: p}
	r.owners[p.ID] = o
	for i, s := range p.Links {
		if err := r.addLink(o, i, s); err != nil {
			problems = append(problems, fmt.Errorf("link %q: %w", s, err))
		}
	}
	for _, host := range p.Wrapped {
		if err := r.addWrapped(o, host); err != nil {
			problems = append(problems, fmt.Errorf("wrapped host %q: %w", host, err))
		}
	}
	for _, domain := range p.Domains {
		if err := r.addDomain(o, domain); err != nil {
			problems = append(problems, fmt.Errorf("domain %q: %w", domain, err))
		}
	}
	return problems
}

func (r *Registry) addLink(o *owner, i int, s string) error {
	t, err := parseTemplate(s)
	if err != nil {
		return err
	}
	switch {
	case i == 0 && t.wild:
		return errors.New("is the first and so the canonical form, but its host begins with *.; put a link with a full host first")
	case i == 0:
		o.canonical = t
		o.example = t.link("", "…", "").URL
	case o.canonical.host != "" && t.hasSKU() && !o.canonical.hasSKU():
		return fmt.Errorf("has %s but the first link has not; add it there, or variants would be lost", skuMark)
	}
	sites := r.exact
	if t.wild {
		sites = r.wild
	}
	at := sites[t.host]
	switch {
	case at == nil:
		at = &site{owner: o}
		sites[t.host] = at
	case at.owner != o:
		return ownedBy(at.owner)
	}
	at.rules, err = admit(at.rules, t.rule())
	return err
}

func (r *Registry) addWrapped(o *owner, host string) error {
	if err := checkHost(host); err != nil {
		return err
	}
	switch at := r.exact[host]; {
	case at == nil:
		r.exact[host] = &site{owner: o, wrapped: true}
		return nil
	case at.owner != o:
		return ownedBy(at.owner)
	default:
		return errors.New("is listed already, as host of a link or twice; a host is one or the other")
	}
}

func (r *Registry) addDomain(o *owner, domain string) error {
	if err := checkHost(domain); err != nil {
		return err
	}
	if have := r.domains[domain]; have != nil && have != o {
		return ownedBy(have)
	}
	r.domains[domain] = o
	return nil
}

func ownedBy(o *owner) error {
	return fmt.Errorf("the host already belongs to partner %q; remove it from one of the two", o.ID)
}

// overlaps finds hosts that lie under another partner's "*.".
func (r *Registry) overlaps() (problems []error) {
	for _, sites := range []map[string]*site{r.exact, r.wild} {
		for _, host := range slices.Sorted(maps.Keys(sites)) {
			for parent := range parents(host) {
				if at := r.wild[parent]; at != nil && at.owner != sites[host].owner {
					problems = append(problems, fmt.Errorf("partner %q: host %q lies under *.%s of partner %q; remove it from one of the two",
						sites[host].owner.ID, host, parent, at.owner.ID))
				}
			}
		}
	}
	return problems
}

// parents yields the domains host lies in, nearest first.
func parents(host string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for {
			_, parent, found := strings.Cut(host, ".")
			if !found || !yield(parent) {
				return
			}
			host = parent
		}
	}
}

// Partners returns the partners, sorted by id. The caller owns the result.
func (r *Registry) Partners() []Partner {
	out := make([]Partner, len(r.sorted))
	for i, p := range r.sorted {
		out[i] = p.clone()
	}
	return out
}

// Canonical is the address of an item. The error is an [*Error]: the partner is
// not approved or item cannot be the id of an item.
func (r *Registry) Canonical(partner, item string) (string, error) {
	l, err := r.Link(partner, item, "")
	return l.URL, err
}

// Link is the link of a variant of an item; sku may be "". It is what parsing
// its URL gives. The error is an [*Error]: the partner is not approved, its
// links name no variants, or item or sku cannot be an id.
func (r *Registry) Link(partner, item, sku string) (Link, error) {
	o := r.owners[partner]
	switch {
	case o == nil:
		return Link{}, r.refuse(&Error{
			Code:    CodeUnsupported,
			Message: "there is no partner " + show(partner),
			Fix:     "choose an item of an accepted shop",
		})
	case !validItem(item):
		return Link{}, r.refuse(badID("item", item))
	case sku != "" && !validItem(sku):
		return Link{}, r.refuse(badID("variant", sku))
	case sku != "" && !o.canonical.hasSKU():
		return Link{}, r.refuse(malformed("links to "+o.Name+" name no variants", "leave the variant out"))
	}
	return o.canonical.link(o.ID, item, sku), nil
}

// refuse completes e. The copy keeps callers from changing the registry.
func (r *Registry) refuse(e *Error) *Error {
	e.Accepted = slices.Clone(r.names)
	return e
}

func badID(what, id string) *Error {
	return malformed("the "+what+" id "+show(id)+" is not usable", "use an id of 1 to 64 letters, digits, - and _")
}
