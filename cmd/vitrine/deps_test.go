package main_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// module is the path all our packages start with.
const module = "vitrine.dev/"

// A part is a folder of the module with all below it. It may import itself and
// parts of a lower layer, never a sibling: that is what keeps api, ingest and
// the stores apart.
type part struct {
	dir   string
	layer int
}

// parts is the layout of the module.
func parts() []part {
	return []part{
		{"cmd", 5},
		{"api", 4},
		{"exports", 3},
		{"analytics", 2},
		{"ingest", 4},
		{"recommend/sqlite", 4},
		{"recommend/elastic", 4},
		{"recommend/storetest", 4},
		{"recommend/partner", 4},
		{"recommend", 1},
		{"recommend/link", 0},
		{"ranking", 0},
		{"stats", 0},
	}
}

// homes says which folder alone may import a library; folders below it may not,
// unless they are named.
func homes() map[string][]string {
	return map[string][]string{
		"github.com/gin-gonic/gin":      {"api", "cmd/vitrine/bench"},
		"github.com/elastic/":           {"recommend/elastic"},
		"github.com/segmentio/kafka-go": {"ingest", "cmd/vitrine/bench"},
		"github.com/sony/gobreaker":     {"recommend/partner"},
		"github.com/twmb/":              {"ingest/broker"},
		"github.com/x-way/":             {"api"},
		"modernc.org/":                  {"recommend/sqlite"},

		// Others make spans, by the interface of OpenTelemetry alone.
		"go.opentelemetry.io/otel/sdk":       {"cmd/vitrine"},
		"go.opentelemetry.io/otel/exporters": {"cmd/vitrine"},

		// These serve tests, and storetest is one.
		"github.com/chromedp/":          {},
		"github.com/getkin/kin-openapi": {},
		"github.com/google/go-cmp":      {"recommend/storetest"},
		"github.com/rogpeppe/":          {},
		"go.opentelemetry.io/proto/":    {},
		"go.uber.org/goleak":            {},
		"pgregory.net/rapid":            {"recommend/storetest"},
	}
}

// A listed package is what go list tells of it.
type listed struct {
	ImportPath string
	Standard   bool
	Imports    []string
}

func TestImportsFollowTheArrows(t *testing.T) {
	packages := list(t)
	standard := make(map[string]bool)
	for _, p := range packages {
		standard[p.ImportPath] = p.Standard
	}
	seen := 0
	for _, p := range packages {
		dir, ours := strings.CutPrefix(p.ImportPath, module)
		if !ours {
			continue
		}
		seen++
		for _, path := range p.Imports {
			if standard[path] {
				continue
			}
			if why := breach(dir, path); why != "" {
				t.Errorf("%s imports %s: %s", p.ImportPath, path, why)
			}
		}
	}
	if seen == 0 {
		t.Fatal("go list names no package of ours: the test would pass on anything")
	}
}

func TestBreachesOfTheArrowsAreFound(t *testing.T) {
	for _, c := range []struct {
		dir, path string
		allowed   bool
	}{
		{"cmd/vitrine", module + "api", true},
		{"cmd/vitrine", module + "recommend/sqlite", true},
		{"cmd/vitrine", module + "cmd/vitrine/demo", true},
		{"api", module + "recommend", true},
		{"api", module + "recommend/link", true},
		{"api", module + "api/web", true},
		{"recommend", module + "ranking", true},
		{"recommend", module + "stats", true},
		{"api", module + "analytics", true},
		{"api", module + "exports", true},
		{"exports", module + "analytics", true},
		{"analytics", module + "recommend", true},
		{"recommend/storetest", module + "recommend", true},
		{"recommend", "go.yaml.in/yaml/v3", true},
		{"ingest", "go.opentelemetry.io/otel/trace", true},
		{"ingest/broker", "github.com/twmb/franz-go/pkg/kfake", true},

		{"api", module + "ingest", false},
		{"ingest", module + "recommend/elastic", false},
		{"recommend/sqlite", module + "recommend/elastic", false},
		{"recommend/elastic", module + "recommend/storetest", false},
		{"recommend", module + "recommend/sqlite", false},
		{"recommend", module + "recommend/storetest", false},
		{"recommend/link", module + "recommend", false},
		{"recommend/link", module + "ranking", false},
		{"recommend/link", "golang.org/x/text/unicode/norm", false},
		{"ranking", module + "recommend", false},
		{"ranking", module + "stats", false},
		{"stats", module + "recommend", false},
		{"ranking", "gonum.org/v1/gonum/mat", false},
		{"api", module + "cmd/vitrine/demo", false},
		{"analytics", module + "api", false},
		{"analytics", module + "exports", false},
		{"exports", module + "api", false},
		{"tools", module + "recommend", false},
		{"api", module + "internal/util", false},
		{"api", "github.com/segmentio/kafka-go", false},
		{"api/web", "github.com/gin-gonic/gin", false},
		{"ingest", "github.com/twmb/franz-go/pkg/kgo", false},
		{"ingest", "go.opentelemetry.io/otel/sdk/trace", false},
		{"recommend", "go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp", false},
		{"cmd/vitrine", "github.com/elastic/go-elasticsearch/v8", false},
		{"recommend", "modernc.org/sqlite", false},
		{"recommend", "github.com/google/go-cmp/cmp", false},
	} {
		if got := breach(c.dir, c.path); (got == "") != c.allowed {
			t.Errorf("%s importing %s: got %q, want allowed=%t", c.dir, c.path, got, c.allowed)
		}
	}
}

// breach says what is wrong with a package in dir importing path, which is not
// of the standard library; nothing when it may.
func breach(dir, path string) string {
	from, ok := partOf(dir)
	if !ok {
		return "the package belongs to no part of the layout"
	}
	if dep, ours := strings.CutPrefix(path, module); ours {
		to, ok := partOf(dep)
		switch {
		case !ok:
			return "what is imported belongs to no part of the layout"
		case to.dir != from.dir && to.layer >= from.layer:
			return from.dir + " must not lean on " + to.dir
		}
		return ""
	}
	if from.layer == 0 {
		return from.dir + " stands on the standard library alone"
	}
	for library, dirs := range homes() {
		if !strings.HasPrefix(path, library) || slices.Contains(dirs, dir) {
			continue
		}
		if len(dirs) == 0 {
			return library + " is for tests"
		}
		return "only " + strings.Join(dirs, " and ") + " may import " + library
	}
	return ""
}

// partOf finds the deepest part that holds dir.
func partOf(dir string) (found part, ok bool) {
	for _, p := range parts() {
		if (dir == p.dir || strings.HasPrefix(dir, p.dir+"/")) && len(p.dir) > len(found.dir) {
			found, ok = p, true
		}
	}
	return found, ok
}

// list asks go for all packages of the module and everything they stand on.
// With -e a package that does not compile is a matter for the compiler, not for
// this test.
func list(t *testing.T) []listed {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-e", "-deps", "-json=ImportPath,Standard,Imports",
		"-tags", "nomsgpack", module+"...")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	var all []listed
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		switch err := dec.Decode(&p); {
		case errors.Is(err, io.EOF):
			return all
		case err != nil:
			t.Fatalf("go list answered what is not JSON: %v", err)
		}
		all = append(all, p)
	}
}
