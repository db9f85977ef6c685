package recommend_test

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"testing"
	"time"

	"vitrine.dev/recommend"
)

// knownShelf has 60 picks that many have seen, and 20 older ones that nobody has.
func knownShelf(t *testing.T) *shopFloor {
	t.Helper()
	f := newShopFloor(t)
	f.stockShelf(t, 60)
	for i := range 60 {
		id := "p" + strconv.Itoa(i)
		f.store.put(t, recommend.KindPulse, id+"@0", recommend.Pulse{Pick: id, At: f.clock.now(), Readers: map[string]int64{recommend.ActImpression: 1_000}})
	}
	for i := range 20 {
		s := "n" + strconv.Itoa(i)
		f.store.put(t, recommend.KindExpert, s, expert(s))
		f.store.put(t, recommend.KindPick, s, pick(s, s, s, aged(time.Duration(20+i)*day)))
	}
	f.sync(t)
	return f
}

func TestOneCardInTenIsOfALittleKnownPick(t *testing.T) {
	f := knownShelf(t)
	placed := make(map[string]int)
	for seed := range uint64(200) {
		items := f.window(t, recommend.WindowRequest{Limit: 20, Seed: seed + 1}).Items
		for i, item := range items {
			if explored := i%10 == 9; explored != (item.Source == "explore") || explored != (item.Pick[0] == 'n') {
				t.Fatalf("seed %d, position %d: %s by %s", seed, i, item.Pick, item.Source)
			}
			if (item.Source == "explore") != (item.Propensity < 1) || item.Propensity <= 0 {
				t.Fatalf("seed %d, position %d: propensity %v by %s", seed, i, item.Propensity, item.Source)
			}
		}
		placed[items[9].Pick]++
	}
	if len(placed) != 10 {
		t.Errorf("the place went to %v, want ten picks", placed)
	}
	if bare := f.window(t, recommend.WindowRequest{Limit: 20, Bare: true}).Items; slices.ContainsFunc(bare, func(i recommend.Item) bool { return i.Propensity != 1 }) {
		t.Error("chance had its way on a bare page")
	}
}

// TestPropensitiesAreFrequencies draws one place with many seeds.
func TestPropensitiesAreFrequencies(t *testing.T) {
	f := knownShelf(t)
	const draws = 3_000
	n, chance := make(map[string]float64), make(map[string]float64)
	for seed := range uint64(draws) {
		item := f.window(t, recommend.WindowRequest{Limit: 10, Seed: seed + 1}).Items[9]
		n[item.Pick]++
		chance[item.Pick] = item.Propensity
	}
	sum := 0.0
	for pick, p := range chance {
		sum += p
		if got, off := n[pick]/draws, 5*math.Sqrt(p/draws); math.Abs(got-p) > off {
			t.Errorf("%s came with frequency %v, propensity %v", pick, got, p)
		}
	}
	if math.Abs(sum-1) > 1e-9 {
		t.Errorf("the propensities add up to %v", sum)
	}
}

func TestExplorationIsTheSameForASeedAndOnAllPages(t *testing.T) {
	f := knownShelf(t)
	want := f.pages(t, recommend.WindowRequest{Limit: 40, Seed: 5})
	for _, limit := range []int{3, 7, 10, 20} {
		if got := f.pages(t, recommend.WindowRequest{Limit: limit, Seed: 5}); !slices.Equal(got, want) {
			t.Errorf("pages of %d: got %v, want %v", limit, got, want)
		}
	}
	if len(want) != 80 {
		t.Errorf("got %d cards, want 80", len(want))
	}
}

func TestAYoungShelfIsNotExplored(t *testing.T) {
	f := newShopFloor(t)
	f.stockShelf(t, 20)
	for i, item := range f.window(t, recommend.WindowRequest{Limit: 20}).Items {
		if item.Pick != "p"+strconv.Itoa(i) || item.Propensity != 1 {
			t.Errorf("position %d: %s with %v, want the newest in turn", i, item.Pick, item.Propensity)
		}
	}
}

func TestTopicsOfAPageFollowTheReadersInterests(t *testing.T) {
	f := newShopFloor(t)
	for i := range 60 { // garden is newer throughout
		s, topic, age := strconv.Itoa(i), "garden", time.Duration(i)*time.Minute
		if i >= 30 {
			topic, age = "home", age+2*time.Hour
		}
		f.store.put(t, recommend.KindExpert, "e"+s, expert("e"+s))
		f.store.put(t, recommend.KindPick, "p"+s, pick("p"+s, "e"+s, "i"+s, on(topic), aged(age)))
	}
	f.put(t, recommend.KindReader, "r", &recommend.Reader{
		ID: "r", Interests: []recommend.Interest{{Topic: "garden", Weight: 1}, {Topic: "home", Weight: 1}},
	})
	count := func(r recommend.WindowRequest) (n int) {
		for _, item := range f.window(t, r).Items {
			if item.Topics[0] == "home" {
				n++
			}
		}
		return n
	}
	bare, mixed := count(recommend.WindowRequest{Reader: "r", Limit: 20, Bare: true}), count(recommend.WindowRequest{Reader: "r", Limit: 20})
	if bare > 2 || mixed < 6 {
		t.Errorf("home has %d of 20 cards by score and %d mixed, want hardly any and about half", bare, mixed)
	}
	whole := f.pages(t, recommend.WindowRequest{Reader: "r", Limit: 20, Seed: 1})
	if got := f.pages(t, recommend.WindowRequest{Reader: "r", Limit: 7, Seed: 1}); !slices.Equal(got, whole) {
		t.Errorf("pages of 7: %v\nof 20: %v", got, whole)
	}
}

func ExampleAdjustments() {
	for _, f := range recommend.Adjustments() {
		fmt.Println(f.Name)
	}
	// Output:
	// base
	// feedback
	// seen
	// diversity
}
