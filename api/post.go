package api

import (
	"fmt"
	"net/http"

	"vitrine.dev/recommend"
)

const mostPerPost = 9

// post takes up to nine picks at once. All of them are refused or none: the
// first must be publishable now, the others follow as the limits allow.
func (s *Server) post(c *call) error {
	var in struct {
		Picks []recommend.PickContent `json:"picks"`
	}
	if err := c.decode(&in); err != nil {
		return err
	}
	if n := len(in.Picks); n == 0 || n > mostPerPost {
		return recommend.Refuse(recommend.Problem{
			Code: codeValidation, Pointer: "/picks", Message: fmt.Sprintf("%d picks", n), Fix: fmt.Sprintf("give 1 to %d", mostPerPost),
		})
	}
	b := s.bundle(c, in.Picks)
	if err := b.place(); err != nil {
		return err
	}
	out := struct {
		Items   []*placed `json:"items"`
		Pending bool      `json:"pending"`
	}{Items: []*placed{}}
	for i := range b.ids {
		p, err := b.answer(i)
		if err != nil {
			return err
		}
		out.Items = append(out.Items, p)
		out.Pending = out.Pending || p.Pending
	}
	return c.json(http.StatusAccepted, out)
}
