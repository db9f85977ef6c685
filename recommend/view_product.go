package recommend

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"vitrine.dev/recommend/link"
)

// Product returns a product, as the store has it now, with everybody's picks of
// it. A product of a partner that is not open, or that may not be advertised,
// is a [*GoneError]; one that no partner lists and nobody picks wraps
// [ErrNotFound].
func (w *Windows) Product(ctx context.Context, r ProductRequest) (*ProductPage, error) {
	scene, now := w.world.Scene(), w.now()
	partner, item, err := link.ParseKey(r.Key)
	if err != nil {
		return nil, fmt.Errorf("product %q: %w", clip(r.Key), ErrNotFound)
	}
	c, err := w.listCursor(r.Cursor, r.Limit, now, "product", r.Reader, r.Key)
	if err != nil {
		return nil, err
	}
	var product *Product
	if err := w.load(ctx, map[Ref]any{{KindProduct, r.Key}: &product}); err != nil {
		return nil, err
	}
	if err := productGone(scene, r.Key, product); err != nil {
		return nil, err
	}
	reader, _ := w.reader(ctx, r.Reader)
	p := &pager{cursor: c, lang: r.Lang, source: "product", items: []Item{}}
	w.shelf.read(scene, now, func(l *look) {
		p.look = l
		p.ranked(l.picksOf(r.Key, l.tasteOf(r.Reader, reader)), l.pickKey)
	})
	reader.mark(p.items, now, scene.Policy)
	if product == nil && c.position == 0 {
		return nil, fmt.Errorf("product %s: %w", r.Key, ErrNotFound)
	}
	page := &ProductPage{
		Product: productCard(scene.Policy, r.Key, product, now), Disclosure: scene.Policy.Disclose("", product, r.Lang),
		Items: p.items, NextCursor: p.next(w.signer, now, "product", r.Reader, r.Key), PolicyVersion: scene.Policy.Version,
	}
	if page.Link, err = scene.Partners.Links().Canonical(partner, item); err != nil {
		return nil, fmt.Errorf("product %s: %w", r.Key, ErrNotFound)
	}
	page.Seller, page.AfterSales = terms(scene, r.Key, product)
	if product != nil {
		page.Topic = product.Topic
	}
	return page, nil
}

// productGone says why nobody is shown the product.
func productGone(scene *Scene, key string, p *Product) error {
	gone := &GoneError{Kind: "product", ID: key}
	switch state := scene.Partners.State(partnerOf(key)); {
	case state == PartnerPaused:
		gone.Reason = HiddenPartnerPaused
	case !state.Open():
		gone.Reason = HiddenPartnerRemoved
	case p != nil:
		if r, _ := scene.Policy.Restricts(p.Title); r != nil {
			gone.Reason = HiddenRestricted
		}
	}
	if gone.Reason == "" {
		return nil
	}
	return gone
}

// picksOf are the picks of a product that the reader may find, the most trusted
// experts first, of one expert the newest first.
func (l *look) picksOf(key string, t *taste) []int32 {
	product, ok := l.products.find(key)
	if !ok {
		return nil
	}
	var rows []int32
	for _, p := range l.products.rec[product].picks {
		if l.showable(p.row) && t.may(l, p.row) {
			rows = append(rows, p.row)
		}
	}
	slices.SortFunc(rows, func(a, b int32) int {
		return cmp.Or(cmp.Compare(l.trust(b), l.trust(a)), l.picks.age(b, a))
	})
	return rows
}

func (l *look) trust(n int32) float64 { return l.experts.rec[l.picks.row[n].expert].trust }

// showable reports whether lists of what somebody asked for by name hold the
// pick of row n: it is visible, or sold out.
func (l *look) showable(n int32) bool {
	h := l.hidden(n)
	return h == "" || h == HiddenSoldOut
}
