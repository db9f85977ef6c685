package bench

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestWorldsOfOtherGenerationsGo: and nothing else does.
func TestWorldsOfOtherGenerationsGo(t *testing.T) {
	under := t.TempDir()
	world := func(name, generation string) {
		if err := os.Mkdir(filepath.Join(under, name), 0o700); err != nil {
			t.Fatal(err)
		}
		if generation == "" {
			return
		}
		if err := os.WriteFile(filepath.Join(under, name+generationFile), []byte(generation), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var said bytes.Buffer
	b := &Bench{Options: Options{World: Size{Seed: 3, Picks: 300}, Progress: &said}}
	quick := Options{Quick: true, World: Size{Seed: 3}}
	quick.setDefaults()
	world("0123456789abcdef", "")
	world("1123456789abcdef", "of before")
	world("2123456789abcdef", generation())
	world(b.World.key(), "")
	world(quick.World.key(), "")
	world("half-1", "")
	world("somebody's", "")
	if err := b.prune(under); err != nil {
		t.Fatal(err)
	}
	var got []string
	entries, err := os.ReadDir(under)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		got = append(got, e.Name())
	}
	want := []string{"2123456789abcdef", "2123456789abcdef" + generationFile, b.World.key(), quick.World.key(), "half-1", "somebody's"}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("left: %q, want %q", got, want)
	}
	if n := strings.Count(said.String(), "removing"); n != 2 {
		t.Errorf("said %q, want two removed", said.String())
	}
	if err := b.prune(filepath.Join(under, "none")); err != nil {
		t.Errorf("where nothing is kept: %v", err)
	}
}
