package sqlite

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"vitrine.dev/recommend"
)

// TestOneDocumentIsReadWhileManyAreWaitedFor: a page needs one, and does not
// stand in line behind all who look for a hundred.
func TestOneDocumentIsReadWhileManyAreWaitedFor(t *testing.T) {
	s, err := Open(filepath.Join(t.TempDir(), "vitrine.db"), Options{Readers: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	ref := recommend.Ref{Kind: recommend.KindReader, ID: "r"}
	if err := s.Put(t.Context(), recommend.Document{Ref: ref, Version: 1, Body: []byte("{}")}); err != nil {
		t.Fatal(err)
	}
	for range 2 { // all that read many at once do
		rows, err := s.manyRows(t.Context(), []recommend.Ref{ref, ref})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = rows.Close() })
	}
	if docs, err := s.Get(t.Context(), ref); err != nil || len(docs) != 1 {
		t.Errorf("one document: %v, %v, want it at once", docs, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if rows, err := s.manyRows(ctx, []recommend.Ref{ref, ref}); !errors.Is(err, context.Canceled) {
		t.Errorf("a third read of many: %v, %v, want it to wait as long as its context lasts", rows, err)
	}
}
