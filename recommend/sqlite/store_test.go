package sqlite_test

import (
	"path/filepath"
	"testing"

	"vitrine.dev/recommend"
	"vitrine.dev/recommend/sqlite"
	"vitrine.dev/recommend/storetest"
)

func open(tb testing.TB) recommend.Store {
	tb.Helper()
	s, err := sqlite.Open(filepath.Join(tb.TempDir(), "store.db"), sqlite.Options{})
	if err != nil {
		tb.Fatalf("Open: %v, want nil", err)
	}
	return s
}

func BenchmarkStore(b *testing.B) { storetest.Benchmark(b, open) }

func TestStore(t *testing.T) {
	paths := map[recommend.Store]string{}
	openAt := func(tb testing.TB, path string) recommend.Store {
		tb.Helper()
		s, err := sqlite.Open(path, sqlite.Options{})
		if err != nil {
			tb.Fatalf("Open: %v, want nil", err)
		}
		paths[s] = path
		return s
	}
	storetest.Options{
		Reopen: func(tb testing.TB, s recommend.Store) recommend.Store {
			tb.Helper()
			if err := s.Close(); err != nil {
				tb.Fatalf("Close: %v, want nil", err)
			}
			return openAt(tb, paths[s])
		},
	}.Run(t, func(tb testing.TB) recommend.Store {
		tb.Helper()
		return openAt(tb, filepath.Join(tb.TempDir(), "store.db"))
	})
}
