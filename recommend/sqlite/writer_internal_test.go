package sqlite

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"vitrine.dev/recommend"
)

func newStore(t *testing.T) *Store {
	t.Helper()
	s, err := Open(filepath.Join(t.TempDir(), "store.db"), Options{})
	if err != nil {
		t.Fatalf("Open: %v, want nil", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v, want nil", err)
		}
	})
	return s
}

// What a crash of the machine leaves cannot be tried here; these settings are
// what SQLite promises it on.
func TestTheWriterSyncsEveryCommit(t *testing.T) {
	s := newStore(t)
	for pragma, want := range map[string]string{
		"journal_mode": "wal",
		"synchronous":  "2", // FULL
	} {
		var got string
		if err := s.writer.conn.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
			t.Errorf("PRAGMA %s: got %q, %v, want %q", pragma, got, err, want)
		}
	}
}

// A limit on the pages of the file stands for a full disk.
func TestAFullDiskIsUnavailableUntilThereIsRoom(t *testing.T) {
	s := newStore(t)
	limit := func(pages int) {
		t.Helper()
		if _, err := s.writer.conn.ExecContext(t.Context(), fmt.Sprintf("PRAGMA max_page_count = %d", pages)); err != nil {
			t.Fatal(err)
		}
	}
	docs := make([]recommend.Document, 200)
	for i := range docs {
		docs[i] = recommend.Document{
			Ref:  recommend.Ref{Kind: recommend.KindPick, ID: fmt.Sprintf("p%03d", i)},
			Body: []byte(`{"reason":"` + strings.Repeat("word ", 100) + `"}`),
		}
	}
	limit(30)
	if err := s.Put(t.Context(), docs...); !errors.Is(err, recommend.ErrUnavailable) {
		t.Errorf("Put on a full disk: %v, want an error that wraps ErrUnavailable", err)
	}
	if got, err := s.Get(t.Context(), docs[0].Ref, docs[199].Ref); err != nil || len(got) != 0 {
		t.Errorf("Get after that: %d documents, %v, want 0, nil", len(got), err)
	}
	limit(1 << 30)
	if err := s.Put(t.Context(), docs...); err != nil {
		t.Fatalf("Put once there is room: %v, want nil", err)
	}
	got, _, err := s.Changes(t.Context(), recommend.KindPick, "", 1000)
	if err != nil || len(got) != len(docs) {
		t.Errorf("Changes: %d documents, %v, want %d, nil", len(got), err, len(docs))
	}
	hits, err := s.Search(t.Context(), recommend.Search{Text: "word", Limit: 1000})
	if err != nil || len(hits) != len(docs) {
		t.Errorf("Search: %d hits, %v, want %d, nil", len(hits), err, len(docs))
	}
}
