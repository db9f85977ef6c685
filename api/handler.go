package api

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/gin-gonic/gin"
)

// handler is everything around serving one route: trace, log, metrics, panics,
// who calls, limits, body and keys.
func (s *Server) handler(r *route, serve func(*call) error) gin.HandlerFunc {
	return func(g *gin.Context) {
		start := time.Now()
		c := &call{Context: g, server: s, route: r}
		c.scope = &requestContext{Context: g.Request.Context(), deadline: start.Add(s.patience(c))}
		defer c.scope.end()
		s.begin(c)
		g.Request = g.Request.WithContext(c.scope)
		c.query.read(g.Request.URL)
		c.lang = s.languages.of(c)
		h := g.Writer.Header()
		c.own(h, "Traceparent", c.scope.trace.parent)
		h["X-Content-Type-Options"] = s.fixed.noSniff
		h["Referrer-Policy"] = s.fixed.sameOrigin
		h["X-Frame-Options"] = s.fixed.deny
		s.meters.inFlight.Inc()
		defer func() {
			s.meters.inFlight.Dec()
			took := time.Since(start)
			s.meters.request(c, took)
			s.logAccess(c, took)
			c.finish()
		}()
		defer func() {
			if p := recover(); p != nil {
				s.panicked(c, p)
			}
		}()
		if err := s.pass(c, serve); err != nil {
			s.fail(c, err)
		}
	}
}

// patience is how long c may take.
func (s *Server) patience(c *call) time.Duration {
	switch {
	case c.route != nil && c.route.slow, c.route == nil && c.Request.URL.Path == "/analytics": // the page of those
	default:
		return s.Timeout
	}
	const times = 4
	patience := times * s.Timeout
	// The server gives an answer twice the time of any other. Where it cannot be
	// given more, as in a test without one, there is no such bound.
	_ = http.NewResponseController(c.Writer).SetWriteDeadline(time.Now().Add(patience + s.Timeout))
	return patience
}

// pass lets a call through to its handler.
func (s *Server) pass(c *call, serve func(*call) error) error {
	r := c.route
	if r == nil {
		return serve(c)
	}
	if r.class == classFree {
		return serve(c)
	}
	authErr := c.authenticate()
	class, client := c.bucket(authErr)
	if err := s.limiter.take(class, client, c.Writer.Header()); err != nil {
		return err
	}
	if authErr != nil {
		return authErr
	}
	if err := c.authorize(); err != nil {
		return err
	}
	if err := c.readBody(); err != nil {
		return err
	}
	if r.keys == unkeyed {
		return serve(c)
	}
	return s.once(c, serve)
}

func (s *Server) panicked(c *call, p any) {
	if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(p) // the way to cut a connection
	}
	s.Logger.ErrorContext(c.ctx(), "handler panicked", "panic", fmt.Sprint(p), "route", c.template(), "stack", string(debug.Stack()))
	if !c.Writer.Written() {
		s.fail(c, refuse(codeInternal, ""))
	}
}

// mostAttrs is room for the attributes of an access.
const mostAttrs = 12

func (s *Server) logAccess(c *call, took time.Duration) {
	level := slog.LevelInfo
	switch {
	case c.route != nil && c.route.class == classFree:
		level = slog.LevelDebug // probes and scrapes; not being ready is an answer
	case c.fault != nil:
		level = slog.LevelError
	}
	attrs := append(make([]slog.Attr, 0, mostAttrs),
		slog.String("method", c.Request.Method), slog.String("route", c.template()), slog.String("path", c.Request.URL.Path),
		slog.Int("status", c.Writer.Status()), slog.Int("bytes", max(0, c.Writer.Size())), slog.Duration("took", took),
	)
	if c.who != nil {
		attrs = append(attrs, slog.String("sub", c.who.Subject), slog.String("client", c.who.Client))
	}
	if c.fault != nil {
		attrs = append(attrs, slog.Any("err", c.fault))
	}
	// Where in the code an access is logged is no news, and costs to find out.
	h := s.Logger.Handler()
	if !h.Enabled(c.ctx(), level) {
		return
	}
	r := slog.NewRecord(time.Now(), level, "request", 0)
	r.AddAttrs(attrs...)
	_ = h.Handle(c.ctx(), r) // as a Logger does
}
