package recommend_test

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"vitrine.dev/recommend"
)

func TestProductsThatNobodyPicksAreBounded(t *testing.T) {
	store := newMemoryStore()
	f := secondFloor(t, store, &clock{at: opening()}, func(c *recommend.ShelfConfig) { c.Budget, c.Store = 8, store })
	f.put(t, recommend.KindExpert, "e", expert("e"))
	for i := range 20 {
		f.put(t, recommend.KindProduct, "jd:"+strconv.Itoa(i), product(strconv.Itoa(i)))
	}
	titles := func() string {
		var all []string
		for _, i := range f.window(t, recommend.WindowRequest{}).Items {
			all = append(all, i.Pick+": "+i.Product.Title)
		}
		return strings.Join(all, ", ")
	}
	f.put(t, recommend.KindPick, "p", pick("p", "e", "1"))
	f.put(t, recommend.KindPick, "q", pick("q", "e", "19", aged(2*time.Hour)))
	if got, want := titles(), "p: Title of 1, q: Title of 19"; got != want {
		t.Errorf("window: got %q, want %q", got, want)
	}
	for i := range 20 { // each of which takes the place of the one before
		f.put(t, recommend.KindPick, "p", pick("p", "e", strconv.Itoa(i)))
	}
	edited := pick("p", "e", "3", func(p *recommend.Pick) {
		p.Pending = &recommend.PickRevision{PickContent: p.PickContent, Product: "jd:5", At: opening()}
	})
	f.put(t, recommend.KindPick, "p", edited)
	store.put(t, recommend.KindRuling, "pick:p", recommend.Ruling{Target: recommend.Target{Kind: recommend.TargetPick, ID: "p"}, Action: recommend.ActionApprove, At: opening()})
	store.failing(fmt.Errorf("away: %w", recommend.ErrUnavailable), false)
	if err := f.follower.Sync(t.Context()); !errors.Is(err, recommend.ErrUnavailable) {
		t.Errorf("with the store away: got %v, want it unavailable", err)
	}
	store.failing(nil, false)
	f.sync(t)
	if got, want := titles(), "p: Title of 5, q: Title of 19"; got != want {
		t.Errorf("window: got %q, want %q", got, want)
	}
}

func TestTheBudgetKeepsTheNewestOfEachTopic(t *testing.T) {
	t.Run("followed", func(t *testing.T) {
		keepsTheNewestOfEachTopic(t, func(f *shopFloor) { f.sync(t) })
	})
	t.Run("loaded", func(t *testing.T) {
		keepsTheNewestOfEachTopic(t, func(f *shopFloor) {
			if err := f.shelf.Load(t.Context(), f.follower.Sync); err != nil {
				t.Fatal(err)
			}
		})
	})
}

func keepsTheNewestOfEachTopic(t *testing.T, read func(*shopFloor)) {
	t.Helper()
	f := newShopFloor(t, func(c *recommend.ShelfConfig) { c.Budget = 100 })
	f.put(t, recommend.KindExpert, "e", expert("e"))
	for i := range 300 { // 290 of the kitchen, ten older ones of the garden
		id := strconv.Itoa(i)
		p := pick(id, "e", id, aged(time.Duration(i)*time.Minute))
		if i >= 290 {
			p.Topics = []string{"garden"}
		}
		f.store.put(t, recommend.KindPick, id, p)
	}
	read(f)
	if got := f.shelf.Len(); got < 95 || got > 102 {
		t.Errorf("picks held: got %d, want about the budget of 100", got)
	}
	if got := f.pages(t, recommend.WindowRequest{Topics: []string{"garden"}}); len(got) != 10 {
		t.Errorf("garden: got %v, want all ten, old as they are", got)
	}
	got := f.pages(t, recommend.WindowRequest{Topics: []string{"home"}})
	slices.SortFunc(got, func(a, b string) int { return len(a)*1000 + int(a[0]) - len(b)*1000 - int(b[0]) })
	for _, id := range got {
		if n, _ := strconv.Atoi(id); n > 95 {
			t.Errorf("kitchen: pick %s is held, and newer ones are not", id)
		}
	}
}
