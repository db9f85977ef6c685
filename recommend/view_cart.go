package recommend

import (
	"context"
	"slices"
	"time"
)

// The codes of what is wrong with a line of a cart. A line is never dropped
// for them; it is bought when none but CartPriceChanged is left and the reader
// has agreed to that.
const (
	CartInsufficientStock = "insufficient_stock" // Available are left
	CartPriceChanged      = "price_changed"      // From what the reader saw To what it costs
	CartUnavailable       = "unavailable"        // sold out, or the partner's facts are too old
	CartPartnerPaused     = "partner_paused"     // or removed
	CartExpertSuspended   = "expert_suspended"   // or not verified any more
	CartPickRemoved       = "pick_removed"       // by its expert or a ruling
)

// A CartProblem is one thing wrong with a line of a cart.
type CartProblem struct {
	Code      string `json:"code"`
	Available *int64 `json:"available,omitempty"`
	From      *Money `json:"from,omitempty"`
	To        *Money `json:"to,omitempty"`
	Reason    Hidden `json:"reason,omitempty"` // why the pick is not shown
}

// A CartLineView is a line of a cart with what it leads to: either Item or
// Removed.
type CartLineView struct {
	Line      string        `json:"line"`
	Pick      string        `json:"pick"`
	SKU       string        `json:"sku,omitempty"`
	Quantity  int           `json:"quantity"`
	SeenPrice *Money        `json:"seen_price,omitempty"` // of one, when it was put there
	At        time.Time     `json:"at"`
	Partner   string        `json:"partner"`        // "" when nobody knows the product
	Item      *Item         `json:"item,omitempty"` // Position and Score are 0
	Removed   *RemovedPick  `json:"removed,omitempty"`
	Problems  []CartProblem `json:"problems"`

	// Product is what the partner says; nil when nothing.
	Product *Product `json:"-"`
}

// Blocked reports whether the line cannot be bought, whatever the reader
// agrees to.
func (v *CartLineView) Blocked() bool {
	return slices.ContainsFunc(v.Problems, func(p CartProblem) bool { return p.Code != CartPriceChanged })
}

// A CartGroup is what a cart holds of one partner.
type CartGroup struct {
	Partner string   `json:"partner"`
	Name    string   `json:"name"`
	Lines   []string `json:"lines"` // ids
	// Total is what the lines that can be bought cost now; null when a price is
	// not known, currencies differ, or none can be bought.
	Total    *Money `json:"total"`
	Checkout bool   `json:"checkout"` // some line can be bought
}

// A CartView is a cart joined with what its lines lead to.
type CartView struct {
	Revision  int64          `json:"revision"`
	Lines     []CartLineView `json:"lines"`  // in the order of the cart
	Groups    []CartGroup    `json:"groups"` // by partner, in the order of their first lines
	ExpiresAt time.Time      `json:"expires_at,omitzero"`
}

// Cart returns a reader's cart as the store has it now, empty for somebody
// nothing is known of. A store that is away wraps [ErrUnavailable].
func (w *Windows) Cart(ctx context.Context, reader, lang string) (*CartView, error) {
	r, err := w.ReaderOf(ctx, reader)
	if err != nil {
		return nil, err
	}
	return w.CartOf(ctx, r, lang)
}

// CartOf is Cart of a reader's document that the caller has.
func (w *Windows) CartOf(ctx context.Context, r *Reader, lang string) (*CartView, error) {
	return w.cartOf(ctx, r, lang, false)
}

// cartOf is CartOf, with old facts asked for again where ask says so.
func (w *Windows) cartOf(ctx context.Context, r *Reader, lang string, ask bool) (*CartView, error) {
	scene, now := w.world.Scene(), w.now()
	view := &CartView{Revision: r.Cart.Revision, Lines: []CartLineView{}, Groups: []CartGroup{}}
	if len(r.Cart.Lines) == 0 {
		return view, nil
	}
	ends := r.Cart.Expires(&scene.Policy.Reader)
	if now.After(ends) {
		return view, nil
	}
	view.ExpiresAt = ends
	picks := make([]string, len(r.Cart.Lines))
	for i, l := range r.Cart.Lines {
		picks[i] = l.Pick
	}
	found, err := w.keptPicks(ctx, picks)
	if err != nil {
		return nil, err
	}
	if ask {
		w.recheck(ctx, found)
	}
	for i := range r.Cart.Lines {
		l := &r.Cart.Lines[i]
		k := found[l.Pick]
		v := CartLineView{
			Line: l.ID, Pick: l.Pick, SKU: l.SKU, Quantity: l.Quantity, SeenPrice: l.Price, At: l.At,
			Partner: partnerOf(l.Product), Problems: cartProblems(l, k, &scene.Policy.Facts, now),
		}
		if k != nil {
			v.Partner, v.Product = k.shown.Partner(), k.product
		}
		v.Item, v.Removed = k.view(scene.Policy, r, now, lang)
		view.Lines = append(view.Lines, v)
	}
	view.group(scene)
	return view, nil
}

// Expires is when the cart is empty unless it is changed before.
func (c *Cart) Expires(rules *ReaderRules) time.Time {
	if c.Guest {
		return c.At.Add(rules.GuestCartFor.D())
	}
	return c.At.Add(rules.CartFor.D())
}

// cartProblems says what is wrong with line l of the pick k, which is nil when
// there never was one.
func cartProblems(l *CartLine, k *keptPick, rules *FactRules, now time.Time) []CartProblem {
	if k == nil {
		return []CartProblem{{Code: CartPickRemoved, Reason: HiddenWithdrawn}}
	}
	if code := cartCode(k.hidden); code != "" {
		return []CartProblem{{Code: code, Reason: k.hidden}}
	}
	ps := []CartProblem{}
	p := k.product
	if p == nil {
		return ps
	}
	if p.Stock != nil && !p.Preorder && *p.Stock < int64(l.Quantity) {
		if *p.Stock == 0 {
			return []CartProblem{{Code: CartUnavailable, Reason: HiddenSoldOut}}
		}
		ps = append(ps, CartProblem{Code: CartInsufficientStock, Available: p.Stock})
	}
	if price := rules.price(p, now); price != nil && l.Price != nil && *price != *l.Price {
		ps = append(ps, CartProblem{Code: CartPriceChanged, From: l.Price, To: price})
	}
	return ps
}

// cartCode is the problem of a line whose pick is hidden for h, "" for none.
func cartCode(h Hidden) string {
	switch h {
	case "":
		return ""
	case HiddenWithdrawn, HiddenHeld, HiddenDeferred, HiddenRemoved, HiddenTopic, HiddenRestricted:
		return CartPickRemoved
	case HiddenExpert:
		return CartExpertSuspended
	case HiddenPartnerPaused, HiddenPartnerRemoved:
		return CartPartnerPaused
	case HiddenUnknownProduct, HiddenUnknownStock, HiddenSoldOut, HiddenStale:
		return CartUnavailable
	}
	return CartUnavailable
}

// group sorts the lines by partner and adds up what can be bought.
func (view *CartView) group(scene *Scene) {
	for i := range view.Lines {
		l := &view.Lines[i]
		n := slices.IndexFunc(view.Groups, func(g CartGroup) bool { return g.Partner == l.Partner })
		if n < 0 {
			n = len(view.Groups)
			g := CartGroup{Partner: l.Partner, Name: l.Partner}
			if p := scene.Partners.Get(l.Partner); p != nil {
				g.Name = p.Name
			}
			view.Groups = append(view.Groups, g)
		}
		view.Groups[n].Lines = append(view.Groups[n].Lines, l.Line)
	}
	for i := range view.Groups {
		view.Groups[i].add(view.Lines)
	}
}

// add sets Total and Checkout from the group's lines among all.
func (g *CartGroup) add(all []CartLineView) {
	var sum *Money
	known := true
	for i := range all {
		l := &all[i]
		if l.Partner != g.Partner || l.Blocked() {
			continue
		}
		g.Checkout = true
		switch {
		case l.Item == nil || l.Item.Product.Price == nil:
			known = false
		case sum == nil:
			sum = &Money{Amount: int64(l.Quantity) * l.Item.Product.Price.Amount, Currency: l.Item.Product.Price.Currency}
		case sum.Currency != l.Item.Product.Price.Currency:
			known = false
		default:
			sum.Amount += int64(l.Quantity) * l.Item.Product.Price.Amount
		}
	}
	if known {
		g.Total = sum
	}
}
