package recommend_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vitrine.dev/recommend"
)

func TestTouchesAreOtherExpertsClicksOnTheProduct(t *testing.T) {
	at := time.Date(2026, 11, 26, 8, 0, 0, 0, time.UTC)
	click := func(id, expert, product string, before time.Duration) recommend.Clicked {
		return recommend.Clicked{ID: id, Pick: "p-" + expert, Expert: expert, Product: product, At: at.Add(-before), Path: recommend.PathDirect}
	}
	r := recommend.Reader{Clicks: []recommend.Clicked{
		click("old", "ann", "shop:1", 100*24*time.Hour),
		click("a1", "ann", "shop:1", 3*time.Hour),
		click("b1", "bob", "shop:1", 2*time.Hour),
		click("a2", "ann", "shop:1", time.Hour),
		click("c1", "cat", "shop:2", time.Hour),
		click("me", "reader", "shop:1", time.Hour),
		click("d0", "dan", "shop:1", time.Minute),
	}}
	k := recommend.Click{ID: "d1", Expert: "dan", Product: "shop:1", At: at}
	var got []string
	for _, touch := range r.Touches(&k, 90*24*time.Hour, "reader") {
		got = append(got, touch.Click)
	}
	if diff := cmp.Diff([]string{"b1", "a2"}, got); diff != "" {
		t.Errorf("touches (-want +got):\n%s", diff)
	}
}
