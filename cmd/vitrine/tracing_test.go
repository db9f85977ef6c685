package main_test

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	otlp "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// A traceCollector takes spans over OTLP/HTTP.
type traceCollector struct {
	url string

	mu       sync.Mutex
	services map[string]bool
	spans    map[string]*otlp.Span // by name
}

func newTraceCollector(t *testing.T) *traceCollector {
	t.Helper()
	c := &traceCollector{services: map[string]bool{}, spans: map[string]*otlp.Span{}}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		var req collector.ExportTraceServiceRequest
		if err != nil || r.URL.Path != "/v1/traces" || proto.Unmarshal(b, &req) != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		c.take(&req)
		w.Header().Set("Content-Type", "application/x-protobuf")
	}))
	t.Cleanup(srv.Close)
	c.url = srv.URL
	return c
}

func (c *traceCollector) take(req *collector.ExportTraceServiceRequest) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, from := range req.GetResourceSpans() {
		for _, a := range from.GetResource().GetAttributes() {
			if a.GetKey() == "service.name" {
				c.services[a.GetValue().GetStringValue()] = true
			}
		}
		for _, scope := range from.GetScopeSpans() {
			for _, s := range scope.GetSpans() {
				c.spans[s.GetName()] = s
			}
		}
	}
}

// tracedPublisher is an installation with one expert, whose profiles are shown at
// debug, and his token.
func tracedPublisher(t *testing.T, in *installation) (debug *client, token string) {
	t.Helper()
	in.write("import/experts.jsonl", `{"id":"mei","name":"Mei","topics":["home"],"verified":true}`+"\n")
	in.run("import", "--trusted", filepath.Join(in.dir, "import"))
	at := freeAddr(t)
	in.served = []string{"--debug-addr", at}
	token = in.token("mei", "picks:write", "window:read")
	return &client{addr: at}, token
}

// A traced request is one trace in the collector, from the request to the bulk
// that made its event durable; what was not yet handed over goes when the process
// stops.
func TestOneTraceFromTheRequestToTheBulk(t *testing.T) {
	t.Run("in one process", func(t *testing.T) {
		newInstallation(t).oneTrace(t, func(in *installation) []*process { return []*process{in.start("serve")} })
	})
	t.Run("over Kafka and Elasticsearch, in two", func(t *testing.T) {
		newInstallation(t).onServers().oneTrace(t, func(in *installation) []*process {
			api := in.start("api")
			in.served = nil // the address of the other
			return []*process{api, in.start("ingest")}
		})
	})
}

// oneTrace publishes with a trace on what start starts, of which the first takes
// requests.
func (in *installation) oneTrace(t *testing.T, start func(*installation) []*process) {
	t.Helper()
	debug, token := tracedPublisher(t, in)
	to := newTraceCollector(t)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", to.url)
	t.Setenv("OTEL_SERVICE_NAME", "window-of-the-test")
	t.Setenv("OTEL_TRACES_SAMPLER", "parentbased_always_off") // who asks is traced, nobody else
	t.Setenv("OTEL_BSP_SCHEDULE_DELAY", "3600000")            // in ms: nothing goes before the stop
	running := start(in)
	mei := running[0].client(token)
	const trace, caller = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
	var pick struct {
		ID string `json:"id"`
	}
	status, b, err := mei.do(http.MethodPost, "/v1/picks", map[string]any{
		"link": "https://shop.example/i/kettle", "reason": "The kettle has been in use here since the spring and holds.", "topics": []string{"home"},
	}, "Idempotency-Key", `"a"`, "Traceparent", "00-"+trace+"-"+caller+"-01")
	if err != nil || status >= http.StatusMultipleChoices || json.Unmarshal(b, &pick) != nil {
		t.Fatalf("publish: %d %v\n%s", status, err, b)
	}
	if !traces(t, debug) {
		t.Error("no goroutine of the SDK: the test without a collector would pass on anything")
	}
	await(t, time.Minute, func() error { return mei.get("/v1/picks/"+pick.ID, new(any)) })
	for _, p := range running {
		if err := p.stop(); err != nil {
			t.Errorf("stop: %v\n%s", err, p.log)
		}
	}
	to.mu.Lock()
	defer to.mu.Unlock()
	if len(to.services) != 1 || !to.services["window-of-the-test"] {
		t.Errorf("services %v", to.services)
	}
	parent := caller
	for _, name := range []string{"POST /v1/picks", "append vitrine.picks", "fold vitrine.picks", "bulk"} {
		s := to.spans[name]
		if s == nil {
			t.Fatalf("no span %q among %v", name, to.spans)
		}
		if got := hex.EncodeToString(s.GetTraceId()); got != trace {
			t.Errorf("%s is of trace %s, want %s", name, got, trace)
		}
		if got := hex.EncodeToString(s.GetParentSpanId()); got != parent {
			t.Errorf("%s has the parent %s, want %s", name, got, parent)
		}
		if text := fmt.Sprint(s.GetAttributes()); strings.Contains(text, "mei") || strings.Contains(text, "kettle") {
			t.Errorf("%s tells who or what: %s", name, text)
		}
		parent = hex.EncodeToString(s.GetSpanId())
	}
	if len(to.spans) != 4 {
		t.Errorf("%d kinds of spans, want 4: %v", len(to.spans), to.spans)
	}
}

// A collector that is away costs spans, and one line of the log a minute.
func TestACollectorThatIsAwayHoldsUpNothing(t *testing.T) {
	in := newInstallation(t)
	_, token := tracedPublisher(t, in)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://"+freeAddr(t))
	t.Setenv("OTEL_BSP_SCHEDULE_DELAY", "10")
	t.Setenv("OTEL_BSP_MAX_QUEUE_SIZE", "4")
	t.Setenv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "2")
	p := in.start("serve")
	mei := p.client(token)
	for i := range 50 {
		mei.mustGet(t, "/v1/window", new(any))
		if _, _, err := mei.publish(fmt.Sprint("i", i), "home"); err != nil {
			t.Fatal(err)
		}
	}
	const warning = "tracing: spans are lost, nothing else is"
	await(t, time.Minute, func() error {
		if log := p.log.String(); !strings.Contains(log, warning) {
			return fmt.Errorf("no warning in the log:\n%s", log)
		}
		return nil
	})
	if err := p.stop(); err != nil {
		t.Errorf("stop: %v", err)
	}
	if n := strings.Count(p.log.String(), warning); n != 1 {
		t.Errorf("%d warnings, want one a minute:\n%s", n, p.log)
	}
}

// Without a collector nothing of the SDK runs, whatever else is set.
func TestTracingIsOffByDefault(t *testing.T) {
	in := newInstallation(t)
	debug, token := tracedPublisher(t, in)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "")
	t.Setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "")
	t.Setenv("OTEL_TRACES_SAMPLER", "always_on")
	p := in.start("serve")
	p.client(token).mustGet(t, "/v1/window", new(any))
	if traces(t, debug) {
		t.Error("the SDK has a goroutine although no collector is named")
	}
}

// traces reports whether a goroutine of the SDK runs.
func traces(t *testing.T, debug *client) bool {
	t.Helper()
	status, b, err := debug.do(http.MethodGet, "/debug/pprof/goroutine?debug=2", nil)
	if err != nil || status != http.StatusOK || len(b) == 0 {
		t.Fatalf("profile: %d %v", status, err)
	}
	return strings.Contains(string(b), "go.opentelemetry.io/otel/sdk")
}
