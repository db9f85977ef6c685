package recommend_test

import (
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"vitrine.dev/recommend"
)

// feedbackFloor holds three picks that score alike but for their age.
func feedbackFloor(t *testing.T) *shopFloor {
	t.Helper()
	f := newShopFloor(t)
	for i, x := range []string{"ann", "bo", "cy"} {
		f.put(t, recommend.KindExpert, x, expert(x))
		f.put(t, recommend.KindProduct, fmt.Sprint("jd:i", i), product(fmt.Sprint("i", i)))
	}
	f.put(t, recommend.KindPick, "a", pick("a", "ann", "i0", aged(time.Hour), on("home/kitchen")))
	f.put(t, recommend.KindPick, "b", pick("b", "bo", "i1", aged(2*time.Hour), on("garden")))
	f.put(t, recommend.KindPick, "c", pick("c", "cy", "i2", aged(3*time.Hour), on("garden")))
	return f
}

func TestFeedbackCountsInTheVeryNextWindow(t *testing.T) {
	const day = 24 * time.Hour
	for name, c := range map[string]struct {
		fed  []recommend.Feedback
		ago  time.Duration
		want string
	}{
		"none":                          {nil, 0, "[a b c]"},
		"less of a pick":                {[]recommend.Feedback{{Kind: "pick", ID: "a"}}, 0, "[b c]"},
		"less of an expert":             {[]recommend.Feedback{{Kind: "expert", ID: "ann"}}, 0, "[b c]"},
		"less of a topic":               {[]recommend.Feedback{{Kind: "topic", ID: "home"}}, 0, "[b c]"},
		"less of a partner":             {[]recommend.Feedback{{Kind: "partner", ID: "jd"}}, 0, "[]"},
		"less, a fortnight ago":         {[]recommend.Feedback{{Kind: "pick", ID: "a"}}, 15 * day, "[b c a]"},
		"less, half a year ago":         {[]recommend.Feedback{{Kind: "pick", ID: "a"}}, 180 * day, "[a b c]"},
		"more of an expert":             {[]recommend.Feedback{{Kind: "expert", ID: "cy", More: true}}, 0, "[c a b]"},
		"more of it, less of its topic": {[]recommend.Feedback{{Kind: "pick", ID: "c", More: true}, {Kind: "topic", ID: "garden"}}, 0, "[a]"},
	} {
		t.Run(name, func(t *testing.T) {
			f := feedbackFloor(t)
			for i := range c.fed {
				c.fed[i].At = f.clock.now().Add(-c.ago)
			}
			f.put(t, recommend.KindReader, "r", &recommend.Reader{ID: "r", Feedback: c.fed})
			page := f.window(t, recommend.WindowRequest{Reader: "r"})
			if got := fmt.Sprint(picksOf(page.Items)); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
			for _, i := range page.Items {
				sum := 0.0
				for _, x := range i.Factors {
					sum += x.Weight * x.Value
				}
				if d := sum - i.Score; d > 1e-9 || d < -1e-9 {
					t.Errorf("%s: factors add up to %v, score %v", i.Pick, sum, i.Score)
				}
			}
		})
	}
}

func TestAnImpersonalWindowIsThatOfSomebodyUnknown(t *testing.T) {
	f := feedbackFloor(t)
	r := &recommend.Reader{
		ID: "r", Impersonal: true, Interests: []recommend.Interest{{Topic: "garden", Weight: 1, Source: "declared"}}, Follows: []recommend.Since{{ID: "cy"}},
		Feedback: []recommend.Feedback{{Kind: "expert", ID: "cy", More: true}},
	}
	f.put(t, recommend.KindReader, "r", r)
	unknown := f.window(t, recommend.WindowRequest{}).Items
	for i, item := range f.window(t, recommend.WindowRequest{Reader: "r"}).Items {
		if want := unknown[i]; item.Pick != want.Pick || item.Score != want.Score || item.Source != want.Source {
			t.Errorf("%d: %s %v by %s, want %s %v by %s", i, item.Pick, item.Score, item.Source, want.Pick, want.Score, want.Source)
		}
	}
	r.Mutes = []recommend.Mute{{Kind: "pick", ID: "a"}}
	r.Feedback = append(r.Feedback, recommend.Feedback{Kind: "pick", ID: "b", At: f.clock.now()})
	f.put(t, recommend.KindReader, "r", r)
	if got := fmt.Sprint(picksOf(f.window(t, recommend.WindowRequest{Reader: "r"}).Items)); got != "[c]" {
		t.Errorf("got %s, want all but what is muted and hidden", got)
	}
}

func TestCardsSayWhatTheReaderKeeps(t *testing.T) {
	f := feedbackFloor(t)
	f.put(t, recommend.KindReader, "r", &recommend.Reader{
		ID: "r", Bookmarks: []recommend.Bookmark{{Pick: "a"}}, Cart: recommend.Cart{At: f.clock.now(), Lines: []recommend.CartLine{{Pick: "b"}}},
	})
	check := func(where string, items []recommend.Item) {
		t.Helper()
		for _, i := range items {
			if i.Bookmarked != (i.Pick == "a") || i.InCart != (i.Pick == "b") {
				t.Errorf("%s: %s bookmarked %v, in cart %v", where, i.Pick, i.Bookmarked, i.InCart)
			}
		}
	}
	check("window", f.window(t, recommend.WindowRequest{Reader: "r"}).Items)
	found, err := f.Search(t.Context(), recommend.SearchRequest{Reader: "r"})
	if err != nil || len(found.Items) != 3 {
		t.Fatalf("search: %v", err)
	}
	check("search", found.Items)
	for id, x := range map[string]string{"a": "ann", "b": "bo", "c": "cy"} {
		v := recommend.Viewer{Reader: "r"}
		front, err := f.Storefront(t.Context(), recommend.StorefrontRequest{Expert: x, Viewer: v})
		if err != nil {
			t.Fatal(err)
		}
		check("storefront", front.Items)
		one, err := f.Pick(t.Context(), id, v)
		if err != nil {
			t.Fatal(err)
		}
		check("pick", []recommend.Item{one.Item})
		p, err := f.Product(t.Context(), recommend.ProductRequest{Key: one.Product.Key, Viewer: v})
		if err != nil {
			t.Fatal(err)
		}
		check("product", p.Items)
	}
}

func TestAnErasedReaderIsSomebodyNew(t *testing.T) {
	f := feedbackFloor(t)
	names, _ := newPseudonyms(t)
	key := []byte("a key that processes share")
	w := recommend.NewWindows(recommend.WindowsConfig{
		Shelf: f.shelf, World: f.world, Store: f.store, Pseudonyms: names, SecretKey: key, Now: f.clock.now, Logger: slog.New(slog.DiscardHandler),
	})
	verify := recommend.NewWindowVerifier(key)
	first, err := w.Window(t.Context(), recommend.WindowRequest{Reader: "r"})
	if err != nil {
		t.Fatal(err)
	}
	before := makeName(t, names, "r")
	if !verify(first.ID, before) || verify(first.ID, "r") {
		t.Error("the window is not that of the pseudonym")
	}
	f.put(t, recommend.KindReader, before, &recommend.Reader{ID: before, Erased: f.clock.now()})
	second, err := w.Window(t.Context(), recommend.WindowRequest{Reader: "r"})
	if err != nil || second.Degraded {
		t.Fatalf("degraded %v, %v", second.Degraded, err)
	}
	after := makeName(t, names, "r")
	if after == before || !verify(second.ID, after) || verify(second.ID, before) {
		t.Errorf("%s after %s", after, before)
	}
}

func TestTheShelfKnowsItsPicks(t *testing.T) {
	f := feedbackFloor(t)
	f.rule(t, "pick:b", "remove")
	if got, want := f.Known([]string{"a", "b", "nobody", ""}), []bool{true, true, false, false}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
