package api_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"vitrine.dev/api"
)

func TestReadinessTellsDegradedFromUnready(t *testing.T) {
	var checks []api.Check
	looked := 0
	s := open(t, func(c *api.Config) {
		c.Ready = func(context.Context) []api.Check {
			looked++
			return checks
		}
	})
	type health struct {
		Status string
		Checks []api.Check
	}
	set := func(log, store bool) {
		checks = []api.Check{{Name: "log", OK: log, Required: true}, {Name: "store", OK: store, Detail: "does not answer"}}
	}
	set(false, true)
	r := s.do("GET", "/readyz", nil)
	if p := r.problem(503, "retry-later"); p["checks"] == nil || r.header.Get("Retry-After") == "" {
		t.Errorf("got %s, want the checks and Retry-After", r.body)
	}
	s.do("GET", "/startupz", nil).problem(503, "retry-later")
	s.do("GET", "/livez", nil).is(200)
	set(true, false)
	if h := into[health](s.do("GET", "/readyz", nil).is(200)); h.Status != "degraded" || len(h.Checks) != 2 {
		t.Errorf("got %+v, want degraded", h)
	}
	set(true, true)
	if h := into[health](s.do("GET", "/readyz", nil).is(200)); h.Status != "ok" {
		t.Errorf("got %+v, want ok", h)
	}
	s.server.Drain()
	asked := looked
	if p := s.do("GET", "/readyz", nil).problem(503, "retry-later"); len(p["checks"].([]any)) != 1 || looked != asked {
		t.Errorf("got %v after %d looks at the engines: one that stops says so without waiting for them", p["checks"], looked-asked)
	}
	s.do("GET", "/startupz", nil).is(200)
	s.do("GET", "/livez", nil, as("nonsense")).is(200)
	s.do("GET", "/v1/topics", nil).is(200)
	last := httptest.NewRecorder() // a client keeps this header to itself
	s.server.ServeHTTP(last, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/v1/topics", http.NoBody))
	if got := last.Header().Get("Connection"); got != "close" {
		t.Errorf("Connection: got %q of a server that stops, want close", got)
	}
}

func TestMetricsCountByRoute(t *testing.T) {
	s := open(t)
	s.stock(1)
	s.do("GET", "/v1/picks/none", nil).is(404)
	s.do("BREW", "/some/where", nil)
	text := string(s.do("GET", "/metrics", nil).is(200).body)
	for _, want := range []string{
		`http_request_duration_seconds_count{method="POST",route="/v1/picks",status="202"} 1`,
		`http_request_duration_seconds_count{method="GET",route="/v1/picks/:id",status="404"} 1`,
		`http_request_duration_seconds_count{method="other",route="other",status="404"} 1`,
		`vitrine_problems_total{code="not-found"} 2`,
		`vitrine_write_visible_seconds_count{outcome="visible",topic="vitrine.picks"} 1`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("metrics lack %s\n%s", want, text)
		}
	}
}

func TestRequestsAreLimitedByClient(t *testing.T) {
	s := open(t, func(c *api.Config) { c.Limits.Read = api.Limit{PerSecond: 2, Burst: 4} })
	ann, bob := s.token(t, "ann", api.ScopeWindowRead), s.token(t, "bob", api.ScopeWindowRead)
	for i := range 4 {
		r := s.do("GET", "/v1/window", nil, ann).is(200)
		if got, want := r.header.Get("RateLimit"), `"read";r=`+strconv.Itoa(3-i)+";"; !strings.HasPrefix(got, want) {
			t.Errorf("RateLimit %q, want it to start with %q", got, want)
		}
		if got := r.header.Get("RateLimit-Policy"); got != `"read";q=4;w=2` {
			t.Errorf("RateLimit-Policy %q", got)
		}
	}
	r := s.do("GET", "/v1/window", nil, ann)
	p := r.problem(429, "quota-exceeded")
	if r.header.Get("Retry-After") != "1" || p["violated-policies"] == nil {
		t.Errorf("got %v %s, want Retry-After and violated-policies", r.header, r.body)
	}
	s.do("GET", "/v1/window", nil, bob).is(200)
	feed := s.token(t, "ann", api.ScopeWindowAny)
	if got := s.do("GET", "/v1/window", nil, feed).is(200).header.Get("RateLimit-Policy"); got != `"feed";q=10000;w=2` {
		t.Errorf("RateLimit-Policy %q of a feed client", got)
	}
	s.do("PUT", "/v1/me/interests", object{"interests": []object{}}, ann).is(200) // another kind of route
	s.do("GET", "/livez", nil).is(200)
	s.clock.advance(500 * time.Millisecond)
	s.do("GET", "/v1/window", nil, ann).is(200)
	s.do("GET", "/v1/window", nil, ann).is(429)
}

func TestGuessingTokensIsLimitedByAddress(t *testing.T) {
	s := open(t, func(c *api.Config) {
		c.Limits.Wrong, c.Limits.Guest = api.Limit{PerSecond: 1, Burst: 3}, api.Limit{PerSecond: 1, Burst: 1}
	})
	for range 3 {
		s.do("GET", "/v1/window", nil, as("guess")).is(401)
	}
	s.do("GET", "/v1/window", nil, as("guess")).is(429)
	s.do("POST", "/v1/guests", nil).is(201)
	s.do("POST", "/v1/guests", nil).is(429)
	s.do("GET", "/v1/window", nil, s.token(t, "ann", api.ScopeWindowRead)).is(200)
}

func TestJWKSShowsThePublicKeyOnly(t *testing.T) {
	s := open(t)
	got := into[struct{ Keys []map[string]string }](s.do("GET", "/.well-known/jwks.json", nil).is(200))
	if len(got.Keys) != 1 || got.Keys[0]["crv"] != "Ed25519" || got.Keys[0]["x"] == "" || got.Keys[0]["d"] != "" {
		t.Errorf("keys %v, want one public key", got.Keys)
	}
}

func TestHeadIsGetWithoutABody(t *testing.T) {
	s := open(t)
	get, head := s.do("GET", "/v1/policy", nil).is(200), s.do("HEAD", "/v1/policy", nil).is(200)
	if len(head.body) != 0 || head.header.Get("ETag") != get.header.Get("ETag") || head.header.Get("Content-Length") == "" {
		t.Errorf("HEAD got %v and %d bytes, want the headers of GET alone", head.header, len(head.body))
	}
}

func TestAServerNeedsItsParts(t *testing.T) {
	if _, err := api.New(api.Config{}); err == nil {
		t.Error("a server without parts was made")
	}
	w := newWorld(t)
	s := w.open(t)
	cfg := s.server.Config
	if _, err := api.New(cfg); err == nil {
		t.Error("the same metrics were registered twice")
	}
	srv := s.server.HTTPServer()
	if srv.Handler != http.Handler(s.server) || srv.ReadHeaderTimeout == 0 || srv.IdleTimeout == 0 || srv.MaxHeaderBytes == 0 {
		t.Errorf("%+v, want a server with bounds", srv)
	}
}
