package sqlite_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"vitrine.dev/recommend"
	"vitrine.dev/recommend/sqlite"
	"vitrine.dev/recommend/storetest"
)

// openVault opens the vault at path for as long as tb runs.
func openVault(tb testing.TB, path string) *sqlite.Vault {
	tb.Helper()
	v, err := sqlite.OpenVault(path)
	if err != nil {
		tb.Fatalf("OpenVault: %v, want nil", err)
	}
	tb.Cleanup(func() {
		if err := v.Close(); err != nil {
			tb.Errorf("Close: %v, want nil", err)
		}
	})
	return v
}

func TestVault(t *testing.T) {
	storetest.RunVault(t, func(tb testing.TB) func(testing.TB) recommend.Vault {
		path := filepath.Join(tb.TempDir(), "readers.db")
		return func(tb testing.TB) recommend.Vault { return openVault(tb, path) }
	})
}

// TestVaultLeavesNothingOfADestroyedReader looks into the files themselves:
// SQLite leaves copies of rows behind that it moved from page to page, and
// does not overwrite them when it deletes the row.
func TestVaultLeavesNothingOfADestroyedReader(t *testing.T) {
	path := filepath.Join(t.TempDir(), "readers.db")
	names := map[string]string{}
	t.Run("fill", func(t *testing.T) {
		v, chance := openVault(t, path), rand.New(rand.NewPCG(1, 2)) // the same each time
		for range 40 {
			fresh := map[string]string{}
			for i := range 250 {
				reader := fmt.Sprintf("reader-%06d-%d-%s.", chance.IntN(1e6), i, strings.Repeat("x", chance.IntN(60)))
				fresh[reader] = fmt.Sprintf("r%024d", chance.Int64())
			}
			claimed, err := v.Claim(t.Context(), fresh)
			if err != nil {
				t.Fatalf("Claim: %v, want nil", err)
			}
			maps.Copy(names, claimed)
		}
	})
	v := openVault(t, path)
	seen := map[string]int{}
	for _, id := range regexp.MustCompile(`reader-\d+-\d+-x*\.`).FindAllString(string(contents(t, path)), -1) {
		seen[id]++
	}
	var copied []string
	for _, reader := range slices.Sorted(maps.Keys(names)) {
		if seen[reader] > 2 { // once in the table, once in the index
			copied = append(copied, reader)
		}
	}
	if len(copied) == 0 {
		t.Fatal("no row has been copied: the test shows nothing, fill the vault otherwise")
	}
	for _, reader := range copied[:min(len(copied), 10)] {
		if err := v.Destroy(t.Context(), reader, names[reader]); err != nil {
			t.Fatalf("Destroy: %v, want nil", err)
		}
		for _, file := range [][]byte{contents(t, path), contents(t, path+"-wal")} {
			if bytes.Contains(file, []byte(reader)) || bytes.Contains(file, []byte(names[reader])) {
				t.Errorf("a file still holds %s or %s", reader, names[reader])
			}
		}
	}
}

func contents(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestOpenVaultRefusesAFileOfAnother(t *testing.T) {
	_, path := newStore(t)
	if _, err := sqlite.OpenVault(path); !errors.Is(err, recommend.ErrInvalid) {
		t.Errorf("OpenVault of a store: %v, want an error that wraps ErrInvalid", err)
	}
	path = filepath.Join(t.TempDir(), "readers.db")
	openVault(t, path)
	if _, err := sqlite.Open(path, sqlite.Options{}); !errors.Is(err, recommend.ErrInvalid) {
		t.Errorf("Open of a vault: %v, want an error that wraps ErrInvalid", err)
	}
	if _, err := sqlite.OpenVault(filepath.Join(t.TempDir(), "none", "readers.db")); !errors.Is(err, recommend.ErrUnavailable) {
		t.Errorf("OpenVault in a folder that is not there: %v, want an error that wraps ErrUnavailable", err)
	}
}

func TestVaultErrorsAreUnavailable(t *testing.T) {
	v := openVault(t, filepath.Join(t.TempDir(), "readers.db"))
	if err := v.Close(); err != nil {
		t.Fatalf("Close: %v, want nil", err)
	}
	for name, call := range map[string]func(context.Context) error{
		"Lookup":  func(ctx context.Context) error { _, err := v.Lookup(ctx, "ann"); return err },
		"Readers": func(ctx context.Context) error { _, err := v.Readers(ctx, "r1"); return err },
		"Destroy": func(ctx context.Context) error { return v.Destroy(ctx, "ann", "r1") },
		"Claim": func(ctx context.Context) error {
			_, err := v.Claim(ctx, map[string]string{"ann": "r1"})
			return err
		},
		"Claim of no text": func(ctx context.Context) error {
			_, err := v.Claim(ctx, map[string]string{"ann\xff": "r1"})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			err := call(t.Context())
			if !errors.Is(err, recommend.ErrUnavailable) {
				t.Errorf("%s: %v, want an error that wraps ErrUnavailable", name, err)
			}
			if err != nil && strings.Contains(err.Error(), "ann") {
				t.Errorf("%s: the error names a reader: %v", name, err)
			}
		})
	}
}
