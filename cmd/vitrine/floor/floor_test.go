package floor_test

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"vitrine.dev/cmd/vitrine/floor"
	"vitrine.dev/recommend"
)

var start = time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC)

// A stall is a market with policies that see everything that happens on it.
type stall struct {
	*floor.Market
	policies []floor.Policy
	acts     int
}

func newStall(t *testing.T, names ...string) *stall {
	t.Helper()
	s := &stall{Market: floor.NewMarket()}
	for _, name := range names {
		p, err := floor.New(name)
		if err != nil {
			t.Fatal(err)
		}
		s.policies = append(s.policies, p)
	}
	return s
}

// pick publishes a pick that is named as its product.
func (s *stall) pick(id, expert, topic string, after time.Duration) {
	p := &recommend.PublishedPick{ID: id, Expert: expert, PublishedAt: start.Add(after), PickContent: recommend.PickContent{Topics: []string{topic}}}
	s.see(s.Publish(p, "shop:"+id))
}

func (s *stall) act(reader, kind, pick, window string, after time.Duration) {
	s.acts++
	a := &recommend.Action{ID: strconv.Itoa(s.acts), Reader: reader, Kind: kind, Pick: pick, Window: window, At: start.Add(after)}
	if e, ok := s.Act(a); ok {
		s.see(e)
	}
}

func (s *stall) see(e floor.Event) {
	for _, p := range s.policies {
		p.See(e)
	}
}

// order is what the first policy makes of everything on the market.
func (s *stall) order(reader string, after time.Duration, n int) []string {
	q := floor.Query{ID: "q", Reader: reader, At: start.Add(after)}
	return s.keys(floor.Order(s.policies[0], s.Market, q, s.Pool(reader, "", nil, false), n))
}

func (s *stall) keys(numbers []int32) []string {
	var keys []string
	for _, n := range numbers {
		keys = append(keys, s.Products[n].Key)
	}
	return keys
}

func want(t *testing.T, got []string, keys ...string) {
	t.Helper()
	for i := range keys {
		keys[i] = "shop:" + keys[i]
	}
	if !slices.Equal(got, keys) {
		t.Errorf("got %v, want %v", got, keys)
	}
}

const hour = time.Hour

func threePicks(s *stall) {
	s.pick("a", "mei", "home/kitchen", 0)
	s.pick("b", "ann", "home", hour)
	s.pick("c", "ann", "books", 2*hour)
}

func TestNewestPutsTheLastPickFirst(t *testing.T) {
	s := newStall(t, "newest")
	threePicks(s)
	want(t, s.order("r", 3*hour, 20), "c", "b", "a")
	want(t, s.order("r", 3*hour, 2), "c", "b")
	again := &recommend.PublishedPick{ID: "a2", Expert: "bob", PublishedAt: start.Add(3 * hour), PickContent: recommend.PickContent{Topics: []string{"home"}}}
	s.see(s.Publish(again, "shop:a"))
	want(t, s.order("r", 4*hour, 20), "a", "c", "b")
}

func TestPopularForgetsWhatIsOlderThanItsWindow(t *testing.T) {
	s := newStall(t, "popular-7d")
	threePicks(s)
	s.act("r1", recommend.ActOpen, "a", "", 3*hour)
	s.act("r2", recommend.ActBookmark, "a", "", 3*hour)
	s.act("r1", recommend.ActOpen, "b", "", 5*24*hour)
	s.act("r1", recommend.ActImpression, "c", "w", 5*24*hour)
	s.act("r1", recommend.ActHide, "c", "w", 5*24*hour)
	want(t, s.order("r", 6*24*hour, 20), "a", "b", "c")
	want(t, s.order("r", 8*24*hour, 20), "b", "a", "c") // by what is older, where nothing is new
	want(t, s.order("r", 184*24*hour, 20), "b", "c", "a")
}

func TestClickRateCountsAnsweredImpressionsAlone(t *testing.T) {
	s := newStall(t, "ctr")
	threePicks(s)
	for i := range 40 {
		window := "w" + strconv.Itoa(i)
		for _, pick := range []string{"a", "b"} {
			s.act("r", recommend.ActImpression, pick, window, hour)
		}
		if i%2 == 0 {
			s.act("r", recommend.ActOpen, "b", window, hour)
			s.act("r", recommend.ActOpen, "b", window, hour) // twice is once
		}
		s.act("r", recommend.ActOpen, "a", "", hour)          // came another way
		s.act("r", recommend.ActOpen, "a", "elsewhere", hour) // was not shown there
	}
	want(t, s.order("r", 3*hour, 20), "b", "c", "a") // c was never shown: between the two
}

func TestOwnHistoryHalvesEveryDayAndIsTheReadersOwn(t *testing.T) {
	s := newStall(t, "own-history")
	threePicks(s)
	s.act("r", recommend.ActBookmark, "a", "", 2*hour) // counts 3, and 1.5 a day later
	s.act("r", recommend.ActOpen, "b", "", 26*hour)
	s.act("other", recommend.ActPurchase, "c", "", 26*hour)
	want(t, s.order("r", 26*hour, 20), "a", "b", "c")
	s.act("r", recommend.ActOpen, "b", "", 26*hour)
	want(t, s.order("r", 27*hour, 20), "b", "a", "c")
	want(t, s.order("nobody", 27*hour, 20), "c", "b", "a")
}

func TestRandomIsTheSameForTheSameQuery(t *testing.T) {
	s := newStall(t, "random")
	for i := range 50 {
		s.pick("p"+strconv.Itoa(i), "mei", "home", time.Duration(i)*hour)
	}
	first := s.order("r", hour, 50)
	if got := s.order("r", hour, 50); !slices.Equal(got, first) {
		t.Errorf("got %v, then %v", first, got)
	}
	sorted := slices.Sorted(slices.Values(first))
	if slices.Equal(first, sorted) || len(slices.Compact(sorted)) != 50 {
		t.Errorf("got %v, want 50 products in an order of chance", first)
	}
}

// Several policies are asked with one pool.
func TestOrderLeavesThePoolAsItIs(t *testing.T) {
	s := newStall(t, "newest")
	threePicks(s)
	pool := s.Pool("r", "", nil, false)
	for range 2 {
		want(t, s.keys(floor.Order(s.policies[0], s.Market, floor.Query{At: start.Add(3 * hour)}, pool, 2)), "c", "b")
		want(t, s.keys(pool), "a", "b", "c")
	}
}

func TestThePoolIsWhatAQueryMayFind(t *testing.T) {
	s := newStall(t)
	threePicks(s)
	s.act("r", recommend.ActOpen, "b", "", 3*hour)
	s.act("r", recommend.ActImpression, "a", "w", 3*hour)
	want(t, s.keys(s.Pool("r", "", nil, false)), "a", "b", "c")
	want(t, s.keys(s.Pool("r", "home", nil, false)), "a", "b") // what lies in it too
	want(t, s.keys(s.Pool("r", "home", nil, true)), "a")       // what was only shown is still fresh
	want(t, s.keys(s.Pool("r", "", []string{"c", "a", "c", "unknown"}, false)), "c", "a")
	want(t, s.keys(s.Pool("r", "music", nil, false)))
	if !s.Acted("r") || s.Acted("nobody") {
		t.Error("who has acted is told wrongly")
	}
}

func TestEveryNameHasAPolicyAndNoOther(t *testing.T) {
	for _, name := range floor.Names() {
		if p, err := floor.New(name); err != nil || p == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := floor.New("best"); err == nil {
		t.Error("there is a floor named best")
	}
}
