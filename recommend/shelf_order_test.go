package recommend_test

import (
	"encoding/json"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"vitrine.dev/recommend"
)

// TestTheOrderOfArrivalDoesNotMatter applies the same documents, with older
// versions among them, in two orders.
func TestTheOrderOfArrivalDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		docs := drawDocuments(t, r, 30)
		a, b := newShopFloor(t), newShopFloor(t)
		for _, d := range docs {
			apply(t, a.shelf, d)
		}
		for _, d := range rapid.Permutation(docs).Draw(r, "order") {
			apply(t, b.shelf, d)
		}
		sameAnswers(t, r, a, b)
	})
}

// sameAnswers holds what b says against what a says.
func sameAnswers(t *testing.T, r *rapid.T, a, b *shopFloor) {
	t.Helper()
	b.Windows = recommend.NewWindows(recommend.WindowsConfig{
		Shelf: b.shelf, World: a.world, Store: a.store, SecretKey: []byte("k"), Now: b.clock.now,
	})
	for _, ask := range []func(f *shopFloor) (any, error){
		func(f *shopFloor) (any, error) {
			w, err := f.Window(t.Context(), recommend.WindowRequest{Limit: 50})
			return w.Items, err
		},
		func(f *shopFloor) (any, error) {
			s, err := f.Search(t.Context(), recommend.SearchRequest{Limit: 50})
			return []any{s.Items, s.Facets}, err
		},
		func(f *shopFloor) (any, error) {
			s, err := f.Storefront(t.Context(), recommend.StorefrontRequest{Expert: "e0", Tab: recommend.TabPopular})
			return s, err
		},
		func(f *shopFloor) (any, error) { return f.TopicTree("en"), nil },
	} {
		got, gotErr := ask(b)
		want, wantErr := ask(a)
		if diff := cmp.Diff(want, got); diff != "" || (gotErr == nil) != (wantErr == nil) {
			r.Fatalf("another order or way of arrival gives another answer, %v and %v (-one +other):\n%s", wantErr, gotErr, diff)
		}
	}
}

func apply(t *testing.T, s *recommend.Shelf, d recommend.Document) {
	t.Helper()
	if err := s.Apply(t.Context(), d.Kind, []recommend.Document{d}); err != nil {
		t.Fatalf("Apply: %v", err)
	}
}

// drawDocuments draws at most so many versions of few picks, experts, products and rulings.
func drawDocuments(t *testing.T, r *rapid.T, most int) []recommend.Document {
	versions := make(map[recommend.Ref]int64)
	var docs []recommend.Document
	add := func(kind recommend.Kind, id string, v any) {
		body, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		ref := recommend.Ref{Kind: kind, ID: id}
		versions[ref]++
		docs = append(docs, recommend.Document{Ref: ref, Version: versions[ref], Body: body})
	}
	number := func(name string, most int) string { return strconv.Itoa(rapid.IntRange(0, most).Draw(r, name)) }
	for range rapid.IntRange(0, most).Draw(r, "documents") {
		at := opening().Add(-time.Duration(rapid.IntRange(0, 100).Draw(r, "minutes")) * time.Minute)
		switch rapid.IntRange(0, 5).Draw(r, "kind") {
		case 0:
			e := expert("e"+number("expert", 2), func(e *recommend.Expert) {
				e.Standing = rapid.SampledFrom([]recommend.Standing{recommend.StandingActive, recommend.StandingSuspended}).Draw(r, "standing")
				e.Topics = rapid.SampledFrom([][]recommend.Approval{{{Topic: "home"}}, {{Topic: "garden"}, {Topic: "home"}}, {{Topic: "garden"}}}).Draw(r, "approvals")
			})
			add(recommend.KindExpert, e.ID, e)
		case 1:
			p := product("i"+number("item", 3), stocked(rapid.Int64Range(0, 2).Draw(r, "stock")))
			add(recommend.KindProduct, p.Key, p)
		case 2:
			target := recommend.Target{Kind: recommend.TargetPick, ID: "p" + number("pick", 5)}
			action := rapid.SampledFrom([]string{recommend.ActionRemove, recommend.ActionHold, recommend.ActionApprove, recommend.ActionRestore}).Draw(r, "action")
			add(recommend.KindRuling, target.String(), recommend.Ruling{Target: target, Action: action, At: at})
		default:
			p := pick("p"+number("pick", 5), "e"+number("expert", 2), "i"+number("item", 3), func(p *recommend.Pick) {
				p.PublishedAt = at
				p.Topics = rapid.SampledFrom([][]string{{"home"}, {"home/kitchen", "garden"}, {"garden"}}).Draw(r, "topics")
				p.State = rapid.SampledFrom([]recommend.PickState{recommend.PickPublished, recommend.PickPublished, recommend.PickWithdrawn, recommend.PickHeld}).Draw(r, "state")
				if rapid.Bool().Draw(r, "pending") {
					p.Pending = &recommend.PickRevision{PickContent: p.PickContent, Product: "jd:i0", At: at.Add(time.Minute)}
					p.Pending.Reason, p.Pending.Topics = "edited", []string{"garden"}
				}
			})
			add(recommend.KindPick, p.ID, p)
		}
	}
	return docs
}
