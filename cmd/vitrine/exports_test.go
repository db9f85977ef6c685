package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
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
	ana := p.client(in.token("ana", "metrics:read"))
	var taken []exportState
	for _, body := range []map[string]any{
		{"dataset": "funnel", "format": "ndjson", "steps": []string{"impression", "open"}, "window": "1d"},
		{"dataset": "orders", "format": "csv"},
	} {
		var x exportState
		status, b, err := ana.do(http.MethodPost, "/v1/exports", body)
		if err != nil || status != http.StatusAccepted {
			t.Fatalf("%d %s %v", status, b, err)
		}
		if err := json.Unmarshal(b, &x); err != nil {
			t.Fatal(err)
		}
		taken = append(taken, x)
	}
	p.kill()
	p.restart()
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
		anybody := p.client("")
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
