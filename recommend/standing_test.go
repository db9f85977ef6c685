package recommend_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"vitrine.dev/ranking"
	"vitrine.dev/recommend"
)

// keeping is a floor whose windows keep how cards stand for half a minute, and
// one over the same documents that scores every page anew.
func keeping(tb testing.TB) (kept, anew *shopFloor) {
	tb.Helper()
	anew = newShopFloor(tb)
	kept = anew.with(tb, func(c *recommend.WindowsConfig) { c.Keep = 30 * time.Second })
	return kept, anew
}

// crowd puts n picks of as many products by ten experts, on two topics.
func (f *shopFloor) crowd(tb testing.TB, n int) {
	tb.Helper()
	for i := range 10 {
		id := "e" + strconv.Itoa(i)
		f.put(tb, recommend.KindExpert, id, expert(id))
	}
	for i := range n {
		item := "item" + strconv.Itoa(i)
		p := product(item, stocked(9))
		f.put(tb, recommend.KindProduct, p.Key, p)
		id := "p" + strconv.Itoa(i)
		f.put(tb, recommend.KindPick, id, pick(id, "e"+strconv.Itoa(i%10), item, aged(time.Duration(i)*time.Hour), func(p *recommend.Pick) {
			p.Topics = []string{[]string{"home/kitchen", "garden"}[i%2]}
		}))
	}
}

// TestAKeptStandingMakesThePagesThatScoringMakes asks for whole windows of a
// reader in both ways, again and again.
func TestAKeptStandingMakesThePagesThatScoringMakes(t *testing.T) {
	kept, anew := keeping(t)
	anew.crowd(t, 420) // more than is kept
	reader := &recommend.Reader{ID: "keen", Interests: []recommend.Interest{{Topic: "home", Weight: .7}}, Follows: []recommend.Since{{ID: "e3"}}}
	anew.put(t, recommend.KindReader, "keen", reader)
	rapid.Check(t, func(rt *rapid.T) {
		r := recommend.WindowRequest{
			Reader: rapid.SampledFrom([]string{"", "keen", "stranger"}).Draw(rt, "reader"),
			Seed:   rapid.Uint64Range(1, 1_000).Draw(rt, "seed"), Limit: rapid.IntRange(1, 50).Draw(rt, "limit"), Brief: true,
		}
		if rapid.Bool().Draw(rt, "in a topic") {
			r.Topics = []string{"home"}
		}
		again := r
		for page := range rapid.IntRange(1, 12).Draw(rt, "pages") {
			want, got := anew.window(t, r), kept.window(t, again)
			for i := range want.Items {
				want.Items[i].Factors = nil
			}
			for i := range got.Items {
				got.Items[i].Factors = nil
			}
			if fmt.Sprint(picksOf(got.Items)) != fmt.Sprint(picksOf(want.Items)) || !reflect.DeepEqual(got.Items, want.Items) {
				rt.Fatalf("page %d of %+v:\nkept %v\nanew %v", page, r, got.Items, want.Items)
			}
			if (got.NextCursor == "") != (want.NextCursor == "") {
				rt.Fatalf("page %d of %+v: next %q, want %q", page, r, got.NextCursor, want.NextCursor)
			}
			if want.NextCursor == "" {
				return
			}
			r.Cursor, again.Cursor = want.NextCursor, got.NextCursor
		}
	})
}

// TestAKeptStandingShowsWhatHappens changes one thing after the other between
// two windows of a reader.
func TestAKeptStandingShowsWhatHappens(t *testing.T) {
	keen := func() *recommend.Reader {
		return &recommend.Reader{ID: "keen", Interests: []recommend.Interest{{Topic: "home", Weight: .7}}}
	}
	shown := func(pick string) func(_, after []recommend.Item) bool {
		return func(_, after []recommend.Item) bool { return slices.Contains(picksOf(after), pick) }
	}
	for name, c := range map[string]struct {
		first func(*shopFloor) // before the first window
		does  func(*shopFloor)
		shows func(before, after []recommend.Item) bool
	}{
		"a pick taken down": {
			does:  func(f *shopFloor) { f.rule(t, "pick:p0", recommend.ActionRemove) },
			shows: func(_, after []recommend.Item) bool { return !slices.Contains(picksOf(after), "p0") },
		},
		"a sold-out product": {
			does: func(f *shopFloor) {
				p := product("item0", stocked(0))
				f.put(t, recommend.KindProduct, p.Key, p)
			},
			shows: func(_, after []recommend.Item) bool { return !slices.Contains(picksOf(after), "p0") },
		},
		"a muted expert": {
			does: func(f *shopFloor) {
				r := keen()
				r.Mutes = []recommend.Mute{{Kind: "expert", ID: "e0"}}
				f.put(t, recommend.KindReader, "keen", r)
			},
			shows: func(_, after []recommend.Item) bool { return !slices.Contains(picksOf(after), "p0") },
		},
		"an interest taken back": {
			does: func(f *shopFloor) {
				f.put(t, recommend.KindReader, "keen", &recommend.Reader{ID: "keen", Impersonal: true})
			},
			shows: func(before, after []recommend.Item) bool { return fmt.Sprint(before) != fmt.Sprint(after) },
		},
		"a new pick that he cares about, a second later": {
			does: func(f *shopFloor) {
				f.put(t, recommend.KindPick, "new", pick("new", "e5", "item999", aged(0)))
				f.clock.add(time.Second)
			},
			shows: func(_, after []recommend.Item) bool { return slices.Contains(picksOf(after), "new") },
		},
		"a new pick that he does not care about, half a minute later": {
			does: func(f *shopFloor) {
				f.put(t, recommend.KindPick, "new", pick("new", "e5", "item999", aged(0), func(p *recommend.Pick) { p.Topics = []string{"garden"} }))
				f.clock.add(31 * time.Second)
			},
			shows: func(_, after []recommend.Item) bool { return slices.Contains(picksOf(after), "new") },
		},
		"a partner that is resumed": {
			first: func(f *shopFloor) { f.rule(t, "partner:jd", recommend.ActionPause) },
			does: func(f *shopFloor) {
				f.rule(t, "partner:jd", recommend.ActionResume)
				f.clock.add(time.Second)
			},
			shows: shown("p2"),
		},
		"a product that is there again": {
			first: func(f *shopFloor) {
				p := product("item2", stocked(0))
				f.put(t, recommend.KindProduct, p.Key, p)
			},
			does: func(f *shopFloor) {
				p := product("item2", stocked(3))
				f.put(t, recommend.KindProduct, p.Key, p)
				f.clock.add(time.Second)
			},
			shows: shown("p2"),
		},
		"an expert who is there again": {
			first: func(f *shopFloor) {
				f.put(t, recommend.KindExpert, "e2", expert("e2", func(e *recommend.Expert) { e.Standing = recommend.StandingSuspended }))
			},
			does: func(f *shopFloor) {
				f.put(t, recommend.KindExpert, "e2", expert("e2"))
				f.clock.add(time.Second)
			},
			shows: shown("p2"),
		},
		"a pick that is approved": {
			first: func(f *shopFloor) { f.rule(t, "pick:p2", recommend.ActionRemove) },
			does: func(f *shopFloor) {
				f.rule(t, "pick:p2", recommend.ActionApprove)
				f.clock.add(time.Second)
			},
			shows: shown("p2"),
		},
		"a pick whose time has come": {
			first: func(f *shopFloor) {
				f.put(t, recommend.KindPick, "later", pick("later", "e5", "item998", func(p *recommend.Pick) {
					p.State, p.DeferredUntil = recommend.PickDeferred, f.clock.now().Add(5*time.Second)
				}))
			},
			does:  func(f *shopFloor) { f.clock.add(6 * time.Second) },
			shows: shown("later"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			kept, f := keeping(t)
			f.crowd(t, 30)
			f.put(t, recommend.KindReader, "keen", keen())
			if c.first != nil {
				c.first(f)
			}
			ask := recommend.WindowRequest{Reader: "keen", Seed: 7, Limit: 50, Brief: true}
			before := kept.window(t, ask).Items
			if c.first != nil && c.shows(before, before) {
				t.Fatalf("it shows %v at first", picksOf(before))
			}
			if c.first == nil && !slices.Contains(picksOf(before), "p0") {
				t.Fatalf("no p0 in %v", picksOf(before))
			}
			c.does(f)
			if after := kept.window(t, ask).Items; !c.shows(before, after) {
				t.Errorf("it shows %v", picksOf(after))
			}
		})
	}
}

// TestAKeptStandingFollowsTheModel takes weights a step on, which waits, and back
// by a lot, which does not.
func TestAKeptStandingFollowsTheModel(t *testing.T) {
	kept, f := keeping(t)
	f.crowd(t, 30)
	serve := func(freshness float64) {
		f.memory.SetModel(recommend.SurfaceHome, 1, ranking.NewLinear(ranking.Weight{Name: "freshness", Value: freshness}))
	}
	ask := recommend.WindowRequest{Seed: 7, Limit: 50, Brief: true}
	scores := func() (out []float64) {
		for _, i := range kept.window(t, ask).Items {
			out = append(out, i.Score)
		}
		return out
	}
	serve(1)
	first := scores()
	serve(1.01)
	if got := scores(); !slices.Equal(got, first) {
		t.Errorf("after a step of learning %v, want %v still", got, first)
	}
	serve(-1)
	if got := scores(); slices.Equal(got, first) {
		t.Errorf("after other weights the scores are %v still", got)
	}
}

func TestStandingsThatBeginTogetherEndOneByOne(t *testing.T) {
	kept, f := keeping(t)
	f.crowd(t, 30)
	serve := func(freshness float64) {
		f.memory.SetModel(recommend.SurfaceHome, 1, ranking.NewLinear(ranking.Weight{Name: "freshness", Value: freshness}))
	}
	const readers = 200
	best := func(r int) float64 {
		return kept.window(t, recommend.WindowRequest{Reader: fmt.Sprint("r", r), Seed: 7, Limit: 1, Brief: true}).Items[0].Score
	}
	before := make([]float64, readers)
	serve(1)
	for r := range before {
		before[r] = best(r)
	}
	serve(1.01) // tells those who are scored anew
	for _, c := range []struct {
		after    time.Duration
		from, to int
	}{{22 * time.Second, 0, 0}, {4 * time.Second, readers / 4, readers * 3 / 4}, {4 * time.Second, readers, readers}} {
		f.clock.add(c.after)
		over := 0
		for r := range before {
			if best(r) != before[r] {
				over++
			}
		}
		if over < c.from || over > c.to {
			t.Errorf("%s later %d of %d standings are over, want %d to %d", c.after, over, readers, c.from, c.to)
		}
	}
}

func TestAKeptPageDoesNotWaitForThoseThatAreScored(t *testing.T) {
	kept, f := keeping(t)
	f.crowd(t, 30)
	known := recommend.WindowRequest{Reader: "known", Seed: 7, Brief: true}
	other := recommend.WindowRequest{Reader: "other", Seed: 7, Brief: true}
	want := picksOf(kept.window(t, known).Items)
	end, err := kept.Occupy(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := picksOf(kept.window(t, known).Items); !slices.Equal(got, want) {
		t.Errorf("beside others %v, want %v", got, want)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, ask := range map[string]func() error{
		"window": func() error { _, err := kept.Window(ctx, other); return err },
		"rank": func() error {
			_, err := kept.Rank(ctx, recommend.RankRequest{Reader: "other", Picks: want})
			return err
		},
	} {
		if err := ask(); !errors.Is(err, context.Canceled) {
			t.Errorf("%s without a turn: %v, want %v", name, err, context.Canceled)
		}
	}
	end()
	if got := kept.window(t, other).Items; len(got) == 0 {
		t.Error("no page once it is its turn")
	}
}

// Leave to show a page is written to the log: nobody else waits for that.
func TestAPageWaitsForItsLeaveWithoutATurn(t *testing.T) {
	f := newShopFloor(t)
	f.crowd(t, 30)
	f.world.SetPolicy(t.Context(), testPolicy(t, "dose: {windows: true}\n"))
	asked := 0
	admit := func(ctx context.Context, pseudonym string, picks []recommend.ServedPick) (string, *recommend.Dose, error) {
		asked++
		if !f.Idle() {
			t.Error("a page that waits for its leave has a turn still")
		}
		return admitsAll(ctx, pseudonym, picks)
	}
	if w := f.window(t, recommend.WindowRequest{Reader: "r", Admit: admit}); len(w.Items) == 0 {
		t.Error("an empty window")
	}
	if _, err := f.Insertions(t.Context(), recommend.InsertionsRequest{Reader: "r", Organic: 8, Admit: admit}); err != nil || asked != 2 {
		t.Errorf("asked %d times for leave, want 2; %v", asked, err)
	}
}
