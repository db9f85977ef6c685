package ingest

import (
	"fmt"

	"vitrine.dev/recommend"
	"vitrine.dev/recommend/link"
)

// Catalog folds vitrine.catalog: the facts with the latest updated_at stay,
// whatever the order they arrive in.
func Catalog() Folder {
	return Rules[recommend.Product]{
		Topic: recommend.TopicCatalog,
		Kind:  recommend.KindProduct,
		Check: func(e recommend.Event) (any, error) {
			if e.Type != recommend.TypeProductListed {
				return nil, unknownType(e)
			}
			p := new(recommend.Product)
			if err := decode(e, p); err != nil {
				return nil, err
			}
			if err := p.Validate(); err != nil {
				return nil, err
			}
			return p, ownKey(e, p.Key)
		},
		Decide: func(s Scene, state *recommend.Product, e recommend.Event, decoded any) (Outcome, error) {
			p, ok := decoded.(*recommend.Product)
			if !ok {
				return Outcome{}, unknownType(e)
			}
			if err := p.ValidateAge(e.Appended); err != nil && !e.Trusted {
				return Outcome{}, err
			}
			if state.Key != "" && !p.UpdatedAt.After(state.UpdatedAt) {
				return Outcome{Duplicate: true}, nil
			}
			if err := ownedByPartner(s.Links, p); err != nil {
				return Outcome{}, &Premature{Topic: recommend.TopicRulings, Err: err}
			}
			p.Follow(state, e.Appended, s.Policy.Earnings.Notice.D())
			*state = *p
			state.UpdatedAt = p.UpdatedAt.UTC()
			return Outcome{Changed: true}, nil
		},
	}.Folder()
}

// ownedByPartner refuses facts about an item of a partner that is not
// approved, and an address that leads to another item.
func ownedByPartner(links *link.Registry, p *recommend.Product) error {
	partner, item, err := link.ParseKey(p.Key)
	if err == nil {
		_, err = links.Canonical(partner, item)
	}
	if err != nil {
		return recommend.Refuse(recommend.Problem{Code: "partner-unknown", Pointer: "/key", Message: fmt.Sprintf("%q is no item of an approved partner", p.Key), Fix: "register the partner first"})
	}
	if p.URL == "" {
		return nil
	}
	if l, err := links.Parse(p.URL); err != nil || l.Key() != p.Key {
		return recommend.Refuse(recommend.Problem{Code: "url-mismatch", Pointer: "/url", Message: "the address does not lead to this item", Fix: "give the item's own page, or leave it out"})
	}
	return nil
}
