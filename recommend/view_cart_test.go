package recommend_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vitrine.dev/recommend"
)

// cartOf is a cart with lines of picks, each two of what it was put there for.
func cartOf(picks ...string) recommend.Cart {
	c := recommend.Cart{Revision: 7, At: opening().Add(-time.Hour)}
	for _, p := range picks {
		c.Lines = append(c.Lines, recommend.CartLine{
			ID: "l-" + p, Pick: p, Expert: "e" + p[1:], Product: "jd:i" + p[1:], Quantity: 2,
			Price: &recommend.Money{Amount: 1000, Currency: "CNY"}, At: opening().Add(-time.Hour),
		})
	}
	return c
}

func TestACartIsGroupedByPartner(t *testing.T) {
	f := newShopFloor(t)
	f.stockShelf(t, 2)
	f.put(t, recommend.KindProduct, "taobao:77", product("77", func(p *recommend.Product) { p.Key = "taobao:77" }))
	f.put(t, recommend.KindPick, "p7", pick("p7", "e0", "77", func(p *recommend.Pick) { p.Product = "taobao:77" }))
	f.store.put(t, recommend.KindReader, "r1", recommend.Reader{ID: "r1", Cart: cartOf("p0", "p7", "p1"), Bookmarks: []recommend.Bookmark{{Pick: "p1"}}})
	c, err := f.Cart(t.Context(), "r1", "en")
	if err != nil {
		t.Fatal(err)
	}
	want := []recommend.CartGroup{
		{Partner: "jd", Name: f.world.Scene().Partners.Get("jd").Name, Lines: []string{"l-p0", "l-p1"}, Total: &recommend.Money{Amount: 4000, Currency: "CNY"}, Checkout: true},
		{Partner: "taobao", Name: f.world.Scene().Partners.Get("taobao").Name, Lines: []string{"l-p7"}, Total: &recommend.Money{Amount: 2000, Currency: "CNY"}, Checkout: true},
	}
	if diff := cmp.Diff(want, c.Groups); diff != "" {
		t.Errorf("groups (-want +got):\n%s", diff)
	}
	if c.Revision != 7 || len(c.Lines) != 3 || !c.ExpiresAt.After(opening()) {
		t.Errorf("got revision %d, %d lines, until %v; want 7, 3 and a time to come", c.Revision, len(c.Lines), c.ExpiresAt)
	}
	if i := c.Lines[2].Item; i == nil || !i.InCart || !i.Bookmarked || i.Expert.Name != "Name of e1" {
		t.Errorf("the third line: got %+v, want its card, in the cart and bookmarked", i)
	}
}

func TestACartSaysWhatIsWrongWithALineAndKeepsIt(t *testing.T) {
	for name, c := range map[string]struct {
		change  func(t *testing.T, f *shopFloor)
		want    []recommend.CartProblem
		removed bool
		total   *recommend.Money
	}{
		"nothing": {change: func(*testing.T, *shopFloor) {}, want: []recommend.CartProblem{}, total: &recommend.Money{Amount: 2000, Currency: "CNY"}},
		"too few are left": {
			change: func(t *testing.T, f *shopFloor) { f.put(t, recommend.KindProduct, "jd:i0", product("i0", stocked(1))) },
			want:   []recommend.CartProblem{{Code: recommend.CartInsufficientStock, Available: new(int64(1))}},
		},
		"sold out": {
			change: func(t *testing.T, f *shopFloor) { f.put(t, recommend.KindProduct, "jd:i0", product("i0", stocked(0))) },
			want:   []recommend.CartProblem{{Code: recommend.CartUnavailable, Reason: recommend.HiddenSoldOut}},
		},
		"dearer": {
			change: func(t *testing.T, f *shopFloor) {
				f.put(t, recommend.KindProduct, "jd:i0", product("i0", func(p *recommend.Product) { p.Price.Amount = 1100 }))
			},
			want:  []recommend.CartProblem{{Code: recommend.CartPriceChanged, From: &recommend.Money{Amount: 1000, Currency: "CNY"}, To: &recommend.Money{Amount: 1100, Currency: "CNY"}}},
			total: &recommend.Money{Amount: 2200, Currency: "CNY"},
		},
		"facts too old": {
			change: func(_ *testing.T, f *shopFloor) { f.clock.add(14 * 24 * time.Hour) },
			want:   []recommend.CartProblem{{Code: recommend.CartUnavailable, Reason: recommend.HiddenStale}}, removed: true,
		},
		"removed by a ruling": {
			change: func(t *testing.T, f *shopFloor) { f.rule(t, "pick:p0", recommend.ActionRemove) },
			want:   []recommend.CartProblem{{Code: recommend.CartPickRemoved, Reason: recommend.HiddenRemoved}}, removed: true,
		},
		"expert suspended": {
			change: func(t *testing.T, f *shopFloor) {
				f.put(t, recommend.KindExpert, "e0", expert("e0", func(e *recommend.Expert) { e.Standing = recommend.StandingSuspended }))
			},
			want: []recommend.CartProblem{{Code: recommend.CartExpertSuspended, Reason: recommend.HiddenExpert}}, removed: true,
		},
		"partner paused": {
			change: func(t *testing.T, f *shopFloor) { f.rule(t, "partner:jd", recommend.ActionPause) },
			want:   []recommend.CartProblem{{Code: recommend.CartPartnerPaused, Reason: recommend.HiddenPartnerPaused}}, removed: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newShopFloor(t)
			f.stockShelf(t, 1)
			f.store.put(t, recommend.KindReader, "r1", recommend.Reader{ID: "r1", Cart: cartOf("p0")})
			c.change(t, f)
			got, err := f.Cart(t.Context(), "r1", "en")
			if err != nil || len(got.Lines) != 1 {
				t.Fatalf("got %+v, %v; want the line", got, err)
			}
			l := got.Lines[0]
			if diff := cmp.Diff(c.want, l.Problems); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
			if (l.Removed != nil) != c.removed || (l.Item == nil) != c.removed {
				t.Errorf("got item %v and removed %+v; want removed: %v", l.Item, l.Removed, c.removed)
			}
			if c.removed && l.Removed.Title != "Title of i0" {
				t.Errorf("got title %q, want that of the product", l.Removed.Title)
			}
			if diff := cmp.Diff(c.total, got.Groups[0].Total); diff != "" || got.Groups[0].Checkout != (c.total != nil) {
				t.Errorf("checkout %v, total (-want +got):\n%s", got.Groups[0].Checkout, diff)
			}
		})
	}
}

func TestALineOfAPickThatNeverWasStays(t *testing.T) {
	f := newShopFloor(t)
	f.store.put(t, recommend.KindReader, "r1", recommend.Reader{ID: "r1", Cart: cartOf("p9")})
	c, err := f.Cart(t.Context(), "r1", "en")
	if err != nil {
		t.Fatal(err)
	}
	want := []recommend.CartProblem{{Code: recommend.CartPickRemoved, Reason: recommend.HiddenWithdrawn}}
	if diff := cmp.Diff(want, c.Lines[0].Problems); diff != "" || c.Lines[0].Partner != "jd" {
		t.Errorf("partner %q, problems (-want +got):\n%s", c.Lines[0].Partner, diff)
	}
}

func TestACartIsEmptyOnceItsTimeIsOver(t *testing.T) {
	f := newShopFloor(t)
	f.stockShelf(t, 1)
	rules := &f.world.Scene().Policy.Reader
	guest := cartOf("p0")
	guest.Guest = true
	f.store.put(t, recommend.KindReader, "guest", recommend.Reader{ID: "guest", Cart: guest})
	f.store.put(t, recommend.KindReader, "known", recommend.Reader{ID: "known", Cart: cartOf("p0")})
	f.clock.add(rules.GuestCartFor.D())
	for reader, lines := range map[string]int{"guest": 0, "known": 1, "nobody": 0, "": 0} {
		c, err := f.Cart(t.Context(), reader, "en")
		if err != nil {
			t.Fatal(err)
		}
		if len(c.Lines) != lines || c.Groups == nil || c.ExpiresAt.IsZero() != (lines == 0) {
			t.Errorf("%q: got %+v, want %d lines", reader, c, lines)
		}
	}
}

func TestBookmarksAreListedLatestFirstAndOutliveTheirPicks(t *testing.T) {
	f := newShopFloor(t)
	f.stockShelf(t, 5)
	f.rule(t, "pick:p1", recommend.ActionRemove)
	r := recommend.Reader{ID: "r1", Cart: cartOf("p3")}
	for i := range 5 {
		r.Bookmarks = append(r.Bookmarks, recommend.Bookmark{Pick: fmt.Sprintf("p%d", i), At: opening().Add(time.Duration(i/2) * time.Minute)})
	}
	f.store.put(t, recommend.KindReader, "r1", r)
	var got []string
	req := recommend.BookmarksRequest{Reader: "r1", Lang: "zh", Limit: 2}
	for {
		page, err := f.Bookmarks(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range page.Items {
			got = append(got, b.Pick)
			if (b.Pick == "p1") != (b.Removed != nil) || (b.Removed == nil) != (b.Item != nil) {
				t.Errorf("%s: got item %v, removed %+v", b.Pick, b.Item, b.Removed)
			}
			if b.Item != nil && (!b.Item.Bookmarked || b.Item.InCart != (b.Pick == "p3")) {
				t.Errorf("%s: bookmarked %v, in the cart %v", b.Pick, b.Item.Bookmarked, b.Item.InCart)
			}
		}
		if page.NextCursor == "" {
			break
		}
		req.Cursor = page.NextCursor
	}
	if diff := cmp.Diff([]string{"p4", "p3", "p2", "p1", "p0"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	page, err := f.Bookmarks(t.Context(), recommend.BookmarksRequest{Reader: "nobody"})
	if err != nil || page.Items == nil || len(page.Items) > 0 {
		t.Errorf("of nobody: got %+v, %v; want an empty list", page, err)
	}
}
