package api

import (
	"context"
	"net/http"
	"time"
)

// A Check is how one thing that the process stands on is doing.
type Check struct {
	Name string `json:"name"`
	OK   bool   `json:"ok"`
	// Required things make the process unready when they are not OK; without
	// the others answers go out with less in them.
	Required bool   `json:"required"`
	Detail   string `json:"detail,omitempty"` // in public: no addresses, no secrets
}

type health struct {
	Status string  `json:"status"`
	Checks []Check `json:"checks"`
}

// The states of the whole.
const (
	healthOK       = "ok"
	healthDegraded = "degraded"
	healthFailed   = "failed"
)

const checkTimeout = 2 * time.Second

func (s *Server) health(c *call) health {
	ctx, cancel := context.WithTimeout(c.ctx(), checkTimeout)
	defer cancel()
	h := health{healthOK, []Check{}}
	if !s.draining.Load() { // else nobody waits for what the engines say
		h.Checks = listOf(s.Ready(ctx)).Items
	}
	if s.draining.Load() {
		h.Checks = append(h.Checks, Check{Name: "draining", Required: true, Detail: "the process is stopping"})
	}
	for _, ch := range h.Checks {
		switch {
		case ch.OK:
		case ch.Required:
			h.Status = healthFailed
		case h.Status == healthOK:
			h.Status = healthDegraded
		}
	}
	return h
}

// livez says that the process runs; what it stands on does not matter.
func (s *Server) livez(c *call) error {
	c.private()
	return c.json(http.StatusOK, health{healthOK, []Check{}})
}

// readyz says whether requests should be sent here.
func (s *Server) readyz(c *call) error {
	h := s.health(c)
	c.private()
	if h.Status == healthFailed {
		return refuse(codeRetryLater, "").with("checks", h.Checks).after(checkTimeout)
	}
	s.started.Store(true)
	return c.json(http.StatusOK, h)
}

// startupz says whether the process has been ready once.
func (s *Server) startupz(c *call) error {
	if s.started.Load() {
		c.private()
		return c.json(http.StatusOK, health{healthOK, []Check{}})
	}
	return s.readyz(c)
}
