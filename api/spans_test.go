package api_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	oteltrace "go.opentelemetry.io/otel/trace"

	"vitrine.dev/api"
	"vitrine.dev/recommend"
)

// watched traces a server and returns the spans as they end.
func watched(t *testing.T, sampler sdktrace.Sampler) (*tracetest.SpanRecorder, func(*api.Config)) {
	t.Helper()
	spans := tracetest.NewSpanRecorder()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans), sdktrace.WithSampler(sampler))
	t.Cleanup(func() { _ = provider.Shutdown(context.WithoutCancel(t.Context())) })
	return spans, func(c *api.Config) { c.Tracer = provider.Tracer("test") }
}

const (
	callersTrace = "4bf92f3577b34da6a3ce929d0e0e4736"
	callersSpan  = "00f067aa0ba902b7"
)

func traceparent(flags string) header {
	return header{"Traceparent", "00-" + callersTrace + "-" + callersSpan + "-" + flags}
}

// awaitSpans returns the spans that ended once there are n: that of a request ends
// just after its answer.
func awaitSpans(t *testing.T, spans *tracetest.SpanRecorder, s *site, n int) []sdktrace.ReadOnlySpan {
	t.Helper()
	for range 1000 {
		if got := spans.Ended(); len(got) >= n {
			return got
		}
		s.do("GET", "/livez", nil).is(200) // probes have no spans
	}
	t.Fatalf("%d spans, want %d", len(spans.Ended()), n)
	return nil
}

func TestRequestAndAppendAreSpansOfOneTrace(t *testing.T) {
	spans, traced := watched(t, sdktrace.ParentBased(sdktrace.AlwaysSample()))
	w := newWorld(t)
	mei, s := w.open(t).expert("mei", "home"), w.open(t, traced)
	r := s.do("POST", "/v1/picks", pickOf("1"), mei, key("secret-key"), traceparent("01")).is(202)
	got := awaitSpans(t, spans, s, 2)
	appended, request := got[0], got[1]
	if appended.Name() != "append vitrine.picks" || appended.SpanKind() != oteltrace.SpanKindProducer {
		t.Errorf("first span %q, %v", appended.Name(), appended.SpanKind())
	}
	if request.Name() != "POST /v1/picks" || request.SpanKind() != oteltrace.SpanKindServer {
		t.Errorf("second span %q, %v", request.Name(), request.SpanKind())
	}
	if p := request.Parent(); p.TraceID().String() != callersTrace || p.SpanID().String() != callersSpan {
		t.Errorf("the request's parent is %v, not the caller's span", p)
	}
	if p := appended.Parent(); p.SpanID() != request.SpanContext().SpanID() || p.TraceID() != request.SpanContext().TraceID() {
		t.Errorf("the append's parent is %v, not the request", p)
	}
	parentOf := func(s sdktrace.ReadOnlySpan) string {
		return "00-" + callersTrace + "-" + s.SpanContext().SpanID().String() + "-01"
	}
	if h := r.header.Get("Traceparent"); h != parentOf(request) {
		t.Errorf("the answer has traceparent %s, want %s", h, parentOf(request))
	}
	for _, e := range s.engine.events(recommend.TopicPicks) {
		if e.Traceparent != parentOf(appended) {
			t.Errorf("the event has traceparent %s, want %s", e.Traceparent, parentOf(appended))
		}
	}
}

// What is private never leaves in a span: not who, not what is asked for.
func TestSpansTellNothingOfAPerson(t *testing.T) {
	spans, traced := watched(t, sdktrace.AlwaysSample())
	s := open(t, traced)
	mei := s.expert("mei-private", "home")
	s.do("POST", "/v1/picks", pickOf("7001"), mei, key("private-key")).is(202)
	s.do("GET", "/v1/window?limit=7&topic=home-private", nil, mei)
	s.do("GET", "/v1/picks/pick-private", nil, mei)
	s.do("GET", "/nowhere-private?private=1", nil, mei)
	s.do("GET", "/v1/window", nil, as("eyJprivate"))
	for _, span := range awaitSpans(t, spans, s, 6) {
		text := fmt.Sprint(span.Name(), span.Status().Description, span.Attributes())
		for _, private := range []string{"private", "7001", "127.0.0.1", "Go-http-client", "eyJ", "?"} {
			if strings.Contains(text, private) {
				t.Errorf("a span tells %q: %s", private, text)
			}
		}
		if len(span.Events()) > 0 {
			t.Errorf("span %s has events: %v", span.Name(), span.Events())
		}
	}
}

// Who is not to be traced has a trace id in log and answer all the same.
func TestUnsampledRequestsHaveATraceAndNoSpan(t *testing.T) {
	spans, traced := watched(t, sdktrace.ParentBased(sdktrace.AlwaysSample()))
	w := newWorld(t)
	mei, s := w.open(t).expert("mei", "home"), w.open(t, traced)
	h := s.do("POST", "/v1/picks", pickOf("1"), mei, key("a"), traceparent("00")).is(202).header.Get("Traceparent")
	if !strings.HasPrefix(h, "00-"+callersTrace+"-") || !strings.HasSuffix(h, "-00") || strings.Contains(h, callersSpan) {
		t.Errorf("traceparent %s does not go on from the caller's", h)
	}
	if e := s.engine.events(recommend.TopicPicks)[0]; e.Traceparent != h {
		t.Errorf("the event has traceparent %s, want %s", e.Traceparent, h)
	}
	s.do("GET", "/livez", nil, traceparent("01")).is(200)
	if got := spans.Ended(); len(got) > 0 {
		t.Errorf("span %s although nobody asked for it", got[0].Name())
	}
}

// A failingLog takes nothing.
type failingLog struct{}

func (failingLog) Append(context.Context, string, ...recommend.Event) ([]recommend.Position, error) {
	return nil, errors.Join(errors.New("broker of mei-private is away"), recommend.ErrUnavailable)
}

func TestSpansOfFailedRequestsSaySo(t *testing.T) {
	spans, traced := watched(t, sdktrace.AlwaysSample())
	w := newWorld(t)
	mei, s := w.open(t).expert("mei", "home"), w.open(t, traced, func(c *api.Config) { c.Log = failingLog{} })
	s.do("POST", "/v1/picks", pickOf("1"), mei, key("a")).is(503)
	for _, span := range awaitSpans(t, spans, s, 2) {
		if got := span.Status(); got.Code.String() != "Error" || got.Description != "" {
			t.Errorf("%s has status %v %q, want a bare error", span.Name(), got.Code, got.Description)
		}
	}
}

func TestRequestsHaveExemplars(t *testing.T) {
	_, traced := watched(t, sdktrace.ParentBased(sdktrace.AlwaysSample()))
	s := open(t, traced)
	s.do("GET", "/v1/topics", nil, traceparent("01")).is(200)
	s.do("GET", "/nowhere", nil, traceparent("01")).is(404)
	s.do("GET", "/v1/session", nil, traceparent("00")).is(200)
	scrape := func(accept string) string {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/metrics", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Accept", accept)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	want := ` # {trace_id="` + callersTrace + `"} `
	count := func(text, route string) (n int) {
		for line := range strings.Lines(text) {
			if strings.HasPrefix(line, "http_request_duration_seconds_bucket") && strings.Contains(line, `route="`+route+`"`) && strings.Contains(line, want) {
				n++
			}
		}
		return n
	}
	open := scrape("application/openmetrics-text; version=1.0.0")
	for route, n := range map[string]int{"/v1/topics": 1, "other": 1, "/v1/session": 0} {
		if got := count(open, route); got != n {
			t.Errorf("%d exemplars of %s, want %d", got, route, n)
		}
	}
	if !strings.HasSuffix(open, "# EOF\n") {
		t.Error("what is asked for as OpenMetrics is not")
	}
	if text := scrape("text/plain"); strings.Contains(text, "trace_id") || strings.Contains(text, "# EOF") {
		t.Error("the text format has exemplars, which it does not know")
	}
}

// BenchmarkTracedRequest is what a span costs, beside none.
func BenchmarkTracedRequest(b *testing.B) {
	w := newWorld(b)
	w.stocked(b, 400)
	who := w.token(b, "ann", api.ScopeWindowRead)
	provider := sdktrace.NewTracerProvider()
	for _, by := range []struct {
		name   string
		tracer oteltrace.Tracer
	}{{"off", nil}, {"on", provider.Tracer("bench")}} {
		cfg := w.config()
		cfg.Tracer = by.tracer
		server, err := api.New(cfg)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(server.Close)
		b.Run(by.name, func(b *testing.B) { serveAgain(b, server, http.MethodGet, "/v1/topics", "", who) })
	}
}
