package storetest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"testing"
	"time"

	"go.uber.org/goleak"

	"vitrine.dev/recommend"
)

// faultEnv names the fault that a child process of the test gives its store.
const faultEnv = "VITRINE_STORETEST_FAULT"

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestMemory runs the suite; in a child process, on a store with a fault.
func TestMemory(t *testing.T) {
	fault := os.Getenv(faultEnv)
	o := Options{
		Reopen: func(tb testing.TB, s recommend.Store) recommend.Store {
			tb.Helper()
			if err := s.Close(); err != nil {
				tb.Fatalf("Close: %v", err)
			}
			m, ok := s.(*memory)
			if !ok {
				tb.Fatalf("got a %T, want a *memory", s)
			}
			return m.reopen()
		},
	}
	if fault != "" {
		o.patience = 50 * time.Millisecond
	}
	o.Run(t, func(tb testing.TB) recommend.Store {
		tb.Helper()
		return newMemory(tb, fault)
	})
}

func TestWithoutOptions(t *testing.T) {
	Run(t, func(tb testing.TB) recommend.Store {
		tb.Helper()
		return newMemory(tb, "")
	})
}

func TestEveryFaultIsFound(t *testing.T) {
	if os.Getenv(faultEnv) != "" {
		t.Skip("this is the child")
	}
	for _, fault := range faults(t) {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestMemory$", "-test.failfast", "-rapid.nofailfile")
			cmd.Env = append(os.Environ(), faultEnv+"="+fault)
			if out, err := cmd.CombinedOutput(); err == nil {
				t.Errorf("the suite passes although %s:\n%s", fault, out)
			}
		})
	}
}

// faults returns what memory.has is asked for, so that none can be forgotten.
func faults(t *testing.T) (out []string) {
	t.Helper()
	for _, name := range []string{"memory_internal_test.go", "memory_search_internal_test.go"} {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) != 1 {
				return true
			}
			f, ok := call.Fun.(*ast.SelectorExpr)
			if !ok || f.Sel.Name != "has" {
				return true
			}
			lit, ok := call.Args[0].(*ast.BasicLit)
			if !ok {
				return true
			}
			fault, err := strconv.Unquote(lit.Value)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, fault)
			return true
		})
	}
	slices.Sort(out)
	return slices.Compact(out)
}
