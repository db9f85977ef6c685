package api

import (
	"strconv"

	"vitrine.dev/recommend"
)

// rankLimit is room for 1,000 ids of 64 characters each.
const rankLimit = 128 << 10

type rankBody struct {
	Reader  *string  `json:"reader"`
	Picks   []string `json:"picks"`
	Limit   *int     `json:"limit"`
	Seed    int64    `json:"seed"`
	Explain bool     `json:"explain"`
}

// rank orders the picks of those who have candidates of their own.
func (s *Server) rank(c *call) error {
	var in rankBody
	if err := c.decodePlain(&in); err != nil {
		return err
	}
	req := recommend.RankRequest{Reader: c.who.Subject, Picks: in.Picks, Lang: c.lang}
	var ps []recommend.Problem
	bad := func(pointer, message, fix string) {
		ps = append(ps, recommend.Problem{Code: codeValidation, Pointer: pointer, Message: message, Fix: fix})
	}
	switch named := in.Reader; {
	case named == nil || *named == c.who.Subject:
	case !recommend.ValidID(*named):
		bad("/reader", "not an id", "give the reader's id")
	case !c.who.Has(ScopeWindowAny):
		return insufficientScope(ScopeWindowAny)
	default:
		req.Reader = *named
	}
	if in.Limit != nil {
		if req.Limit = *in.Limit; req.Limit < 1 {
			bad("/limit", "limit "+strconv.Itoa(req.Limit), "give 1 to "+strconv.Itoa(recommend.MostRanked)+", or leave it out for all")
		}
	}
	if in.Seed < 0 {
		bad("/seed", "seed "+strconv.FormatInt(in.Seed, 10), "give 0 or more")
	}
	req.Seed = uint64(max(0, in.Seed))
	req.Brief = !in.Explain
	if err := recommend.Refuse(ps...); err != nil {
		return err
	}
	w, err := s.Windows.Rank(c.ctx(), req)
	if err != nil {
		return err
	}
	c.private()
	c.experiment(w.Arm)
	return c.page(explained(w, in.Explain))
}

// explained is w, with the factors of its items only where they are asked for:
// they are many.
func explained(w *recommend.Window, factors bool) *recommend.Window {
	if !factors {
		for i := range w.Items {
			w.Items[i].Factors = nil
		}
	}
	return w
}
