package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vitrine.dev/recommend"
	"vitrine.dev/recommend/sqlite"
)

func next(t *testing.T, s *sqlite.Store) *sqlite.Store {
	t.Helper()
	n, err := s.Next()
	if err != nil {
		t.Fatalf("Next: %v, want nil", err)
	}
	return n
}

func nothingMore(context.Context) error { return nil }

func TestReplacePutsAnotherFileInTheStoresPlace(t *testing.T) {
	s, path := newStore(t)
	woken := s.Notify()
	before := document(recommend.KindPick, "before", 1)
	put(t, s, before, document(recommend.KindReader, "r", 5))
	_, mark, err := s.Changes(t.Context(), recommend.KindPick, "", 10)
	if err != nil {
		t.Fatalf("Changes: %v, want nil", err)
	}
	<-woken
	n := next(t, s)
	put(t, n, document(recommend.KindPick, "after", 1))
	late := document(recommend.KindReader, "r", 4)
	err = s.Replace(t.Context(), n, func(ctx context.Context) error {
		wantVersions(t, s, before) // still asked, and answering
		return n.Put(ctx, late)
	})
	if err != nil {
		t.Fatalf("Replace: %v, want nil", err)
	}
	wantVersions(t, s, document(recommend.KindPick, "after", 1), late)
	if got, err := s.Get(t.Context(), before.Ref); err != nil || len(got) != 0 {
		t.Errorf("Get of what the file before held: %v, %v, want none, nil", got, err)
	}
	if _, _, err := s.Changes(t.Context(), recommend.KindPick, mark, 10); !errors.Is(err, recommend.ErrInvalid) {
		t.Errorf("Changes since a mark from before: %v, want an error that wraps ErrInvalid", err)
	}
	if docs, _, err := s.Changes(t.Context(), recommend.KindPick, "", 10); err != nil || len(docs) != 1 || docs[0].ID != "after" {
		t.Errorf("Changes: %v, %v, want the one after", docs, err)
	}
	select {
	case <-woken:
	default:
		t.Error("followers have not been told")
	}
	put(t, s, document(recommend.KindReader, "r", 6))
	if got := s.Generation(); got != 1 {
		t.Errorf("Generation: got %d, want 1", got)
	}
	old := openAt(t, path+".old")
	closeAfter(t, old)
	wantVersions(t, old, before, document(recommend.KindReader, "r", 5))
	if _, err := os.Stat(path + ".next"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the next file: %v, want none", err)
	}

	if err := s.Close(); err != nil {
		t.Fatalf("Close: %v, want nil", err)
	}
	again := openAt(t, path)
	closeAfter(t, again)
	wantVersions(t, again, document(recommend.KindPick, "after", 1), document(recommend.KindReader, "r", 6))
}

func TestReplaceThatCannotCatchUpChangesNothing(t *testing.T) {
	s, path := newStore(t)
	d := document(recommend.KindPick, "p", 1)
	put(t, s, d)
	n := next(t, s)
	failure := errors.New("the log is away")
	if err := s.Replace(t.Context(), n, func(context.Context) error { return failure }); !errors.Is(err, failure) {
		t.Errorf("Replace: %v, want %v", err, failure)
	}
	wantVersions(t, s, d)
	put(t, s, document(recommend.KindPick, "p", 2))
	files, err := filepath.Glob(path + ".*")
	if err != nil || len(files) != 0 {
		t.Errorf("left behind: %v, %v, want nothing", files, err)
	}
	// What a process that was killed left is in nobody's way.
	n = next(t, s)
	put(t, n, document(recommend.KindPick, "half", 1))
	if err := n.Close(); err != nil {
		t.Fatalf("Close: %v, want nil", err)
	}
	n = next(t, s)
	if got, err := n.Get(t.Context(), document(recommend.KindPick, "half", 1).Ref); err != nil || len(got) != 0 {
		t.Errorf("Get from another next: %v, %v, want none, nil", got, err)
	}
	if err := s.Discard(n); err != nil {
		t.Errorf("Discard: %v, want nil", err)
	}
}

// TestReplaceIsNotNoticed reads and writes without a pause while files are
// replaced. No read fails; a Put is taken, or told that its documents are from
// before.
func TestReplaceIsNotNoticed(t *testing.T) {
	s, _ := newStore(t)
	seen := document(recommend.KindPick, "seen", 1)
	put(t, s, seen)
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for name, call := range calls(s) {
		if name == "Put" {
			continue
		}
		wg.Go(func() {
			for ctx.Err() == nil {
				if err := call(t.Context()); err != nil {
					t.Errorf("%s: %v, want nil", name, err)
				}
			}
		})
	}
	wg.Go(func() {
		for ctx.Err() == nil {
			if got, err := s.Get(t.Context(), seen.Ref); err != nil || len(got) != 1 {
				t.Errorf("Get: %v, %v, want the document, nil", got, err)
			}
		}
	})
	var taken sync.Map // by generation
	for w := range 3 {
		wg.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				generation := s.Generation()
				d := document(recommend.KindReader, fmt.Sprint(w, "-", i), 1)
				err := s.Put(t.Context(), d)
				switch {
				case err == nil && s.Generation() == generation:
					taken.Store(d.Ref, generation)
				case err != nil && !errors.Is(err, recommend.ErrConflict):
					t.Errorf("Put: %v, want nil or an error that wraps ErrConflict", err)
				}
			}
		})
	}
	const rounds = 5
	for range rounds {
		n := next(t, s)
		put(t, n, seen)
		if err := s.Replace(t.Context(), n, nothingMore); err != nil {
			t.Errorf("Replace: %v, want nil", err)
		}
	}
	stop()
	wg.Wait()
	taken.Range(func(ref, generation any) bool {
		if generation.(uint64) == rounds {
			if got, err := s.Get(t.Context(), ref.(recommend.Ref)); err != nil || len(got) != 1 {
				t.Errorf("Get of %v, which was put last: %v, %v, want it, nil", ref, got, err)
			}
		}
		return true
	})
}

func TestEachVisitsEveryDocumentOfAKind(t *testing.T) {
	s, _ := newStore(t)
	var want, docs []recommend.Document
	for i := range 1203 {
		docs = append(docs, document(recommend.KindReader, strconv.Itoa(100000+i), int64(i)))
	}
	want = docs
	put(t, s, append(docs, document(recommend.KindPick, "p", 1))...)
	var got []recommend.Document
	err := s.Each(t.Context(), recommend.KindReader, func(d recommend.Document) error {
		got = append(got, d)
		return nil
	})
	if err != nil {
		t.Fatalf("Each: %v, want nil", err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("documents (-want +got):\n%.2000s", diff)
	}
	enough := errors.New("enough")
	if err := s.Each(t.Context(), recommend.KindReader, func(recommend.Document) error { return enough }); !errors.Is(err, enough) {
		t.Errorf("Each: %v, want the error of the function", err)
	}
}
