package api

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"strconv"
	"time"

	"vitrine.dev/recommend"
)

// refusalOf is what a client is told of err.
func (s *Server) refusalOf(err error) *refusal {
	var (
		r    *refusal
		rule *recommend.Refusal
		gone *recommend.GoneError
		body *http.MaxBytesError
	)
	switch {
	case errors.As(err, &r):
		return r
	case errors.As(err, &rule) && len(rule.Problems) > 0:
		return s.types.refuseAll(rule.Problems)
	case errors.As(err, &gone):
		return goneRefusal(gone)
	case errors.As(err, &body):
		return refuse(codeTooLarge, "more than "+strconv.FormatInt(body.Limit, 10)+" bytes")
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return (&refusal{code: codeTimeout, cause: err}).after(time.Second)
	case errors.Is(err, recommend.ErrUnavailable):
		return (&refusal{code: codeRetryLater, cause: err}).after(2 * time.Second)
	case errors.Is(err, recommend.ErrNotFound):
		return refuse(codeNotFound, "")
	case errors.Is(err, recommend.ErrConflict):
		return refuse(codeConflict, "")
	case errors.Is(err, recommend.ErrInvalid):
		return &refusal{code: codeValidation, cause: err}
	}
	return &refusal{code: codeInternal, cause: err}
}

func goneRefusal(gone *recommend.GoneError) *refusal {
	if gone.Kind != "pick" {
		return refuse(codeGone, gone.Kind+" "+strconv.Quote(gone.ID)+" is not shown: "+string(gone.Reason)).
			with("removed_reason", string(gone.Reason))
	}
	r := refuse(codePickRemoved, "pick "+strconv.Quote(gone.ID)+" is not shown: "+string(gone.Reason)).
		with("removed_reason", string(gone.Reason))
	if gone.Rule != "" {
		r = r.with("rule", gone.Rule)
	}
	return r
}

// problem makes the body of r.
func (s *Server) problem(c *call, r *refusal) Problem {
	t := s.types.of(r.code)
	p := Problem{
		Type: s.PublicURL + "/docs/problems/" + t.slug, Title: t.title.in(c.lang), Status: r.status, Detail: r.detail,
		Instance: c.Request.URL.EscapedPath(), Code: t.slug, TraceID: c.traceID(), Errors: r.errors, Extra: r.extra,
	}
	if p.Status == 0 {
		p.Status = t.status
	}
	if p.Detail == "" || p.Status >= http.StatusInternalServerError {
		p.Detail = t.about.in(c.lang)
	}
	return p
}

// fail answers with the problem details of err: the one place where errors end.
func (s *Server) fail(c *call, err error) {
	r := s.refusalOf(err)
	p := s.problem(c, r)
	if p.Status >= http.StatusInternalServerError && c.fault == nil {
		c.fault = err
	}
	h := c.Writer.Header()
	h.Del("Etag") // of what was about to be answered
	maps.Copy(h, r.header)
	h.Set("Content-Language", c.lang)
	c.private()
	s.meters.problems.WithLabelValues(p.Code).Inc()
	if c.refusedForm(r, p.Status) {
		return
	}
	body, err := marshal(p)
	if err != nil { // extras are strings, numbers and lists of them
		body = []byte(`{"type":"about:blank","title":"Internal Server Error","status":500}`)
	}
	_ = c.raw(p.Status, "application/problem+json", body) // never fails
}
