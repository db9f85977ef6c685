package sqlite_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"vitrine.dev/recommend"
	"vitrine.dev/recommend/sqlite"
)

func TestOpenRefuses(t *testing.T) {
	t.Run("a schema of a later version", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "store.db")
		if err := openAt(t, path).Close(); err != nil {
			t.Fatal(err)
		}
		execSQL(t, plainSQL(t, path), "PRAGMA user_version = 99")
		wantRefused(t, path, recommend.ErrInvalid, "schema 99")
	})
	t.Run("a database of another program", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "other.db")
		execSQL(t, plainSQL(t, path), "CREATE TABLE documents (kind, id, version, seq, body)")
		wantRefused(t, path, recommend.ErrInvalid, "something else")
	})
	t.Run("a file that is no database", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "store.db")
		if err := os.WriteFile(path, []byte(strings.Repeat("no database ", 1000)), 0o600); err != nil {
			t.Fatal(err)
		}
		wantRefused(t, path, recommend.ErrUnavailable, "not a database")
	})
	t.Run("a folder that is not there", func(t *testing.T) {
		wantRefused(t, filepath.Join(t.TempDir(), "none", "store.db"), recommend.ErrUnavailable, "open")
	})
}

func wantRefused(t *testing.T, path string, kind error, text string) {
	t.Helper()
	s, err := sqlite.Open(path, sqlite.Options{})
	if s != nil || !errors.Is(err, kind) || !strings.Contains(err.Error(), text) || !strings.Contains(err.Error(), path) {
		t.Errorf("Open: %v, want an error that wraps %q and names the file and %q", err, kind, text)
	}
}

func TestOpenTakesAnyFileName(t *testing.T) {
	for _, name := range []string{"plain", "a b", "a?mode=memory", "a#b", "100%", "a%20b", "店", "a&b=c", "file:x"} {
		path := filepath.Join(t.TempDir(), name)
		s := openAt(t, path)
		put(t, s, document(recommend.KindPick, "p", 1))
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v, want nil", err)
		}
		if _, err := os.Stat(path); err != nil {
			t.Errorf("Open of %q made another file: %v", name, err)
		}
		if _, err := os.Stat(path + "-wal"); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the log of %q is there after Close: %v", name, err)
		}
	}
}

func TestAMarkAheadOfARestoredFileIsUnknown(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	s := openAt(t, path)
	put(t, s, document(recommend.KindPick, "a", 1))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	backup, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	s = openAt(t, path)
	put(t, s, document(recommend.KindPick, "b", 1))
	_, mark, err := s.Changes(t.Context(), recommend.KindPick, "", 10)
	if err != nil {
		t.Fatalf("Changes: %v, want nil", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, backup, 0o600); err != nil {
		t.Fatal(err)
	}
	s = openAt(t, path)
	closeAfter(t, s)
	if _, _, err := s.Changes(t.Context(), recommend.KindPick, mark, 10); !errors.Is(err, recommend.ErrInvalid) {
		t.Errorf("Changes since %q: %v, want an error that wraps ErrInvalid", mark, err)
	}
}

// TestTwoStoresOnOneFile stands for two processes: they share nothing but the
// file.
func TestTwoStoresOnOneFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	stores := make([]*sqlite.Store, 3)
	var wg sync.WaitGroup
	for i := range stores {
		wg.Go(func() {
			s, err := sqlite.Open(path, sqlite.Options{BusyTimeout: soon})
			if err != nil {
				t.Errorf("Open: %v, want nil", err)
				return
			}
			stores[i] = s
		})
	}
	wg.Wait()
	if t.Failed() {
		return
	}
	for _, s := range stores {
		closeAfter(t, s)
	}

	const rounds = 30
	var want []recommend.Document
	for i := range stores {
		for n := range rounds {
			want = append(want, document(recommend.KindPick, strconv.Itoa(i)+"-"+strconv.Itoa(n), 1))
		}
	}
	for i, s := range stores {
		wg.Go(func() {
			for _, d := range want[i*rounds : (i+1)*rounds] {
				if err := s.Put(t.Context(), d, document(recommend.KindPick, "shared", int64(i))); err != nil {
					t.Errorf("Put: %v, want nil", err)
				}
			}
		})
	}
	wg.Wait()
	want = append(want, document(recommend.KindPick, "shared", int64(len(stores)-1)))
	for _, s := range stores {
		wantVersions(t, s, want...)
		docs, _, err := s.Changes(t.Context(), recommend.KindPick, "", 1000)
		if err != nil || len(docs) != len(want) {
			t.Errorf("Changes: %d documents, %v, want %d, nil", len(docs), err, len(want))
		}
	}
	wantSound(t, stores[0], path)
}

func TestALockedFileIsUnavailableUntilItIsFree(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	s, err := sqlite.Open(path, sqlite.Options{BusyTimeout: 20 * time.Millisecond})
	if err != nil {
		t.Fatalf("Open: %v, want nil", err)
	}
	closeAfter(t, s)
	before := document(recommend.KindPick, "before", 1)
	put(t, s, before)

	db := plainSQL(t, path)
	db.SetMaxOpenConns(1)
	execSQL(t, db, "BEGIN IMMEDIATE")
	d := document(recommend.KindPick, "p", 1)
	if err := s.Put(t.Context(), d); !errors.Is(err, recommend.ErrUnavailable) {
		t.Errorf("Put while another writes: %v, want an error that wraps ErrUnavailable", err)
	}
	wantVersions(t, s, before) // reading goes on
	execSQL(t, db, "ROLLBACK")

	put(t, s, d)
	wantVersions(t, s, before, d)
}

func TestACancelledPutThatWaitsIsNotWritten(t *testing.T) {
	s, path := newStore(t)
	db := plainSQL(t, path)
	db.SetMaxOpenConns(1)
	execSQL(t, db, "BEGIN IMMEDIATE") // the first Put waits for this, the others for the first
	var (
		wg     sync.WaitGroup
		errs   = make([]error, 8)
		ctx, c = context.WithCancel(t.Context())
	)
	for i := range errs {
		wg.Go(func() { errs[i] = s.Put(ctx, document(recommend.KindPick, strconv.Itoa(i), 1)) })
	}
	c()
	execSQL(t, db, "ROLLBACK")
	wg.Wait()
	for i, err := range errs {
		got, gerr := s.Get(t.Context(), document(recommend.KindPick, strconv.Itoa(i), 1).Ref)
		if gerr != nil {
			t.Fatalf("Get: %v, want nil", gerr)
		}
		if written := len(got) == 1; written != (err == nil) {
			t.Errorf("Put %d: %v, but the document is there: %t", i, err, written)
		}
		if err != nil && !errors.Is(err, recommend.ErrUnavailable) {
			t.Errorf("Put %d: %v, want an error that wraps ErrUnavailable", i, err)
		}
	}
}

func TestCloseWhilePuttingLosesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	s := openAt(t, path)
	var (
		mu    sync.Mutex
		wrote []recommend.Document
		wg    sync.WaitGroup
		some  = make(chan struct{})
		once  sync.Once
	)
	for w := range 8 {
		wg.Go(func() {
			for i := 0; ; i++ {
				d := document(recommend.KindPick, strconv.Itoa(w)+"-"+strconv.Itoa(i), 1)
				if err := s.Put(t.Context(), d); err != nil {
					if !errors.Is(err, recommend.ErrUnavailable) {
						t.Errorf("Put: %v, want an error that wraps ErrUnavailable", err)
					}
					return
				}
				mu.Lock()
				if wrote = append(wrote, d); len(wrote) == 50 {
					once.Do(func() { close(some) })
				}
				mu.Unlock()
			}
		})
	}
	select {
	case <-some:
	case <-time.After(soon):
		t.Errorf("50 puts took more than %s", soon)
	}
	if err := s.Close(); err != nil {
		t.Errorf("Close: %v, want nil", err)
	}
	wg.Wait()
	s = openAt(t, path)
	closeAfter(t, s)
	wantVersions(t, s, wrote...)
}

func TestADamagedFileIsUnavailable(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	s := openAt(t, path)
	docs := make([]recommend.Document, 500)
	for i := range docs {
		docs[i] = document(recommend.KindPick, strconv.Itoa(i), 1)
	}
	put(t, s, docs...)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const intact = 2 * 4096 // the schema lies in front
	for i := intact; i < len(file); i++ {
		file[i] = 0xA5
	}
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err = sqlite.Open(path, sqlite.Options{})
	if err != nil {
		if !errors.Is(err, recommend.ErrUnavailable) {
			t.Errorf("Open: %v, want nil or an error that wraps ErrUnavailable", err)
		}
		return
	}
	closeAfter(t, s)
	for name, call := range calls(s) {
		if err := call(t.Context()); !errors.Is(err, recommend.ErrUnavailable) {
			t.Errorf("%s on a damaged file: %v, want an error that wraps ErrUnavailable", name, err)
		}
	}
}
