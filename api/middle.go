package api

import "net/http"

// middle is the page between a card and the partner's checkout, with facts of
// this moment.
func (s *Server) middle(c *call) error {
	id, err := c.id("id", "pick")
	if err != nil {
		return err
	}
	viewer, err := c.viewer()
	if err != nil {
		return err
	}
	m, err := s.Windows.Middle(c.ctx(), id, viewer)
	if err != nil {
		return err
	}
	c.private()
	return c.json(http.StatusOK, m)
}
