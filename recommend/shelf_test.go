package recommend_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"vitrine.dev/recommend"
)

// whereSeen says on which surfaces somebody unknown meets the pick with id, of product jd:i0.
func (f *shopFloor) whereSeen(tb testing.TB, id, expert string) string {
	tb.Helper()
	var seen []string
	note := func(name string, items []recommend.Item, err error) {
		if err != nil && !errors.Is(err, recommend.ErrNotFound) {
			tb.Fatalf("%s: %v", name, err)
		}
		for _, i := range items {
			if i.Pick == id {
				seen = append(seen, name)
			}
			for _, a := range i.AlsoBy {
				if a.Pick == id {
					seen = append(seen, name+" beside "+i.Pick)
				}
			}
		}
	}
	ctx := tb.Context()
	w, err := f.Window(ctx, recommend.WindowRequest{Limit: 50})
	note("window", w.Items, err)
	s, err := f.Search(ctx, recommend.SearchRequest{Query: "years", Limit: 50})
	note("search", s.Items, err)
	b, err := f.Search(ctx, recommend.SearchRequest{Limit: 50})
	note("browse", b.Items, err)
	if page, err := f.Storefront(ctx, recommend.StorefrontRequest{Expert: expert}); err == nil {
		note("storefront", page.Items, nil)
	} else {
		note("storefront", nil, err)
	}
	if page, err := f.Product(ctx, recommend.ProductRequest{Key: "jd:i0"}); err == nil {
		note("product", page.Items, nil)
	} else {
		note("product", nil, err)
	}
	if v, err := f.Pick(ctx, id, recommend.Viewer{}); err == nil {
		note("pick", []recommend.Item{v.Item}, nil)
	}
	return strings.Join(seen, " ")
}

const (
	everywhere = "window search browse storefront product pick"
	nowhere    = ""
)

func TestOneRuleHidesAPickEverywhere(t *testing.T) {
	for name, c := range map[string]struct {
		do     func(f *shopFloor, tb testing.TB)
		seen   string
		reason recommend.Hidden
	}{
		"nothing": {func(*shopFloor, testing.TB) {}, everywhere, ""},
		"withdrawn": {func(f *shopFloor, tb testing.TB) {
			f.put(tb, recommend.KindPick, "p0", pick("p0", "e0", "i0", func(p *recommend.Pick) { p.State = recommend.PickWithdrawn }))
		}, nowhere, recommend.HiddenWithdrawn},
		"held": {func(f *shopFloor, tb testing.TB) {
			f.put(tb, recommend.KindPick, "p0", pick("p0", "e0", "i0", func(p *recommend.Pick) { p.State = recommend.PickHeld }))
		}, nowhere, recommend.HiddenHeld},
		"deferred": {func(f *shopFloor, tb testing.TB) {
			f.put(tb, recommend.KindPick, "p0", pick("p0", "e0", "i0", func(p *recommend.Pick) {
				p.State, p.DeferredUntil = recommend.PickDeferred, opening().Add(time.Minute)
			}))
		}, nowhere, recommend.HiddenDeferred},
		"deferred until a time that has come": {func(f *shopFloor, tb testing.TB) {
			f.put(tb, recommend.KindPick, "p0", pick("p0", "e0", "i0", func(p *recommend.Pick) {
				p.State, p.DeferredUntil = recommend.PickDeferred, opening().Add(time.Minute)
			}))
			f.clock.add(time.Minute)
		}, everywhere, ""},
		"published by a clock that is ahead": {func(f *shopFloor, tb testing.TB) {
			f.put(tb, recommend.KindPick, "p0", pick("p0", "e0", "i0", aged(-4*time.Minute)))
		}, everywhere, ""},
		"removed":           {func(f *shopFloor, tb testing.TB) { f.rule(tb, "pick:p0", recommend.ActionRemove) }, nowhere, recommend.HiddenRemoved},
		"held by a ruling":  {func(f *shopFloor, tb testing.TB) { f.rule(tb, "pick:p0", recommend.ActionHold) }, nowhere, recommend.HiddenHeld},
		"another's removal": {func(f *shopFloor, tb testing.TB) { f.rule(tb, "pick:p1", recommend.ActionRemove) }, everywhere, ""},
		"removed, then restored": {func(f *shopFloor, tb testing.TB) {
			f.rule(tb, "pick:p0", recommend.ActionRemove)
			f.rule(tb, "pick:p0", recommend.ActionRestore)
		}, everywhere, ""},
		"expert suspended": {func(f *shopFloor, tb testing.TB) {
			f.put(tb, recommend.KindExpert, "e0", expert("e0", func(e *recommend.Expert) { e.Standing = recommend.StandingSuspended }))
		}, nowhere, recommend.HiddenExpert},
		"expert frozen": {func(f *shopFloor, tb testing.TB) {
			f.put(tb, recommend.KindExpert, "e0", expert("e0", func(e *recommend.Expert) { e.Standing = recommend.StandingFrozen }))
		}, everywhere, ""},
		"expert limited": {func(f *shopFloor, tb testing.TB) {
			f.put(tb, recommend.KindExpert, "e0", expert("e0", func(e *recommend.Expert) { e.Standing = recommend.StandingLimited }))
		}, "storefront pick", ""},
		"expert no longer verified": {func(f *shopFloor, tb testing.TB) {
			f.put(tb, recommend.KindExpert, "e0", expert("e0", func(e *recommend.Expert) { e.Verified = false }))
		}, nowhere, recommend.HiddenExpert},
		"expert approved for other topics": {func(f *shopFloor, tb testing.TB) {
			f.put(tb, recommend.KindExpert, "e0", expert("e0", func(e *recommend.Expert) {
				e.Topics = []recommend.Approval{{Topic: "garden"}, {Topic: "home/kitchen/knives"}}
			}))
		}, nowhere, recommend.HiddenTopic},
		"partner paused":  {func(f *shopFloor, tb testing.TB) { f.rule(tb, "partner:jd", recommend.ActionPause) }, nowhere, recommend.HiddenPartnerPaused},
		"partner removed": {func(f *shopFloor, tb testing.TB) { f.rule(tb, "partner:jd", recommend.ActionRemove) }, nowhere, recommend.HiddenPartnerRemoved},
		"partner watched": {func(f *shopFloor, tb testing.TB) { f.rule(tb, "partner:jd", recommend.ActionProbate) }, everywhere, ""},
		"partner resumed": {func(f *shopFloor, tb testing.TB) {
			f.rule(tb, "partner:jd", recommend.ActionPause)
			f.rule(tb, "partner:jd", recommend.ActionResume)
		}, everywhere, ""},
		"sold out": {func(f *shopFloor, tb testing.TB) {
			f.put(tb, recommend.KindProduct, "jd:i0", product("i0", stocked(0)))
		}, "storefront product pick", recommend.HiddenSoldOut},
		"sold out, with orders taken": {func(f *shopFloor, tb testing.TB) {
			f.put(tb, recommend.KindProduct, "jd:i0", product("i0", stocked(0), func(p *recommend.Product) { p.Preorder = true }))
		}, everywhere, ""},
		"sold out and back": {func(f *shopFloor, tb testing.TB) {
			f.put(tb, recommend.KindProduct, "jd:i0", product("i0", stocked(0)))
			f.put(tb, recommend.KindProduct, "jd:i0", product("i0", stocked(1)))
		}, everywhere, ""},
		"stock not told": {func(f *shopFloor, tb testing.TB) {
			f.put(tb, recommend.KindProduct, "jd:i0", product("i0", func(p *recommend.Product) { p.Stock = nil }))
		}, everywhere, ""},
		"stock not told under another policy": {func(f *shopFloor, tb testing.TB) {
			f.put(tb, recommend.KindProduct, "jd:i0", product("i0", func(p *recommend.Product) { p.Stock = nil }))
			f.world.SetPolicy(tb.Context(), testPolicy(tb, "facts: {show_unknown_stock: false}"))
		}, nowhere, recommend.HiddenUnknownStock},
		"facts seven days old": {func(f *shopFloor, _ testing.TB) { f.clock.add(167 * time.Hour) }, everywhere, ""},
		"facts older":          {func(f *shopFloor, _ testing.TB) { f.clock.add(167*time.Hour + time.Second) }, nowhere, recommend.HiddenStale},
		"facts older, but not perishable": {func(f *shopFloor, tb testing.TB) {
			f.put(tb, recommend.KindProduct, "jd:i0", product("i0", func(p *recommend.Product) { p.Stock, p.Price = nil, nil }))
			f.clock.add(1000 * time.Hour)
		}, everywhere, ""},
		"facts older in an archive": {func(f *shopFloor, tb testing.TB) {
			f.world.SetPolicy(tb.Context(), recommend.ArchivePolicy())
			f.clock.add(1000 * time.Hour)
		}, everywhere, ""},
		"sold out in an archive": {func(f *shopFloor, tb testing.TB) {
			f.put(tb, recommend.KindProduct, "jd:i0", product("i0", stocked(0)))
			f.world.SetPolicy(tb.Context(), recommend.ArchivePolicy())
		}, everywhere, ""},
		"a restricted title": {func(f *shopFloor, tb testing.TB) {
			f.put(tb, recommend.KindProduct, "jd:i0", product("i0", func(p *recommend.Product) { p.Title = "Cuban cigar, box of ten" }))
		}, nowhere, recommend.HiddenRestricted},
		"a title that a new policy restricts": {func(f *shopFloor, tb testing.TB) {
			f.whereSeen(tb, "p0", "e0") // under the old one
			f.world.SetPolicy(tb.Context(), testPolicy(tb, "restricted: [{id: titles, words: [title], reason: none}]"))
		}, nowhere, recommend.HiddenRestricted},
		"another product": {func(f *shopFloor, tb testing.TB) {
			f.put(tb, recommend.KindPick, "p0", pick("p0", "e0", "other"))
		}, "window search browse storefront pick", ""},
		"a product not listed under another policy": {func(f *shopFloor, tb testing.TB) {
			f.put(tb, recommend.KindPick, "p0", pick("p0", "e0", "other"))
			f.world.SetPolicy(tb.Context(), testPolicy(tb, "facts: {show_unknown_product: false}"))
		}, nowhere, recommend.HiddenUnknownProduct},
	} {
		t.Run(name, func(t *testing.T) {
			f := newShopFloor(t)
			f.stockShelf(t, 1)
			f.put(t, recommend.KindExpert, "e1", expert("e1"))
			f.put(t, recommend.KindProduct, "tmall:x", product("x", func(p *recommend.Product) { p.Key = "tmall:x" }))
			c.do(f, t)
			if got := f.whereSeen(t, "p0", "e0"); got != c.seen {
				t.Errorf("seen in %q, want %q", got, c.seen)
			}
			owner, err := f.Pick(t.Context(), "p0", recommend.Viewer{Reader: "e0"})
			if err != nil || owner.Hidden != c.reason {
				t.Errorf("its expert sees %+v, %v; want it hidden as %q", owner, err, c.reason)
			}
			var gone *recommend.GoneError
			_, err = f.Pick(t.Context(), "p0", recommend.Viewer{Reader: "e1"})
			if wantGone := c.reason != "" && c.reason != recommend.HiddenSoldOut; errors.As(err, &gone) != wantGone || wantGone && gone.Reason != c.reason {
				t.Errorf("others get %v, want it gone: %v, as %q", err, wantGone, c.reason)
			}
		})
	}
}

func TestAnotherPickTakesThePlaceOfAHiddenOne(t *testing.T) {
	f := newShopFloor(t)
	f.stockShelf(t, 2)
	f.put(t, recommend.KindPick, "p1", pick("p1", "e1", "i0", aged(2*time.Hour)))
	if got, want := f.whereSeen(t, "p1", "e1"), "window beside p0 storefront product pick"; got != want {
		t.Errorf("the lesser pick is seen in %q, want %q", got, want)
	}
	f.rule(t, "pick:p0", recommend.ActionRemove)
	if got := f.whereSeen(t, "p1", "e1"); got != everywhere {
		t.Errorf("with the better one gone it is seen in %q, want %q", got, everywhere)
	}
}

func TestAnApprovalReleasesWhatWaits(t *testing.T) {
	f := newShopFloor(t)
	f.stockShelf(t, 1)
	reason := func() string {
		items := f.window(t, recommend.WindowRequest{}).Items
		if len(items) == 0 {
			return ""
		}
		return items[0].Reason
	}
	held := pick("p0", "e0", "i0", func(p *recommend.Pick) { p.State = recommend.PickHeld })
	f.put(t, recommend.KindPick, "p0", held)
	if got := reason(); got != "" {
		t.Fatalf("held: readers see %q", got)
	}
	f.rule(t, "pick:p0", recommend.ActionApprove)
	if got := reason(); got != held.Reason {
		t.Fatalf("approved: got %q, want %q", got, held.Reason)
	}
	f.clock.add(time.Minute)
	edited := *held
	edited.Pending = &recommend.PickRevision{PickContent: held.PickContent, Product: held.Product, At: f.clock.now()}
	edited.Pending.Reason = "Edited once more, and it waits for somebody to look"
	f.put(t, recommend.KindPick, "p0", edited)
	if got := reason(); got != held.Reason {
		t.Errorf("edit after the approval: got %q, want %q: it waits", got, held.Reason)
	}
	f.clock.add(time.Minute)
	f.rule(t, "pick:p0", recommend.ActionApprove)
	if got := reason(); got != edited.Pending.Reason {
		t.Errorf("edit approved: got %q, want %q", got, edited.Pending.Reason)
	}
	if v, err := f.Pick(t.Context(), "p0", recommend.Viewer{}); err != nil || v.Reason != edited.Pending.Reason || v.State != recommend.PickPublished {
		t.Errorf("pick by id: got %+v, %v; want the released edit", v, err)
	}
	f.rule(t, "pick:p0", recommend.ActionRestore)
	if got := reason(); got != "" {
		t.Errorf("approval taken back: got %q, want nothing", got)
	}
}

func TestAClockFarAheadHasToWait(t *testing.T) {
	f := newShopFloor(t)
	f.stockShelf(t, 2)
	f.put(t, recommend.KindPick, "p0", pick("p0", "e0", "i0", aged(-time.Hour)))
	if got, want := picksOf(f.window(t, recommend.WindowRequest{}).Items), []string{"p1"}; !slices.Equal(got, want) {
		t.Errorf("window: got %v, want %v", got, want)
	}
	var gone *recommend.GoneError
	if _, err := f.Pick(t.Context(), "p0", recommend.Viewer{}); !errors.As(err, &gone) || gone.Reason != recommend.HiddenDeferred {
		t.Errorf("pick by id: got %v, want it deferred", err)
	}
	f.clock.add(time.Hour)
	if got, want := picksOf(f.window(t, recommend.WindowRequest{}).Items), []string{"p0", "p1"}; !slices.Equal(got, want) {
		t.Errorf("window an hour later: got %v, want %v", got, want)
	}
}

func TestAnEditMovesAPick(t *testing.T) {
	f := newShopFloor(t)
	f.stockShelf(t, 3)
	f.put(t, recommend.KindPick, "p0", pick("p0", "e0", "i2", on("garden"), aged(time.Minute)))
	kitchen := picksOf(f.window(t, recommend.WindowRequest{Topics: []string{"home/kitchen"}}).Items)
	garden := picksOf(f.window(t, recommend.WindowRequest{Topics: []string{"garden"}}).Items)
	if got, want := fmt.Sprint(kitchen, garden), "[p2 p1] [p0]"; got != want {
		t.Errorf("kitchen and garden: got %s, want %s", got, want)
	}
	old, err := f.Product(t.Context(), recommend.ProductRequest{Key: "jd:i0"})
	if err != nil || len(old.Items) != 0 {
		t.Errorf("the old product: got %v, %v; want no pick of it", old, err)
	}
}

func TestOldVersionsAndBrokenDocumentsAreIgnored(t *testing.T) {
	f := newShopFloor(t)
	f.stockShelf(t, 2)
	old := map[recommend.Kind]recommend.Document{
		recommend.KindPick: f.store.document(recommend.KindPick, "p0"), recommend.KindProduct: f.store.document(recommend.KindProduct, "jd:i0"),
		recommend.KindExpert: f.store.document(recommend.KindExpert, "e0"),
	}
	f.put(t, recommend.KindProduct, "jd:i0", product("i0", func(p *recommend.Product) { p.Title = "New" }))
	f.put(t, recommend.KindExpert, "e0", expert("e0", func(e *recommend.Expert) { e.Name = "New" }))
	f.put(t, recommend.KindPick, "p0", pick("p0", "e0", "i0", aged(0), func(p *recommend.Pick) { p.Reason = "New" }))
	for kind, d := range old {
		broken := recommend.Document{Ref: recommend.Ref{Kind: kind, ID: "broken"}, Version: 1, Body: json.RawMessage(`{"id": 7, "key": 7}`)}
		if err := f.shelf.Apply(t.Context(), kind, []recommend.Document{broken, d}); err != nil {
			t.Fatalf("Apply of an old and a broken %s: %v", kind, err)
		}
	}
	got := f.window(t, recommend.WindowRequest{}).Items[0]
	if got.Pick != "p0" || got.Reason != "New" || got.Product.Title != "New" || got.Expert.Name != "New" {
		t.Errorf("card: got %+v, want what is new", got)
	}
	if n := strings.Count(f.log.String(), "document left off the shelf"); n != 3 {
		t.Errorf("logged %d broken documents, want 3:\n%s", n, f.log)
	}
	if got, want := f.shelf.Len(), 2; got != want {
		t.Errorf("picks: got %d, want %d", got, want)
	}
}

// TestReadersMeetWholePicks reads while picks are moved to and fro: no card is
// half of the old and half of the new.
func TestReadersMeetWholePicks(t *testing.T) {
	f := newShopFloor(t)
	f.stockShelf(t, 20)
	here, there := make([]recommend.Document, 0, 20), make([]recommend.Document, 0, 20)
	for i := range 20 {
		n := strconv.Itoa(i)
		for topic, docs := range map[string]*[]recommend.Document{"home/kitchen": &here, "garden": &there} {
			body, err := json.Marshal(pick("p"+n, "e"+n, "i"+n, on(topic)))
			if err != nil {
				t.Fatal(err)
			}
			*docs = append(*docs, recommend.Document{Ref: recommend.Ref{Kind: recommend.KindPick, ID: "p" + n}, Body: body})
		}
	}
	done := make(chan struct{})
	var readers sync.WaitGroup
	for range 3 {
		readers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				for _, topic := range []string{"home", "garden"} {
					page, err := f.Search(t.Context(), recommend.SearchRequest{Topic: topic, Limit: 50})
					if err != nil {
						t.Error(err)
						return
					}
					for _, i := range page.Items {
						if !recommend.TopicWithin(i.Topics[0], topic) {
							t.Errorf("%s: got %s, which is in %s", topic, i.Pick, i.Topics[0])
						}
					}
				}
				f.TopicTree("en")
				f.window(t, recommend.WindowRequest{})
			}
		})
	}
	for version := range int64(200) {
		docs := here
		if version%2 == 0 {
			docs = there
		}
		for i := range docs {
			docs[i].Version = version + 10
		}
		if err := f.shelf.Apply(t.Context(), recommend.KindPick, docs); err != nil {
			t.Error(err)
		}
	}
	close(done)
	readers.Wait()
}
