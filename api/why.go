package api

import (
	"math"
	"net/http"
	"strconv"

	"vitrine.dev/recommend"
)

// why explains a card of a window that the caller was given.
func (s *Server) why(c *call) error {
	id, err := c.id("id", "pick")
	if err != nil {
		return err
	}
	req := recommend.WhyRequest{Pick: id, Window: c.Query("window_id")}
	if req.Window == "" {
		return invalidQuery("window_id", "missing", "give the window_id of the window that the pick was in")
	}
	if req.WindowRequest, err = c.windowRequest(); err != nil {
		return err
	}
	if text, given := c.GetQuery("score"); given {
		v, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
			return invalidQuery("score", "not a number", "give the score that the card had, or leave it out")
		}
		req.Shown = &v
	}
	w, err := s.Windows.Why(c.ctx(), req)
	if err != nil {
		return err
	}
	c.private()
	return c.json(http.StatusOK, w)
}

// ranking tells everybody how windows are ranked.
func (s *Server) ranking(c *call) error {
	c.public()
	return c.tagged("", s.Windows.Ranking(c.lang))
}

// experiments tells how the experiments of the policy stand.
func (s *Server) experiments(c *call) error {
	all, err := s.Windows.Experiments(c.ctx(), c.lang)
	if err != nil {
		return err
	}
	c.private()
	return c.json(http.StatusOK, listOf(all))
}
