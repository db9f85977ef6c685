package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// exportState is what the service tells of an export.
type exportState struct {
	ID, State string
	Rows      int64
	Bytes     int
	Download  struct{ URL string }
	Error     any
}

// TestAnExportOutlivesItsProcess kills the service right after it took an
// export: the next one makes the file, and its link is good without a token.
func TestAnExportOutlivesItsProcess(t *testing.T) {
	in := newInstallation(t)
	p := in.start("serve")
	taken := p.client(in.token("ana", "metrics:read")).exports(t)
	p.kill()
	p.restart()
	p.made(t, taken)
}

// TestProcessesThatShareADirectoryShareExports ends the process that took some:
// another makes the files and hands them out.
func TestProcessesThatShareADirectoryShareExports(t *testing.T) {
	in := newInstallation(t).onServers()
	in.served = []string{"--exports", filepath.Join(in.dir, "exports")}
	first, second := in.start("api"), in.start("api")
	taken := first.client(in.token("ana", "metrics:read")).exports(t)
	first.kill()
	second.made(t, taken)
}

// exports asks for some.
func (c *client) exports(t *testing.T) (taken []exportState) {
	t.Helper()
	for _, body := range []map[string]any{
		{"dataset": "funnel", "format": "ndjson", "steps": []string{"impression", "open"}, "window": "1d"},
		{"dataset": "retention", "format": "csv"},
		{"dataset": "money", "format": "ndjson", "breakdown": []string{"expert"}},
		{"dataset": "orders", "format": "csv"},
		{"dataset": "picks", "format": "csv"},
	} {
		var x exportState
		status, b, err := c.do(http.MethodPost, "/v1/exports", body)
		if err != nil || status != http.StatusAccepted {
			t.Fatalf("%d %s %v", status, b, err)
		}
		if err := json.Unmarshal(b, &x); err != nil {
			t.Fatal(err)
		}
		taken = append(taken, x)
	}
	return taken
}

// made waits until p has the files, and downloads them.
func (p *process) made(t *testing.T, taken []exportState) {
	t.Helper()
	ana, anybody := p.client(p.in.token("ana", "metrics:read")), p.client("")
	for _, x := range taken {
		await(t, time.Minute, func() error {
			if err := ana.get("/v1/exports/"+x.ID, &x); err != nil {
				return err
			}
			if x.State != "done" {
				return fmt.Errorf("it is %s: %v", x.State, x.Error)
			}
			return nil
		})
		status, whole, err := anybody.do(http.MethodGet, x.Download.URL, nil)
		if err != nil || status != http.StatusOK || len(whole) != x.Bytes {
			t.Fatalf("%d, %d bytes of %d, %v", status, len(whole), x.Bytes, err)
		}
		status, rest, err := anybody.do(http.MethodGet, x.Download.URL, nil, "Range", "bytes=10-")
		if err != nil || status != http.StatusPartialContent || !bytes.Equal(rest, whole[10:]) {
			t.Errorf("the rest is %d, %q, %v", status, rest, err)
		}
		if status, b, err := anybody.do(http.MethodGet, x.Download.URL[:len(x.Download.URL)-3], nil); err != nil || status != http.StatusForbidden {
			t.Errorf("with a link that was cut: %d %s %v", status, b, err)
		}
	}
	if log := p.log.String(); strings.Contains(log, "signature=") {
		t.Error("a link is in the log")
	}
}
