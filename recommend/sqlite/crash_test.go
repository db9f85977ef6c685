package sqlite_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"vitrine.dev/recommend"
	"vitrine.dev/recommend/sqlite"
)

// childEnv names the file that a child process of the test puts into.
const childEnv = "VITRINE_SQLITE_TEST_CHILD"

// putUntilKilled is the child: it puts from four goroutines and prints what was
// acknowledged, a line each.
func putUntilKilled(path string) {
	s, err := sqlite.Open(path, sqlite.Options{})
	if err != nil {
		fmt.Println("error", err)
		return
	}
	var (
		out sync.Mutex
		wg  sync.WaitGroup
	)
	for w := range 4 {
		wg.Go(func() {
			for i := 0; ; i++ {
				docs := childDocuments(os.Getpid(), w, i)
				if err := s.Put(context.Background(), docs...); err != nil {
					fmt.Println("error", err)
					return
				}
				out.Lock()
				fmt.Println("put", os.Getpid(), w, i)
				out.Unlock()
			}
		})
	}
	wg.Wait()
}

// childDocuments returns what child pid puts in its goroutine w at step i.
func childDocuments(pid, w, i int) []recommend.Document {
	own := fmt.Sprintf("%d-%d-%d", pid, w, i)
	return []recommend.Document{
		document(recommend.KindPick, own, int64(i)),
		document(recommend.KindReader, own, int64(i)),
		document(recommend.KindProduct, fmt.Sprintf("%d-%d", pid, w), int64(i)),
	}
}

func TestWhatWasAcknowledgedSurvivesAKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	var acknowledged []recommend.Document
	for round := range 4 {
		lines := killedChild(t, path, 20+30*round)
		for _, l := range lines {
			var pid, w, i int
			if _, err := fmt.Sscanf(l, "put %d %d %d", &pid, &w, &i); err != nil {
				t.Fatalf("the child said %q", l)
			}
			acknowledged = append(acknowledged, childDocuments(pid, w, i)[:2]...)
		}
		s := openAt(t, path)
		wantVersions(t, s, acknowledged...)
		wantSound(t, s, path)
		if err := s.Close(); err != nil {
			t.Fatalf("Close: %v, want nil", err)
		}
	}
}

// killedChild starts a child on path, kills it once it has acknowledged n puts
// and returns all it has printed.
func killedChild(t *testing.T, path string, n int) (lines []string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+path)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewScanner(out)
	for in.Scan() {
		if lines = append(lines, in.Text()); len(lines) == n {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = cmd.Wait() // it was killed
	if len(lines) < n {
		t.Fatalf("the child ended by itself: %q", lines)
	}
	return lines
}

// wantSound checks the file, its index of words, and that the changes are
// exactly the documents of a followed kind.
func wantSound(t *testing.T, s *sqlite.Store, path string) {
	t.Helper()
	db := plainSQL(t, path)
	var verdict string
	if err := db.QueryRowContext(t.Context(), "PRAGMA integrity_check").Scan(&verdict); err != nil || verdict != "ok" {
		t.Errorf("integrity_check: %q, %v, want ok", verdict, err)
	}
	execSQL(t, db, "INSERT INTO search (search) VALUES ('integrity-check')")

	for _, kind := range []recommend.Kind{recommend.KindPick, recommend.KindProduct} {
		var want, found int
		if err := db.QueryRowContext(t.Context(),
			"SELECT count(*), count(s.rowid) FROM documents AS d LEFT JOIN search AS s ON s.rowid = d.number WHERE kind = ?", string(kind)).Scan(&want, &found); err != nil {
			t.Fatalf("count: %v", err)
		}
		if found != want {
			t.Errorf("%d of %d documents of kind %s are in the index", found, want, kind)
		}
		got := make(map[string]bool)
		mark := recommend.Mark("")
		for {
			docs, next, err := s.Changes(t.Context(), kind, mark, 100)
			if err != nil {
				t.Fatalf("Changes: %v, want nil", err)
			}
			if len(docs) == 0 {
				break
			}
			for _, d := range docs {
				got[d.ID] = true
			}
			mark = next
		}
		if len(got) != want {
			t.Errorf("Changes of %s: got %d documents, want %d", kind, len(got), want)
		}
	}
}

func TestPutsAtTheSameTimeShareATransaction(t *testing.T) {
	s, path := newStore(t)
	const writers, rounds = 16, 25
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range rounds {
				if err := s.Put(t.Context(), document(recommend.KindReader, strconv.Itoa(w), int64(i))); err != nil {
					t.Errorf("Put: %v, want nil", err)
				}
			}
		})
	}
	wg.Wait()
	if got, limit := commits(t, path), writers*rounds/2; got == 0 || got > limit {
		t.Errorf("%d puts of %d goroutines took %d transactions, want 1 to %d", writers*rounds, writers, got, limit)
	}
}

// commits counts the transactions in the write-ahead log beside path: each
// ends with a frame that says how long the file is.
func commits(t *testing.T, path string) (n int) {
	t.Helper()
	log, err := os.ReadFile(path + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	const header, frameHeader, page = 32, 24, 4096
	for at := header; at+frameHeader <= len(log); at += frameHeader + page {
		if string(log[at+4:at+8]) != strings.Repeat("\x00", 4) {
			n++
		}
	}
	return n
}
