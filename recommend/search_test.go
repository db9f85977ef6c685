package recommend_test

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vitrine.dev/recommend"
)

// searchFloor holds kettles and knives at two partners.
func searchFloor(t *testing.T) *shopFloor {
	t.Helper()
	f := newShopFloor(t)
	f.store.put(t, recommend.KindExpert, "ann", expert("ann", func(e *recommend.Expert) { e.Trust = 60 }))
	f.store.put(t, recommend.KindExpert, "bo", expert("bo"))
	said := func(reason string) func(*recommend.Pick) { return func(p *recommend.Pick) { p.Reason = reason } }
	tmall := func(p *recommend.Pick) {
		p.Product, p.Link = "tmall:steel", "https://detail.tmall.com/item.htm?id=steel"
	}
	f.store.put(t, recommend.KindProduct, "jd:glass", product("glass", func(p *recommend.Product) { p.Title = "Glass kettle 玻璃水壶" }))
	f.store.put(t, recommend.KindProduct, "tmall:steel", product("steel", func(p *recommend.Product) {
		p.Key, p.Title, p.Price.Amount, p.Stock = "tmall:steel", "Steel kettle", 5000, nil
	}))
	f.store.put(t, recommend.KindProduct, "jd:knife", product("knife", func(p *recommend.Product) { p.Title = "A knife" }))
	f.store.put(t, recommend.KindPick, "a1", pick("a1", "ann", "glass", said("quiet, and 烧水快"), aged(1*time.Hour)))
	f.store.put(t, recommend.KindPick, "b1", pick("b1", "bo", "glass", said("a kettle, kettle, kettle to look at"), aged(2*time.Hour)))
	f.store.put(t, recommend.KindPick, "b2", pick("b2", "bo", "steel", said("sturdy kettle"), tmall, aged(3*time.Hour), on("home")))
	f.store.put(t, recommend.KindPick, "a2", pick("a2", "ann", "knife", said("cuts what the garden brings"), aged(4*time.Hour), on("home/kitchen", "garden")))
	f.store.put(t, recommend.KindPick, "a3", pick("a3", "ann", "unlisted", said("no partner lists it"), aged(5*time.Hour), on("garden")))
	f.sync(t)
	return f
}

func TestSearch(t *testing.T) {
	f := searchFloor(t)
	for name, c := range map[string]struct {
		r    recommend.SearchRequest
		want string
	}{
		"a word of a reason": {recommend.SearchRequest{Query: "cuts"}, "[a2]"},
		"a word of a title finds every pick of the product, the most trusted first": {recommend.SearchRequest{Query: "glass"}, "[a1]"},
		"a word of both, the better hit first":                                      {recommend.SearchRequest{Query: " Kettle "}, "[b1 b2]"},
		"Chinese in a reason":                                                       {recommend.SearchRequest{Query: "烧水"}, "[a1]"},
		"Chinese in a title":                                                        {recommend.SearchRequest{Query: "水壶"}, "[a1]"},
		"nothing like it":                                                           {recommend.SearchRequest{Query: "submarine"}, "[]"},
		"a word in a topic":                                                         {recommend.SearchRequest{Query: "kettle", Topic: "home/kitchen"}, "[b1]"},
		"a word at a partner":                                                       {recommend.SearchRequest{Query: "kettle", Partner: "tmall"}, "[b2]"},
		"a word at a partner nobody knows":                                          {recommend.SearchRequest{Query: "kettle", Partner: "nobody"}, "[]"},
		"no word":                                                                   {recommend.SearchRequest{}, "[a1 b2 a2 a3]"},
		"a topic":                                                                   {recommend.SearchRequest{Topic: "garden"}, "[a2 a3]"},
		"a topic above":                                                             {recommend.SearchRequest{Topic: "home"}, "[a1 b2 a2]"},
		"a partner":                                                                 {recommend.SearchRequest{Partner: "tmall"}, "[b2]"},
		"a partner nobody knows":                                                    {recommend.SearchRequest{Partner: "nobody"}, "[]"},
		"a price at least":                                                          {recommend.SearchRequest{PriceMin: new(int64(1001))}, "[b2]"},
		"a price at most":                                                           {recommend.SearchRequest{PriceMax: new(int64(1000))}, "[a1 a2]"},
		"a price between":                                                           {recommend.SearchRequest{PriceMin: new(int64(1001)), PriceMax: new(int64(4999))}, "[]"},
		"what is in stock":                                                          {recommend.SearchRequest{InStock: true}, "[a1 a2]"},
		"all of it":                                                                 {recommend.SearchRequest{Query: "kettle", Topic: "home", Partner: "jd", PriceMin: new(int64(1)), PriceMax: new(int64(1000)), InStock: true}, "[b1]"},
		"by an expert, his own among it":                                            {recommend.SearchRequest{Reader: "ann", Topic: "garden"}, "[a2 a3]"},
	} {
		t.Run(name, func(t *testing.T) {
			page, err := f.Search(t.Context(), c.r)
			if err != nil {
				t.Fatal(err)
			}
			if got := fmt.Sprint(picksOf(page.Items)); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestSearchLeavesOutWhatAReaderMuted(t *testing.T) {
	f := searchFloor(t)
	f.put(t, recommend.KindReader, "r", &recommend.Reader{ID: "r", Mutes: []recommend.Mute{{Kind: "expert", ID: "bo"}}})
	page, err := f.Search(t.Context(), recommend.SearchRequest{Reader: "r", Query: "kettle"})
	if err != nil || fmt.Sprint(picksOf(page.Items)) != "[a1]" {
		t.Errorf("got %v, %v; want a1 alone", page, err)
	}
	f.store.failing(recommend.ErrUnavailable, false)
	if page, err := f.Search(t.Context(), recommend.SearchRequest{Reader: "r"}); err != nil || !page.Degraded || len(page.Items) != 4 {
		t.Errorf("browsing with the store away: got %+v, %v; want all, degraded", page, err)
	}
	if _, err := f.Search(t.Context(), recommend.SearchRequest{Query: "kettle"}); !errors.Is(err, recommend.ErrUnavailable) {
		t.Errorf("searching with the store away: got %v, want it unavailable", err)
	}
}

func TestFacetsLeaveOutTheirOwnFilter(t *testing.T) {
	f := searchFloor(t)
	type counts struct{ Topics, Partners []recommend.Facet }
	jd := func(n int) recommend.Facet { return recommend.Facet{ID: "jd", Label: "JD", Count: n} }
	tmall := func(n int) recommend.Facet { return recommend.Facet{ID: "tmall", Label: "Tmall", Count: n} }
	home := func(n int) recommend.Facet { return recommend.Facet{ID: "home", Label: "家居", Count: n} }
	kitchen := func(n int) recommend.Facet { return recommend.Facet{ID: "home/kitchen", Label: "厨房", Count: n} }
	garden := func(n int) recommend.Facet { return recommend.Facet{ID: "garden", Label: "园艺", Count: n} }
	for name, c := range map[string]struct {
		r    recommend.SearchRequest
		want counts
	}{
		"of everything":          {recommend.SearchRequest{}, counts{[]recommend.Facet{home(3), garden(2), kitchen(2)}, []recommend.Facet{jd(3), tmall(1)}}},
		"of a topic":             {recommend.SearchRequest{Topic: "garden"}, counts{[]recommend.Facet{home(3), garden(2), kitchen(2)}, []recommend.Facet{jd(2)}}},
		"of a partner":           {recommend.SearchRequest{Partner: "tmall"}, counts{[]recommend.Facet{home(1)}, []recommend.Facet{jd(3), tmall(1)}}},
		"of a word":              {recommend.SearchRequest{Query: "kettle"}, counts{[]recommend.Facet{home(2), kitchen(1)}, []recommend.Facet{jd(1), tmall(1)}}},
		"of a word in a topic":   {recommend.SearchRequest{Query: "kettle", Topic: "home/kitchen"}, counts{[]recommend.Facet{home(2), kitchen(1)}, []recommend.Facet{jd(1)}}},
		"of a word at a partner": {recommend.SearchRequest{Query: "kettle", Partner: "tmall"}, counts{[]recommend.Facet{home(1)}, []recommend.Facet{jd(1), tmall(1)}}},
		"of a price":             {recommend.SearchRequest{PriceMin: new(int64(2000))}, counts{[]recommend.Facet{home(1)}, []recommend.Facet{tmall(1)}}},
		"of nothing":             {recommend.SearchRequest{Query: "submarine"}, counts{[]recommend.Facet{}, []recommend.Facet{}}},
	} {
		t.Run(name, func(t *testing.T) {
			c.r.Lang = "zh"
			page, err := f.Search(t.Context(), c.r)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, counts(page.Facets)); diff != "" {
				t.Errorf("facets (-want +got):\n%s", diff)
			}
		})
	}
}

func TestASearchRefusesWhatIsWrong(t *testing.T) {
	f := searchFloor(t)
	page, err := f.Search(t.Context(), recommend.SearchRequest{Topic: "home", Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		r    recommend.SearchRequest
		code string
	}{
		"a long query":     {recommend.SearchRequest{Query: strings.Repeat("茶", 201)}, "validation"},
		"an unknown topic": {recommend.SearchRequest{Topic: "submarines"}, "topic-unknown"},
		"a negative price": {recommend.SearchRequest{PriceMax: new(int64(-1))}, "validation"},
		"too long a page":  {recommend.SearchRequest{Limit: 51}, "validation"},
		"another topic":    {recommend.SearchRequest{Cursor: page.NextCursor, Topic: "garden"}, "cursor-invalid"},
		"another query":    {recommend.SearchRequest{Cursor: page.NextCursor, Topic: "home", Query: "kettle"}, "cursor-invalid"},
		"another reader":   {recommend.SearchRequest{Cursor: page.NextCursor, Topic: "home", Reader: "r"}, "cursor-invalid"},
		"another price":    {recommend.SearchRequest{Cursor: page.NextCursor, Topic: "home", PriceMin: new(int64(0))}, "cursor-invalid"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := f.Search(t.Context(), c.r)
			var refusal *recommend.Refusal
			if !errors.As(err, &refusal) || refusal.Code() != c.code {
				t.Errorf("got %v, want a refusal %s", err, c.code)
			}
		})
	}
	if page, err := f.Search(t.Context(), recommend.SearchRequest{Query: strings.Repeat("茶", 200)}); err != nil || len(page.Items) != 0 {
		t.Errorf("a query of 200 characters: got %v, %v; want an empty page", page, err)
	}
}

func TestListsArePagedWithoutRepeatingOrSkipping(t *testing.T) {
	f := newShopFloor(t)
	f.put(t, recommend.KindExpert, "e", expert("e"))
	f.put(t, recommend.KindExpert, "other", expert("other"))
	f.put(t, recommend.KindReader, "r", &recommend.Reader{ID: "r", Interests: []recommend.Interest{{Topic: "garden", Weight: 1}}})
	for i := range 23 {
		id := strconv.Itoa(i)
		f.put(t, recommend.KindPick, id, pick(id, "e", id, aged(time.Duration(i/2)*time.Minute), on([]string{"home", "garden"}[i%2])))
	}
	for i := range 5 {
		id := strconv.Itoa(i)
		f.put(t, recommend.KindPick, "also"+id, pick("also"+id, "other", id, aged(time.Hour), on("home/bath")))
	}
	type page struct {
		items []recommend.Item
		next  string
	}
	for name, get := range map[string]func(cursor string) (page, error){
		"browse": func(c string) (page, error) {
			p, err := f.Search(t.Context(), recommend.SearchRequest{Limit: 4, Cursor: c})
			return page{p.Items, p.NextCursor}, err
		},
		"search": func(c string) (page, error) {
			p, err := f.Search(t.Context(), recommend.SearchRequest{Query: "years", Limit: 4, Cursor: c})
			return page{p.Items, p.NextCursor}, err
		},
		"storefront, latest": func(c string) (page, error) {
			p, err := f.Storefront(t.Context(), recommend.StorefrontRequest{Expert: "e", Limit: 4, Cursor: c})
			return page{p.Items, p.NextCursor}, err
		},
		"storefront, popular": func(c string) (page, error) {
			p, err := f.Storefront(t.Context(), recommend.StorefrontRequest{Expert: "e", Tab: recommend.TabPopular, Limit: 4, Cursor: c})
			return page{p.Items, p.NextCursor}, err
		},
		"storefront, for you": func(c string) (page, error) {
			p, err := f.Storefront(t.Context(), recommend.StorefrontRequest{Expert: "e", Tab: recommend.TabForYou, Viewer: recommend.Viewer{Reader: "r"}, Limit: 4, Cursor: c})
			return page{p.Items, p.NextCursor}, err
		},
	} {
		t.Run(name, func(t *testing.T) {
			seen := make(map[string]bool)
			cursor, pages := "", 0
			for {
				p, err := get(cursor)
				if err != nil {
					t.Fatal(err)
				}
				for _, i := range p.items {
					if seen[i.Product.Key] {
						t.Errorf("page %d repeats %s", pages, i.Product.Key)
					}
					if i.Position != len(seen) {
						t.Errorf("page %d: %s is at %d, want %d", pages, i.Pick, i.Position, len(seen))
					}
					seen[i.Product.Key] = true
				}
				pages++
				if cursor = p.next; cursor == "" {
					break
				}
				id := fmt.Sprintf("new-%s-%d", strings.ReplaceAll(name, " ", ""), pages) // at the top, and gone before the next list
				f.put(t, recommend.KindPick, id, pick(id, "e", "new", aged(-time.Second), func(p *recommend.Pick) { p.Product = "jd:" + strconv.Itoa(pages) }))
				f.put(t, recommend.KindPick, id, pick(id, "e", "new", func(p *recommend.Pick) { p.State = recommend.PickWithdrawn }))
			}
			if len(seen) != 23 || pages != 6 {
				t.Errorf("got %d products on %d pages, want 23 on 6", len(seen), pages)
			}
		})
	}
}

func TestStorefrontTabs(t *testing.T) {
	f := searchFloor(t)
	f.put(t, recommend.KindProduct, "jd:knife", product("knife", stocked(0), func(p *recommend.Product) { p.Title = "A knife" }))
	f.put(t, recommend.KindPick, "b3", pick("b3", "bo", "unlisted", aged(time.Minute)))
	f.put(t, recommend.KindPick, "b4", pick("b4", "bo", "glass", aged(time.Minute), func(p *recommend.Pick) { p.State = recommend.PickWithdrawn }))
	f.put(t, recommend.KindReader, "r", &recommend.Reader{
		ID: "r", Interests: []recommend.Interest{{Topic: "garden", Weight: 1}}, Follows: []recommend.Since{{ID: "ann"}}, Mutes: []recommend.Mute{{Kind: "expert", ID: "ann"}},
	})
	for name, c := range map[string]struct {
		r    recommend.StorefrontRequest
		want string
	}{
		"latest":               {recommend.StorefrontRequest{}, "[a1 a2 a3]"},
		"popular":              {recommend.StorefrontRequest{Tab: recommend.TabPopular}, "[a1 a3 a2]"},
		"for you":              {recommend.StorefrontRequest{Tab: recommend.TabForYou, Viewer: recommend.Viewer{Reader: "r"}}, "[a2 a3 a1]"},
		"a word of a reason":   {recommend.StorefrontRequest{Query: "Cuts BRINGS"}, "[a2]"},
		"a word of a title":    {recommend.StorefrontRequest{Query: "水壶"}, "[a1]"},
		"words of both":        {recommend.StorefrontRequest{Query: "glass quiet"}, "[a1]"},
		"a word and another's": {recommend.StorefrontRequest{Query: "glass cuts"}, "[]"},
	} {
		t.Run(name, func(t *testing.T) {
			c.r.Expert = "ann"
			page, err := f.Storefront(t.Context(), c.r)
			if err != nil {
				t.Fatal(err)
			}
			if got := fmt.Sprint(picksOf(page.Items)); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
	page, err := f.Storefront(t.Context(), recommend.StorefrontRequest{Expert: "ann", Viewer: recommend.Viewer{Reader: "r", Lang: "en"}})
	if err != nil {
		t.Fatal(err)
	}
	want := recommend.ExpertProfile{
		ExpertCard: recommend.ExpertCard{ID: "ann", Name: "Name of ann", Trust: 60}, Verified: true, Picks: 3, Following: true,
		Topics: []recommend.TopicInfo{
			{ID: "home", Label: "Home", Labels: map[string]string{"zh": "家居", "en": "Home"}, Picks: 2},
			{ID: "garden", Label: "Garden", Labels: map[string]string{"zh": "园艺", "en": "Garden"}, Picks: 2},
		},
	}
	if diff := cmp.Diff(want, page.Expert); diff != "" {
		t.Errorf("profile (-want +got):\n%s", diff)
	}
	i := slices.IndexFunc(page.Items, func(i recommend.Item) bool { return i.Pick == "a2" })
	if i < 0 || page.Items[i].Product.Availability != recommend.OutOfStock {
		t.Errorf("the sold-out pick: got %v, want it there as out of stock", page.Items)
	}
}

func TestAStorefrontRefusesWhatIsWrong(t *testing.T) {
	f := searchFloor(t)
	f.put(t, recommend.KindExpert, "gone", expert("gone", func(e *recommend.Expert) { e.Standing = recommend.StandingSuspended }))
	f.put(t, recommend.KindPick, "x", pick("x", "not-verified", "x"))
	var refusal *recommend.Refusal
	if _, err := f.Storefront(t.Context(), recommend.StorefrontRequest{Expert: "ann", Tab: "best"}); !errors.As(err, &refusal) || refusal.Code() != "validation" {
		t.Errorf("an unknown tab: got %v, want validation", err)
	}
	for _, id := range []string{"nobody", "not-verified", ""} {
		var gone *recommend.GoneError
		if _, err := f.Storefront(t.Context(), recommend.StorefrontRequest{Expert: id}); !errors.Is(err, recommend.ErrNotFound) || errors.As(err, &gone) {
			t.Errorf("expert %q: got %v, want not found", id, err)
		}
	}
	var gone *recommend.GoneError
	if _, err := f.Storefront(t.Context(), recommend.StorefrontRequest{Expert: "gone"}); !errors.As(err, &gone) || gone.Kind != "expert" {
		t.Errorf("a suspended expert: got %v, want him gone", err)
	}
}
