package recommend_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"vitrine.dev/recommend"
)

// A bystander counts plainly what one reader did in one arm: from the actions
// alone, in their order.
type bystander struct {
	counted bool
	since   time.Time
	did     map[string]bool
	kept    map[string]bool // what he bookmarked
	told    map[string]bool // what he reported
}

// see sees an action; what is not open is not counted.
func (b *bystander) see(a *recommend.Action, in string, open bool) {
	deed := a.Kind
	switch a.Kind {
	case recommend.ActImpression, recommend.ActOpen:
		if a.Arm != in || !open {
			return
		}
		if !b.counted {
			b.counted, b.since = true, a.At
		}
		if a.Kind == recommend.ActImpression {
			return
		}
	case recommend.ActBookmark:
		if b.kept[a.Pick] {
			return
		}
		b.kept[a.Pick] = true
	case recommend.ActUnbookmark:
		delete(b.kept, a.Pick)
		return
	case recommend.ActReport:
		if b.told[a.Pick] {
			return
		}
		b.told[a.Pick] = true
	case recommend.ActComplain:
		if b.told["order "+a.Order] {
			return
		}
		b.told["order "+a.Order] = true
	}
	if open && b.counted && !a.At.Before(b.since) {
		b.did[deed] = true
	}
}

func doers(d *recommend.ArmDoers) map[string]int64 {
	out := make(map[string]int64)
	if d == nil {
		return out
	}
	for kind, n := range map[string]int64{
		recommend.ActOpen: d.Open, recommend.ActBookmark: d.Bookmark, recommend.ActCart: d.Cart, recommend.ActCheckout: d.Checkout,
		recommend.ActPurchase: d.Purchase, recommend.ActHide: d.Hide, recommend.ActMute: d.Mute, recommend.ActReport: d.Report,
		recommend.ActComplain: d.Complain, recommend.ActRefund: d.Refund,
	} {
		if n > 0 {
			out[kind] = n
		}
	}
	return out
}

func TestAnArmCountsEachOfItsReadersOnceForWhatHeDid(t *testing.T) {
	kinds := []string{
		recommend.ActImpression, recommend.ActOpen, recommend.ActOpen, recommend.ActBookmark, recommend.ActUnbookmark, recommend.ActCart, recommend.ActCheckout,
		recommend.ActPurchase, recommend.ActRefund, recommend.ActHide, recommend.ActMute, recommend.ActReport, recommend.ActComplain,
	}
	rapid.Check(t, func(t *rapid.T) {
		rules, now := recommend.DefaultPolicy().Reader, opening()
		rules.OpenedPerHour, rules.ShownPerHour = 1000, 1000
		readers := make([]*recommend.Reader, 3)
		for i := range readers {
			readers[i] = &recommend.Reader{ID: fmt.Sprint("r", i)}
		}
		const red, blue = "colour:red", "shape:blue"
		from := now.Add(time.Duration(rapid.IntRange(-9, 30).Draw(t, "from")) * time.Minute)
		until := from.Add(time.Duration(rapid.IntRange(1, 60).Draw(t, "minutes")) * time.Minute)
		policy := &recommend.Policy{Experiments: []recommend.Experiment{{ID: "colour", From: from, Until: until}}}
		seen := make(map[string][]*bystander) // by arm: of each reader
		for _, arm := range []string{red, blue} {
			for range readers {
				seen[arm] = append(seen[arm], &bystander{did: make(map[string]bool), kept: make(map[string]bool), told: make(map[string]bool)})
			}
		}
		sums := map[string]*recommend.ArmTally{red: {}, blue: {}}
		for n := range rapid.IntRange(1, 60).Draw(t, "actions") {
			now = now.Add(time.Minute)
			who := rapid.IntRange(0, len(readers)-1).Draw(t, "reader")
			a := &recommend.Action{
				ID: fmt.Sprint("a", n), Reader: readers[who].ID, Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), Pick: rapid.SampledFrom([]string{"p1", "p2"}).Draw(t, "pick"),
				At: now.Add(-time.Duration(rapid.IntRange(0, 5).Draw(t, "minutes ago")) * time.Minute),
			}
			switch a.Kind {
			case recommend.ActImpression, recommend.ActOpen:
				a.Arm = rapid.SampledFrom([]string{red, blue, ""}).Draw(t, "arm")
			case recommend.ActComplain:
				a.Order, a.Pick = a.Pick, ""
			}
			r := readers[who]
			effects, err := r.Act(a, recommend.Acting{Rules: &rules, Appended: now, Trusted: true})
			if err != nil {
				t.Fatal(err)
			}
			for _, more := range r.TallyArms(a, &effects, true, policy) {
				sums[more.Arm].Add(more)
			}
			readers[who] = again(t, r) // folds keep it and read it again
			for arm, all := range seen {
				all[who].see(a, arm, arm != red || !a.At.Before(from) && a.At.Before(until))
			}
		}
		for arm, all := range seen {
			want, count := make(map[string]int64), int64(0)
			for _, b := range all {
				if b.counted {
					count++
				}
				for kind := range b.did {
					want[kind]++
				}
			}
			if diff := cmp.Diff(want, doers(sums[arm].Did)); diff != "" || sums[arm].Readers != count {
				t.Fatalf("%s: %d readers, want %d; who did what (-want +got):\n%s", arm, sums[arm].Readers, count, diff)
			}
		}
	})
}

func again[T any](t *rapid.T, v *T) *T {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	out := new(T)
	if err := json.Unmarshal(b, out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestArmsOfDocumentsOfBeforeAreCountedOn(t *testing.T) {
	var r recommend.Reader
	if err := json.Unmarshal([]byte(`{"id":"r","arms":[{"arm":"colour:red","shown":9,"opened":2}]}`), &r); err != nil {
		t.Fatal(err)
	}
	var sum recommend.ArmTally
	if err := json.Unmarshal([]byte(`{"arm":"colour:red","at":"2026-11-01T00:00:00Z","readers":40,"shown":90,"opened":20,"hidden":3}`), &sum); err != nil {
		t.Fatal(err)
	}
	now := opening()
	for _, kind := range []string{recommend.ActOpen, recommend.ActHide, recommend.ActHide} {
		a := &recommend.Action{Kind: kind, Pick: "p", Arm: "colour:red", At: now}
		e, err := r.Act(a, recommend.Acting{Rules: &recommend.DefaultPolicy().Reader, Appended: now})
		if err != nil {
			t.Fatal(err)
		}
		for _, more := range r.TallyArms(a, &e, true, recommend.DefaultPolicy()) {
			sum.Add(more)
		}
	}
	if sum.Readers != 40 || sum.Opened != 21 || sum.Hidden != 5 || sum.Did == nil || *sum.Did != (recommend.ArmDoers{Open: 1, Hide: 1}) {
		t.Errorf("got %+v, want one reader more who opened and who hid", sum)
	}
}
