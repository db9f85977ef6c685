package main_test

import (
	"fmt"
	"math"
	"net/http"
	"strings"
	"testing"
)

// TestTheRuntimeIsSetUp: a process that serves bounds its memory and says how
// much garbage may come, unless its environment does.
func TestTheRuntimeIsSetUp(t *testing.T) {
	for name, c := range map[string]struct {
		gogc, limit string // of the environment
		ok          func(percent, limit float64) bool
	}{
		"by itself":          {ok: func(percent, limit float64) bool { return percent == 200 && limit > 0 && limit < math.MaxInt64/2 }},
		"by the environment": {"77", "300MiB", func(percent, limit float64) bool { return percent == 77 && limit == 300<<20 }},
	} {
		t.Run(name, func(t *testing.T) {
			in := newInstallation(t)
			t.Setenv("GOGC", c.gogc)
			if c.limit != "" {
				t.Setenv("GOMEMLIMIT", c.limit)
			}
			_, b, err := in.start("serve").client("").do(http.MethodGet, "/metrics", nil)
			if err != nil {
				t.Fatal(err)
			}
			figure := func(name string) float64 {
				for line := range strings.Lines(string(b)) {
					if rest, ok := strings.CutPrefix(line, name+" "); ok {
						var v float64
						if _, err := fmt.Sscan(rest, &v); err == nil {
							return v
						}
					}
				}
				return -1
			}
			if percent, limit := figure("go_gc_gogc_percent"), figure("go_gc_gomemlimit_bytes"); !c.ok(percent, limit) {
				t.Errorf("garbage of %v %%, memory of %v bytes", percent, limit)
			}
		})
	}
}
