package storetest

import (
	"slices"
	"testing"

	"vitrine.dev/recommend"
)

// testReopen looks at what is there after a restart.
func testReopen(t *testing.T, h *harness) {
	if h.Reopen == nil {
		t.Skip("this engine gives no way to reopen a store")
	}
	s := h.open(t) // closed by Reopen
	docs := several(recommend.KindPick, "", 20)
	put(t, s, docs...)
	put(t, s, document(recommend.KindReader, "r", 4))
	before := &harness{Store: s, Options: h.Options}
	f := before.follow(recommend.KindPick, "", 100)
	all := map[recommend.Ref]recommend.Document{}
	newest(all, docs...)
	f.until(t, all)

	s = closing(t, h.Reopen(t, s))
	t.Run("documents are there", func(t *testing.T) {
		wantGet(t, s, append(slices.Clone(docs), document(recommend.KindReader, "r", 4))...)
	})
	t.Run("an older version still loses", func(t *testing.T) {
		put(t, s, document(recommend.KindReader, "r", 3))
		wantGet(t, s, document(recommend.KindReader, "r", 4))
	})
	t.Run("a mark goes on where it was", func(t *testing.T) {
		f.store = s
		f.drain(t)
		more := several(recommend.KindPick, "more-", 20)
		put(t, s, more...)
		newest(all, more...)
		f.until(t, all)
	})
}
