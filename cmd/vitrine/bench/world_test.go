package bench_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"vitrine.dev/cmd/vitrine/bench"
	"vitrine.dev/recommend"
)

func TestASizeIsOneWorld(t *testing.T) {
	size := bench.Size{Seed: 7, Picks: 300, Readers: 20, Actions: 5}
	one, two := t.TempDir(), t.TempDir()
	for _, dir := range []string{one, two} {
		if err := bench.NewWorld(size).WriteFiles(dir); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"experts", "products", "picks", "readers", "actions"} {
		a, err := os.ReadFile(filepath.Join(one, name+".jsonl"))
		if err != nil || len(a) == 0 {
			t.Fatalf("%s: %d bytes, %v", name, len(a), err)
		}
		if b, err := os.ReadFile(filepath.Join(two, name+".jsonl")); err != nil || !bytes.Equal(a, b) {
			t.Errorf("%s differs: %v", name, err)
		}
	}
}

func TestThePolicyIsOne(t *testing.T) {
	if _, err := recommend.ParsePolicy(bench.Policy()); err != nil {
		t.Fatal(err)
	}
}
