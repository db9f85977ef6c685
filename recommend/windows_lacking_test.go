package recommend_test

import (
	"context"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"vitrine.dev/ranking"
	"vitrine.dev/recommend"
)

// busyFloor has a reader r of whom every source and feature has something to
// say, and somebody new.
func busyFloor(t *testing.T) *shopFloor {
	t.Helper()
	f := newShopFloor(t)
	f.stockShelf(t, 12)
	f.store.put(t, recommend.KindPulse, recommend.PulseID("p5", 0), &recommend.Pulse{Pick: "p5", At: f.clock.now(), Readers: map[string]int64{recommend.ActOpen: 9}})
	f.put(t, recommend.KindReader, "r", &recommend.Reader{
		ID: "r", Interests: []recommend.Interest{{Topic: "home", Weight: 1}}, Follows: []recommend.Since{{ID: "e7", At: f.clock.now()}},
		History: []recommend.Act{{Pick: "p3", Kind: recommend.ActOpen, At: f.clock.now().Add(-day).Unix()}},
	})
	return f
}

// lackings are pages of all kinds, by what they were asked for.
func (f *shopFloor) lackings(t *testing.T) map[string]*recommend.Window {
	t.Helper()
	all := map[string]*recommend.Window{
		"window":           f.window(t, recommend.WindowRequest{Reader: "r"}),
		"bare window":      f.window(t, recommend.WindowRequest{Reader: "r", Bare: true}),
		"window of topics": f.window(t, recommend.WindowRequest{Reader: "r", Topics: []string{"home"}}),
		"new reader":       f.window(t, recommend.WindowRequest{Reader: "s"}),
	}
	var err error
	if all["order"], err = f.Rank(t.Context(), recommend.RankRequest{Reader: "r", Picks: []string{"p0", "p1", "p2", "p3"}}); err != nil {
		t.Fatal(err)
	}
	if all["insertions"], err = f.Insertions(t.Context(), recommend.InsertionsRequest{Reader: "r", Organic: 8, Admit: admitsAll}); err != nil {
		t.Fatal(err)
	}
	return all
}

// comes checks that a page is good as far as it goes: its factors add up, and it
// can be sent.
func comes(t *testing.T, name string, w *recommend.Window) {
	t.Helper()
	for _, it := range w.Items {
		sum := 0.0
		for _, x := range it.Factors {
			sum += x.Weight * x.Value
		}
		if math.Abs(sum-it.Score) > 1e-6 || math.IsNaN(it.Score) {
			t.Errorf("%s, %s: factors add up to %v, the score is %v", name, it.Pick, sum, it.Score)
		}
		if len(it.Reasons) == 0 {
			t.Errorf("%s, %s: no reason", name, it.Pick)
		}
	}
	if _, err := json.Marshal(w); err != nil {
		t.Errorf("%s cannot be sent: %v", name, err)
	}
}

func TestAPartThatFailsIsNamedAndAllElseComes(t *testing.T) {
	for _, part := range recommend.Parts() {
		t.Run(part, func(t *testing.T) {
			f := busyFloor(t)
			whole := f.lackings(t)
			f.Break(part)
			named := 0
			for name, w := range f.lackings(t) {
				comes(t, name, w)
				if len(w.Missing) == 0 && !w.Degraded {
					continue // it is made without that part
				}
				named++
				if !w.Degraded || !slices.Equal(w.Missing, []string{part}) {
					t.Errorf("%s: degraded %v, missing %v", name, w.Degraded, w.Missing)
				}
				least := len(whole[name].Items)
				switch part {
				case "source:latest", "source:topic", "source:fresh": // nothing comes after them
					least = 1
				}
				if len(w.Items) < least {
					t.Errorf("%s: %d cards, want %d", name, len(w.Items), least)
				}
			}
			if named == 0 {
				t.Error("no page needed it: the test needs one")
			}
			if !strings.Contains(f.log.String(), recommend.ErrBroken.Error()) {
				t.Errorf("the log does not say why:\n%s", f.log)
			}
		})
	}
}

func TestAPageComesThoughAllPartsFail(t *testing.T) {
	f := busyFloor(t)
	f.Break("")
	for _, s := range recommend.Surfaces() {
		f.memory.SetModel(s, 1, failing{})
	}
	for name, w := range f.lackings(t) {
		comes(t, name, w)
		if !w.Degraded || len(w.Missing) < 2 || len(w.Items) == 0 {
			t.Errorf("%s: degraded %v, %d cards without %v", name, w.Degraded, len(w.Items), w.Missing)
		}
	}
	w := f.window(t, recommend.WindowRequest{Reader: "r", Lang: "en"})
	y, err := f.Why(t.Context(), recommend.WhyRequest{Pick: w.Items[0].Pick, Window: w.ID, WindowRequest: recommend.WindowRequest{Reader: "r", Lang: "en"}})
	if err != nil || y.Pick != w.Items[0].Pick {
		t.Errorf("explained as %+v, %v", y, err)
	}
}

// A failing model panics when it scores, and when it explains.
type failing struct{}

func (failing) Score(*ranking.Table) []float64               { panic(recommend.ErrBroken) }
func (failing) Explain(*ranking.Table, int) []ranking.Factor { panic(recommend.ErrBroken) }

// A saying scores as it says, and explains nothing.
type saying struct {
	failing
	scores func(n int) []float64
}

func (s saying) Score(t *ranking.Table) []float64 { return s.scores(t.Len()) }

func TestWithoutItsModelAWindowIsOrderedAsASurfaceStarts(t *testing.T) {
	all := func(v float64) func(int) []float64 {
		return func(n int) []float64 { return slices.Repeat([]float64{v}, n) }
	}
	for name, m := range map[string]ranking.Model{
		"one that panics":                failing{},
		"one that scores too few":        saying{scores: func(int) []float64 { return []float64{1} }},
		"one that scores nobody":         saying{scores: func(int) []float64 { return nil }},
		"one that scores NaN":            saying{scores: all(math.NaN())},
		"one that scores without bounds": saying{scores: all(math.Inf(1))},
	} {
		t.Run(name, func(t *testing.T) {
			f := busyFloor(t)
			want := picksOf(f.window(t, recommend.WindowRequest{Reader: "r"}).Items)
			for _, s := range recommend.Surfaces() {
				f.memory.SetModel(s, 1, m)
			}
			for kind, w := range f.lackings(t) {
				comes(t, kind, w)
				if !w.Degraded || !slices.Equal(w.Missing, []string{"model"}) || len(w.Items) == 0 {
					t.Errorf("%s: degraded %v, missing %v, %d cards", kind, w.Degraded, w.Missing, len(w.Items))
				}
			}
			if got := picksOf(f.window(t, recommend.WindowRequest{Reader: "r"}).Items); !slices.Equal(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}

func TestAModelThatCannotExplainStillOrders(t *testing.T) {
	f := busyFloor(t)
	f.memory.SetModel(recommend.SurfaceHome, 1, saying{scores: func(n int) []float64 {
		scores := make([]float64, n)
		for i := range scores {
			scores[i] = float64(i)
		}
		return scores
	}})
	w := f.window(t, recommend.WindowRequest{Reader: "r", Bare: true})
	comes(t, "window", w)
	if !slices.Equal(w.Missing, []string{"model"}) || w.Items[0].Score != 11 {
		t.Errorf("missing %v, first with %v; want the model named, and its order", w.Missing, w.Items[0].Score)
	}
}

func TestAFeatureThatIsNoNumberCountsNothing(t *testing.T) {
	f := busyFloor(t)
	f.Spoil("interest")
	w := f.window(t, recommend.WindowRequest{Reader: "r"})
	comes(t, "window", w)
	if !slices.Equal(w.Missing, []string{"features:interest"}) || len(w.Items) != 12 {
		t.Errorf("missing %v, %d cards; want the feature named", w.Missing, len(w.Items))
	}
	for _, it := range w.Items {
		if slices.ContainsFunc(it.Factors, func(x recommend.Factor) bool { return x.Name == "interest" }) {
			t.Errorf("%s: interest counts", it.Pick)
		}
	}
}

// TestAFailureHoldsNothingUp has what reads the memory fail while it reads.
func TestAFailureHoldsNothingUp(t *testing.T) {
	f := busyFloor(t)
	f.memory.Lose()
	w := f.window(t, recommend.WindowRequest{Reader: "r"})
	comes(t, "window", w)
	if want := []string{"source:similar", "features:near"}; !slices.Equal(w.Missing, want) || len(w.Items) != 12 {
		t.Errorf("missing %v, %d cards; want %v and all cards", w.Missing, len(w.Items), want)
	}
	if !f.memory.Free() {
		t.Fatal("nothing can be learned any more, and soon no page would come")
	}
	if got := strconv.Itoa(len(f.window(t, recommend.WindowRequest{Reader: "r"}).Items)); got != "12" {
		t.Errorf("the next window has %s cards", got)
	}
}

// admitsAll gives leave for whatever is asked.
func admitsAll(_ context.Context, _ string, picks []recommend.ServedPick) (string, *recommend.Dose, error) {
	had := new(recommend.Dose)
	for _, p := range picks {
		had.Given = append(had.Given, recommend.Given{Event: "e", Pick: p.Pick, Expert: p.Expert, At: opening()})
	}
	return "e", had, nil
}
