package recommend_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"vitrine.dev/recommend"
)

// TestNoSequenceOfEventsGivesMoreThanTheDose folds what processes with clocks of
// their own ask for, repeated and out of order, with doses set in between.
func TestNoSequenceOfEventsGivesMoreThanTheDose(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rules := recommend.DoseRules{Limited: true, Organic: 4, PerDay: rapid.IntRange(0, 8).Draw(t, "per day"), Spacing: recommend.Duration(10 * time.Minute)}
		r, now := &recommend.Reader{ID: "r", Impersonal: rapid.Bool().Draw(t, "impersonal")}, opening()
		var all []recommend.Given
		known := make(map[string]bool)
		for i := range rapid.IntRange(1, 60).Draw(t, "events") {
			now = now.Add(time.Duration(rapid.SampledFrom([]int{0, 1, 60, 599, 600, 3_600, 86_399, 86_400}).Draw(t, "seconds")) * time.Second)
			skew := time.Duration(rapid.IntRange(-300, 300).Draw(t, "skew")) * time.Second
			a := &recommend.Action{ID: fmt.Sprint("e", i), Reader: "r", Kind: recommend.ActServed, At: now.Add(skew)}
			for range rapid.IntRange(1, 5).Draw(t, "picks") {
				x := rapid.IntRange(0, 6).Draw(t, "expert")
				a.Served = append(a.Served, recommend.ServedPick{Pick: fmt.Sprintf("p%d-%d", i, x), Expert: fmt.Sprint("x", x)})
			}
			if rapid.IntRange(0, 9).Draw(t, "sets") == 0 {
				most := rapid.IntRange(0, 10).Draw(t, "dose")
				a = &recommend.Action{ID: a.ID, Reader: "r", Kind: recommend.ActDose, At: a.At, Dose: &most}
			}
			if err := a.Validate(); err != nil {
				t.Fatal(err)
			}
			before := len(r.Dose.Given)
			if _, err := r.Act(a, recommend.Acting{Rules: &recommend.DefaultPolicy().Reader, Dose: &rules, Appended: now.Add(skew), Event: a.ID}); err != nil {
				t.Fatal(err)
			}
			for _, g := range r.Dose.Given {
				if key := g.Event + g.Pick; !known[key] {
					known[key] = true
					all = append(all, g)
				}
			}
			if a.Kind == recommend.ActServed && r.Dose.PerDay != nil && *r.Dose.PerDay == 0 && len(r.Dose.Given) > before {
				t.Fatal("who wants none was given some")
			}
		}
		keepsCaps(t, all, rules.PerDay, rules.Spacing.D())
	})
}

// TestAClockAheadForgetsNothingOfTheDay has a process whose clock is ahead ask
// for a reader who wants none just then: what it finds a day old is not yet so
// for the others.
func TestAClockAheadForgetsNothingOfTheDay(t *testing.T) {
	rules := recommend.DoseRules{Limited: true, Organic: 4, PerDay: 2, Spacing: recommend.Duration(10 * time.Minute)}
	r := &recommend.Reader{ID: "r"}
	n := 0
	does := func(after time.Duration, a recommend.Action) {
		t.Helper()
		n++
		at := opening().Add(after)
		a.ID, a.Reader, a.At = fmt.Sprint("e", n), "r", at
		if _, err := r.Act(&a, recommend.Acting{Rules: &recommend.DefaultPolicy().Reader, Dose: &rules, Appended: at, Event: a.ID}); err != nil {
			t.Fatal(err)
		}
	}
	served := func(experts ...string) recommend.Action {
		a := recommend.Action{Kind: recommend.ActServed}
		for _, x := range experts {
			a.Served = append(a.Served, recommend.ServedPick{Pick: "p" + x, Expert: x})
		}
		return a
	}
	sets := func(most int) recommend.Action { return recommend.Action{Kind: recommend.ActDose, Dose: &most} }
	const ahead = 5 * time.Minute
	does(0, served("a", "b"))
	does(day-ahead, sets(0))
	does(day, served("c")) // by a clock that is ahead
	does(day-ahead, sets(2))
	does(day-ahead, served("c", "d"))
	for _, g := range r.Dose.Given {
		if g.At.After(opening()) {
			t.Errorf("%s was given %v after two others, two a day are allowed", g.Pick, g.At.Sub(opening()))
		}
	}
	does(day, served("e", "f", "g"))
	if got := len(r.Dose.Given); got != 2 || r.Dose.Given[0].Expert != "e" {
		t.Errorf("got %d picks a day later, want the two of that day", got)
	}
}

type fataler interface{ Fatalf(string, ...any) }

// keepsCaps checks that any day of what was given, in order of time, has no more
// than most, and that picks of an expert are apart.
func keepsCaps(t fataler, all []recommend.Given, most int, apart time.Duration) {
	for i, g := range all {
		day := 0
		for k := i; k >= 0; k-- {
			passed := g.At.Sub(all[k].At)
			if passed < 0 {
				t.Fatalf("given at %v after %v", g.At, all[k].At)
			}
			if passed < 24*time.Hour {
				day++
			}
			if k < i && all[k].Expert == g.Expert && passed < apart {
				t.Fatalf("two picks of %s within %v", g.Expert, passed)
			}
		}
		if day > most {
			t.Fatalf("%d picks within a day, %d allowed", day, most)
		}
	}
}

// TestWithoutASpacingNoExpertRests asks about a moment before the last gift, as a
// page does whose time was taken before the reader's document was read.
func TestWithoutASpacingNoExpertRests(t *testing.T) {
	at := opening()
	d := recommend.Dose{Given: []recommend.Given{{Event: "e", Pick: "p", Expert: "x", At: at}}}
	for spacing, want := range map[time.Duration]time.Time{0: {}, time.Minute: at.Add(time.Minute)} {
		rules := recommend.DoseRules{Limited: true, Organic: 4, PerDay: 9, Spacing: recommend.Duration(spacing)}
		if until := d.Rests(&rules, "x", at.Add(-time.Second)); !until.Equal(want) {
			t.Errorf("with a spacing of %v: rests until %v, want %v", spacing, until, want)
		}
	}
}

func TestADoseSaysWhenThereIsMore(t *testing.T) {
	rules := recommend.DoseRules{Limited: true, Organic: 4, PerDay: 2, Spacing: recommend.Duration(10 * time.Minute)}
	at := opening()
	d := recommend.Dose{Given: []recommend.Given{{Expert: "a", At: at}, {Expert: "b", At: at.Add(time.Hour)}}}
	now := at.Add(2 * time.Hour)
	if next, ok := d.Next(&rules, now); !ok || !next.Equal(at.Add(24*time.Hour)) || d.Room(&rules, now) != 0 {
		t.Errorf("next %v, %v with room for %d; want a day after the first", next, ok, d.Room(&rules, now))
	}
	one := 1
	d.PerDay = &one
	if next, ok := d.Next(&rules, now); !ok || !next.Equal(at.Add(25*time.Hour)) {
		t.Errorf("with a dose of one: next %v, %v; want a day after the second", next, ok)
	}
	none := 0
	d.PerDay = &none
	if _, ok := d.Next(&rules, now); ok {
		t.Error("who wants none is told when there is more")
	}
	if until := d.Rests(&rules, "b", at.Add(65*time.Minute)); !until.Equal(at.Add(70 * time.Minute)) {
		t.Errorf("b rests until %v, want ten minutes", until)
	}
}
