package recommend_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"vitrine.dev/ranking"
	"vitrine.dev/recommend"
)

func arms(shares ...float64) (all []recommend.Arm) {
	for i, s := range shares {
		all = append(all, recommend.Arm{Name: fmt.Sprintf("a%d", i), Share: s})
	}
	return all
}

func TestReadersAreDealtByShareAndStayWhereTheyAre(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		salt := rapid.StringN(0, 20, 40).Draw(t, "salt")
		cut := rapid.Float64Range(.1, .9).Draw(t, "share")
		e := recommend.Experiment{ID: "e", Salt: salt, Arms: arms(cut, 0, 1-cut)}
		const readers = 4000
		counts := make(map[string]int)
		prefix := rapid.StringMatching(`[a-z0-9]{1,12}`).Draw(t, "prefix")
		for i := range readers {
			id := fmt.Sprintf("%s%d", prefix, i)
			arm := e.ArmOf(id)
			counts[arm]++
			again := recommend.Experiment{ID: "renamed", Salt: e.Salt, Arms: e.Arms}
			if salt != "" && again.ArmOf(id) != arm {
				t.Fatalf("%s moved from %s to %s", id, arm, again.ArmOf(id))
			}
		}
		if counts["a1"] != 0 {
			t.Fatalf("%d readers in an arm with no share", counts["a1"])
		}
		// Five standard deviations: one in a million draws, and the same every time.
		if off := math.Abs(float64(counts["a0"]) - cut*readers); off > 5*math.Sqrt(readers*cut*(1-cut)) {
			t.Fatalf("%d of %d readers in an arm with share %v", counts["a0"], readers, cut)
		}
	})
	e := recommend.Experiment{ID: "e", Arms: arms(.5, .5)}
	if got := e.ArmOf(""); got != "" {
		t.Errorf("somebody unknown is in %q", got)
	}
}

func TestExperimentsDealIndependently(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		salts := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z0-9]{1,8}`), 2, 2, rapid.ID).Draw(t, "salts")
		a := recommend.Experiment{ID: "a", Salt: salts[0], Arms: arms(.5, .5)}
		b := recommend.Experiment{ID: "b", Salt: salts[1], Arms: arms(.3, .7)}
		const readers = 4000
		observed := make(map[string]float64)
		for i := range readers {
			id := fmt.Sprintf("r%d", i)
			observed[a.ArmOf(id)+b.ArmOf(id)]++
		}
		_, p := ranking.ChiSquare(
			[]float64{observed["a0a0"], observed["a0a1"], observed["a1a0"], observed["a1a1"]}, []float64{.15, .35, .15, .35},
		)
		if p < 1e-6 {
			t.Fatalf("arms are not independent: %v, p %v", observed, p)
		}
	})
}

const colours = `
experiments:
  - id: colour
    arms:
      - {name: plain, share: 0.5}
      - {name: bold, share: 0.5, sources_off: [follow], weights: {interest: 0, trust: 7}, mix: {author_decay: 1, candidates: 60}}
`

func TestAnArmIsServedAsItsExperimentSays(t *testing.T) {
	f := newShopFloor(t)
	f.world.SetPolicy(t.Context(), testPolicy(t, colours))
	f.stockShelf(t, 30)
	seen := make(map[string]bool)
	for i := range 20 {
		id := fmt.Sprintf("r%d", i)
		f.put(t, recommend.KindReader, id, &recommend.Reader{ID: id, Interests: []recommend.Interest{{Topic: "home", Weight: 1}}, Follows: []recommend.Since{{ID: "e3"}}})
		w := f.window(t, recommend.WindowRequest{Reader: id, Limit: 10})
		seen[w.Arm] = true
		policy := f.world.Scene().Policy
		if want := "colour:" + policy.Experiments[0].ArmOf(id); w.Arm != want {
			t.Fatalf("%s is in %q, want %q", id, w.Arm, want)
		}
		if got := f.ArmOf(w.ID, id); got != w.Arm {
			t.Errorf("the window's id tells %q, want %q", got, w.Arm)
		}
		if got := f.ArmOf(w.ID, "somebody"); got != "" {
			t.Errorf("to another reader the window's id tells %q", got)
		}
		weights := make(map[string]float64)
		follow := false
		for _, it := range w.Items {
			follow = follow || it.Source == "follow"
			for _, x := range it.Factors {
				weights[x.Name] = x.Weight
			}
		}
		_, interest := weights["interest"]
		if bold := w.Arm == "colour:bold"; interest == bold || (weights["trust"] == 7) != bold || follow {
			// the follow source comes after that of interests, which covers all here
			t.Errorf("%s: weights %v, a pick by follow %v", w.Arm, weights, follow)
		}
		for page := w; page.NextCursor != ""; {
			page = f.window(t, recommend.WindowRequest{Reader: id, Cursor: page.NextCursor})
			if page.Arm != w.Arm || page.ID != w.ID {
				t.Fatalf("a later page is in %q, the first in %q", page.Arm, w.Arm)
			}
		}
	}
	if len(seen) != 2 {
		t.Errorf("20 readers in %v, want both arms", seen)
	}
	if w := f.window(t, recommend.WindowRequest{}); w.Arm != "" {
		t.Errorf("somebody unknown is in %q", w.Arm)
	}
}

func TestAWindowEndsWhenItsArmDoes(t *testing.T) {
	f := newShopFloor(t)
	f.world.SetPolicy(t.Context(), testPolicy(t, colours))
	f.stockShelf(t, 30)
	w := f.window(t, recommend.WindowRequest{Reader: "r", Limit: 10})
	plain := f.window(t, recommend.WindowRequest{Limit: 10})
	f.world.SetPolicy(t.Context(), testPolicy(t, strings.ReplaceAll(colours, "id: colour", "id: shape")))
	if got := f.ArmOf(w.ID, "r"); got != "" {
		t.Errorf("the window tells of the arm %q, which is no more", got)
	}
	_, err := f.Window(t.Context(), recommend.WindowRequest{Reader: "r", Cursor: w.NextCursor})
	wantRefusal(t, err, "cursor-expired")
	f.window(t, recommend.WindowRequest{Cursor: plain.NextCursor}) // it was in none
}

func TestAnImpersonalReaderIsInNoExperiment(t *testing.T) {
	f := newShopFloor(t)
	f.world.SetPolicy(t.Context(), testPolicy(t, colours))
	f.stockShelf(t, 3)
	f.put(t, recommend.KindReader, "r", &recommend.Reader{ID: "r", Impersonal: true})
	w := f.window(t, recommend.WindowRequest{Reader: "r"})
	if w.Arm != "" || f.ArmOf(w.ID, "r") != "" {
		t.Errorf("he is in %q", w.Arm)
	}
}

func TestExperimentsAreChecked(t *testing.T) {
	const two = "arms: [{name: a, share: 0.5}, {name: b, share: 0.5"
	for text, want := range map[string]string{
		"[{id: e, arms: [{name: a, share: 1}]}]":                                                           "two arms",
		"[{id: e, arms: [{name: a, share: 0.5}, {name: b, share: 0.4}]}]":                                  "add up to 0.9",
		"[{id: e, arms: [{name: a, share: 0.5}, {name: a, share: 0.5}]}]":                                  "comes twice",
		"[{id: E, " + two + "}]}]":                                                                         "the id",
		"[{id: e, " + two + "}]}, {id: f, salt: e, " + two + "}]}]":                                        "salt",
		"[{id: e, surfaces: [moon], " + two + "}]}]":                                                       "moon",
		"[{id: e, " + two + ", sources_off: [latest]}]}]":                                                  "latest",
		"[{id: e, " + two + ", weights: {commission: 1}}]}]":                                               "no feature",
		"[{id: e, " + two + ", weights: {trust: .nan}}]}]":                                                 "trust",
		"[{id: e, " + two + ", mix: {author_decay: 2}}]}]":                                                 "author_decay",
		"[{id: e, " + two + ", mix: {authors: 2}}]}]":                                                      "authors",
		"[{id: e, " + two + ", mix: {length: 100}}]}]":                                                     "same in every arm",
		"[{id: e, " + two + ", mix: {author_decay: 1}}]}, {id: f, " + two + ", mix: {author_decay: 0}}]}]": "changed by e too",
		"[{id: e, until: 2026-12-01, " + two + "}]}]":                                                      "without a from",
		"[{id: e, from: 2026-12-01, until: 2026-11-30, " + two + "}]}]":                                    "after from",
		"[{id: e, from: 2026-12-01, until: 2028-01-01, " + two + "}]}]":                                    "366 days",
		"[{id: e, from: soon, " + two + "}]}]":                                                             "time",
		"[{id: e, share: 1, " + two + "}]}]":                                                               "share",
	} {
		_, err := recommend.ParsePolicy([]byte("experiments: " + text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want it to name %q", text, err, want)
		}
	}
	p, err := recommend.ParsePolicy([]byte("experiments: [{id: e, from: 2026-12-01, until: 2026-12-29T08:00:00+08:00, " + two + "}]}]"))
	if err != nil || !p.Experiments[0].From.Equal(time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)) || p.Experiments[0].Until.Sub(p.Experiments[0].From) != 28*24*time.Hour {
		t.Errorf("got %+v, %v", p, err)
	}
	p = testPolicy(t, colours)
	if names := p.Experiments[0].Arms; !slices.Contains(names[1].SourcesOff, "follow") || names[1].Weights["trust"] != 7 {
		t.Errorf("arms %+v", names)
	}
}

func wantRefusal(t *testing.T, err error, code string) {
	t.Helper()
	refusal, ok := errors.AsType[*recommend.Refusal](err)
	if !ok || refusal.Code() != code {
		t.Errorf("got %v, want %s", err, code)
	}
}
