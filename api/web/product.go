package web

import (
	"errors"
	"net/http"
	"slices"

	"vitrine.dev/recommend"
)

// productBody is what the page of a pick or product shows.
type productBody struct {
	card                 // the pick it is about, or the first of the product
	Shown         bool   // false: nobody recommends the product now
	Link          string // the partner's page
	Stale         bool   // the partner has not confirmed its facts for a while
	Seller        string
	AfterSales    string
	State         recommend.PickState
	Hidden        string // in words, to the pick's own expert
	Others        []card // the same product, by others
	Next          string // more of them
	PolicyVersion string
}

// pick shows one pick, and who else recommends its product.
func (s *site) pick(q *request) error {
	v, err := s.Windows.Pick(q.ctx(), q.PathValue("id"), recommend.Viewer{Reader: q.who.ID, Lang: q.lang})
	if err != nil {
		return err
	}
	b := productBody{card: q.card(v.Item), Shown: true, Link: v.Link, Seller: v.Seller, AfterSales: v.AfterSales, State: v.State}
	if v.Hidden != "" {
		b.Hidden = q.words.or(string(v.Hidden), "hidden."+string(v.Hidden))
	}
	page, err := s.Windows.Product(q.ctx(), recommend.ProductRequest{Key: v.Product.Key, Viewer: recommend.Viewer{Reader: q.who.ID, Lang: q.lang}})
	var gone *recommend.GoneError
	switch {
	case errors.As(err, &gone), errors.Is(err, recommend.ErrNotFound): // the pick's own expert sees it all the same
	case err != nil:
		return err
	default:
		b.Others = q.cards(slices.DeleteFunc(page.Items, func(i recommend.Item) bool { return i.Pick == v.Pick }))
		if page.NextCursor != "" {
			b.Next = "/products/" + v.Product.Key
		}
	}
	return q.showProduct(b)
}

// product shows a product with everybody's picks of it.
func (s *site) product(q *request) error {
	page, err := s.Windows.Product(q.ctx(), recommend.ProductRequest{
		Key: q.PathValue("key"), Viewer: recommend.Viewer{Reader: q.who.ID, Lang: q.lang}, Cursor: q.FormValue("cursor"),
	})
	if err != nil {
		return err
	}
	b := productBody{Link: page.Link, Seller: page.Seller, AfterSales: page.AfterSales}
	if len(page.Items) > 0 {
		b.card, b.Shown = q.card(page.Items[0]), true
		b.Others = q.cards(page.Items[1:])
	} else {
		b.card = q.card(recommend.Item{Product: page.Product, Disclosure: page.Disclosure})
	}
	if page.NextCursor != "" {
		b.Next = q.with("cursor", page.NextCursor)
	}
	return q.showProduct(b)
}

func (q *request) showProduct(b productBody) error {
	age := q.site.World.Scene().Policy.Reader.CheckFactsAge.D()
	b.Stale = b.Product.CheckedAt != nil && q.site.Now().Sub(*b.Product.CheckedAt) > age
	if b.AfterSales == "" {
		if p := q.site.World.Scene().Partners.Get(b.Product.Partner); p != nil {
			b.AfterSales = p.AfterSales
		}
	}
	return q.show(http.StatusOK, "product", view{
		Title: b.Product.Title, About: b.Reason, Nav: "window", Script: "product.js", Say: append(acting(), "buy.", "stock.", "product.checked"), Body: b,
	})
}
