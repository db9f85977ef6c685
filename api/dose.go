package api

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"vitrine.dev/recommend"
)

// insertions are picks to be put among other things, as many as the reader's
// dose allows.
func (s *Server) insertions(c *call) error {
	req := recommend.InsertionsRequest{Lang: c.lang}
	var err error
	if req.Reader, err = c.reader(); err != nil {
		return err
	}
	if req.Organic, err = strconv.Atoi(c.Query("organic_count")); err != nil {
		return invalidQuery("organic_count", "not a number", "give how many other items there are, 1 to 1000")
	}
	if seed, given := c.GetQuery("seed"); given {
		if req.Seed, err = strconv.ParseUint(seed, 10, 64); err != nil {
			return invalidQuery("seed", "not a whole number", "give 0 to 18446744073709551615, or leave it out")
		}
	}
	factors, err := c.flag("explain")
	if err != nil {
		return err
	}
	req.Admit = s.admit(c, req.Reader)
	w, err := s.Windows.Insertions(c.ctx(), req)
	if err != nil {
		return err
	}
	c.private()
	return c.page(explained(w, factors))
}

// callKey is what a page's request has its call under.
type callKey struct{}

// AdmitOf is what pages ask for leave to put picks before a reader, where the
// policy bounds windows too; nil of a request that does not come by a [Server].
func AdmitOf(r *http.Request, reader string) recommend.Admit {
	c, ok := r.Context().Value(callKey{}).(*call)
	if !ok {
		return nil
	}
	return c.server.admit(c, reader)
}

// admit asks the fold for leave to put picks before a reader: an event each
// time, so that no answer is given twice.
func (s *Server) admit(c *call, subject string) recommend.Admit {
	return func(_ context.Context, name string, picks []recommend.ServedPick) (string, *recommend.Dose, error) {
		a := &actor{subject: subject, name: name}
		event := "d" + randomID()
		pending, err := s.act(c, a, recommend.Action{ID: event, Kind: recommend.ActServed, At: c.now(), Served: picks}) //nolint:contextcheck // the context is that of c
		if err != nil {
			return "", nil, err
		}
		if pending {
			return "", nil, fmt.Errorf("served %s: %w: not folded in time", event, recommend.ErrUnavailable)
		}
		return event, &a.Dose, nil
	}
}

type doseAnswer struct {
	did
	// PerDay is what the reader set; null is what the policy says.
	PerDay *int `json:"per_day"`
	Most   int  `json:"policy_per_day"`
}

func (s *Server) doseOf(r *recommend.Reader, pending bool) doseAnswer {
	return doseAnswer{did{pending}, r.Dose.PerDay, s.World.Scene().Policy.Dose.PerDay}
}

// dose says how many picks a day the caller wants among other things.
func (s *Server) dose(c *call) error {
	r, err := s.reading(c.ctx(), c.who.Subject)
	if err != nil {
		return err
	}
	c.private()
	return c.tagged("", s.doseOf(r, false))
}

// setDose changes that.
func (s *Server) setDose(c *call) error {
	var in struct {
		PerDay *int `json:"per_day"`
	}
	if err := c.decode(&in); err != nil {
		return err
	}
	r, pending, err := s.keepDose(c, in.PerDay)
	if err != nil {
		return err
	}
	return c.did(pending, s.doseOf(r, pending))
}

// chooseDose does so for a page's form, and leads back to the page.
func (s *Server) chooseDose(c *call) error {
	form, err := url.ParseQuery(string(c.body))
	if err != nil {
		return refuse(codeBadBody, "not a form")
	}
	var perDay *int
	if v := strings.TrimSpace(form.Get("per_day")); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil {
			n = -1 // is refused as one that is not allowed
		}
		perDay = &n
	}
	if _, _, err := s.keepDose(c, perDay); err != nil {
		return err
	}
	c.private()
	c.Redirect(http.StatusSeeOther, "/me#dose")
	return nil
}

func (s *Server) keepDose(c *call, perDay *int) (r *recommend.Reader, pending bool, err error) {
	if most := s.World.Scene().Policy.Dose.PerDay; perDay != nil && (*perDay < 0 || *perDay > most) {
		return nil, false, recommend.Refuse(recommend.Problem{
			Code: codeValidation, Pointer: "/per_day", Message: fmt.Sprintf("%d picks a day", *perDay), Fix: fmt.Sprintf("give 0 to %d, or leave it out for what the policy says", most),
		})
	}
	who, err := s.acting(c)
	if err != nil {
		return nil, false, err
	}
	pending, err = s.act(c, who, recommend.Action{ID: who.eventID(c), Kind: recommend.ActDose, At: c.now(), Dose: perDay})
	if err != nil {
		return nil, false, err
	}
	who.Dose.PerDay = perDay
	return &who.Reader, pending, nil
}
