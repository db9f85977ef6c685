package api

import (
	"errors"
	"net/http"
	"slices"

	"golang.org/x/sync/errgroup"

	"vitrine.dev/recommend"
)

// Codes of lines beside those of [recommend.CartProblem].
const (
	lineUnknown     = "line_unknown"    // the cart has no such line
	lineUnavailable = "partner_no_link" // the partner gives no way to its checkout now
	mostLinks       = 8                 // asked for at once
)

// A lineProblem is why a line of a cart got no way to a checkout.
type lineProblem struct {
	Line string `json:"line"`
	recommend.CartProblem
}

type cartClickouts struct {
	Clickouts []clickout    `json:"clickouts"` // those of one partner together
	Problems  []lineProblem `json:"problems"`
}

// checkout mints a way to a checkout for every line of the cart, or for those
// named, that can be bought. A price that is another than the reader saw is a
// problem unless the request agrees to it.
func (s *Server) checkout(c *call) error {
	var in struct {
		Lines        []string `json:"lines"`
		AcceptPrices bool     `json:"accept_prices"`
	}
	if err := c.decode(&in); err != nil {
		return err
	}
	who, err := s.acting(c)
	if err != nil {
		return err
	}
	cart, err := s.Windows.CartNow(c.ctx(), &who.Reader, c.lang, in.Lines...)
	if err != nil {
		return err
	}
	if len(cart.Lines) == 0 && (len(in.Lines) == 0 || len(who.Cart.Lines) == 0) {
		return refuse(codeCartEmpty, "")
	}
	out := cartClickouts{Clickouts: []clickout{}, Problems: []lineProblem{}}
	for _, id := range in.Lines {
		if !slices.ContainsFunc(cart.Lines, func(l recommend.CartLineView) bool { return l.Line == id }) {
			out.Problems = append(out.Problems, lineProblem{id, recommend.CartProblem{Code: lineUnknown}})
		}
	}
	ds, err := s.departures(c, who, cart, in.AcceptPrices, &out)
	if err != nil {
		return err
	}
	if ds, err = s.convertAll(c, ds, &out); err != nil {
		return err
	}
	pending, err := s.depart(c, who, ds)
	if err != nil {
		return err
	}
	for _, d := range ds {
		out.Clickouts = append(out.Clickouts, d.out)
	}
	c.private()
	if len(ds) == 0 {
		return c.json(http.StatusOK, out)
	}
	return c.json(departed(pending), out)
}

// departures are the lines that can be bought, those of one partner together;
// the others are problems of out. What this request has clicked before stays.
func (s *Server) departures(c *call, who *actor, cart *recommend.CartView, acceptPrices bool, out *cartClickouts) ([]*departure, error) {
	var ds []*departure
	for _, g := range cart.Groups {
		for i := range cart.Lines {
			l := &cart.Lines[i]
			if l.Partner != g.Partner {
				continue
			}
			d := &departure{line: l.Line, item: l.Item, product: l.Product, sku: l.SKU, quantity: l.Quantity}
			if l.Item != nil {
				if err := s.click(c, who, d); err != nil {
					return nil, err
				}
			}
			if !d.repeated && (l.Blocked() || len(l.Problems) > 0 && !acceptPrices) {
				for _, p := range l.Problems {
					out.Problems = append(out.Problems, lineProblem{l.Line, p})
				}
				continue
			}
			ds = append(ds, d)
		}
	}
	return ds, nil
}

// convertAll gives every departure its way. One that its partner refuses is a
// problem of its line and keeps no other back.
func (s *Server) convertAll(c *call, ds []*departure, out *cartClickouts) ([]*departure, error) {
	scene := s.World.Scene()
	errs := make([]error, len(ds))
	var links errgroup.Group
	links.SetLimit(mostLinks)
	for i, d := range ds {
		links.Go(func() error {
			errs[i] = s.convert(c.ctx(), scene, d)
			return nil
		})
	}
	_ = links.Wait() // they return no error
	var good []*departure
	for i, d := range ds {
		switch r := (*refusal)(nil); {
		case errs[i] == nil:
			good = append(good, d)
		case errors.As(errs[i], &r) && r.code == codeOutOfStock:
			out.Problems = append(out.Problems, lineProblem{d.line, recommend.CartProblem{Code: recommend.CartUnavailable}})
		case errors.As(errs[i], &r), errors.Is(errs[i], recommend.ErrUnavailable):
			s.Logger.WarnContext(c.ctx(), "no way to a partner's checkout", "partner", d.out.Partner, "err", errs[i])
			out.Problems = append(out.Problems, lineProblem{d.line, recommend.CartProblem{Code: lineUnavailable}})
		default:
			return nil, errs[i]
		}
	}
	return good, nil
}
