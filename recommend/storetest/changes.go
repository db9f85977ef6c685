package storetest

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"vitrine.dev/recommend"
)

func testChanges(t *testing.T, h *harness) {
	t.Run("of an empty store are none", h.testNoChanges)
	t.Run("come in pages from the beginning", h.testPages)
	t.Run("go on from a mark", h.testGoOn)
	t.Run("come oldest put first", h.testOldestFirst)
	t.Run("show the last put of a document", h.testLastPut)
	t.Run("never show a version that lost", h.testNeverLosers)
	t.Run("keep kinds apart", h.testKindsApart)
	t.Run("are not missed while others put", h.testFollowWriters)
	t.Run("since an unknown mark are invalid", h.testUnknownMark)
	t.Run("since a mark of another store are invalid", h.testForeignMark)
}

func (h *harness) testNoChanges(t *testing.T) {
	s := h.openStore(t)
	for _, k := range indexed() {
		docs, mark, err := s.Changes(t.Context(), k, "", 10)
		if err != nil || len(docs) != 0 || mark != "" {
			t.Errorf("Changes of %s: %d documents, mark %q, %v, want none, the empty mark, nil", k, len(docs), mark, err)
		}
	}
}

// several returns n documents of kind with version 1.
func several(kind recommend.Kind, prefix string, n int) []recommend.Document {
	docs := make([]recommend.Document, n)
	for i := range docs {
		docs[i] = document(kind, fmt.Sprintf("%s%04d", prefix, i), 1)
	}
	return docs
}

func (h *harness) testPages(t *testing.T) {
	for _, kind := range indexed() {
		pre := h.prefix()
		docs := several(kind, pre, 60)
		put(t, h, docs[:45]...) // pages end within a batch
		put(t, h, docs[45:]...)
		want := map[recommend.Ref]recommend.Document{}
		newest(want, docs...)
		for _, limit := range []int{1, 7, 60, 1000} {
			t.Run(fmt.Sprintf("%s by %d", kind, limit), func(t *testing.T) {
				h.follow(kind, pre, limit).until(t, want)
			})
		}
	}
}

func (h *harness) testGoOn(t *testing.T) {
	pre := h.prefix()
	want := map[recommend.Ref]recommend.Document{}
	f := h.follow(recommend.KindPick, pre, 10)
	for round := range 5 {
		docs := several(recommend.KindPick, pre+strconv.Itoa(round)+"-", 12)
		docs = append(docs, document(recommend.KindPick, pre+"again", int64(round)))
		put(t, h, docs...)
		newest(want, docs...)
		f.until(t, want)
	}
	wantMark := f.mark
	if n := f.step(t); n != 0 || f.mark != wantMark {
		t.Errorf("Changes with none left: %d documents and mark %q, want 0 and %q", n, f.mark, wantMark)
	}
}

func (h *harness) testOldestFirst(t *testing.T) {
	pre := h.prefix()
	var ids []string
	want := map[recommend.Ref]recommend.Document{}
	for _, id := range []string{"m", "c", "z", "a", "k"} {
		d := document(recommend.KindProduct, pre+id, 100-int64(len(ids)))
		put(t, h, d)
		newest(want, d)
		ids = append(ids, d.ID)
	}
	again := document(recommend.KindProduct, pre+"c", 200)
	put(t, h, again)
	newest(want, again)
	ids = append(slices.Delete(ids, 1, 2), again.ID)

	f := h.follow(recommend.KindProduct, pre, 2)
	// All of them are visible once another follower has seen them.
	h.follow(recommend.KindProduct, pre, 100).until(t, want)
	f.until(t, want)
	if !slices.Equal(f.order, ids) {
		t.Errorf("order of changes: got %q, want %q", f.order, ids)
	}
}

func (h *harness) testLastPut(t *testing.T) {
	pre := h.prefix()
	f := h.follow(recommend.KindRuling, pre, 100)
	f.drain(t)
	want := map[recommend.Ref]recommend.Document{}
	for v := range int64(4) {
		docs := []recommend.Document{document(recommend.KindRuling, pre+"a", v), document(recommend.KindRuling, pre+"b", v)}
		put(t, h, docs...)
		newest(want, docs...)
	}
	// All of them are visible once another follower has seen them.
	h.follow(recommend.KindRuling, pre, 100).until(t, want)

	docs, _, err := h.Changes(t.Context(), recommend.KindRuling, f.mark, 100)
	if err != nil {
		t.Fatalf("Changes since %q: %v, want nil", f.mark, err)
	}
	for _, d := range docs {
		if got, want := d.Version, int64(3); strings.HasPrefix(d.ID, pre) && got != want {
			t.Errorf("Changes: got version %d of %s, want %d, its last put", got, d.Ref, want)
		}
	}
}

func (h *harness) testNeverLosers(t *testing.T) {
	pre := h.prefix()
	winner, last := document(recommend.KindExpert, pre+"a", 5), document(recommend.KindExpert, pre+"last", 1)
	put(t, h, winner)
	put(t, h, document(recommend.KindExpert, pre+"a", 3))
	put(t, h, document(recommend.KindExpert, pre+"b", 2), document(recommend.KindExpert, pre+"b", 1))
	put(t, h, last)
	want := map[recommend.Ref]recommend.Document{}
	newest(want, winner, document(recommend.KindExpert, pre+"b", 2), last)
	h.follow(recommend.KindExpert, pre, 10).until(t, want)
}

func (h *harness) testKindsApart(t *testing.T) {
	pre := h.prefix()
	want := map[recommend.Ref]recommend.Document{}
	for i := range int64(3) {
		for _, k := range recommend.Kinds() {
			d := document(k, pre+strconv.FormatInt(i, 10), i)
			put(t, h, d)
			newest(want, d)
		}
	}
	for _, k := range indexed() {
		h.follow(k, pre, 2).until(t, ofKind(want, k, pre))
	}
}

func (h *harness) testFollowWriters(t *testing.T) {
	pre := h.prefix()
	const writers, rounds = 8, 40
	var (
		mu   sync.Mutex
		want = map[recommend.Ref]recommend.Document{}
		wg   sync.WaitGroup
	)
	for w := range writers {
		wg.Go(func() {
			for i := range rounds {
				docs := []recommend.Document{
					document(recommend.KindPick, fmt.Sprintf("%sown-%d-%d", pre, w, i), int64(i)),
					document(recommend.KindPick, fmt.Sprintf("%sshared-%d", pre, i%5), int64(w+i*3)),
				}
				if i%4 == 0 {
					docs = append(docs, several(recommend.KindPick, fmt.Sprintf("%sbatch-%d-%d-", pre, w, i), 20)...)
				}
				if err := h.Put(t.Context(), docs...); err != nil {
					t.Errorf("Put: %v, want nil", err)
					return
				}
				mu.Lock()
				newest(want, docs...)
				mu.Unlock()
			}
		})
	}
	f := h.follow(recommend.KindPick, pre, 16)
	stopped := make(chan struct{})
	go func() { wg.Wait(); close(stopped) }()
	for running := true; running; {
		select {
		case <-stopped:
			running = false
		default:
			f.step(t)
		}
	}
	f.until(t, want)
}

func (h *harness) testUnknownMark(t *testing.T) {
	put(t, h, document(recommend.KindPick, h.prefix(), 1))
	for _, mark := range []recommend.Mark{"no such mark", "💥", "{", "\x00", " "} {
		docs, _, err := h.Changes(t.Context(), recommend.KindPick, mark, 10)
		if !errors.Is(err, recommend.ErrInvalid) {
			t.Errorf("Changes since %q: %d documents, %v, want an error that wraps ErrInvalid", mark, len(docs), err)
		}
	}
}

func (h *harness) testForeignMark(t *testing.T) {
	other := &harness{Store: h.openStore(t), Options: h.Options}
	d := document(recommend.KindPick, "a", 1)
	put(t, other, d)
	f := other.follow(recommend.KindPick, "", 10)
	f.until(t, map[recommend.Ref]recommend.Document{d.Ref: d})

	docs, _, err := h.Changes(t.Context(), recommend.KindPick, f.mark, 10)
	if !errors.Is(err, recommend.ErrInvalid) {
		t.Errorf("Changes since %q of another store: %d documents, %v, want an error that wraps ErrInvalid", f.mark, len(docs), err)
	}
}
