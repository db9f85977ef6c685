package elastic_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"vitrine.dev/recommend/elastic"
)

// A request is one that the store sent.
type request struct {
	Method, Path string
	Query        string // sorted, decoded
	Body         string
}

// A response is what a fake answers.
type response struct {
	status int // 200 if 0
	body   string
	err    error         // of the transport, in place of an answer
	cut    bool          // the connection breaks before the end of body
	delay  time.Duration // or until the request is given up
}

// A fake stands for a cluster: it answers each request by a script, and keeps
// it. A script is asked by "METHOD /path"; its last response holds for good.
type fake struct {
	mu       sync.Mutex
	script   map[string][]response
	requests []request
}

// healthy answers as a cluster in which all is there and empty.
func healthy() *fake {
	return &fake{script: map[string][]response{
		"GET /_cluster/health": {{body: `{"status":"green"}`}},
		"PUT /_index_template": {{body: `{"acknowledged":true}`}},
		"GET /_alias":          {{body: `{"an-index":{"aliases":{}}}`}},
		"PUT /vitrine":         {{body: `{"acknowledged":true}`}},
	}}
}

// on makes the fake answer requests of key with responses, one after another.
func (f *fake) on(key string, responses ...response) *fake {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.script[key] = responses
	return f
}

// RoundTrip answers with the longest matching line of the script.
func (f *fake) RoundTrip(req *http.Request) (*http.Response, error) {
	var body []byte
	if req.Body != nil {
		var err error
		if body, err = io.ReadAll(req.Body); err != nil {
			return nil, err
		}
	}
	r, ok := f.next(request{Method: req.Method, Path: req.URL.Path, Query: query(req), Body: string(body)})
	if !ok {
		return nil, fmt.Errorf("unexpected request: %s %s", req.Method, req.URL)
	}
	if r.delay > 0 {
		timer := time.NewTimer(r.delay)
		defer timer.Stop()
		select {
		case <-req.Context().Done():
			return nil, context.Cause(req.Context())
		case <-timer.C:
		}
	}
	if err := cmp.Or(r.err, req.Context().Err()); err != nil {
		return nil, err
	}
	var answer io.Reader = strings.NewReader(r.body)
	if r.cut {
		answer = io.MultiReader(strings.NewReader(r.body[:len(r.body)/2]), broken{})
	}
	return &http.Response{
		StatusCode: cmp.Or(r.status, http.StatusOK),
		Header:     http.Header{"X-Elastic-Product": {"Elasticsearch"}, "Content-Type": {"application/json"}},
		Body:       io.NopCloser(answer),
		Request:    req,
	}, nil
}

func query(req *http.Request) string {
	var pairs []string
	for name, values := range req.URL.Query() {
		pairs = append(pairs, name+"="+strings.Join(values, ","))
	}
	slices.Sort(pairs)
	return strings.Join(pairs, "&")
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func (f *fake) next(req request) (response, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.requests = append(f.requests, req)
	asked, best := req.Method+" "+req.Path, ""
	for _, key := range slices.Sorted(maps.Keys(f.script)) {
		if strings.HasPrefix(asked, key) && len(key) > len(best) {
			best = key
		}
	}
	responses := f.script[best]
	if len(responses) == 0 {
		return response{}, false
	}
	if len(responses) > 1 {
		f.script[best] = responses[1:]
	}
	return responses[0], true
}

// sent returns the requests since the last call, those whose path starts with
// path.
func (f *fake) sent(path string) []request {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := f.requests
	f.requests = nil
	return slices.DeleteFunc(all, func(r request) bool { return !strings.HasPrefix(r.Path, path) })
}

// open opens a store on f, with what cfg adds.
func (f *fake) open(t *testing.T, cfg elastic.Config) *elastic.Store {
	t.Helper()
	s, err := elastic.Open(t.Context(), f.config(t, cfg))
	if err != nil {
		t.Fatalf("Open: %v, want nil", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v, want nil", err)
		}
	})
	f.sent("")
	return s
}

func (f *fake) config(t *testing.T, cfg elastic.Config) elastic.Config {
	cfg.Addresses = []string{"http://es.test:9200"}
	cfg.Transport = f
	cfg.Logger = slog.New(slog.NewTextHandler(t.Output(), nil))
	return cfg
}

// bulkAnswer is what a bulk request answers for items of these statuses.
func bulkAnswer(t *testing.T, items ...itemAnswer) response {
	t.Helper()
	var answer struct {
		Items []map[string]itemAnswer `json:"items"`
	}
	for _, it := range items {
		answer.Items = append(answer.Items, map[string]itemAnswer{"index": it})
	}
	b, err := json.Marshal(answer)
	if err != nil {
		t.Fatal(err)
	}
	return response{body: string(b)}
}

type itemAnswer struct {
	Status int        `json:"status"`
	Error  *itemError `json:"error,omitempty"`
}

type itemError struct {
	Type   string `json:"type"`
	Reason string `json:"reason"`
}

// Items of a bulk answer.
func created() itemAnswer { return itemAnswer{Status: http.StatusCreated} }

func failed(status int, kind string) itemAnswer {
	return itemAnswer{Status: status, Error: &itemError{Type: kind, Reason: "because"}}
}

// errorAnswer is what a request that fails as a whole answers.
func errorAnswer(status int, kind string) response {
	return response{status: status, body: fmt.Sprintf(`{"error":{"type":%q,"reason":"because"},"status":%d}`, kind, status)}
}

func refused() response { return response{err: errors.New("connect: connection refused")} }
