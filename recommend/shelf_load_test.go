package recommend_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"vitrine.dev/recommend"
)

// TestLoadingIsApplyingOneAfterTheOther: a shelf that is loaded, some of it by
// many decoders at once, answers as one to which every document came alone.
func TestLoadingIsApplyingOneAfterTheOther(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		docs := drawDocuments(t, r, 150)
		a, b := newShopFloor(t), newShopFloor(t)
		for _, d := range docs {
			apply(t, a.shelf, d)
		}
		from := rapid.IntRange(0, len(docs)).Draw(r, "first of the load")
		to := rapid.IntRange(from, len(docs)).Draw(r, "first after the load")
		for _, d := range docs[:from] {
			apply(t, b.shelf, d)
		}
		err := b.shelf.Load(t.Context(), func(ctx context.Context) error {
			for _, page := range byKind(docs[from:to]) {
				if err := b.shelf.Apply(ctx, page[0].Kind, page); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			r.Fatalf("Load: %v", err)
		}
		for _, d := range docs[to:] {
			apply(t, b.shelf, d)
		}
		sameAnswers(t, r, a, b)
	})
}

// byKind are docs by kind, in the order that a follower asks for them.
func byKind(docs []recommend.Document) (pages [][]recommend.Document) {
	for _, kind := range recommend.ShelfKinds() {
		var page []recommend.Document
		for _, d := range docs {
			if d.Kind == kind {
				page = append(page, d)
			}
		}
		if len(page) > 0 {
			pages = append(pages, page)
		}
	}
	return pages
}

func TestWhatIsLoadedIsSeenWhenTheLoadEnds(t *testing.T) {
	f := newShopFloor(t)
	room := newStockroom(t)
	load := func(err error) error {
		return f.shelf.Load(t.Context(), func(ctx context.Context) error {
			for kind, docs := range map[recommend.Kind][]recommend.Document{
				recommend.KindPick: room.picks(100, 1), recommend.KindExpert: room.experts(), recommend.KindProduct: room.products(),
			} {
				if err := f.shelf.Apply(ctx, kind, docs); err != nil {
					return err
				}
			}
			if got := f.window(t, recommend.WindowRequest{}).Items; len(got) != 0 {
				t.Errorf("%d cards are seen before the load has ended", len(got))
			}
			return err
		})
	}
	away := fmt.Errorf("the store: %w", recommend.ErrUnavailable)
	if err := load(away); !errors.Is(err, away) {
		t.Errorf("a load that fails says %v", err)
	}
	if got := len(f.window(t, recommend.WindowRequest{Limit: 20}).Items); got != 20 {
		t.Errorf("%d cards are seen of what a load brought that failed later, want 20", got)
	}
}

// TestProducersFieldsMayBeAnything: documents keep what producers add, as it
// came, and are read all the same.
func TestProducersFieldsMayBeAnything(t *testing.T) {
	f := newShopFloor(t)
	p := pick("p1", "e1", "i1")
	p.Extra = map[string]json.RawMessage{
		"twice": json.RawMessage(`{"a":1,"a":2}`), "bytes": json.RawMessage("\"\xff\""), "Reason": json.RawMessage(`7`), "deep": json.RawMessage(`[[[{"id":[null]}]]]`),
	}
	f.put(t, recommend.KindExpert, "e1", expert("e1"))
	f.put(t, recommend.KindProduct, "jd:i1", product("i1", stocked(3)))
	f.put(t, recommend.KindPick, "p1", p)
	got := f.window(t, recommend.WindowRequest{}).Items
	if len(got) != 1 || got[0].Reason != p.Reason {
		t.Errorf("got %+v\n%s", got, f.log)
	}
}
