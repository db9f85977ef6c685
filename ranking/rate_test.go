package ranking_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"vitrine.dev/ranking"
)

func TestASmoothedRate(t *testing.T) {
	for _, c := range []struct {
		name                                           string
		clicks, shown, priorClicks, priorShown, weight float64
		want                                           float64
	}{
		{"nothing known is the prior", 0, 0, 50, 1000, 10, .05},
		{"ten clicks' worth of it", 10, 100, 50, 1000, 10, 20. / 300},
		{"much known is itself", 1e9, 1e10, 50, 1000, 10, .1},
		{"no weight", 1, 4, 50, 1000, 0, .25},
		{"no clicks in the prior", 1, 4, 0, 1000, 10, .25},
		{"nothing at all", 0, 0, 0, 0, 10, 0},
	} {
		if got := ranking.Smoothed(c.clicks, c.shown, c.priorClicks, c.priorShown, c.weight); math.Abs(got-c.want) > 1e-8 {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

func TestASmoothedRateIsBetweenItsOwnAndThePrior(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number := rapid.Float64Range(.001, 1e6)
		clicks, shown := number.Draw(t, "clicks"), number.Draw(t, "shown")
		pc, ps, w := number.Draw(t, "prior clicks"), number.Draw(t, "prior shown"), number.Draw(t, "weight")
		got, own, prior := ranking.Smoothed(clicks, shown, pc, ps, w), clicks/shown, pc/ps
		if got < min(own, prior)*(1-1e-9) || got > max(own, prior)*(1+1e-9) {
			t.Fatalf("got %v, want between %v and %v", got, own, prior)
		}
	})
}

func TestTheWilsonInterval(t *testing.T) {
	// The four from 0 of 20 on are in table I of Newcombe (1998).
	for _, c := range []struct{ successes, trials, low, high float64 }{
		{0, 0, 0, 1},
		{0, 10, 0, .2775},
		{0, 20, 0, .1611},
		{1, 29, .0061, .1718},
		{81, 263, .2553, .3662},
		{15, 148, .0624, .1605},
		{10, 10, .7225, 1},
		{12, 10, .7225, 1},
	} {
		low, high := ranking.Wilson(c.successes, c.trials, 1.959964)
		if math.Abs(low-c.low) > 1e-4 || math.Abs(high-c.high) > 1e-4 {
			t.Errorf("%v of %v: got %.4f to %.4f, want %.4f to %.4f", c.successes, c.trials, low, high, c.low, c.high)
		}
	}
}
