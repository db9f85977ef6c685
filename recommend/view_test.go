package recommend_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vitrine.dev/recommend"
)

func TestAPickInFull(t *testing.T) {
	f := newShopFloor(t)
	f.stockShelf(t, 2)
	f.store.put(t, recommend.KindProduct, "jd:i0", product("i0", func(p *recommend.Product) { p.Seller, p.CommissionBP = "JD itself", 500 }))
	p := pick("p0", "e0", "i0", func(p *recommend.Pick) {
		p.Revision, p.EditedAt = 3, opening()
		p.History = make([]recommend.PickRevision, 2)
		p.Pending = &recommend.PickRevision{PickContent: p.PickContent, Product: p.Product, At: opening()}
	})
	f.store.put(t, recommend.KindPick, "p0", p) // the shelf has not followed yet
	for reader, pending := range map[string]bool{"": false, "e1": false, "e0": true} {
		v, err := f.Pick(t.Context(), "p0", recommend.Viewer{Reader: reader, Lang: "en"})
		if err != nil {
			t.Fatal(err)
		}
		if v.Versions != 3 || v.Revision != 3 || !v.EditedAt.Equal(opening()) || v.Reason != p.Reason || v.Expert.Name != "Name of e0" {
			t.Errorf("pick: got %+v, want 3 versions as the store has them", v)
		}
		if v.Seller != "JD itself" || !strings.Contains(v.AfterSales, "JD") || v.Disclosure.Relationship != recommend.RelationCommission {
			t.Errorf("terms: got seller %q, after-sales %q, %+v", v.Seller, v.AfterSales, v.Disclosure)
		}
		if (v.Pending != nil) != pending {
			t.Errorf("viewer %q: pending edit %v, want it shown: %v", reader, v.Pending, pending)
		}
	}
	for _, id := range []string{"nobody", "", "../p0", strings.Repeat("x", 65)} {
		var gone *recommend.GoneError
		if _, err := f.Pick(t.Context(), id, recommend.Viewer{}); !errors.Is(err, recommend.ErrNotFound) || errors.As(err, &gone) {
			t.Errorf("pick %q: got %v, want not found", id, err)
		}
	}
	f.store.failing(fmt.Errorf("away: %w", recommend.ErrUnavailable), false)
	if _, err := f.Pick(t.Context(), "p0", recommend.Viewer{}); !errors.Is(err, recommend.ErrUnavailable) {
		t.Errorf("with the store away: got %v, want it unavailable", err)
	}
}

func TestARemovedPickNamesTheRule(t *testing.T) {
	f := newShopFloor(t)
	f.stockShelf(t, 1)
	f.rule(t, "pick:p0", recommend.ActionRemove)
	var gone *recommend.GoneError
	if _, err := f.Pick(t.Context(), "p0", recommend.Viewer{}); !errors.As(err, &gone) {
		t.Fatalf("got %v, want it gone", err)
	}
	want := &recommend.GoneError{Kind: "pick", ID: "p0", Reason: recommend.HiddenRemoved, Rule: "counterfeit"}
	if diff := cmp.Diff(want, gone); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if v, err := f.Pick(t.Context(), "p0", recommend.Viewer{Moderator: true}); err != nil || v.Hidden != recommend.HiddenRemoved {
		t.Errorf("a moderator: got %+v, %v; want the pick", v, err)
	}
}

func TestAnAnswerAsJSONHasTheShapeOfTheContract(t *testing.T) {
	f := newShopFloor(t)
	f.stockShelf(t, 1)
	v, err := f.Pick(t.Context(), "p0", recommend.Viewer{})
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]json.RawMessage
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"pick", "expert", "product", "reason", "topics", "disclosure", "link", "state", "revision", "versions", "reasons"} {
		if _, ok := got[name]; !ok {
			t.Errorf("%q is missing from %s", name, b)
		}
	}
	if string(got["reasons"]) != "[]" {
		t.Errorf("reasons: got %s, want an empty list", got["reasons"])
	}
	if w, _ := json.Marshal(f.window(t, recommend.WindowRequest{Topics: []string{"garden"}})); !strings.Contains(string(w), `"items":[]`) {
		t.Errorf("an empty window: got %s, want an empty list", w)
	}
}

func TestPartnerFactsWin(t *testing.T) {
	for name, c := range map[string]struct {
		product   *recommend.Product // nil: not listed
		inventory int64
		wait      time.Duration
		want      string
	}{
		"a claim as high as the stock":   {product("i0"), 10, 0, "price 1000, in_stock, claim 10"},
		"a claim over the stock":         {product("i0"), 11, 0, "price 1000, in_stock"},
		"a claim where no stock is told": {product("i0", func(p *recommend.Product) { p.Stock = nil }), 1, 0, "price 1000, unknown"},
		"a claim on what is not listed":  {nil, 1, 0, "unknown"},
		"a price 72 hours old":           {product("i0"), 1, 71 * time.Hour, "price 1000, in_stock, claim 1"},
		"a price older":                  {product("i0"), 1, 71*time.Hour + time.Second, "in_stock, claim 1"},
		"no price":                       {product("i0", func(p *recommend.Product) { p.Price = nil }), 1, 0, "in_stock, claim 1"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newShopFloor(t)
			f.put(t, recommend.KindExpert, "e0", expert("e0"))
			if c.product != nil {
				f.put(t, recommend.KindProduct, "jd:i0", c.product)
			}
			f.put(t, recommend.KindPick, "p0", pick("p0", "e0", "i0", func(p *recommend.Pick) { p.Inventory = &c.inventory }))
			f.clock.add(c.wait)
			items := f.window(t, recommend.WindowRequest{}).Items
			if len(items) != 1 {
				t.Fatalf("got %d cards, want 1", len(items))
			}
			var said []string
			if p := items[0].Product.Price; p != nil {
				said = append(said, fmt.Sprint("price ", p.Amount))
			}
			said = append(said, string(items[0].Product.Availability))
			if n := items[0].Inventory; n != nil {
				said = append(said, fmt.Sprint("claim ", *n))
			}
			if got := strings.Join(said, ", "); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if listed := items[0].Product.CheckedAt != nil; listed != (c.product != nil) {
				t.Errorf("checked at %v, want it told: %v", items[0].Product.CheckedAt, c.product != nil)
			}
		})
	}
}

func TestAProductWithAllItsPicks(t *testing.T) {
	f := newShopFloor(t)
	f.stockShelf(t, 1)
	f.put(t, recommend.KindExpert, "best", expert("best", func(e *recommend.Expert) { e.Trust = 90 }))
	f.put(t, recommend.KindPick, "b1", pick("b1", "best", "i0", aged(48*time.Hour)))
	f.put(t, recommend.KindPick, "b2", pick("b2", "best", "i0", aged(24*time.Hour)))
	f.put(t, recommend.KindProduct, "jd:lonely", product("lonely"))
	r := recommend.ProductRequest{Key: "jd:i0", Viewer: recommend.Viewer{Lang: "en"}, Limit: 2}
	first, err := f.Product(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	r.Cursor = first.NextCursor
	second, err := f.Product(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(picksOf(first.Items), picksOf(second.Items), second.NextCursor == ""), "[b2 b1] [p0] true"; got != want {
		t.Errorf("picks: got %s, want %s", got, want)
	}
	if first.Link != "https://item.jd.com/i0.html" || first.Product.Title != "Title of i0" || first.Disclosure.Label == "" || first.AfterSales == "" {
		t.Errorf("product: got %+v", first)
	}
	if lonely, err := f.Product(t.Context(), recommend.ProductRequest{Key: "jd:lonely"}); err != nil || len(lonely.Items) != 0 {
		t.Errorf("a product nobody picks: got %+v, %v; want it without picks", lonely, err)
	}
	for _, key := range []string{"jd:nothing", "nonsense", "", "jd:../x"} {
		if _, err := f.Product(t.Context(), recommend.ProductRequest{Key: key}); !errors.Is(err, recommend.ErrNotFound) {
			t.Errorf("product %q: got %v, want not found", key, err)
		}
	}
	var gone *recommend.GoneError
	if _, err := f.Product(t.Context(), recommend.ProductRequest{Key: "nopartner:1"}); !errors.As(err, &gone) || gone.Reason != recommend.HiddenPartnerRemoved {
		t.Errorf("a product of no partner: got %v, want it gone", err)
	}
}

func TestTheTopicTreeIsThePolicyAndTheShelf(t *testing.T) {
	f := newShopFloor(t)
	f.put(t, recommend.KindExpert, "e", expert("e"))
	f.put(t, recommend.KindPick, "1", pick("1", "e", "1", on("home/kitchen", "home/kitchen/knives")))
	f.put(t, recommend.KindPick, "2", pick("2", "e", "2", on("home", "pets/cats")))
	f.put(t, recommend.KindPick, "3", pick("3", "e", "3", on("garden"), func(p *recommend.Pick) { p.State = recommend.PickHeld }))
	tree := func() string {
		var lines []string
		for _, i := range f.TopicTree("zh") {
			lines = append(lines, fmt.Sprintf("%s<%s %s %d", i.ID, i.Parent, i.Label, i.Picks))
		}
		return strings.Join(lines, "\n")
	}
	want := strings.Join([]string{
		"garden< 园艺 0", "home< 家居 2", "home/kitchen<home 厨房 1", "home/kitchen/knives<home/kitchen home/kitchen/knives 1", "pets< pets 1", "pets/cats<pets pets/cats 1",
	}, "\n")
	if diff := cmp.Diff(want, tree()); diff != "" {
		t.Errorf("tree (-want +got):\n%s", diff)
	}
	for id, known := range map[string]bool{"home": true, "pets": true, "pets/cats": true, "garden": true, "pet": false, "home/kitchen/knives/blunt": false, "": false, "HOME": false} {
		if got := f.TopicKnown(id); got != known {
			t.Errorf("topic %q known: got %v, want %v", id, got, known)
		}
	}
	f.rule(t, "pick:1", recommend.ActionRemove)
	f.clock.add(31 * time.Second)
	if got := tree(); !strings.Contains(got, "home< 家居 1") {
		t.Errorf("half a minute after a takedown:\n%s\nwant one pick left at home", got)
	}
}
