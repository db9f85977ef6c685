package stats_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"vitrine.dev/stats"
)

// near allows for rounding.
const near = 1e-9

func TestWilsonMatchesItsTable(t *testing.T) {
	for _, c := range []struct {
		s         stats.Share
		low, high float64
	}{ // of R. Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I
		{stats.Share{K: 81, N: 263}, .2553, .3662},
		{stats.Share{K: 15, N: 148}, .0624, .1605},
		{stats.Share{K: 0, N: 20}, 0, .1611},
		{stats.Share{K: 1, N: 29}, .0061, .1718},
		{stats.Share{}, 0, 1},
	} {
		got := stats.Wilson(c.s, .95)
		if math.Abs(got.Low-c.low) > 5e-5 || math.Abs(got.High-c.high) > 5e-5 {
			t.Errorf("%+v: got %+v, want %v to %v", c.s, got, c.low, c.high)
		}
	}
}

func TestCompareMatchesItsTable(t *testing.T) {
	// 56 of 70 and 48 of 80 at 1.96 standard deviations, of R. Newcombe 1998,
	// table II: .0524 to .3339. The level is that of which 1.96 is the threshold
	// at this time, 104·150/46, when it starts at 46.
	s := stats.NewSequential(.60605, 46)
	got, ok := s.Compare(stats.Share{K: 48, N: 80}, stats.Share{K: 56, N: 70})
	if !ok || math.Abs(got.Low-.0524) > 2e-4 || math.Abs(got.High-.3339) > 2e-4 || math.Abs(got.Value-.2) > near {
		t.Errorf("got %+v, %t, want .2 in .0524 to .3339", got, ok)
	}
}

// drawShare draws a share of n or fewer.
func drawShare(t *rapid.T, n int64, name string) stats.Share {
	of := rapid.Int64Range(1, n).Draw(t, name)
	return stats.Share{K: float64(rapid.Int64Range(0, of).Draw(t, name+" that did")), N: float64(of)}
}

func TestWilsonIsAnInterval(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawShare(t, 1e6, "readers")
		confidence := rapid.Float64Range(.5, .999).Draw(t, "confidence")
		i := stats.Wilson(s, confidence)
		if i.Low < 0 || i.High > 1 || !i.Contains(s.Rate()) {
			t.Fatalf("%+v of %+v", i, s)
		}
		m := stats.Wilson(stats.Share{K: s.N - s.K, N: s.N}, confidence)
		if math.Abs(m.Low-(1-i.High)) > near || math.Abs(m.High-(1-i.Low)) > near {
			t.Fatalf("%+v, and of those who did not %+v", i, m)
		}
		more := float64(rapid.Int64Range(2, 100).Draw(t, "times as many"))
		if j := stats.Wilson(stats.Share{K: more * s.K, N: more * s.N}, confidence); j.Low < i.Low-near || j.High > i.High+near {
			t.Fatalf("%+v, and of more readers %+v", i, j)
		}
		if j := stats.Wilson(s, (1+confidence)/2); j.Low > i.Low || j.High < i.High {
			t.Fatalf("%+v, and with more confidence %+v", i, j)
		}
	})
}

func TestComparingIsFair(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawShare(t, 1e6, "readers"), drawShare(t, 1e6, "others")
		level := rapid.Float64Range(.001, .3).Draw(t, "level")
		s := stats.NewSequential(level, 50)
		d, ok := s.Compare(a, b)
		if lacks := s.Lacks(a, b); ok != (lacks == 0) || lacks < 0 {
			t.Fatalf("%d lack, compared: %t", lacks, ok)
		}
		if !ok {
			return
		}
		if d.Low < -1-near || d.High > 1+near || !d.Contains(d.Value) || d.P < 0 || d.P > 1 {
			t.Fatalf("%+v", d)
		}
		if r, _ := s.Compare(b, a); math.Abs(r.Low+d.High) > near || math.Abs(r.High+d.Low) > near || math.Abs(r.P-d.P) > near || r.Value != -d.Value {
			t.Fatalf("%+v, and the other way round %+v", d, r)
		}
		if math.Abs(d.P-level) > 1e-5 && d.Shown() != (d.P < level) {
			t.Fatalf("%+v at %v: interval and p do not agree", d, level)
		}
		if strict, _ := stats.NewSequential(level/2, 50).Compare(a, b); strict.Low > d.Low || strict.High < d.High || strict.P != d.P {
			t.Fatalf("%+v, and at half the level %+v", d, strict)
		}
		more := float64(rapid.Int64Range(2, 50).Draw(t, "times as many"))
		j, _ := s.Compare(stats.Share{K: more * a.K, N: more * a.N}, stats.Share{K: more * b.K, N: more * b.N})
		if j.High-j.Low > d.High-d.Low+near {
			t.Fatalf("%+v, and of more readers %+v", d, j)
		}
		if same, ok := s.Compare(a, a); ok && (same.P != 1 || same.Value != 0) {
			t.Fatalf("with itself %+v", same)
		}
	})
}

func TestTooFewAreNotCompared(t *testing.T) {
	s := always()
	for name, c := range map[string]struct {
		a, b stats.Share
		want int64
	}{
		"nobody":              {want: 100},
		"nobody in one":       {b: stats.Share{K: 90, N: 200}, want: 100},
		"few who did":         {a: stats.Share{K: 40, N: 400}, b: stats.Share{K: 49, N: 400}, want: 11},
		"few who did not":     {a: stats.Share{K: 360, N: 400}, b: stats.Share{K: 351, N: 400}, want: 11},
		"few in the smaller":  {a: stats.Share{K: 100, N: 380}, b: stats.Share{K: 20, N: 20}, want: 80},
		"enough":              {a: stats.Share{K: 50, N: 400}, b: stats.Share{K: 50, N: 400}},
		"enough, all in one":  {a: stats.Share{N: 400}, b: stats.Share{K: 100, N: 400}},
		"enough of different": {a: stats.Share{K: 90, N: 360}, b: stats.Share{K: 10, N: 40}},
	} {
		if got := s.Lacks(c.a, c.b); got != c.want {
			t.Errorf("%s: %d lack, want %d", name, got, c.want)
		}
	}
}

func TestSmoothedIsBetweenItsOwnAndThatOfAll(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, all := drawShare(t, 1e6, "events"), drawShare(t, 1e9, "all events")
		weight := rapid.Float64Range(0, 1000).Draw(t, "weight")
		got := stats.Smoothed(s, all, weight)
		own, others := s.Rate(), all.Rate()
		if all.K == 0 {
			others = own
		}
		if got < min(own, others)-near || got > max(own, others)+near {
			t.Fatalf("%v of %+v and all %+v", got, s, all)
		}
	})
	if got := stats.Smoothed(stats.Share{K: 1, N: 1}, stats.Share{K: 100, N: 1000}, stats.DefaultWeight); math.Abs(got-11./101) > near {
		t.Errorf("one of one where a tenth do: %v, want 11/101", got)
	}
	if got := stats.Smoothed(stats.Share{}, stats.Share{}, stats.DefaultWeight); got != 0 {
		t.Errorf("of nothing %v", got)
	}
}
