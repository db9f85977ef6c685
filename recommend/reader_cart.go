package recommend

import (
	"fmt"
	"slices"
	"time"
)

// CartAt is the cart as it is to be read at now: without lines once it has not
// been changed for as long as the rules keep it. The lines are those of r.
func (r *Reader) CartAt(now time.Time, rules *ReaderRules) Cart {
	c := r.Cart
	if lasts := c.Lasts(rules); len(c.Lines) > 0 && now.Sub(c.At) > lasts {
		c.Lines = nil
	}
	return c
}

// Lasts is how long c is kept after its last change.
func (c *Cart) Lasts(rules *ReaderRules) time.Duration {
	if c.Guest {
		return rules.GuestCartFor.D()
	}
	return rules.CartFor.D()
}

// Line returns the line with id, nil if there is none.
func (c *Cart) Line(id string) *CartLine {
	if i := slices.IndexFunc(c.Lines, func(l CartLine) bool { return l.ID == id }); i >= 0 {
		return &c.Lines[i]
	}
	return nil
}

// LineID names the line of a cart that an action is about: one product by one
// expert in one variant, or one pick where the product is not known.
func (a *Action) LineID() string { return lineID(a.Product, a.Pick, a.Expert, a.SKU) }

func lineID(product, pick, expert, sku string) string {
	if product == "" {
		return "l" + opaque("pick", pick, sku)[:16]
	}
	return "l" + opaque("product", product, expert, sku)[:16]
}

// cart changes the cart as the action says.
func (d *deed) cart() error {
	if base := d.a.Base; base != 0 && base != d.Cart.Revision {
		d.Refused = &RefusedChange{Event: d.acting.Event, Problems: []Problem{{
			Code: "precondition-failed", Message: fmt.Sprintf("based on revision %d, the cart is at %d", base, d.Cart.Revision), Fix: "read it again and repeat the change",
		}}}
		return nil
	}
	c := d.CartAt(d.at, d.acting.Rules)
	c.Lines = slices.Clone(c.Lines)
	var err error
	switch a := d.a; a.Kind {
	case ActMerge:
		err = d.merge(&c)
	case ActUncart:
		c.remove(d.lineOf(&c))
	case ActCart:
		if a.Set && a.Quantity == 0 {
			c.remove(d.lineOf(&c))
			break
		}
		err = d.putLine(&c)
	}
	if err != nil {
		return err
	}
	d.setCart(c.Lines)
	return nil
}

// lineOf is the line that the action is about. One that says less than the line
// means it all the same.
func (d *deed) lineOf(c *Cart) *CartLine {
	if l := c.Line(d.a.LineID()); l != nil {
		return l
	}
	if i := slices.IndexFunc(c.Lines, func(l CartLine) bool { return l.Pick == d.a.Pick && l.SKU == d.a.SKU }); i >= 0 {
		return &c.Lines[i]
	}
	return nil
}

func (c *Cart) remove(l *CartLine) {
	if l != nil {
		id := l.ID
		c.Lines = slices.DeleteFunc(c.Lines, func(l CartLine) bool { return l.ID == id })
	}
}

// putLine adds to a line, sets its quantity, or makes it.
func (d *deed) putLine(c *Cart) error {
	a := d.a
	quantity := a.Quantity
	if quantity == 0 {
		quantity = 1
	}
	l := d.lineOf(c)
	if l != nil && !a.Set {
		quantity += l.Quantity
	}
	if most := d.acting.Rules.Quantity; a.Quantity < 0 || a.Quantity > most || quantity > most {
		return Refuse(Problem{
			Code: "quantity-limit", Pointer: "/quantity", Message: fmt.Sprintf("a line has 1 to %d pieces", most), Fix: "ask for fewer", Details: map[string]any{"limit": most},
		})
	}
	if l == nil {
		if most := d.acting.Rules.CartLines; len(c.Lines) >= most {
			return tooMany("/pick", most)
		}
		c.Lines = append(c.Lines, CartLine{ID: a.LineID(), Expert: a.Expert, Product: a.Product, SKU: a.SKU, At: d.at})
		l = &c.Lines[len(c.Lines)-1]
	}
	l.Pick, l.Quantity = a.Pick, quantity
	if a.Price != nil {
		l.Price = a.Price
	}
	return nil
}

// merge adds the lines of another cart, of each as many as a line may have.
// Without lines it is the other side: the cart went elsewhere.
func (d *deed) merge(c *Cart) error {
	if len(d.a.Lines) == 0 {
		c.Lines = nil
		return nil
	}
	most := d.acting.Rules.Quantity
	for _, add := range d.a.Lines {
		add.ID = lineID(add.Product, add.Pick, add.Expert, add.SKU)
		add.Quantity = min(max(add.Quantity, 1), most)
		if l := c.Line(add.ID); l != nil {
			l.Quantity = min(l.Quantity+add.Quantity, most)
			continue
		}
		if len(c.Lines) >= d.acting.Rules.CartLines {
			return tooMany("/lines", d.acting.Rules.CartLines)
		}
		add.At = d.at
		c.Lines = append(c.Lines, add)
	}
	return nil
}

// setCart makes lines those of the cart and counts the picks that came and went.
func (d *deed) setCart(lines []CartLine) {
	before := d.Cart.Lines
	if slices.EqualFunc(before, lines, sameLine) {
		return
	}
	if len(lines) == 0 {
		lines = nil
	}
	c := Cart{Revision: d.Cart.Revision + 1, At: d.Cart.At, Guest: d.a.Guest, Lines: lines}
	if d.at.After(c.At) {
		c.At = d.at
	}
	d.Cart = c
	for _, l := range before {
		if !holds(lines, l.Pick) {
			d.uncount(l.Pick, ActCart, l.At)
		}
	}
	for _, l := range lines {
		if !holds(before, l.Pick) {
			d.count(l.Pick, ActCart)
			if d.a.Kind == ActMerge {
				d.step(l.Pick, l.Expert, ActCart)
			}
		}
	}
	switch {
	case d.a.Kind == ActUncart, d.a.Set && d.a.Quantity == 0:
		d.step(d.a.Pick, d.a.Expert, ActUncart)
	case d.a.Kind == ActCart:
		d.step(d.a.Pick, d.a.Expert, ActCart)
	}
}

func holds(lines []CartLine, pick string) bool {
	return slices.ContainsFunc(lines, func(l CartLine) bool { return l.Pick == pick })
}

func sameLine(a, b CartLine) bool {
	samePrice := a.Price == b.Price || a.Price != nil && b.Price != nil && *a.Price == *b.Price
	return a.ID == b.ID && a.Pick == b.Pick && a.Quantity == b.Quantity && samePrice && a.At.Equal(b.At)
}
