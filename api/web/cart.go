package web

import (
	"html/template"
	"net/http"
	"time"

	"vitrine.dev/recommend"
)

// cartBody is what the cart shows.
type cartBody struct {
	Revision int64
	Groups   []cartGroup
	Pieces   int
	Expires  time.Time
	Label    recommend.DisclosureOf // that stands above every way to a shop
}

// A cartGroup is what goes to one partner.
type cartGroup struct {
	recommend.CartGroup
	Rows []cartRow
}

// A cartRow is a line of the cart as the page shows it.
type cartRow struct {
	recommend.CartLineView
	Title   string
	Image   string // "" of a pick that is gone
	Sum     *recommend.Money
	Says    []template.HTML // what is wrong, in words
	Changed bool            // the price; the reader has to agree before he buys
	Fixed   bool            // nothing but removing makes sense
}

// cart shows what the visitor means to buy, by partner.
func (s *site) cart(q *request) error {
	if q.who.Unread != nil {
		return q.who.Unread
	}
	c, err := s.Windows.CartOf(q.ctx(), &q.who.Reader, q.lang)
	if err != nil {
		return err
	}
	b := cartBody{Revision: c.Revision, Expires: c.ExpiresAt, Label: s.World.Scene().Policy.Disclose("", nil, q.lang)}
	rows := make(map[string]cartRow, len(c.Lines))
	for _, l := range c.Lines {
		b.Pieces += l.Quantity
		if rows[l.Line], err = q.cartRow(l); err != nil {
			return err
		}
	}
	for _, g := range c.Groups {
		group := cartGroup{CartGroup: g}
		if g.Partner == "" {
			group.Name = q.words.or("", "cart.nowhere")
		}
		for _, id := range g.Lines {
			group.Rows = append(group.Rows, rows[id])
		}
		b.Groups = append(b.Groups, group)
	}
	title, err := q.words.text("cart.title")
	if err != nil {
		return err
	}
	return q.show(http.StatusOK, "cart", view{
		Title: title, Nav: "cart", Script: "cart.js", Say: []string{"cart.say.", "buy."}, Body: b,
	})
}

func (q *request) cartRow(l recommend.CartLineView) (cartRow, error) {
	r := cartRow{CartLineView: l, Fixed: l.Removed != nil}
	if i := l.Item; i != nil {
		c := q.card(*i)
		r.Title, r.Image = c.Product.Title, c.Image
		if p := i.Product.Price; p != nil {
			r.Sum = &recommend.Money{Amount: p.Amount * int64(l.Quantity), Currency: p.Currency}
		}
	} else if r.Title = l.Removed.Title; r.Title == "" {
		r.Title = q.words.or("", "cart.untitled")
	}
	for _, p := range l.Problems {
		r.Changed = r.Changed || p.Code == recommend.CartPriceChanged
		text, err := q.cartProblem(p)
		if err != nil {
			return r, err
		}
		r.Says = append(r.Says, text)
	}
	return r, nil
}

// cartProblem says what is wrong with a line, and what to do.
func (q *request) cartProblem(p recommend.CartProblem) (template.HTML, error) {
	switch p.Code {
	case recommend.CartPriceChanged:
		return q.words.html("cart.problem.price_changed", "from", money(*p.From, q.lang), "to", money(*p.To, q.lang))
	case recommend.CartInsufficientStock:
		return q.words.html("cart.problem.insufficient_stock", "n", *p.Available)
	case recommend.CartPickRemoved:
		return q.words.html("cart.problem.pick_removed", "why", q.words.or("", "hidden."+string(p.Reason)))
	}
	if _, ok := q.words.messages["cart.problem."+p.Code]; !ok {
		return q.words.html("cart.problem.other")
	}
	return q.words.html("cart.problem." + p.Code)
}
