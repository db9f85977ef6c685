package main_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// TestReadyIsAfterTheShelf: the first time that a process says it is ready, it
// has read the store, and all that is there is in its windows.
func TestReadyIsAfterTheShelf(t *testing.T) {
	const picks = 300
	in := newInstallation(t)
	var experts, lines strings.Builder
	for i := range picks {
		fmt.Fprintf(&experts, `{"id":"x%d","name":"Expert %d","topics":["home"],"verified":true}`+"\n", i, i)
		fmt.Fprintf(&lines, `{"id":"p%d","expert":"x%d","link":"https://shop.example/i/i%d","reason":"Item %d has been in use here since the spring and holds.","topics":["home"],"published_at":"2026-02-01T00:00:00Z"}`+"\n", i, i, i, i)
	}
	in.write("world/experts.jsonl", experts.String())
	in.write("world/picks.jsonl", lines.String())
	in.run("import", "--trusted", in.dir+"/world")
	reader := in.token("ann", "window:read")

	in.served = []string{"--log", "info"}
	p := in.start("serve")
	if log := p.log.String(); !strings.Contains(log, `"msg":"store read"`) {
		t.Errorf("ready before the store was read:\n%s", log)
	}
	c, seen := p.client(reader), 0
	for path := "/v1/window?limit=50"; path != ""; {
		var page windowPage
		c.mustGet(t, path, &page)
		seen += len(page.Items)
		path = ""
		if page.Next != "" {
			path = "/v1/window?limit=50&cursor=" + page.Next
		}
	}
	var metrics string
	if _, b, err := c.do(http.MethodGet, "/metrics", nil); err == nil {
		metrics = string(b)
	}
	if want := `vitrine_windows_kept_total{outcome="miss"} 1`; !strings.Contains(metrics, want) {
		t.Errorf("metrics lack %s\n%s", want, metrics)
	}
	if seen != picks {
		t.Errorf("%d of %d picks are in the window of a process that has just become ready", seen, picks)
	}
}
