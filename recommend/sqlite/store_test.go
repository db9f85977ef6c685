package sqlite_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"
	_ "modernc.org/sqlite"

	"vitrine.dev/recommend"
	"vitrine.dev/recommend/sqlite"
	"vitrine.dev/recommend/storetest"
)

func TestMain(m *testing.M) {
	if path := os.Getenv(childEnv); path != "" {
		putUntilKilled(path)
		os.Exit(1)
	}
	goleak.VerifyTestMain(m)
}

// openAt opens the store at path; whoever calls closes it.
func openAt(tb testing.TB, path string) *sqlite.Store {
	tb.Helper()
	s, err := sqlite.Open(path, sqlite.Options{})
	if err != nil {
		tb.Fatalf("Open: %v, want nil", err)
	}
	return s
}

// newStore opens a store for as long as tb runs.
func newStore(tb testing.TB) (s *sqlite.Store, path string) {
	tb.Helper()
	path = filepath.Join(tb.TempDir(), "store.db")
	s = openAt(tb, path)
	closeAfter(tb, s)
	return s, path
}

func closeAfter(tb testing.TB, s *sqlite.Store) {
	tb.Helper()
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Errorf("Close: %v, want nil", err)
		}
	})
}

// plainSQL opens path as any other program would, for as long as t runs.
func plainSQL(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatalf("open %s: %v", path, err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func execSQL(t *testing.T, db *sql.DB, statement string) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

func document(kind recommend.Kind, id string, version int64) recommend.Document {
	return recommend.Document{
		Ref: recommend.Ref{Kind: kind, ID: id}, Version: version,
		Body: json.RawMessage(fmt.Sprintf(`{"reason":"reason of %s","version":%d}`, id, version)),
	}
}

func put(t *testing.T, s *sqlite.Store, docs ...recommend.Document) {
	t.Helper()
	if err := s.Put(t.Context(), docs...); err != nil {
		t.Fatalf("Put: %v, want nil", err)
	}
}

// wantVersions checks that Get of the refs of docs returns all of them in
// their versions.
func wantVersions(t *testing.T, s *sqlite.Store, docs ...recommend.Document) {
	t.Helper()
	ask := make([]recommend.Ref, len(docs))
	for i, d := range docs {
		ask[i] = d.Ref
	}
	got, err := s.Get(t.Context(), ask...)
	if err != nil {
		t.Fatalf("Get: %v, want nil", err)
	}
	if len(got) != len(docs) {
		t.Fatalf("Get: got %d documents, want %d", len(got), len(docs))
	}
	for i, d := range docs {
		if got[i].Ref != d.Ref || got[i].Version != d.Version {
			t.Errorf("Get: got %s version %d, want %s version %d", got[i].Ref, got[i].Version, d.Ref, d.Version)
		}
	}
}

func TestStore(t *testing.T) {
	paths := map[recommend.Store]string{}
	open := func(tb testing.TB, path string) recommend.Store {
		tb.Helper()
		s := openAt(tb, path)
		paths[s] = path
		return s
	}
	storetest.Options{
		Reopen: func(tb testing.TB, s recommend.Store) recommend.Store {
			tb.Helper()
			if err := s.Close(); err != nil {
				tb.Fatalf("Close: %v, want nil", err)
			}
			return open(tb, paths[s])
		},
	}.Run(t, func(tb testing.TB) recommend.Store {
		tb.Helper()
		return open(tb, filepath.Join(tb.TempDir(), "store.db"))
	})
}

func BenchmarkStore(b *testing.B) {
	storetest.Benchmark(b, func(tb testing.TB) recommend.Store {
		tb.Helper()
		return openAt(tb, filepath.Join(tb.TempDir(), "store.db"))
	})
}

func TestAnySQLiteToolCanRead(t *testing.T) {
	s, path := newStore(t)
	put(t, s, document(recommend.KindPick, "p1", 7), document(recommend.KindReader, "r1", 3))

	var version, seq int64
	var reason string
	err := plainSQL(t, path).QueryRowContext(t.Context(),
		`SELECT version, seq, body ->> 'reason' FROM documents WHERE kind = 'pick' AND id = 'p1'`).Scan(&version, &seq, &reason)
	if err != nil || version != 7 || seq != 1 || reason != "reason of p1" {
		t.Errorf("SELECT: got version %d, seq %d, reason %q, %v; want 7, 1, %q, nil", version, seq, reason, err, "reason of p1")
	}
}

func TestPutRefusesWhatNobodyCanFold(t *testing.T) {
	s, _ := newStore(t)
	good := document(recommend.KindPick, "good", 1)
	tests := map[string]recommend.Document{
		"no kind":             {Ref: recommend.Ref{ID: "a"}, Body: []byte(`{}`)},
		"no id":               {Ref: recommend.Ref{Kind: recommend.KindPick}, Body: []byte(`{}`)},
		"an id of no UTF-8":   {Ref: recommend.Ref{Kind: recommend.KindPick, ID: "\xff"}, Body: []byte(`{}`)},
		"an id with a zero":   {Ref: recommend.Ref{Kind: recommend.KindPick, ID: "a\x00b"}, Body: []byte(`{}`)},
		"a negative version":  {Ref: recommend.Ref{Kind: recommend.KindPick, ID: "a"}, Version: -1, Body: []byte(`{}`)},
		"no body":             {Ref: recommend.Ref{Kind: recommend.KindPick, ID: "a"}},
		"a body of text":      {Ref: recommend.Ref{Kind: recommend.KindPick, ID: "a"}, Body: []byte(`"text"`)},
		"a body of null":      {Ref: recommend.Ref{Kind: recommend.KindReader, ID: "a"}, Body: []byte(`null`)},
		"a body of a list":    {Ref: recommend.Ref{Kind: recommend.KindReader, ID: "a"}, Body: []byte(`[]`)},
		"a body that is cut":  {Ref: recommend.Ref{Kind: recommend.KindReader, ID: "a"}, Body: []byte(`{"a":1`)},
		"a body of two parts": {Ref: recommend.Ref{Kind: recommend.KindReader, ID: "a"}, Body: []byte(`{} {}`)},
	}
	for name, d := range tests {
		t.Run(name, func(t *testing.T) {
			err := s.Put(t.Context(), d, good)
			perr, ok := errors.AsType[*recommend.PutError](err)
			if !ok || len(perr.Items) != 1 || perr.Items[0].Ref != d.Ref {
				t.Fatalf("Put: %v, want a PutError that names %s", err, d.Ref)
			}
			wantVersions(t, s, good)
			if got, err := s.Get(t.Context(), d.Ref, good.Ref); err != nil || len(got) != 1 {
				t.Errorf("Get of it and another: %d documents, %v, want 1, nil", len(got), err)
			}
		})
	}
}

func TestChangesOfAKindThatIsNotIndexedAreInvalid(t *testing.T) {
	s, _ := newStore(t)
	put(t, s, document(recommend.KindReader, "r1", 1))
	if _, _, err := s.Changes(t.Context(), recommend.KindReader, "", 10); !errors.Is(err, recommend.ErrInvalid) {
		t.Errorf("Changes of readers: %v, want an error that wraps ErrInvalid", err)
	}
}

func TestNotify(t *testing.T) {
	s, _ := newStore(t)
	one, two := s.Notify(), s.Notify()
	tokens := func() (n int) {
		for _, c := range []<-chan struct{}{one, two} {
			select {
			case <-c:
				n++
			default:
			}
		}
		return n
	}
	if got := tokens(); got != 0 {
		t.Errorf("before any put: got %d tokens, want 0", got)
	}
	put(t, s, document(recommend.KindPick, "p", 1))
	put(t, s, document(recommend.KindPick, "p", 2))
	if got := tokens(); got != 2 {
		t.Errorf("after two puts: got %d tokens on two channels, want 2", got)
	}
	if got := tokens(); got != 0 {
		t.Errorf("after the tokens were taken: got %d, want 0", got)
	}
	put(t, s, document(recommend.KindPick, "p", 1))
	put(t, s, document(recommend.KindReader, "r", 1))
	if got := tokens(); got != 0 {
		t.Errorf("after puts that nobody can follow: got %d tokens, want 0", got)
	}
}

func TestAfterClose(t *testing.T) {
	s, _ := newStore(t)
	put(t, s, document(recommend.KindPick, "p", 1))
	if err := s.Close(); err != nil {
		t.Fatalf("Close: %v, want nil", err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("second Close: %v, want nil", err)
	}
	for name, call := range calls(s) {
		if err := call(t.Context()); !errors.Is(err, recommend.ErrUnavailable) {
			t.Errorf("%s after Close: %v, want an error that wraps ErrUnavailable", name, err)
		}
	}
}

// calls returns a call of every method that can fail.
func calls(s *sqlite.Store) map[string]func(context.Context) error {
	a, b := document(recommend.KindPick, "p", 9), document(recommend.KindPick, "q", 9)
	return map[string]func(context.Context) error{
		"Put":      func(ctx context.Context) error { return s.Put(ctx, a) },
		"Get":      func(ctx context.Context) error { _, err := s.Get(ctx, a.Ref); return err },
		"Get many": func(ctx context.Context) error { _, err := s.Get(ctx, a.Ref, b.Ref); return err },
		"Changes": func(ctx context.Context) error {
			_, _, err := s.Changes(ctx, recommend.KindPick, "", 10)
			return err
		},
		"Search": func(ctx context.Context) error {
			_, err := s.Search(ctx, recommend.Search{Text: "reason", Limit: 10})
			return err
		},
		"Check": s.Check,
	}
}

// soon bounds a wait that ends at once unless something is broken.
const soon = 20 * time.Second
