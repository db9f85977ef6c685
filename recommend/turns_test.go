package recommend_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"vitrine.dev/recommend"
)

// While all processors are taken, a reader's cards keep their order for longer
// and through what he does, if only what he wishes for is the same.
func TestABusyServiceShowsWhatIsOverdue(t *testing.T) {
	did := func(f *shopFloor, change func(*recommend.Reader)) {
		r := keenReader()
		change(r)
		f.put(t, recommend.KindReader, "keen", r)
	}
	opens := func(f *shopFloor) {
		did(f, func(r *recommend.Reader) {
			r.History = recommend.History{{Pick: "p4", Kind: recommend.ActOpen, At: f.clock.now().Unix()}}
		})
	}
	for name, c := range map[string]struct {
		does  func(*shopFloor)
		waits bool
		lacks string // a pick
	}{
		"two minutes":         {does: func(f *shopFloor) { f.clock.add(2 * time.Minute) }},
		"ten times the while": {does: func(f *shopFloor) { f.clock.add(5 * time.Minute) }, waits: true},
		"an open":             {does: opens},
		"an open and a while": {does: func(f *shopFloor) { opens(f); f.clock.add(5 * time.Minute) }, waits: true},
		"a purchase": {does: func(f *shopFloor) {
			did(f, func(r *recommend.Reader) {
				r.History = recommend.History{{Pick: "p0", Kind: recommend.ActPurchase, At: f.clock.now().Unix()}}
			})
			f.clock.add(time.Second)
		}, lacks: "p0"},
		"a mute": {does: func(f *shopFloor) {
			did(f, func(r *recommend.Reader) { r.Mutes = []recommend.Mute{{Kind: "expert", ID: "e0"}} })
		}, waits: true},
		"another interest": {does: func(f *shopFloor) {
			did(f, func(r *recommend.Reader) { r.Interests = []recommend.Interest{{Topic: "garden", Weight: 1}} })
		}, waits: true},
		"nothing is to be used of him": {does: func(f *shopFloor) {
			did(f, func(r *recommend.Reader) { r.Impersonal = true })
		}, waits: true},
		"he is erased": {does: func(f *shopFloor) {
			f.put(t, recommend.KindReader, "keen", &recommend.Reader{ID: "keen", Erased: f.clock.now()})
		}, waits: true},
		"a pick taken down": {does: func(f *shopFloor) {
			f.clock.add(2 * time.Minute)
			f.rule(t, "pick:p0", recommend.ActionRemove)
		}, lacks: "p0"},
		"a pick that he cares about": {does: func(f *shopFloor) {
			opens(f)
			f.put(t, recommend.KindPick, "new", pick("new", "e5", "item999", aged(0)))
			f.clock.add(4 * time.Minute)
		}, lacks: "new"},
		"a pick that he cares about, at once": {does: func(f *shopFloor) {
			f.put(t, recommend.KindPick, "new", pick("new", "e5", "item999", aged(0)))
			f.clock.add(time.Second)
		}, lacks: "new"},
		"a pick that he cares about and a while": {does: func(f *shopFloor) {
			f.put(t, recommend.KindPick, "new", pick("new", "e5", "item999", aged(0)))
			f.clock.add(5 * time.Minute)
		}, waits: true},
	} {
		t.Run(name, func(t *testing.T) {
			kept, f := keeping(t)
			f.crowd(t, 60)
			f.put(t, recommend.KindReader, "keen", keenReader())
			ask := recommend.WindowRequest{Reader: "keen", Seed: 7, Limit: 10, Brief: true}
			before := kept.window(t, ask).Items
			if !slices.Contains(picksOf(before), "p0") {
				t.Fatalf("no p0 in %v", picksOf(before))
			}
			end, err := kept.Occupy(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			c.does(f)
			cancelled, cancel := context.WithCancel(t.Context())
			cancel()
			w, err := kept.Window(cancelled, ask)
			if waits := errors.Is(err, context.Canceled); waits != c.waits || !waits && err != nil {
				t.Fatalf("it fails with %v, want a wait %v", err, c.waits)
			}
			if !c.waits {
				want := len(before)
				if got := picksOf(w.Items); len(got) != want || slices.Contains(got, c.lacks) {
					t.Errorf("it shows %v, want %d without %q", got, want, c.lacks)
				}
				if n := kept.KeptPages(recommend.KeptOverdue); n != 1 {
					t.Errorf("%d overdue pages counted, want 1", n)
				}
			}
			end()
			hits, overdue := kept.KeptPages(recommend.KeptHit), kept.KeptPages(recommend.KeptOverdue)
			kept.window(t, ask)
			if kept.KeptPages(recommend.KeptHit) != hits || kept.KeptPages(recommend.KeptOverdue) != overdue {
				t.Error("with a turn free the cards are still those of before")
			}
		})
	}
}

func keenReader() *recommend.Reader {
	return &recommend.Reader{ID: "keen", Interests: []recommend.Interest{{Topic: "home", Weight: .7}}}
}
