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

// A cluster opens stores on the real Elasticsearch and remembers their prefixes.
type cluster struct {
	url string

	mu       sync.Mutex
	prefixes map[recommend.Store]string
}

func newCluster(tb testing.TB) *cluster {
	tb.Helper()
	return &cluster{url: address(tb), prefixes: map[recommend.Store]string{}}
}

func (c *cluster) open(tb testing.TB) recommend.Store {
	tb.Helper()
	prefix := "t-" + strings.ToLower(rand.Text()[:12])
	tb.Cleanup(func() { c.drop(tb, prefix) })
	return c.openAs(tb, elastic.Config{Prefix: prefix})
}

func (c *cluster) openAs(tb testing.TB, cfg elastic.Config) recommend.Store {
	tb.Helper()
	cfg.Addresses = []string{c.url}
	s, err := elastic.Open(tb.Context(), cfg)
	if err != nil {
		tb.Fatalf("Open: %v, want nil", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.prefixes[s] = cfg.Prefix
	return s
}

// reopen closes s and opens its indices again.
func (c *cluster) reopen(tb testing.TB, s recommend.Store) recommend.Store {
	tb.Helper()
	if err := s.Close(); err != nil {
		tb.Errorf("Close: %v, want nil", err)
	}
	return c.openAs(tb, elastic.Config{Prefix: c.prefix(s)})
}

func (c *cluster) prefix(s recommend.Store) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.prefixes[s]
}

// drop removes indices and templates of prefix.
func (c *cluster) drop(tb testing.TB, prefix string) {
	tb.Helper()
	c.dropIndices(tb, prefix)
	c.raw(tb, http.MethodDelete, "/_index_template/"+prefix+"-*", "")
}

func (c *cluster) dropIndices(tb testing.TB, prefix string) {
	tb.Helper()
	var indices map[string]any
	if err := json.Unmarshal([]byte(c.raw(tb, http.MethodGet, "/"+prefix+"-*", "")), &indices); err != nil {
		tb.Errorf("list indices of %s: %v", prefix, err)
	}
	for index := range indices {
		c.raw(tb, http.MethodDelete, "/"+index, "")
	}
}

// raw sends a request past the store and returns the answer.
func (c *cluster) raw(tb testing.TB, method, path, body string) string {
	tb.Helper()
	// Cleanups run when the test's own context has ended.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(tb.Context()), 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, c.url+path, strings.NewReader(body))
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
	c := newCluster(t)
	storetest.Options{Reopen: c.reopen}.Run(t, func(tb testing.TB) recommend.Store {
		tb.Helper()
		s := c.open(tb)
		if s, ok := s.(*elastic.Store); ok {
			s.CountAtOnce(30) // so that there are several passes
		}
		return s
	})
}

func BenchmarkStore(b *testing.B) {
	storetest.Benchmark(b, newCluster(b).open)
}
