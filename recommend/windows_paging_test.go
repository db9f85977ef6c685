package recommend_test

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"vitrine.dev/recommend"
)

// TestPagesNeitherRepeatNorSkip serves one window by two processes in turn,
// whose shelves follow at their own pace, while picks come and go.
func TestPagesNeitherRepeatNorSkip(t *testing.T) {
	policy := testPolicy(t, "window: {default_limit: 3, max_limit: 6, candidates: 6, length: 400}")
	rapid.Check(t, func(r *rapid.T) {
		p := newPaging(t, policy, rapid.IntRange(0, 40).Draw(r, "picks"))
		request := recommend.WindowRequest{
			Reader: rapid.SampledFrom([]string{"", "fan", "cold"}).Draw(r, "reader"), Limit: rapid.IntRange(1, 6).Draw(r, "limit"),
			Seed: rapid.Uint64().Draw(r, "seed"), Topics: rapid.SampledFrom([][]string{nil, nil, {"home"}, {"home/kitchen", "garden"}}).Draw(r, "topics"),
		}
		p.throughout(request.Topics)
		for page := 0; ; page++ {
			if page > 100 {
				r.Fatal("the window does not end")
			}
			floor := p.floors[rapid.IntRange(0, 1).Draw(r, "process")]
			w := floor.window(t, request)
			p.serve(r, page, w)
			if w.NextCursor == "" {
				break
			}
			request.Cursor = w.NextCursor
			for range rapid.IntRange(0, 4).Draw(r, "events") {
				p.event(r)
			}
			p.throughout(request.Topics)
		}
		for pick, product := range p.always {
			if _, ok := p.served[product]; !ok {
				r.Fatalf("pick %s of %s could be seen throughout and was not served", pick, product)
			}
		}
	})
}

// A paging is a window being served while things happen.
type paging struct {
	t      *testing.T
	clock  *clock
	store  *memoryStore
	floors []*shopFloor
	n      int // picks so far
	served map[string]string
	always map[string]string // picks that could be seen on both shelves all the time, with their products
	began  bool
	id     string
	start  time.Time
}

func newPaging(t *testing.T, policy *recommend.Policy, picks int) *paging {
	p := &paging{t: t, clock: &clock{at: opening()}, store: newMemoryStore(), served: make(map[string]string), start: opening()}
	for range 2 {
		f := secondFloor(t, p.store, p.clock)
		f.world.SetPolicy(t.Context(), policy)
		p.floors = append(p.floors, f)
	}
	for i := range 4 {
		p.store.put(t, recommend.KindExpert, "e"+strconv.Itoa(i), expert("e"+strconv.Itoa(i), func(e *recommend.Expert) { e.Trust = float64(20 * i) }))
	}
	p.store.put(t, recommend.KindReader, "fan", &recommend.Reader{
		ID: "fan", Interests: []recommend.Interest{{Topic: "garden", Weight: 0.5}, {Topic: "home", Weight: 0.2}}, Follows: []recommend.Since{{ID: "e1"}, {ID: "e2"}},
	})
	for range picks {
		p.add(opening().Add(-time.Duration(p.n*p.n) * time.Minute))
	}
	p.floors[0].sync(t)
	p.floors[1].sync(t)
	return p
}

// add publishes a pick; every third product has two of them.
func (p *paging) add(at time.Time) {
	id, item := "p"+strconv.Itoa(p.n), "i"+strconv.Itoa(p.n-p.n%3/2)
	topic := []string{"home", "home/kitchen", "garden"}[p.n%3]
	p.store.put(p.t, recommend.KindPick, id, pick(id, "e"+strconv.Itoa(p.n%4), item, on(topic), func(x *recommend.Pick) { x.PublishedAt = at }))
	p.n++
}

// event changes something, or lets one shelf follow.
func (p *paging) event(r *rapid.T) {
	p.clock.add(time.Duration(rapid.IntRange(0, 60).Draw(r, "seconds")) * time.Second)
	switch rapid.SampledFrom([]string{"add", "add", "withdraw", "restore", "sync", "sync", "sold out", "suspend"}).Draw(r, "event") {
	case "add":
		p.add(p.clock.now())
	case "withdraw":
		p.state(r, recommend.PickWithdrawn)
	case "restore":
		p.state(r, recommend.PickPublished)
	case "sync":
		p.floors[rapid.IntRange(0, 1).Draw(r, "who")].sync(p.t)
	case "sold out":
		item := "i" + strconv.Itoa(rapid.IntRange(0, max(0, p.n-1)).Draw(r, "item"))
		p.store.put(p.t, recommend.KindProduct, "jd:"+item, product(item, stocked(int64(rapid.IntRange(0, 1).Draw(r, "stock")))))
	case "suspend":
		standing := rapid.SampledFrom([]recommend.Standing{recommend.StandingActive, recommend.StandingSuspended}).Draw(r, "standing")
		p.store.put(p.t, recommend.KindExpert, "e3", expert("e3", func(e *recommend.Expert) { e.Standing = standing }))
	}
}

func (p *paging) state(r *rapid.T, state recommend.PickState) {
	if p.n == 0 {
		return
	}
	id := "p" + strconv.Itoa(rapid.IntRange(0, p.n-1).Draw(r, "pick"))
	var x recommend.Pick
	if err := x.UnmarshalJSON(p.store.document(recommend.KindPick, id).Body); err != nil {
		r.Fatal(err)
	}
	x.State = state
	p.store.put(p.t, recommend.KindPick, id, x)
}

// throughout keeps of the picks that could be seen always those that both
// shelves show now.
func (p *paging) throughout(topics []string) {
	now := make(map[string]int)
	products := make(map[string]string)
	for _, f := range p.floors {
		for _, i := range f.visible(p.t, topics) {
			now[i.Pick]++
			products[i.Pick] = i.Product.Key
		}
	}
	if !p.began {
		p.began, p.always = true, products
	}
	for pick := range p.always {
		if now[pick] < len(p.floors) {
			delete(p.always, pick)
		}
	}
}

// visible are the cards of the four storefronts that a window may hold.
func (f *shopFloor) visible(tb testing.TB, topics []string) []recommend.Item {
	tb.Helper()
	var all []recommend.Item
	for i := range 4 {
		r := recommend.StorefrontRequest{Expert: "e" + strconv.Itoa(i)}
		for {
			page, err := f.Storefront(tb.Context(), r)
			if errors.Is(err, recommend.ErrNotFound) { // suspended
				break
			}
			if err != nil {
				tb.Fatal(err)
			}
			for _, i := range page.Items {
				within := func(root string) bool { return recommend.TopicWithin(i.Topics[0], root) }
				if i.Product.Availability != recommend.OutOfStock && (topics == nil || slices.ContainsFunc(topics, within)) {
					all = append(all, i)
				}
			}
			if r.Cursor = page.NextCursor; r.Cursor == "" {
				break
			}
		}
	}
	return all
}

func (p *paging) serve(r *rapid.T, page int, w *recommend.Window) {
	if p.id == "" {
		p.id = w.ID
	}
	if w.ID != p.id {
		r.Fatalf("page %d is of window %s, want %s", page, w.ID, p.id)
	}
	for _, i := range w.Items {
		if old, ok := p.served[i.Product.Key]; ok {
			r.Fatalf("page %d repeats product %s: %s after %s", page, i.Product.Key, i.Pick, old)
		}
		if i.PublishedAt.After(p.start) {
			r.Fatalf("page %d holds %s, published after the window was made", page, i.Pick)
		}
		if i.Position != len(p.served) {
			r.Fatalf("page %d: %s is at %d, want %d", page, i.Pick, i.Position, len(p.served))
		}
		p.served[i.Product.Key] = i.Pick
	}
}

func TestACursorIsBoundToItsWindow(t *testing.T) {
	f := newShopFloor(t)
	f.stockShelf(t, 9)
	first := f.window(t, recommend.WindowRequest{Reader: "r", Topics: []string{"home"}, Limit: 2})
	tampered := []byte(first.NextCursor)
	tampered[40] = map[bool]byte{true: 'A', false: 'B'}[tampered[40] == 'B']
	other := recommend.NewWindows(recommend.WindowsConfig{Shelf: f.shelf, World: f.world, Store: f.store, SecretKey: []byte("x"), Now: f.clock.now})
	browse, err := f.Search(t.Context(), recommend.SearchRequest{Reader: "r", Limit: 2})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		w    *recommend.Windows
		r    recommend.WindowRequest
		code string
	}{
		"another reader":         {f.Windows, recommend.WindowRequest{Reader: "s", Topics: []string{"home"}, Cursor: first.NextCursor}, "cursor-invalid"},
		"another topic":          {f.Windows, recommend.WindowRequest{Reader: "r", Topics: []string{"garden"}, Cursor: first.NextCursor}, "cursor-invalid"},
		"no topic":               {f.Windows, recommend.WindowRequest{Reader: "r", Cursor: first.NextCursor}, "cursor-invalid"},
		"a tampered cursor":      {f.Windows, recommend.WindowRequest{Reader: "r", Topics: []string{"home"}, Cursor: string(tampered)}, "cursor-invalid"},
		"a cursor cut short":     {f.Windows, recommend.WindowRequest{Reader: "r", Topics: []string{"home"}, Cursor: first.NextCursor[:len(first.NextCursor)-4]}, "cursor-invalid"},
		"another installation":   {other, recommend.WindowRequest{Reader: "r", Topics: []string{"home"}, Cursor: first.NextCursor}, "cursor-invalid"},
		"the cursor of a search": {f.Windows, recommend.WindowRequest{Reader: "r", Cursor: browse.NextCursor}, "cursor-invalid"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := c.w.Window(t.Context(), c.r)
			var refusal *recommend.Refusal
			if !errors.As(err, &refusal) || refusal.Code() != c.code {
				t.Errorf("got %v, want a refusal %s", err, c.code)
			}
		})
	}
	again := recommend.WindowRequest{Reader: "r", Topics: []string{"home"}, Cursor: first.NextCursor}
	f.clock.add(30 * time.Minute)
	second := f.window(t, again)
	if got, want := picksOf(second.Items), []string{"p2", "p3"}; !slices.Equal(got, want) {
		t.Errorf("second page after 30 minutes: got %v, want %v", got, want)
	}
	f.clock.add(time.Millisecond)
	var refusal *recommend.Refusal
	if _, err := f.Window(t.Context(), again); !errors.As(err, &refusal) || refusal.Code() != "cursor-expired" {
		t.Errorf("first cursor after more than 30 minutes: got %v, want cursor-expired", err)
	}
	f.window(t, recommend.WindowRequest{Reader: "r", Topics: []string{"home"}, Cursor: second.NextCursor})
}

func TestAWindowEnds(t *testing.T) {
	f := newShopFloor(t)
	f.world.SetPolicy(t.Context(), testPolicy(t, "window: {max_limit: 50, length: 60}"))
	f.stockShelf(t, 70)
	first := f.window(t, recommend.WindowRequest{Limit: 50})
	second := f.window(t, recommend.WindowRequest{Cursor: first.NextCursor})
	if got, want := fmt.Sprintf("%d %d %q", len(first.Items), len(second.Items), second.NextCursor), `50 10 ""`; got != want {
		t.Errorf("pages and last cursor: got %s, want %s", got, want)
	}
}

func TestTheLongestCursorIsShort(t *testing.T) {
	f := newShopFloor(t)
	f.stockShelf(t, 401)
	r, longest := recommend.WindowRequest{Reader: "r", Limit: 50}, 0
	for {
		w := f.window(t, r)
		longest = max(longest, len(w.NextCursor))
		if w.NextCursor == "" {
			break
		}
		r.Cursor = w.NextCursor
	}
	if longest < 1000 || longest > 4096 {
		t.Errorf("longest cursor of a window of 400 cards: got %d bytes, want up to 4096", longest)
	}
}

func TestWhatIsTakenDownIsMissingFromLaterPages(t *testing.T) {
	f := newShopFloor(t)
	f.stockShelf(t, 6)
	first := f.window(t, recommend.WindowRequest{Limit: 2})
	f.rule(t, "pick:p2", recommend.ActionRemove)
	f.put(t, recommend.KindProduct, "jd:i4", product("i4", stocked(0)))
	second := f.window(t, recommend.WindowRequest{Cursor: first.NextCursor})
	if got, want := picksOf(second.Items), []string{"p3", "p5"}; !slices.Equal(got, want) || second.NextCursor != "" {
		t.Errorf("second page: got %v and cursor %q, want %v and none", got, second.NextCursor, want)
	}
}
