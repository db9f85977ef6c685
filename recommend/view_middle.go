package recommend

import (
	"context"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
)

// A Middle is the page between a card and a partner's checkout: the pick with
// the partner's facts of this moment.
type Middle struct {
	Item           Item         `json:"item"` // Position and Score are 0
	Seller         string       `json:"seller,omitempty"`
	AfterSales     string       `json:"after_sales,omitempty"`
	Disclosure     DisclosureOf `json:"disclosure"`
	PriceCheckedAt *time.Time   `json:"price_checked_at"` // null when the partner has told nothing
	// Stale says that the facts are older than the policy wants, and that the
	// partner was asked in vain or cannot be asked.
	Stale      bool        `json:"stale"`
	Partner    PartnerName `json:"partner"`
	Also       []Item      `json:"also"` // other experts' picks of the product, the most trusted first
	Bookmarked bool        `json:"bookmarked"`
	InCart     bool        `json:"in_cart"`
	Next       string      `json:"next"` // what comes next, in words

	// SoldOut says that the partner has none left.
	SoldOut bool `json:"-"`
	// Product is what the partner says; nil when nothing.
	Product *Product `json:"-"`
}

// A PartnerName is a partner as readers know it.
type PartnerName struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// alsoOnMiddle is how many other picks of the product a middle page shows.
const alsoOnMiddle = 8

// Middle returns the middle page of a pick. Facts older than the policy wants
// are asked for again first, if windows have a [Checker]. What is hidden is a
// [*GoneError], what never was wraps [ErrNotFound], as with [Windows.Pick]; its
// own expert sees no more here than others.
func (w *Windows) Middle(ctx context.Context, id string, v Viewer) (*Middle, error) {
	found, err := w.keptPicks(ctx, []string{id})
	if err != nil {
		return nil, err
	}
	k := found[id]
	if k == nil {
		return nil, fmt.Errorf("pick %q: %w", clip(id), ErrNotFound)
	}
	stale := w.recheck(ctx, found)[id]
	if !k.visible() {
		gone := &GoneError{Kind: "pick", ID: id, Reason: k.hidden}
		if k.hidden == HiddenRemoved {
			gone.Rule = k.ruling.Rule
		}
		return nil, gone
	}
	reader, err := w.ReaderOf(ctx, v.Reader)
	if err != nil {
		return nil, err
	}
	scene, now := w.world.Scene(), w.now()
	item, _ := k.view(scene.Policy, reader, now, v.Lang)
	m := &Middle{
		Item: *item, Disclosure: item.Disclosure, PriceCheckedAt: item.Product.CheckedAt, Stale: stale,
		Bookmarked: item.Bookmarked, InCart: item.InCart, Also: []Item{}, SoldOut: k.hidden == HiddenSoldOut, Product: k.product,
	}
	if m.Item.Link == "" {
		m.Item.Link = canonical(scene, k.shown.Product)
	}
	m.Seller, m.AfterSales = terms(scene, k.shown.Product, k.product)
	m.Partner = PartnerName{ID: k.shown.Partner(), Name: k.shown.Partner()}
	if p := scene.Partners.Get(m.Partner.ID); p != nil {
		m.Partner.Name = p.Name
	}
	m.Next = nextText(m.Partner.Name, v.Lang)
	w.shelf.read(scene, now, func(l *look) { m.Also = l.alsoOn(k.shown, l.tasteOf(v.Reader, reader), v.Lang) })
	return m, nil
}

// alsoOn are other experts' picks of the product of p, one each.
func (l *look) alsoOn(p *Pick, t *taste, lang string) []Item {
	also := []Item{}
	seen := map[string]bool{p.Expert: true}
	for _, n := range l.picksOf(p.Product, t) {
		expert := l.experts.ids[l.picks.row[n].expert]
		if seen[expert] || len(also) == alsoOnMiddle {
			continue
		}
		seen[expert] = true
		item := l.card(n, lang)
		item.Position, item.Source = len(also), "product"
		also = append(also, item)
	}
	return also
}

// recheck asks partners again for old facts of picks that are shown or hidden
// for their facts alone, and says which are stale all the same.
func (w *Windows) recheck(ctx context.Context, found map[string]*keptPick) (stale map[string]bool) {
	scene, now := w.world.Scene(), w.now()
	const atOnce = 16
	var asking errgroup.Group
	asking.SetLimit(atOnce)
	facts := make(map[string]*Facts, len(found))
	for id, k := range found {
		if cartCode(k.hidden) != "" && cartCode(k.hidden) != CartUnavailable {
			continue
		}
		f := new(Facts)
		facts[id] = f
		asking.Go(func() error {
			*f = w.checker.Check(ctx, now, &scene.Policy.Reader, k.shown.Product, k.product)
			return nil
		})
	}
	_ = asking.Wait() // they return no error
	stale = make(map[string]bool, len(facts))
	for id, f := range facts {
		k := found[id]
		stale[id] = f.Stale
		if f.Product == k.product {
			continue
		}
		k.product = f.Product
		x := sightOf(scene, k.shown, k.pickDocs, now)
		k.hidden = x.hidden(momentOf(now), &scene.Policy.Facts)
	}
	return stale
}

// CartNow is [Windows.CartOf] with facts that are too old asked for again.
// Only the lines named by ids are looked at; none means all.
func (w *Windows) CartNow(ctx context.Context, r *Reader, lang string, ids ...string) (*CartView, error) {
	some := *r
	if len(ids) > 0 {
		some.Cart.Lines = slices.DeleteFunc(slices.Clone(r.Cart.Lines), func(l CartLine) bool { return !slices.Contains(ids, l.ID) })
	}
	return w.cartOf(ctx, &some, lang, true)
}

// nextText says what comes after a middle page.
func nextText(partner, lang string) string {
	if language(lang) == "zh" {
		return "下一步：前往" + partner + "结算。付款、发货和售后均由" + partner + "负责。"
	}
	return "Next: the checkout of " + partner + ". You pay there; " + partner + " ships and takes returns."
}
