package main_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// benchCommand is vitrine bench on a tiny world, with directories of its own.
func benchCommand(t *testing.T, args ...string) (cmd *exec.Cmd, tmp string) {
	t.Helper()
	notInShort(t)
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	tmp = t.TempDir()
	cmd = exec.CommandContext(t.Context(), path, append([]string{"bench", "--picks", "600", "--rounds", "1", "--duration", "200ms"}, args...)...)
	cmd.Env = append(os.Environ(), "TMPDIR="+tmp, "XDG_CACHE_HOME="+t.TempDir())
	return cmd, tmp
}

func leftIn(t *testing.T, dir string) {
	t.Helper()
	left, err := os.ReadDir(dir)
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

func TestBenchMeasuresBesideAFloor(t *testing.T) {
	file := filepath.Join(t.TempDir(), "bench.json")
	cmd, tmp := benchCommand(t, "--rows", "window,rank,bookmark,publish,ingest", "--json", file)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var table struct {
		Rows []struct {
			Name                string
			Value, Floor, Ratio float64
			P99                 float64 `json:"p99_ms"`
			Errors              int
			Notes               []string
		}
	}
	if err := json.Unmarshal(b, &table); err != nil {
		t.Fatal(err)
	}
	if len(table.Rows) == 0 || table.Rows[0].Name != "window/64" {
		t.Fatalf("%s", b)
	}
	for _, r := range table.Rows {
		if strings.HasSuffix(r.Name, "/elastic") { // no engines are named
			if r.Value != 0 || !strings.Contains(strings.Join(r.Notes, " "), "not run") {
				t.Errorf("without engines: %+v", r)
			}
			continue
		}
		if r.Value <= 0 || r.P99 <= 0 && !strings.HasPrefix(r.Name, "ingest/") || r.Errors > 0 {
			t.Errorf("%+v", r)
		}
	}
	if r := table.Rows[0]; r.Floor <= 0 || r.Ratio <= 0 {
		t.Errorf("no floor: %+v", r)
	}
	leftIn(t, tmp)
}

// Interrupted, bench leaves neither processes nor files.
func TestBenchCleansUpWhenInterrupted(t *testing.T) {
	cmd, tmp := benchCommand(t, "--rows", "window/64", "--duration", "10m")
	log := new(lockedBuffer)
	cmd.Stderr = log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	await(t, time.Minute, func() error {
		if !strings.Contains(log.String(), "the service was ready") {
			return errors.New("not ready yet: " + log.String())
		}
		return nil
	})
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	defer context.AfterFunc(ended, func() { _ = cmd.Process.Kill() })()
	if err := cmd.Wait(); err == nil {
		t.Error("an interrupted bench says that all is well")
	}
	leftIn(t, tmp)
	// The service's directory is in TMPDIR: whoever had it as an argument is gone.
	found, err := exec.CommandContext(t.Context(), "sh", "-c", "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' '").Output()
	if err == nil && strings.Contains(string(found), "--data "+tmp) {
		t.Error("a child is still running")
	}
}
