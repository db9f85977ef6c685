package recommend_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"vitrine.dev/recommend"
)

// pulseOf is a pulse of pick in which readers did everything that speaks for it.
func pulseOf(pick string, at time.Time, readers int) *recommend.Pulse {
	p := new(recommend.Pulse)
	for range readers {
		for _, kind := range []string{recommend.ActOpen, recommend.ActBookmark, recommend.ActCart, recommend.ActCheckout, recommend.ActPurchase} {
			p.Add(recommend.Count{Pick: pick, Kind: kind, Readers: 1, At: at})
		}
	}
	return p
}

func engagementOf(t *testing.T, f *shopFloor, pick string) float64 {
	t.Helper()
	for _, i := range f.window(t, recommend.WindowRequest{}).Items {
		if i.Pick != pick {
			continue
		}
		for _, x := range i.Factors {
			if x.Name == "engagement" {
				return x.Value
			}
		}
		return 0 // factors of 0 are left out
	}
	t.Fatalf("%s is not in the window", pick)
	return 0
}

func TestReadersDoingsCountInTheWindow(t *testing.T) {
	f := feedbackFloor(t)
	now := f.clock.now()
	put := func(partition, readers int) {
		f.put(t, recommend.KindPulse, recommend.PulseID("c", partition), pulseOf("c", now, readers))
	}
	expect := func(what string, want float64) {
		t.Helper()
		if got := engagementOf(t, f, "c"); math.Abs(got-want) > 1e-4 {
			t.Errorf("%s: engagement %v, want %v", what, got, want)
		}
	}
	expect("nobody", 0)
	put(0, 1)
	expect("one reader, whatever he does", 0)
	put(3, 5)
	expect("six readers in two partitions", 0.5)
	if got := fmt.Sprint(picksOf(f.window(t, recommend.WindowRequest{}).Items)); got != "[c a b]" {
		t.Errorf("got %s, want what readers act on first", got)
	}
	put(0, 6)
	expect("eleven, of them six in a newer document", 2.0/3)
	f.clock.add(7 * 24 * time.Hour)
	f.put(t, recommend.KindProduct, "jd:i2", product("i2", func(p *recommend.Product) { p.UpdatedAt = f.clock.now() }))
	expect("a week later half as many", 4.5/9.5)
}

func TestPulsesMayComeBeforeTheirPick(t *testing.T) {
	f := feedbackFloor(t)
	f.put(t, recommend.KindPulse, recommend.PulseID("d", 0), pulseOf("d", f.clock.now(), 3))
	f.put(t, recommend.KindPulse, recommend.PulseID("d", 1), pulseOf("d", f.clock.now(), 3))
	f.put(t, recommend.KindProduct, "jd:i4", product("i4"))
	f.put(t, recommend.KindPick, "d", pick("d", "ann", "i4", aged(time.Hour)))
	if got := engagementOf(t, f, "d"); math.Abs(got-0.5) > 1e-4 {
		t.Errorf("engagement %v, want 0.5", got)
	}
}
