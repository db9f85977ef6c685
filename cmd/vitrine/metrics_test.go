package main_test

import (
	"bytes"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
)

// metrics are the samples of a process by name, and the types of families.
func (p *process) metrics(t *testing.T) (samples map[string]bool, types map[string]string, text []byte) {
	t.Helper()
	status, text, err := p.client("").do(http.MethodGet, "/metrics", nil)
	if err != nil || status != http.StatusOK {
		t.Fatalf("metrics: %d, %v", status, err)
	}
	samples, types = make(map[string]bool), make(map[string]string)
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "# TYPE "); ok {
			if name, kind, ok := strings.Cut(strings.TrimSpace(rest), " "); ok {
				types[name] = kind
			}
			continue
		}
		if i := strings.IndexAny(line, "{ "); i > 0 && line[0] != '#' {
			samples[line[:i]] = true
		}
	}
	return samples, types, text
}

// measured starts a service that has done something of everything that makes a
// series begin.
func measured(t *testing.T) *process {
	t.Helper()
	in := newInstallation(t)
	withShop(in)
	p := in.start("serve")
	var page windowPage
	p.client(in.token("ann", "window:read")).mustGet(t, "/v1/window", &page)
	return p
}

// ours reports whether a family is of this repository.
func ours(name string) bool {
	return strings.HasPrefix(name, "vitrine_") || strings.HasPrefix(name, "http_")
}

// documented are the metrics that deploy/METRICS.md describes, with their types.
func documented(t *testing.T) map[string]string {
	t.Helper()
	page, err := os.ReadFile(filepath.Join("..", "..", "deploy", "METRICS.md"))
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile("(?m)^\\| `(\\w+)` \\| (\\w+)[^|]*\\|[^|]*\\| (?:A|F|A, F) \\| [^|]+\\.(?: [^|]+)? \\|").FindAllStringSubmatch(string(page), -1)
	found := make(map[string]string, len(rows))
	for _, r := range rows {
		found[r[1]] = r[2]
	}
	return found
}

func TestEveryMetricIsDocumented(t *testing.T) {
	p := measured(t)
	_, types, text := p.metrics(t)
	for name := range types {
		if !ours(name) {
			delete(types, name)
		}
	}
	page := documented(t)
	for _, name := range slices.Sorted(maps.Keys(types)) {
		if page[name] != types[name] {
			t.Errorf("%s: type %q in METRICS.md, %q in /metrics", name, page[name], types[name])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(page)) {
		if types[name] == "" {
			t.Errorf("%s is in METRICS.md and not in /metrics", name)
		}
	}
	problems, err := promlint.New(bytes.NewReader(text)).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range problems {
		if ours(l.Metric) {
			t.Errorf("%s: %s", l.Metric, l.Text)
		}
	}
}
