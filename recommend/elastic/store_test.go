package elastic_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"flag"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"vitrine.dev/recommend"
	"vitrine.dev/recommend/elastic"
	"vitrine.dev/recommend/storetest"
)

func TestMain(m *testing.M) {
	flag.Bool("update", false, "write the requests sent to testdata")
	goleak.VerifyTestMain(m)
}

// address returns the URL of a real Elasticsearch, or skips. In CI nothing is
// skipped silently, except by -short.
func address(tb testing.TB) string {
	tb.Helper()
	url := os.Getenv("VITRINE_TEST_ES")
	switch {
	case url != "":
		return url
	case testing.Short():
		tb.Skip("-short runs without engines")
	case os.Getenv("CI") == "true":
		tb.Fatal("VITRINE_TEST_ES is not set, and CI tests on the real engine: give the URL of an Elasticsearch 8")
	default:
		tb.Skip("VITRINE_TEST_ES is not set: give the URL of an Elasticsearch 8 to test on it")
	}
	return ""
}

// real opens stores on the real Elasticsearch and remembers their prefixes.
type real struct {
	url string

	mu       sync.Mutex
	prefixes map[recommend.Store]string
}

func newReal(tb testing.TB) *real {
	tb.Helper()
	return &real{url: address(tb), prefixes: map[recommend.Store]string{}}
}

func (r *real) open(tb testing.TB) recommend.Store {
	tb.Helper()
	prefix := "t-" + strings.ToLower(rand.Text()[:12])
	tb.Cleanup(func() { r.drop(tb, prefix) })
	return r.openAs(tb, elastic.Config{Prefix: prefix})
}

func (r *real) openAs(tb testing.TB, cfg elastic.Config) recommend.Store {
	tb.Helper()
	cfg.Addresses = []string{r.url}
	s, err := elastic.Open(tb.Context(), cfg)
	if err != nil {
		tb.Fatalf("Open: %v, want nil", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.prefixes[s] = cfg.Prefix
	return s
}

// reopen closes s and opens its indices again.
func (r *real) reopen(tb testing.TB, s recommend.Store) recommend.Store {
	tb.Helper()
	if err := s.Close(); err != nil {
		tb.Errorf("Close: %v, want nil", err)
	}
	return r.openAs(tb, elastic.Config{Prefix: r.prefix(s)})
}

func (r *real) prefix(s recommend.Store) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.prefixes[s]
}

// drop removes indices and templates of prefix.
func (r *real) drop(tb testing.TB, prefix string) {
	tb.Helper()
	var indices map[string]any
	if err := json.Unmarshal([]byte(r.raw(tb, http.MethodGet, "/"+prefix+"-*", "")), &indices); err != nil {
		tb.Errorf("list indices of %s: %v", prefix, err)
	}
	for index := range indices {
		r.raw(tb, http.MethodDelete, "/"+index, "")
	}
	r.raw(tb, http.MethodDelete, "/_index_template/"+prefix+"-*", "")
}

// raw sends a request past the store and returns the answer.
func (r *real) raw(tb testing.TB, method, path, body string) string {
	tb.Helper()
	// Cleanups run when the test's own context has ended.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(tb.Context()), 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, r.url+path, strings.NewReader(body))
	if err != nil {
		tb.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Do(req)
	if err != nil {
		tb.Fatalf("%s %s: %v", method, path, err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode >= http.StatusBadRequest {
		tb.Errorf("%s %s: status %d: %s, %v", method, path, res.StatusCode, answer, err)
	}
	return string(answer)
}

func TestStore(t *testing.T) {
	r := newReal(t)
	storetest.Options{Reopen: r.reopen}.Run(t, r.open)
}

func BenchmarkStore(b *testing.B) {
	storetest.Benchmark(b, newReal(b).open)
}
