package storetest

import (
	"context"
	"errors"
	"slices"
	"testing"

	"vitrine.dev/recommend"
)

func testGet(t *testing.T, h *harness) {
	t.Run("returns documents in the order of refs", h.testGetOrder)
	t.Run("leaves out what does not exist", h.testGetAbsent)
	t.Run("of nothing is nothing", h.testGetNothing)
	t.Run("gives its result to the caller", h.testGetOwned)
}

func (h *harness) testGetOrder(t *testing.T) {
	pre := h.prefix()
	var docs []recommend.Document
	for _, id := range []string{"m", "a", "z", "b"} {
		for _, k := range recommend.Kinds() {
			docs = append(docs, document(k, pre+id, 1))
		}
	}
	put(t, h, docs...)
	wantGet(t, h, docs...)
	slices.Reverse(docs)
	wantGet(t, h, docs...)
}

func (h *harness) testGetAbsent(t *testing.T) {
	pre := h.prefix()
	a, b := document(recommend.KindPick, pre+"a", 1), document(recommend.KindReader, pre+"b", 1)
	put(t, h, a, b)
	absent := func(kind recommend.Kind, id string) recommend.Ref {
		return recommend.Ref{Kind: kind, ID: pre + id}
	}
	got, err := h.Get(t.Context(),
		absent(recommend.KindPick, "b"), b.Ref, absent(recommend.KindPick, ""), absent(recommend.KindRuling, "x"), a.Ref, absent(recommend.KindReader, "a"))
	if err != nil {
		t.Fatalf("Get: %v, want nil", err)
	}
	wantDocuments(t, "Get", got, []recommend.Document{b, a})

	got, err = h.Get(t.Context(), absent(recommend.KindProduct, "none"))
	if err != nil || len(got) != 0 {
		t.Errorf("Get of an absent ref: %d documents, %v, want none and nil", len(got), err)
	}
}

func (h *harness) testGetNothing(t *testing.T) {
	got, err := h.Get(t.Context())
	if err != nil || len(got) != 0 {
		t.Errorf("Get of no ref: %d documents, %v, want none and nil", len(got), err)
	}
}

func (h *harness) testGetOwned(t *testing.T) {
	want := document(recommend.KindPick, h.prefix(), 1)
	put(t, h, want)
	got, err := h.Get(t.Context(), want.Ref)
	if err != nil || len(got) != 1 {
		t.Fatalf("Get: %d documents, %v, want 1 and nil", len(got), err)
	}
	for i := range got[0].Body {
		got[0].Body[i] = 'x'
	}
	_ = append(got[0].Body, "more"...)
	wantGet(t, h, want)
}

func testCheck(t *testing.T, h *harness) {
	t.Run("an open store answers", func(t *testing.T) {
		if err := h.Check(t.Context()); err != nil {
			t.Errorf("Check: %v, want nil", err)
		}
	})
	t.Run("what a cancelled context stops is unavailable", h.testCancelled)
}

func (h *harness) testCancelled(t *testing.T) {
	d := withText(recommend.KindPick, h.prefix(), 1, "cancelled")
	put(t, h, d)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, call := range map[string]func() error{
		"Put": func() error { return h.Put(ctx, d) },
		"Get": func() error { _, err := h.Get(ctx, d.Ref); return err },
		"Changes": func() error {
			_, _, err := h.Changes(ctx, recommend.KindPick, "", 10)
			return err
		},
		"Search": func() error { _, err := h.Search(ctx, recommend.Search{Text: "cancelled", Limit: 10}); return err },
		"Check":  func() error { return h.Check(ctx) },
	} {
		if err := call(); !errors.Is(err, recommend.ErrUnavailable) {
			t.Errorf("%s with a cancelled context: %v, want an error that wraps ErrUnavailable", name, err)
		}
	}
	wantGet(t, h, d)
}
