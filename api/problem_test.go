package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"vitrine.dev/api"
	"vitrine.dev/recommend"
)

func TestEveryErrorIsProblemDetails(t *testing.T) {
	s := open(t)
	mei := s.expert("mei", "home")
	for name, tt := range map[string]struct {
		r      *reply
		status int
		code   string
	}{
		"an unknown address":        {s.do("GET", "/nowhere", nil), 404, "not-found"},
		"an unknown address of API": {s.do("GET", "/v1/nowhere", nil), 404, "not-found"},
		"a trailing slash":          {s.do("GET", "/v1/topics/", nil), 404, "not-found"},
		"another method":            {s.do("DELETE", "/v1/topics", nil), 405, "method-not-allowed"},
		"an odd method":             {s.do("BREW", "/v1/topics", nil), 405, "method-not-allowed"},
		"another type":              {s.do("POST", "/v1/picks", "a=b", mei, key("a"), header{"Content-Type", "application/x-www-form-urlencoded"}), 415, "media-type-unsupported"},
		"another charset":           {s.do("POST", "/v1/picks", "{}", mei, key("a"), header{"Content-Type", "application/json; charset=gbk"}), 415, "media-type-unsupported"},
		"a compressed body":         {s.do("POST", "/v1/picks", "{}", mei, key("a"), header{"Content-Encoding", "gzip"}), 415, "media-type-unsupported"},
		"no type":                   {s.do("POST", "/v1/picks", nil, mei, key("a")), 415, "media-type-unsupported"},
	} {
		t.Run(name, func(t *testing.T) {
			tt.r.t = t
			p := tt.r.problem(tt.status, tt.code)
			if p["type"] != "/docs/problems/"+tt.code || p["title"] == "" || p["status"] != float64(tt.status) || p["instance"] == "" {
				t.Errorf("got %s, want type, title, status and instance", tt.r.body)
			}
			id, _ := p["trace_id"].(string) // absent fails as well
			if !regexp.MustCompile(`^[0-9a-f]{32}$`).MatchString(id) || !strings.Contains(tt.r.header.Get("Traceparent"), id) {
				t.Errorf("trace_id %q with traceparent %q", id, tt.r.header.Get("Traceparent"))
			}
			if got := tt.r.header.Get("Content-Type"); got != "application/problem+json" {
				t.Errorf("Content-Type %q", got)
			}
		})
	}
	for path, want := range map[string]string{"/v1/topics": "GET", "/v1/picks/check": "POST", "/v1/picks/p1": "GET, PATCH, DELETE", "/v1/mutes/topic/home%2Ftea": "PUT, DELETE"} {
		if got := s.do("OPTIONS", path, nil).header.Get("Allow"); got != want {
			t.Errorf("Allow of %s is %q, want %q", path, got, want)
		}
	}
}

func TestTitlesSpeakTheLanguageAskedFor(t *testing.T) {
	s := open(t)
	for accept, want := range map[string]string{
		"": "There is no such thing", "en-GB": "There is no such thing", "fr, de;q=0.5": "There is no such thing",
		"zh": "未找到", "zh-TW,zh;q=0.9,en;q=0.8": "未找到", "zh-Hans-CN": "未找到", "en;q=0.3, zh;q=0.9": "未找到", ";;;": "There is no such thing",
	} {
		r := s.do("GET", "/v1/nowhere", nil, header{"Accept-Language", accept})
		if got := into[object](r)["title"]; got != want {
			t.Errorf("Accept-Language %q: title %v, want %s", accept, got, want)
		}
	}
}

func TestTypesAreAbsoluteWhereTheAddressIsKnown(t *testing.T) {
	s := open(t, func(c *api.Config) { c.PublicURL = "https://vitrine.example/" })
	if got := into[object](s.do("GET", "/nowhere", nil))["type"]; got != "https://vitrine.example/docs/problems/not-found" {
		t.Errorf("type %v", got)
	}
}

// panicking windows are a bug that must not take the process along.
type panicking struct{ api.Windows }

func (panicking) TopicTree(string) []recommend.TopicInfo { panic("secret of the house") }

func TestAPanicIsA500AndLogged(t *testing.T) {
	var log lockedBuffer
	s := open(t, func(c *api.Config) {
		c.Windows = panicking{c.Windows}
		c.Logger = slog.New(slog.NewJSONHandler(&log, nil))
	})
	r := s.do("GET", "/v1/topics", nil)
	p := r.problem(500, "internal")
	if strings.Contains(string(r.body), "secret") {
		t.Errorf("the panic leaves the house: %s", r.body)
	}
	records := log.records(t)
	if !slices.ContainsFunc(records, func(o object) bool {
		return o["msg"] == "handler panicked" && o["panic"] == "secret of the house" && o["trace_id"] == p["trace_id"]
	}) {
		t.Errorf("log %v, want the panic under the trace id", records)
	}
	s.do("GET", "/v1/policy", nil).is(200)
}

// slow windows answer when their context ends.
type slow struct{ api.Windows }

func (slow) Window(ctx context.Context, _ recommend.WindowRequest) (*recommend.Window, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestARequestThatTakesTooLongEnds(t *testing.T) {
	s := open(t, func(c *api.Config) { c.Windows, c.Timeout = slow{c.Windows}, 20*time.Millisecond })
	r := s.do("GET", "/v1/window", nil, s.token(t, "ann", api.ScopeWindowRead))
	r.problem(503, "timeout")
	if r.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
}

// lockedBuffer takes a log while it is read.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func (l *lockedBuffer) records(t *testing.T) (out []object) {
	t.Helper()
	dec := json.NewDecoder(strings.NewReader(l.String()))
	for {
		var o object
		if err := dec.Decode(&o); err != nil {
			return out
		}
		out = append(out, o)
	}
}

func TestTheTraceGoesFromTheRequestIntoTheLogAndTheEvent(t *testing.T) {
	var log lockedBuffer
	s := open(t, func(c *api.Config) { c.Logger = slog.New(slog.NewJSONHandler(&log, nil)) })
	mei := s.expert("mei", "home")
	const id = "4bf92f3577b34da6a3ce929d0e0e4736"
	r := s.do("POST", "/v1/picks", pickOf("1"), mei, key("a"), header{"Traceparent", "00-" + id + "-00f067aa0ba902b7-01"}).is(202)
	ours := r.header.Get("Traceparent")
	if !strings.HasPrefix(ours, "00-"+id+"-") || !strings.HasSuffix(ours, "-01") || strings.Contains(ours, "00f067aa0ba902b7") {
		t.Errorf("traceparent %q, want the trace with a span of our own", ours)
	}
	if e := s.engine.events(recommend.TopicPicks)[0]; e.Traceparent != ours {
		t.Errorf("event's traceparent %q, want %q", e.Traceparent, ours)
	}
	if !slices.ContainsFunc(log.records(t), func(o object) bool {
		return o["msg"] == "request" && o["trace_id"] == id && o["route"] == "/v1/picks" && o["status"] == 202.0 && o["sub"] == "mei"
	}) {
		t.Errorf("log %s, want the request with its trace", log.String())
	}
	for _, bad := range []string{"", "00-" + id, "00-" + strings.Repeat("0", 32) + "-00f067aa0ba902b7-01", "ff-" + id + "-00f067aa0ba902b7-01", "00-" + strings.ToUpper(id) + "-00f067aa0ba902b7-01", "00-" + id + "-00f067aa0ba902b7-01-x"} {
		got := s.do("GET", "/livez", nil, header{"Traceparent", bad}).header.Get("Traceparent")
		if strings.Contains(got, id) || len(got) != 55 {
			t.Errorf("traceparent %q was continued as %q, want a new trace", bad, got)
		}
	}
}

func TestTokensAreNotInTheLog(t *testing.T) {
	var log lockedBuffer
	logger := slog.New(api.LogHandler(slog.NewJSONHandler(&log, nil)))
	s := open(t)
	token := strings.TrimPrefix(s.token(t, "ann", api.ScopeWindowRead).value, "Bearer ")
	logger.With("authorization", "Bearer "+token, slog.Group("g", "x", token)).WithGroup("h").
		InfoContext(t.Context(), "sent", "how", "Bearer "+token, "err", io.EOF, "url", "/v1?x="+token, "token", "abc", "any", http.NoBody, slog.Group("deep", "cookie", token))
	if strings.Contains(log.String(), token) || strings.Contains(log.String(), "abc") {
		t.Errorf("a token is in the log: %s", log.String())
	}
	if !strings.Contains(log.String(), `"err":"EOF"`) {
		t.Errorf("log %s, want what is no secret", log.String())
	}
}

func TestPagesAreServedBesideTheAPI(t *testing.T) {
	pages := http.NewServeMux()
	pages.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<h1>window</h1>") })
	pages.HandleFunc("GET /broken", func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "stack trace", http.StatusInternalServerError)
	})
	pages.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, "<h1>nothing here</h1>")
	})
	s := open(t, func(c *api.Config) { c.Pages = pages })
	s.client = &http.Client{Transport: s.client.Transport.(*validating).next} // pages are not of the contract
	if r := s.do("GET", "/", nil).is(200); string(r.body) != "<h1>window</h1>" || r.header.Get("Traceparent") == "" {
		t.Errorf("got %v %s, want the page with a trace", r.header, r.body)
	}
	browser := header{"Accept", "text/html,application/xhtml+xml"}
	if r := s.do("GET", "/nowhere", nil, browser).is(404); !strings.Contains(string(r.body), "nothing here") {
		t.Errorf("a browser got %s, want the page that says so", r.body)
	}
	s.do("GET", "/nowhere", nil).problem(404, "not-found")
	s.do("GET", "/v1/nowhere", nil, browser).problem(404, "not-found")
	s.do("POST", "/livez", nil, browser).problem(405, "method-not-allowed")
	if r := s.do("GET", "/broken", nil, browser); strings.Contains(string(r.body), "stack") {
		t.Errorf("internals leave the house: %s", r.body)
	} else {
		r.problem(500, "internal")
	}
	s.do("HEAD", "/", nil).is(200)
}
