package ingest_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"vitrine.dev/ingest"
	"vitrine.dev/recommend"
)

// deliver folds events of the orders topic and what they cause, in an order of
// its own: what is to be folded next is drawn, and anything may come twice. Of
// one source and key events are in order.
func deliver(t *rapid.T, events []recommend.Event) *bench {
	b := newOrderBench()
	queue := slices.Clone(events)
	for len(queue) > 0 {
		i := rapid.IntRange(0, len(queue)-1).Draw(t, "next")
		e := queue[i]
		queue = slices.Delete(queue, i, i+1)
		e.Appended = noon.Add(20 * time.Hour)
		out, err := b.fold(ingest.Orders(), e)
		if err != nil && !errors.Is(err, recommend.ErrInvalid) {
			t.Fatal(err)
		}
		queue = append(queue, out.Appends[recommend.TopicOrders]...)
		if rapid.IntRange(0, 5).Draw(t, "again") == 0 {
			queue = append(queue, e)
		}
	}
	audit(t, b.docs)
	return b
}

// TestTrafficEndsTheSameInAnyOrder draws clicks on a pick, honest ones and of
// farms, and orders of some of them.
func TestTrafficEndsTheSameInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events, held := drawTraffic(t)
		one, other := deliver(t, events), deliver(t, events)
		lines, balances := facts(t, one)
		lines2, balances2 := facts(t, other)
		skip := cmpopts.IgnoreFields(recommend.OrderLine{}, "Entries")
		if diff := cmp.Diff(lines, lines2, skip, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("facts (-one order +another):\n%s", diff)
		}
		if diff := cmp.Diff(balances, balances2); diff != "" {
			t.Fatalf("balances (-one order +another):\n%s", diff)
		}
		for line, want := range held {
			if got := lines[line].Held; got != want {
				t.Fatalf("%s is held by %q, want %q", line, got, want)
			}
		}
	})
}

// drawTraffic draws events and says which lines are held in the end, and by what.
func drawTraffic(t *rapid.T) (events []recommend.Event, held map[string]string) {
	held = map[string]string{}
	count := 0
	for bucket := range 4 {
		at := noon.Add(time.Duration(bucket) * 10 * time.Minute)
		clicks := rapid.SampledFrom([]int{0, 3, 19, 20, 25}).Draw(t, "clicks")
		farm := rapid.Bool().Draw(t, "farm")
		for i := range clicks {
			e := event(recommend.TypeClickCounted, recommend.WatchID("p1"), at, recommend.ClickCounted{Pick: "p1", Expert: "mei", At: at.Add(time.Duration(i) * time.Second), Near: farm && i > 0})
			e.ID = fmt.Sprint("click", count)
			count++
			events = append(events, e)
		}
		for o := range rapid.IntRange(0, 2).Draw(t, "orders") {
			k := aClick()
			k.ID, k.At = fmt.Sprint("k", bucket, "-", o), at.Add(time.Minute)
			fast := rapid.IntRange(0, 3).Draw(t, "fast") == 0
			took := time.Minute
			if fast {
				took = time.Second
			}
			r := recommend.OrderReport{
				ID: fmt.Sprint("o", bucket, "-", o), Partner: "jd", Line: "1", Token: mint(t, k), Amount: cny(10000), State: "paid", At: k.At.Add(took),
			}
			e := reported(r)
			e.ID = "report-" + r.ID
			events = append(events, e)
			switch {
			case farm && clicks >= 20:
				held[r.ID+"/jd/1"] = "click-burst"
			case fast:
				held[r.ID+"/jd/1"] = "fast-order"
			default:
				held[r.ID+"/jd/1"] = ""
			}
		}
	}
	return events, held
}
