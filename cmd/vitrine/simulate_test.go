package main_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestASocietyIsSimulatedAndReported(t *testing.T) {
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	figures := filepath.Join(t.TempDir(), "figures.json")
	cmd := exec.CommandContext(t.Context(), path, "demo", "--simulate", "--weeks", "2", "--readers", "6", "--experts", "6", "--json", figures)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("vitrine demo --simulate: %v", err)
	}
	b, err := os.ReadFile(figures)
	if err != nil {
		t.Fatal(err)
	}
	var report struct {
		Weeks []struct {
			Pages  int     `json:"pages"`
			Oracle float64 `json:"oracle"`
		} `json:"weeks"`
	}
	if err := json.Unmarshal(b, &report); err != nil {
		t.Fatal(err)
	}
	if len(report.Weeks) != 2 || report.Weeks[0].Pages == 0 || report.Weeks[0].Oracle == 0 {
		t.Errorf("the figures hold %+v, want two weeks with pages and what an oracle gets", report.Weeks)
	}
	if !strings.Contains(string(out), "regret falls every week") {
		t.Errorf("the table says nothing of regret:\n%s", out)
	}
}
