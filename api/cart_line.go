package api

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"vitrine.dev/recommend"
)

// setLine changes how many pieces of a line the caller wants; 0 takes it out.
// With it the price of now is taken for seen.
func (s *Server) setLine(c *call) error {
	var in struct {
		Quantity *int `json:"quantity"`
	}
	if err := c.decode(&in); err != nil {
		return err
	}
	if in.Quantity == nil {
		return recommend.Refuse(recommend.Problem{Code: codeValidation, Pointer: "/quantity", Message: "missing", Fix: "give the number of pieces, 0 to remove the line"})
	}
	if err := s.pieces(*in.Quantity, 0); err != nil {
		return err
	}
	return s.changeLine(c, func(l *recommend.CartLine, a *recommend.Action) error {
		a.Kind, a.Set, a.Quantity = recommend.ActCart, true, *in.Quantity
		if a.Quantity == 0 {
			return nil
		}
		w, err := s.wanted(c, l.Pick)
		switch {
		case errors.Is(err, recommend.ErrNotFound) && a.Quantity <= l.Quantity:
			return nil // fewer of what is gone; the line says why it is
		case err != nil:
			return err
		}
		a.Price = w.Product.Price
		if a.Quantity > l.Quantity {
			return w.enough(a.Quantity)
		}
		return nil
	})
}

// removeLine takes a line out of the cart.
func (s *Server) removeLine(c *call) error {
	return s.changeLine(c, func(_ *recommend.CartLine, a *recommend.Action) error {
		a.Kind = recommend.ActUncart
		return nil
	})
}

// changeLine changes the line of the address on the cart that the caller saw.
func (s *Server) changeLine(c *call, change func(*recommend.CartLine, *recommend.Action) error) error {
	header := c.Request.Header.Get("If-Match")
	if header == "" {
		return refuse(codeNoMatch, "")
	}
	who, err := s.acting(c)
	if err != nil {
		return err
	}
	event := who.eventID(c)
	if c.key == "" { // the same change of the same revision is one
		event = derive("e", who.name, c.Request.Method, c.Param("line"), header, string(c.body))
	}
	defer s.readers.take(c.ctx(), who.name, s.Wait)()
	if who, err = s.acting(c); err != nil {
		return err
	}
	if who.did(event) && (who.Refused == nil || who.Refused.Event != event) {
		c.replayed()
		return s.cartIs(c, who, http.StatusOK, false)
	}
	cart := s.cartOf(c, who)
	seen := func(tag string) bool {
		n, ok := taggedRevision(tag)
		return ok && n == cart.Revision
	}
	if !matchesAny(header, seen) {
		return refuse(codeStale, fmt.Sprintf("the cart is at revision %d", cart.Revision)).head("ETag", revisionTag(cart.Revision))
	}
	l := cart.Line(c.Param("line"))
	if l == nil {
		return notFound("line", c.Param("line"))
	}
	a := recommend.Action{
		ID: event, Pick: l.Pick, Expert: l.Expert, Product: l.Product, SKU: l.SKU, At: c.now(), Base: cart.Revision, Guest: c.who.isGuest(),
	}
	if err := change(l, &a); err != nil {
		return err
	}
	pending, err := s.act(c, who, a)
	if err != nil {
		return err
	}
	return s.cartIs(c, who, http.StatusOK, pending)
}

// mergeCart adds the cart of a guest to that of the caller, who was that guest
// before he signed in, and leaves the guest none. Doing it again changes
// nothing.
func (s *Server) mergeCart(c *call) error {
	var in struct {
		GuestToken string `json:"guest_token"`
	}
	if err := c.decode(&in); err != nil {
		return err
	}
	guest, err := s.tokens.verify(c.ctx(), in.GuestToken, c.now())
	if err != nil || !guest.isGuest() || guest.Subject == c.who.Subject {
		return recommend.Refuse(recommend.Problem{
			Code: codeValidation, Pointer: "/guest_token", Message: "this is no valid token of another guest", Fix: "send the token of POST /v1/guests that filled the cart",
		})
	}
	who, pending, err := s.merge(c, guest.Subject)
	if err != nil {
		return err
	}
	return s.cartIs(c, who, http.StatusOK, pending)
}

// merge adds the cart of guest to that of the caller and leaves the guest none.
// Who is the caller with the cart that he has then.
func (s *Server) merge(c *call, guest string) (who *actor, pending bool, err error) {
	if who, err = s.acting(c); err != nil {
		return nil, false, err
	}
	defer s.readers.take(c.ctx(), who.name, s.Wait)()
	if who, err = s.acting(c); err != nil {
		return nil, false, err
	}
	was, err := s.guestOf(c, guest)
	if err != nil {
		return nil, false, err
	}
	from := s.cartOf(c, was)
	if len(from.Lines) == 0 {
		return who, false, nil
	}
	into := s.cartOf(c, who)
	lines := len(into.Lines)
	for i := range from.Lines {
		if into.Line(from.Lines[i].ID) == nil {
			lines++
		}
	}
	if most := s.World.Scene().Policy.Reader.CartLines; lines > most {
		return nil, false, full("lines", "", most)
	}
	// Both ids say what was merged, so a repeat after a crash between the two
	// appends is recognised.
	part := strconv.FormatInt(from.Revision, 10)
	a := recommend.Action{
		ID: derive("e", who.name, recommend.ActMerge, was.name, part), Kind: recommend.ActMerge, Lines: from.Lines, At: c.now(), Guest: c.who.isGuest(),
	}
	if pending, err = s.act(c, who, a); err != nil {
		return nil, false, err
	}
	a.ID, a.Lines, a.Guest = derive("e", was.name, recommend.ActMerge, part), nil, true
	away, err := s.act(c, was, a)
	return who, pending || away, err
}

// guestOf is the guest whose cart is merged; without a name nothing is known
// of him.
func (s *Server) guestOf(c *call, subject string) (*actor, error) {
	a := &actor{subject: subject}
	var err error
	if a.name, err = s.Pseudonyms.Of(c.ctx(), subject); err != nil || a.name == "" {
		return a, err
	}
	return a, s.meet(c.ctx(), a)
}
