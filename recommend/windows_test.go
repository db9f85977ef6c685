package recommend_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vitrine.dev/recommend"
)

func TestAnUnknownReaderGetsTheLatestPicks(t *testing.T) {
	f := newShopFloor(t)
	f.stockShelf(t, 30)
	w := f.window(t, recommend.WindowRequest{Limit: 3, Lang: "en"})
	if got, want := picksOf(w.Items), []string{"p0", "p1", "p2"}; !slices.Equal(got, want) {
		t.Errorf("window: got %v, want %v", got, want)
	}
	if got, want := w.Items[0].Source, "latest"; got != want {
		t.Errorf("source: got %q, want %q", got, want)
	}
	if w.Degraded || w.PolicyVersion != "test" || w.NextCursor == "" {
		t.Errorf("window: got degraded %v, policy %q, cursor %q", w.Degraded, w.PolicyVersion, w.NextCursor)
	}
	if !recommend.ValidID(w.ID) {
		t.Errorf("window id %q is not an id", w.ID)
	}
}

func TestACardCarriesAllThatReadersNeed(t *testing.T) {
	f := newShopFloor(t)
	f.put(t, recommend.KindExpert, "mei", expert("mei", func(e *recommend.Expert) { e.Trust = 80 }))
	f.put(t, recommend.KindProduct, "jd:pot", product("pot", func(p *recommend.Product) { p.Image = "https://img.example/pot.jpg" }))
	three := int64(3)
	p := pick("p", "mei", "pot", func(p *recommend.Pick) {
		p.Inventory, p.Images, p.Relationship = &three, []string{"https://img.example/mine.jpg"}, recommend.RelationGift
	})
	f.put(t, recommend.KindPick, "p", p)
	got := f.window(t, recommend.WindowRequest{Lang: "zh"}).Items[0]
	checked := opening().Add(-time.Hour)
	want := recommend.Item{
		Pick: "p", Score: got.Score, Propensity: 1, Source: "latest", Reasons: []string{"新近推荐"},
		Expert: recommend.ExpertCard{ID: "mei", Name: "Name of mei", Trust: 80},
		Product: recommend.ProductCard{
			Key: "jd:pot", Partner: "jd", Title: "Title of pot", Image: "https://img.example/pot.jpg",
			Price: &recommend.Money{Amount: 1000, Currency: "CNY"}, Availability: recommend.InStock, CheckedAt: &checked,
		},
		Reason: p.Reason, Topics: []string{"home/kitchen"}, Images: p.Images, Link: p.Link, Inventory: &three,
		Disclosure:  recommend.DisclosureOf{Label: "广告", ShortLabel: "广告", Relationship: recommend.RelationGift, Placement: "adjacent"},
		PublishedAt: p.PublishedAt, Factors: got.Factors,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("card (-want +got):\n%s", diff)
	}
}

func TestFactorsAddUpToTheScore(t *testing.T) {
	f := newShopFloor(t)
	f.stockShelf(t, 20)
	f.put(t, recommend.KindReader, "r", &recommend.Reader{
		ID: "r", Interests: []recommend.Interest{{Topic: "home", Weight: 0.7}}, Follows: []recommend.Since{{ID: "e3"}},
	})
	features := make(map[string]recommend.Feature)
	for _, x := range append(recommend.Features(), recommend.Adjustments()...) {
		features[x.Name] = x
	}
	for _, item := range f.window(t, recommend.WindowRequest{Reader: "r"}).Items {
		sum := 0.0
		for _, x := range item.Factors {
			sum += x.Weight * x.Value
			if f, ok := features[x.Name]; !ok || x.Value < f.Low || x.Value > f.High {
				t.Errorf("pick %s: factor %s is %v, want %v to %v", item.Pick, x.Name, x.Value, f.Low, f.High)
			}
		}
		if math.Abs(sum-item.Score) > 1e-6 {
			t.Errorf("pick %s: factors add up to %v, score is %v", item.Pick, sum, item.Score)
		}
		if len(item.Factors) < 3 {
			t.Errorf("pick %s: factors %v, want freshness, trust and availability at least", item.Pick, item.Factors)
		}
	}
}

func TestInterestsAndFollowsLeadTheWindow(t *testing.T) {
	f := newShopFloor(t)
	f.stockShelf(t, 10) // home/kitchen
	f.put(t, recommend.KindExpert, "gardener", expert("gardener"))
	f.put(t, recommend.KindExpert, "friend", expert("friend"))
	f.put(t, recommend.KindPick, "spade", pick("spade", "gardener", "spade", on("garden"), aged(30*24*time.Hour)))
	f.put(t, recommend.KindPick, "lamp", pick("lamp", "friend", "lamp", on("home"), aged(24*time.Hour)))
	f.put(t, recommend.KindReader, "r", &recommend.Reader{
		ID: "r", Interests: []recommend.Interest{{Topic: "garden", Weight: 1}}, Follows: []recommend.Since{{ID: "friend"}},
	})
	en := f.window(t, recommend.WindowRequest{Reader: "r", Lang: "en"}).Items
	zh := f.window(t, recommend.WindowRequest{Reader: "r", Lang: "zh-CN"}).Items
	type why struct{ Pick, Source, En, Zh string }
	var got []why
	for i := range 3 {
		got = append(got, why{en[i].Pick, en[i].Source, en[i].Reasons[0], zh[i].Reasons[0]})
	}
	want := []why{
		{"spade", "interest", "Because you are interested in Garden", "你感兴趣的「园艺」"},
		{"lamp", "follow", "Because you follow Name of friend", "你关注的 Name of friend 推荐"},
		{"p0", "fresh", "New pick", "新近推荐"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("first cards (-want +got):\n%s", diff)
	}
}

func TestATopicTakesItsSubtopicsIn(t *testing.T) {
	f := newShopFloor(t)
	f.put(t, recommend.KindExpert, "e", expert("e"))
	for i, topics := range [][]string{{"home"}, {"home/kitchen"}, {"home/kitchen/knives"}, {"garden"}, {"home-office"}, {"garden", "home/bath"}} {
		id := strconv.Itoa(i)
		f.put(t, recommend.KindPick, id, pick(id, "e", id, on(topics...), aged(time.Duration(i)*time.Minute)))
	}
	for _, c := range []struct {
		topics []string
		want   []string
	}{
		{[]string{"home"}, []string{"0", "1", "2", "5"}},
		{[]string{"home/kitchen"}, []string{"1", "2"}},
		{[]string{"home/kitchen/knives", "garden"}, []string{"2", "3", "5"}},
		{[]string{"home", "home/kitchen"}, []string{"0", "1", "2", "5"}},
	} {
		w := f.window(t, recommend.WindowRequest{Topics: c.topics})
		got := picksOf(w.Items)
		slices.Sort(got)
		if !slices.Equal(got, c.want) {
			t.Errorf("window on %v: got %v, want %v", c.topics, got, c.want)
		}
		if w.Items[0].Source != "topic" {
			t.Errorf("window on %v: source %q, want topic", c.topics, w.Items[0].Source)
		}
	}
}

func TestAWindowRefusesWhatIsWrong(t *testing.T) {
	f := newShopFloor(t)
	f.stockShelf(t, 3)
	for name, c := range map[string]struct {
		r    recommend.WindowRequest
		code string
	}{
		"a negative limit":        {recommend.WindowRequest{Limit: -1}, "validation"},
		"a limit over the most":   {recommend.WindowRequest{Limit: 51}, "validation"},
		"an unknown topic":        {recommend.WindowRequest{Topics: []string{"home", "nonsense"}}, "topic-unknown"},
		"what is no topic":        {recommend.WindowRequest{Topics: []string{"../etc"}}, "topic-unknown"},
		"an unreadable cursor":    {recommend.WindowRequest{Cursor: "???"}, "cursor-invalid"},
		"too many picks left out": {recommend.WindowRequest{Exclude: make([]string, 101)}, "validation"},
	} {
		t.Run(name, func(t *testing.T) {
			w, err := f.Window(t.Context(), c.r)
			var refusal *recommend.Refusal
			if !errors.As(err, &refusal) || refusal.Code() != c.code {
				t.Errorf("got %v, %v; want a refusal %s", w, err, c.code)
			}
		})
	}
}

func TestAReaderNeverSees(t *testing.T) {
	mute := func(kind, id string) *recommend.Reader {
		return &recommend.Reader{ID: "r", Mutes: []recommend.Mute{{Kind: kind, ID: id}}}
	}
	for name, c := range map[string]struct {
		reader *recommend.Reader
		id     string
	}{
		"his own picks":                  {nil, "e1"},
		"a muted pick":                   {mute("pick", "p1"), "r"},
		"a muted expert":                 {mute("expert", "e1"), "r"},
		"a topic above that of the pick": {mute("topic", "garden"), "r"},
		"a muted partner":                {mute("partner", "tmall"), "r"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newShopFloor(t)
			f.stockShelf(t, 3)
			f.put(t, recommend.KindPick, "p1", pick("p1", "e1", "i1", on("garden/trees"), func(p *recommend.Pick) {
				p.Product, p.Link = "tmall:i1", "https://detail.tmall.com/item.htm?id=i1"
			}))
			if c.reader != nil {
				f.put(t, recommend.KindReader, "r", c.reader)
			}
			if got := picksOf(f.window(t, recommend.WindowRequest{}).Items); !slices.Contains(got, "p1") {
				t.Fatalf("somebody else's window: got %v, want p1 in it", got)
			}
			if got, want := picksOf(f.window(t, recommend.WindowRequest{Reader: c.id}).Items), []string{"p0", "p2"}; !slices.Equal(got, want) {
				t.Errorf("window: got %v, want %v", got, want)
			}
		})
	}
}

func TestPicksLeftOutStayOutOnEveryPage(t *testing.T) {
	f := newShopFloor(t)
	f.stockShelf(t, 6)
	got := f.pages(t, recommend.WindowRequest{Limit: 2, Exclude: []string{"p1", "p3", "nobody"}})
	if want := []string{"p0", "p2", "p4", "p5"}; !slices.Equal(got, want) {
		t.Errorf("pages: got %v, want %v", got, want)
	}
}

func TestLimitedExpertsAreShownToFollowersOnly(t *testing.T) {
	f := newShopFloor(t)
	f.stockShelf(t, 2)
	f.put(t, recommend.KindExpert, "e0", expert("e0", func(e *recommend.Expert) { e.Standing = recommend.StandingLimited }))
	f.put(t, recommend.KindReader, "fan", &recommend.Reader{ID: "fan", Follows: []recommend.Since{{ID: "e0"}}})
	if got, want := picksOf(f.window(t, recommend.WindowRequest{}).Items), []string{"p1"}; !slices.Equal(got, want) {
		t.Errorf("a stranger's window: got %v, want %v", got, want)
	}
	if got, want := picksOf(f.window(t, recommend.WindowRequest{Reader: "fan"}).Items), []string{"p0", "p1"}; !slices.Equal(got, want) {
		t.Errorf("a follower's window: got %v, want %v", got, want)
	}
}

func TestAProductIsOneCard(t *testing.T) {
	f := newShopFloor(t)
	f.put(t, recommend.KindProduct, "jd:pot", product("pot"))
	for i := range 6 {
		id := strconv.Itoa(i)
		f.put(t, recommend.KindExpert, "e"+id, expert("e"+id, func(e *recommend.Expert) { e.Trust = float64(10 * i) }))
		f.put(t, recommend.KindPick, "p"+id, pick("p"+id, "e"+id, "pot", aged(time.Hour)))
	}
	f.put(t, recommend.KindPick, "again", pick("again", "e4", "pot", aged(2*time.Hour)))
	items := f.window(t, recommend.WindowRequest{Lang: "en"}).Items
	if got, want := picksOf(items), []string{"p5"}; !slices.Equal(got, want) {
		t.Fatalf("window: got %v, want %v, the most trusted", got, want)
	}
	var also []string
	for _, a := range items[0].AlsoBy {
		also = append(also, a.Pick+" "+a.Expert.ID)
	}
	if want := []string{"p4 e4", "p3 e3", "p2 e2"}; !slices.Equal(also, want) {
		t.Errorf("also recommended by: got %v, want %v", also, want)
	}
	if want := "Picked by 6 experts"; !slices.Contains(items[0].Reasons, want) {
		t.Errorf("reasons: got %q, want %q among them", items[0].Reasons, want)
	}
}

func TestOneProductDoesNotCrowdOthersOut(t *testing.T) {
	f := newShopFloor(t)
	f.world.SetPolicy(t.Context(), testPolicy(t, "window: {default_limit: 6, max_limit: 6, candidates: 6}"))
	f.stockShelf(t, 8)
	for i := range 60 {
		id := "x" + strconv.Itoa(i)
		f.put(t, recommend.KindExpert, id, expert(id))
		f.put(t, recommend.KindPick, id, pick(id, id, "wanted", aged(time.Second)))
	}
	if got := f.window(t, recommend.WindowRequest{}).Items; len(got) != 6 {
		t.Errorf("window: got %v, want six products", picksOf(got))
	}
}

func TestOneExpertDoesNotFillThePage(t *testing.T) {
	f := newShopFloor(t)
	f.put(t, recommend.KindExpert, "busy", expert("busy", func(e *recommend.Expert) { e.Trust = 60 }))
	f.put(t, recommend.KindExpert, "calm", expert("calm", func(e *recommend.Expert) { e.Trust = 50 }))
	for i := range 4 {
		id := strconv.Itoa(i)
		f.put(t, recommend.KindPick, "b"+id, pick("b"+id, "busy", "b"+id, aged(time.Duration(i)*time.Minute)))
	}
	f.put(t, recommend.KindPick, "c", pick("c", "calm", "c", aged(10*time.Hour)))
	all := picksOf(f.window(t, recommend.WindowRequest{}).Items)
	if want := []string{"b0", "c", "b1", "b2", "b3"}; !slices.Equal(all, want) {
		t.Errorf("window: got %v, want %v: the second of one expert counts less", all, want)
	}
	if got := f.pages(t, recommend.WindowRequest{Limit: 1}); !slices.Equal(got, all) {
		t.Errorf("five pages: got %v, want the order of one page %v: discounts go on", got, all)
	}
}

func TestCommissionNeverMovesAnything(t *testing.T) {
	order := func(commission func(i int) int64) []string {
		f := newShopFloor(t)
		f.stockShelf(t, 40)
		for i := range 40 {
			item := "i" + strconv.Itoa(i)
			f.put(t, recommend.KindProduct, "jd:"+item, product(item, func(p *recommend.Product) { p.CommissionBP = commission(i) }))
		}
		f.put(t, recommend.KindReader, "r", &recommend.Reader{ID: "r", Interests: []recommend.Interest{{Topic: "home", Weight: 1}}})
		var out []string
		for _, item := range f.window(t, recommend.WindowRequest{Reader: "r", Limit: 40}).Items {
			out = append(out, fmt.Sprintf("%s %v", item.Pick, item.Score))
		}
		return out
	}
	none := order(func(int) int64 { return 0 })
	for name, commission := range map[string]func(int) int64{
		"rising": func(i int) int64 { return int64(i) * 200 }, "falling": func(i int) int64 { return 8000 - int64(i)*200 }, "all": func(int) int64 { return 8000 },
	} {
		if diff := cmp.Diff(none, order(commission)); diff != "" {
			t.Errorf("commission %s changes the order (-none +%s):\n%s", name, name, diff)
		}
	}
}

func TestADisclosureIsNeverEmpty(t *testing.T) {
	p := testPolicy(t, "")
	paying, free := product("x", func(p *recommend.Product) { p.CommissionBP = 1 }), product("x")
	for _, c := range []struct {
		says    recommend.Relationship
		product *recommend.Product
		want    recommend.Relationship
	}{
		{"", paying, recommend.RelationCommission},
		{recommend.RelationNone, paying, recommend.RelationCommission},
		{recommend.RelationGift, paying, recommend.RelationGift},
		{"", free, recommend.RelationNone},
		{"", nil, recommend.RelationNone},
		{recommend.RelationCommission, free, recommend.RelationCommission},
		{recommend.RelationEmployee, nil, recommend.RelationEmployee},
	} {
		for lang, label := range map[string]string{"zh": "广告", "zh-Hans": "广告", "en": "#ad", "": "#ad", "fr": "#ad"} {
			d := p.Disclose(c.says, c.product, lang)
			if d.Relationship != c.want || d.ShortLabel != label || d.Label == "" || d.Placement != "adjacent" {
				t.Errorf("pick says %q in %q: got %+v, want %q labelled %q", c.says, lang, d, c.want, label)
			}
		}
	}
}

func TestAWindowWithoutItsReaderIsDegraded(t *testing.T) {
	for name, hang := range map[string]bool{"when the store fails": false, "when the store hangs": true} {
		t.Run(name, func(t *testing.T) {
			f := newShopFloor(t)
			f.stockShelf(t, 3)
			f.store.failing(recommend.ErrUnavailable, hang)
			w := f.window(t, recommend.WindowRequest{Reader: "r"})
			if !w.Degraded || !slices.Equal(w.Missing, []string{"reader"}) || len(w.Items) != 3 || w.Items[0].Source != "latest" {
				t.Errorf("got degraded %v, missing %v, %d items; want a latest window that says so", w.Degraded, w.Missing, len(w.Items))
			}
			f.window(t, recommend.WindowRequest{Reader: "s"})
			f.store.failing(nil, false)
			if w := f.window(t, recommend.WindowRequest{Reader: "r"}); w.Degraded {
				t.Errorf("with the store back: got %+v, want a whole window", w)
			}
			away, back := strings.Count(f.log.String(), "without their readers"), strings.Count(f.log.String(), "with their readers again")
			if away != 1 || back != 1 {
				t.Errorf("logged %d times that readers are away, %d times that they are back; want once:\n%s", away, back, f.log)
			}
		})
	}
}

func TestASeedOrdersWhatIsAlike(t *testing.T) {
	f := newShopFloor(t)
	for i := range 30 { // alike in everything
		id := strconv.Itoa(i)
		f.put(t, recommend.KindExpert, "e"+id, expert("e"+id))
		f.put(t, recommend.KindPick, "p"+id, pick("p"+id, "e"+id, "i"+id))
	}
	order := func(seed uint64) []string {
		return picksOf(f.window(t, recommend.WindowRequest{Seed: seed, Limit: 30}).Items)
	}
	if a, b := order(7), order(7); !slices.Equal(a, b) {
		t.Errorf("one seed, two orders: %v and %v", a, b)
	}
	if a, b := order(7), order(8); slices.Equal(a, b) {
		t.Errorf("two seeds, one order of 30 picks that are alike: %v", a)
	}
}

func TestAWindowIDIsGoodForItsReaderOnly(t *testing.T) {
	f := newShopFloor(t)
	f.stockShelf(t, 1)
	id := f.window(t, recommend.WindowRequest{Reader: "r"}).ID
	other := recommend.NewWindows(recommend.WindowsConfig{
		Shelf: f.shelf, World: f.world, Store: f.store, SecretKey: []byte("another key"), Now: f.clock.now,
	})
	changed := []byte(id)
	changed[5] ^= 1
	for name, c := range map[string]struct {
		w          *recommend.Windows
		id, reader string
		want       bool
	}{
		"its reader":       {f.Windows, id, "r", true},
		"another reader":   {f.Windows, id, "s", false},
		"nobody":           {f.Windows, id, "", false},
		"a changed id":     {f.Windows, string(changed), "r", false},
		"a shorter id":     {f.Windows, id[:len(id)-1], "r", false},
		"no id":            {f.Windows, "", "r", false},
		"another key":      {other, id, "r", false},
		"a word as long":   {f.Windows, strings.Repeat("w", len(id)), "r", false},
		"what is not text": {f.Windows, "w" + strings.Repeat("\x00", len(id)-1), "r", false},
	} {
		if got := c.w.VerifyWindowID(c.id, c.reader); got != c.want {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}
