package sqlite

import (
	"path/filepath"
	"testing"
)

// What a crash of the machine leaves cannot be tried here; these settings are
// what SQLite promises it on.
func TestTheWriterSyncsEveryCommit(t *testing.T) {
	s, err := Open(filepath.Join(t.TempDir(), "store.db"), Options{})
	if err != nil {
		t.Fatalf("Open: %v, want nil", err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v, want nil", err)
		}
	}()
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
