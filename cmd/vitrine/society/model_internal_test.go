package society

import (
	"math"
	"testing"
	"time"
)

func TestAttentionFallsFromTheFirstCard(t *testing.T) {
	for _, haste := range []float64{0.3, 0.6, 1} {
		if got := examine(haste, 0); got != 1 {
			t.Errorf("the first card is looked at with chance %.3f, want 1", got)
		}
		for k := 1; k < 12; k++ {
			if examine(haste, k) >= examine(haste, k-1) {
				t.Errorf("haste %.1f: card %d is looked at as often as the one before", haste, k)
			}
		}
	}
	if got, want := examine(0, 7), 1.0; got != want {
		t.Errorf("without haste card 7 is looked at with chance %.3f, want %.3f", got, want)
	}
}

// somebody is a reader, and picks that may be shown to him.
func somebody(cards, picks int) (*reader, []choice, time.Time) {
	r := stream(1, 99)
	rd := newReader(r, 0, 5, cards)
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	x := newExpert(r, 0, 5, now.Add(-day), true)
	var all []choice
	for i := range picks {
		p := newPick(r, i, x, newProduct(r, i, i%5, &x.style), now.Add(-time.Duration(i)*time.Hour))
		all = append(all, choice{p, rd.attraction(p, now)})
	}
	return rd, all, now
}

func TestOpensComeAsOftenAsTheModelSays(t *testing.T) {
	const n = 200_000
	rd, all, now := somebody(12, 1)
	p := all[0].pick
	for _, k := range []int{0, 5} {
		var examined, opened float64
		for i := range n {
			d := rd.respond(p, k, now, func(decision int) float64 { return luck(7, i, p.n, decision) })
			if d.examined {
				examined++
			}
			if d.opened {
				opened++
			}
			if d.opened && !d.examined || d.bought && !d.opened || d.refunded && !d.bought {
				t.Fatalf("%+v is in the wrong order", d)
			}
		}
		for what, c := range map[string]struct{ got, want float64 }{
			"looked at": {examined / n, rd.page[k]}, "opened": {opened / n, rd.page[k] * all[0].attraction},
		} {
			if tolerance := 5 * math.Sqrt(c.want/n); math.Abs(c.got-c.want) > tolerance {
				t.Errorf("card %d is %s with chance %.4f, want %.4f ± %.4f", k, what, c.got, c.want, tolerance)
			}
		}
	}
}

func TestNoPageBeatsTheOracle(t *testing.T) {
	const cards = 3
	rd, all, now := somebody(cards, 6)
	most, sum, pages := 0.0, 0.0, 0
	for i := range all {
		for j := range all {
			for k := range all {
				if i != j && j != k && i != k {
					clicks := rd.expected([]choice{all[i], all[j], all[k]})
					most, sum, pages = max(most, clicks), sum+clicks, pages+1
				}
			}
		}
	}
	if got := rd.expected(best(all, cards)); math.Abs(got-most) > 1e-12 {
		t.Errorf("the oracle's page gets %.6f clicks, the best of all pages %.6f", got, most)
	}
	if got, want := rd.rivals(all, now).random, sum/float64(pages); math.Abs(got-want) > 1e-12 {
		t.Errorf("a random page gets %.6f clicks, all pages get %.6f on average", got, want)
	}
}

func TestMemoryMakesAnOpenLessLikely(t *testing.T) {
	rd, all, now := somebody(3, 1)
	p, fresh := all[0].pick, all[0].attraction
	rd.memoryOf(p.product, now).tired = 2
	tired := rd.attraction(p, now)
	m := rd.memoryOf(p.product, now)
	m.opened = now
	opened := rd.attraction(p, now)
	m.kept = now
	if kept := rd.attraction(p, now); kept <= tired {
		t.Errorf("the chance of what is kept is %.4f, want it above the %.4f of what was only looked at", kept, tired)
	}
	m.kept = time.Time{}
	if !(opened < tired && tired < fresh) {
		t.Errorf("chances: %.4f new, %.4f looked at twice, %.4f opened; want them to fall", fresh, tired, opened)
	}
	if later := rd.attraction(p, now.Add(365*day)); math.Abs(later-fresh) > fresh/100 {
		t.Errorf("a year later the chance is %.4f, want about %.4f again", later, fresh)
	}
}

func TestTastesStayAsVariousAsTheyAre(t *testing.T) {
	r := stream(3, 99)
	tastes := make([]taste, 300)
	for i := range tastes {
		tastes[i] = newTaste(r, 20)
	}
	before := tastes[0].style
	for range 200 {
		for i := range tastes {
			tastes[i].drift(r)
		}
	}
	var squares, shares float64
	for i := range tastes {
		squares += tastes[i].style.dot(&tastes[i].style) / dims
		for _, f := range tastes[i].fit {
			shares += math.Exp(f/topicPull) / 20
		}
	}
	n := float64(len(tastes))
	if got := squares / n; math.Abs(got-1) > 0.1 {
		t.Errorf("variance of styles is %.3f after 200 days, want 1", got)
	}
	if got := shares / n; math.Abs(got-1) > 1e-9 {
		t.Errorf("the shares of a mixture sum to %.6f, want 1", got)
	}
	after := tastes[0].style
	if before == after {
		t.Error("a taste does not drift")
	}
}

func TestGini(t *testing.T) {
	for _, c := range []struct {
		xs   []float64
		want float64
	}{{[]float64{2, 2, 2}, 0}, {[]float64{0, 0, 0, 8}, 0.75}, {nil, 0}, {[]float64{0, 0}, 0}} {
		if got := gini(c.xs); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("gini(%v) is %.3f, want %.3f", c.xs, got, c.want)
		}
	}
}

func TestHalfOfTheFinalRate(t *testing.T) {
	one := func(show) float64 { return 1 }
	d := debut{}
	for _, age := range []float64{0.2, 1.5, 1.9, 2.3, 2.4, 4.1, 4.2, 4.4, 5.1, 5.2, 5.4, 6.1, 6.2, 6.5} { // three a day at last
		d.shows = append(d.shows, show{age: age, clicks: 0.1})
	}
	if age, ok := d.half(one); !ok || age != 1.9 {
		t.Errorf("half of three a day came at %.1f days (%t), want at 1.9", age, ok)
	}
	faded := debut{shows: []show{{age: 0.5}, {age: 3.9}}}
	if age, ok := faded.half(one); ok {
		t.Errorf("a pick that nobody is shown any more had half of its rate after %.1f days", age)
	}
}

func TestExpertsKeepTheirLimits(t *testing.T) {
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	x := &expert{posts: []post{{now.Add(-23 * time.Hour), 0}, {now.Add(-40 * time.Minute), 0}}}
	for _, c := range []struct {
		at      time.Time
		partner int
		want    bool
	}{
		{now, 1, true},
		{now, 0, false},
		{now.Add(-15 * time.Minute), 1, false},
		{now.Add(2 * time.Hour), 0, true},
	} {
		y := *x
		y.posts = append([]post(nil), x.posts...)
		if got := y.may(c.at, c.partner); got != c.want {
			t.Errorf("may publish of %d at %s: %t, want %t", c.partner, c.at.Format(time.TimeOnly), got, c.want)
		}
	}
}
