package api

import (
	"context"
	"net/http"
	"time"
)

// A Check is how one thing that the process stands on is doing.
type Check struct {
	Name   string `json:"name"`
	State  string `json:"state"` // one of the Check constants
	Detail string `json:"detail,omitempty"`
}

// The states of a check.
const (
	CheckOK       = "ok"
	CheckDegraded = "degraded" // answers go out, with less in them
	CheckFailed   = "failed"   // nothing useful can be answered
)

type health struct {
	Status string  `json:"status"` // the worst of the checks
	Checks []Check `json:"checks"`
}

const checkTimeout = 2 * time.Second

func (s *Server) health(c *call) health {
	ctx, cancel := context.WithTimeout(c.ctx(), checkTimeout)
	defer cancel()
	h := health{CheckOK, listOf(s.Ready(ctx)).Items}
	for _, ch := range h.Checks {
		if ch.State == CheckFailed || ch.State == CheckDegraded && h.Status == CheckOK {
			h.Status = ch.State
		}
	}
	return h
}

// livez says that the process runs; what it stands on does not matter.
func (s *Server) livez(c *call) error {
	c.private()
	return c.json(http.StatusOK, health{CheckOK, []Check{}})
}

// readyz says whether requests should be sent here.
func (s *Server) readyz(c *call) error {
	h := s.health(c)
	c.private()
	if s.draining.Load() {
		h.Status = CheckFailed
		h.Checks = append(h.Checks, Check{"draining", CheckFailed, "the process is stopping"})
	}
	if h.Status == CheckFailed {
		return refuse(codeRetryLater, "").with("checks", h.Checks).after(checkTimeout)
	}
	s.started.Store(true)
	return c.json(http.StatusOK, h)
}

// startupz says whether the process has been ready once.
func (s *Server) startupz(c *call) error {
	if s.started.Load() {
		c.private()
		return c.json(http.StatusOK, health{CheckOK, []Check{}})
	}
	return s.readyz(c)
}
