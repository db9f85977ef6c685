package api

import (
	"net/http"
	"strconv"

	"vitrine.dev/recommend"
)

type cartAnswer struct {
	*recommend.CartView
	did
}

// cart is what the caller means to buy, with what has changed about it since.
func (s *Server) cart(c *call) error {
	r, err := s.reading(c.ctx(), c.who.Subject)
	if err != nil {
		return err
	}
	v, err := s.Windows.CartOf(c.ctx(), r, c.lang)
	if err != nil {
		return err
	}
	c.private()
	return c.tagged("r"+strconv.FormatInt(v.Revision, 10)+"-", cartAnswer{v, did{}})
}

// cartIs answers a change with the cart it left.
func (s *Server) cartIs(c *call, who *actor, status int, pending bool) error {
	v, err := s.Windows.CartOf(c.ctx(), &who.Reader, c.lang)
	if err != nil {
		return err
	}
	c.private()
	c.Header("ETag", revisionTag(v.Revision))
	if pending {
		status = http.StatusAccepted
	}
	return c.json(status, cartAnswer{v, did{pending}})
}

// cartOf is the cart of a as it stands now.
func (s *Server) cartOf(c *call, a *actor) recommend.Cart {
	return a.CartAt(c.now(), &s.World.Scene().Policy.Reader)
}

// isGuest reports whether the caller has not signed in.
func (w *Claims) isGuest() bool { return w.Client == guestClient }

// Goods are a pick that may be put into a cart.
type goods struct {
	*recommend.PickView
	left *int64 // in stock; nil when the partner does not say
}

// wanted reads the pick that somebody wants to buy.
func (s *Server) wanted(c *call, id string) (*goods, error) {
	v, err := s.Windows.Pick(c.ctx(), id, recommend.Viewer{Reader: c.who.Subject, Lang: c.lang})
	if err != nil {
		return nil, err
	}
	if v.Hidden != "" && v.Hidden != recommend.HiddenSoldOut { // its own expert sees it
		return nil, &recommend.GoneError{Kind: recommend.TargetPick, ID: id, Reason: v.Hidden}
	}
	ref := productRef(v.Product.Key)
	docs, err := s.documents(c.ctx(), ref)
	if err != nil {
		return nil, err
	}
	var p recommend.Product
	if _, err := body(docs, ref, &p); err != nil {
		return nil, err
	}
	if p.Preorder {
		p.Stock = nil
	}
	return &goods{v, p.Stock}, nil
}

// enough refuses more pieces than there are.
func (w *goods) enough(quantity int) error {
	if w.left == nil || int64(quantity) <= *w.left {
		return nil
	}
	return refuse(codeOutOfStock, strconv.FormatInt(*w.left, 10)+" are left").with("available_quantity", *w.left)
}

// pieces refuses a quantity that no line may have. The pointer leads to it.
func (s *Server) pieces(quantity, least int) error {
	most := s.World.Scene().Policy.Reader.Quantity
	if quantity >= least && quantity <= most {
		return nil
	}
	return recommend.Refuse(recommend.Problem{
		Code: codeQuantity, Pointer: "/quantity", Message: strconv.Itoa(quantity) + " pieces",
		Fix: "give " + strconv.Itoa(least) + " to " + strconv.Itoa(most), Details: map[string]any{"limit": most},
	})
}

const mostSKU = 200 // bytes

// addToCart puts pieces of a pick into the cart. What makes the same line adds
// to it. Of two such requests that came while nothing else had changed, as by
// a double tap, one has an effect, also without a key and on two processes.
func (s *Server) addToCart(c *call) error {
	var in struct {
		Pick     string `json:"pick_id"`
		SKU      string `json:"sku"`
		Quantity *int   `json:"quantity"`
	}
	if err := c.decode(&in); err != nil {
		return err
	}
	quantity := 1
	if in.Quantity != nil {
		quantity = *in.Quantity
	}
	switch {
	case in.Pick == "":
		return recommend.Refuse(recommend.Problem{Code: codeValidation, Pointer: "/pick_id", Message: "missing", Fix: "name the pick"})
	case !recommend.ValidID(in.Pick):
		return notFound("pick", in.Pick)
	case len(in.SKU) > mostSKU:
		return recommend.Refuse(recommend.Problem{Code: codeValidation, Pointer: "/sku", Message: "longer than " + strconv.Itoa(mostSKU) + " bytes", Fix: "give the partner's id of the variant"})
	}
	if err := s.pieces(quantity, 1); err != nil {
		return err
	}
	who, err := s.acting(c)
	if err != nil {
		return err
	}
	event := who.cartID(c, recommend.ActCart, in.Pick, in.SKU, strconv.Itoa(quantity))
	defer s.readers.take(c.ctx(), who.name, s.Wait)()
	if who, err = s.acting(c); err != nil {
		return err
	}
	if who.did(event) {
		c.replayed()
		return s.cartIs(c, who, http.StatusOK, false)
	}
	w, err := s.wanted(c, in.Pick)
	if err != nil {
		return err
	}
	a := recommend.Action{
		ID: event, Kind: recommend.ActCart, Pick: in.Pick, Expert: w.Expert.ID, Product: w.Product.Key, At: c.now(),
		SKU: in.SKU, Quantity: quantity, Price: w.Product.Price, Guest: c.who.isGuest(),
	}
	cart := s.cartOf(c, who)
	status := http.StatusCreated
	if l := cart.Line(a.LineID()); l != nil {
		status = http.StatusOK
		quantity += l.Quantity
	} else if most := s.World.Scene().Policy.Reader.CartLines; len(cart.Lines) >= most {
		return full("lines", "/pick_id", most)
	}
	if err := s.pieces(quantity, 1); err != nil {
		return err
	}
	if err := w.enough(quantity); err != nil {
		return err
	}
	pending, err := s.act(c, who, a)
	if err != nil {
		return err
	}
	return s.cartIs(c, who, status, pending)
}
