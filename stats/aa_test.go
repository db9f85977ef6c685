package stats_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"vitrine.dev/stats"
)

// always is the test that reports are made with of experiments without an end,
// planned that of those with one.
func always() stats.Sequential { return stats.NewSequential(.05, 100) }

func planned() stats.Sequential { return stats.NewPlanned(.05, 100) }

// A trial is a simulated experiment of 30 days, to whose arms readers come by
// the hour.
type trial struct {
	rates  [2]float64
	hourly [2]int  // readers, on average
	grows  bool    // no reader comes at first, and twice as many as that in the end
	later  float64 // mean hours until a reader does it; 0 is at once
}

const (
	days   = 30
	hours  = 24 * days
	often  = 8 // looks a day of whoever looks often
	trials = 1000
)

// A look says what is shown when a part of the time is over: 1 up, -1 down, 0
// nothing.
type look func(part float64, a, b stats.Share) int

// run looks until something is shown, often or once a day.
func (x trial) run(rng *rand.Rand, oft, daily look) (byHours, byDay int) {
	var arms [2]stats.Share
	due := [2][]float64{make([]float64, hours), make([]float64, hours)}
	for h := range hours {
		part := float64(h+1) / hours
		for i := range arms {
			come := x.hourly[i]
			if x.grows {
				come = int(math.Round(float64(2*h*come) / hours))
			}
			for range come {
				if rng.Float64() >= x.rates[i] {
					continue
				}
				if at := h + int(x.later*rng.ExpFloat64()); at < hours {
					due[i][at]++
				}
			}
			arms[i].N += float64(come)
			arms[i].K += due[i][h]
		}
		if byHours == 0 && (h+1)%(24/often) == 0 {
			byHours = oft(part, arms[0], arms[1])
		}
		if byDay == 0 && h%24 == 23 {
			byDay = daily(part, arms[0], arms[1])
		}
	}
	return byHours, byDay
}

func blind(float64, stats.Share, stats.Share) int { return 0 }

func sequential(s stats.Sequential) look {
	return func(part float64, a, b stats.Share) int {
		d, ok := s.At(part).Compare(a, b)
		switch {
		case !ok || !d.Shown():
			return 0
		case d.Low > 0:
			return 1
		}
		return -1
	}
}

// naive is what is right at one look and fools whoever looks daily.
func naive(_ float64, a, b stats.Share) int {
	n, p := float64(a.N), float64(a.K+b.K)/float64(a.N+b.N)
	if z := (b.Rate() - a.Rate()) / math.Sqrt(2*p*(1-p)/n); math.Abs(z) > 1.96 {
		return int(math.Copysign(1, z))
	}
	return 0
}

func TestLookingAgainAndAgainFoolsNobody(t *testing.T) {
	for _, c := range []struct {
		name         string
		test         stats.Sequential
		fewest, most int // of those that are looked at daily
		trial
	}{
		{"even arms", always(), 0, 70, trial{rates: [2]float64{.2, .2}, hourly: [2]int{5, 5}}},
		{"readers do it days on", always(), 0, 70, trial{rates: [2]float64{.2, .2}, hourly: [2]int{5, 5}, later: 100}},
		{"a tenth of the readers", always(), 0, 70, trial{rates: [2]float64{.2, .2}, hourly: [2]int{9, 1}}},
		{"planned, even arms", planned(), 30, 70, trial{rates: [2]float64{.2, .2}, hourly: [2]int{5, 5}}},
		{"planned, readers do it days on", planned(), 30, 70, trial{rates: [2]float64{.2, .2}, hourly: [2]int{5, 5}, later: 100}},
		{"planned, a tenth of the readers", planned(), 30, 70, trial{rates: [2]float64{.2, .2}, hourly: [2]int{18, 2}}},
		{"planned, readers come late", planned(), 30, 70, trial{rates: [2]float64{.2, .2}, hourly: [2]int{5, 5}, grows: true}},
		{"planned, rare", planned(), 30, 70, trial{rates: [2]float64{.02, .02}, hourly: [2]int{20, 20}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(1, 2))
			s := sequential(c.test)
			var byHours, byDay int
			for range trials {
				h, d := c.run(rng, s, s)
				byHours, byDay = byHours+abs(h), byDay+abs(d)
			}
			plan := stats.Plan{Base: c.rates[0], Arm: hours * int64(c.hourly[0]), Second: float64(c.hourly[1]) / float64(c.hourly[0]), Looks: days}
			often := plan
			often.Looks *= 8
			stated, statedOften := 2*c.test.Power(plan), 2*c.test.Power(often)
			t.Logf("of %d experiments without effect %d show one to whoever looks daily (stated %.1f), %d to whoever looks every three hours (stated %.1f)",
				trials, byDay, trials*stated, byHours, trials*statedOften)
			if byDay < c.fewest || byDay > c.most || byHours > 70 {
				t.Errorf("%d and %d, want %d to %d by the day, 70 at most by the hour", byDay, byHours, c.fewest, c.most)
			}
			if c.grows {
				return // what is stated is of readers who come evenly
			}
			// Three standard deviations of luck; who acts late acts less in the time.
			for got, want := range map[int]float64{byDay: stated, byHours: statedOften} {
				if off := float64(got)/trials - want; math.Abs(off) > 3*math.Sqrt(want*(1-want)/trials) {
					t.Errorf("%d, want about %.1f", got, trials*want)
				}
			}
		})
	}
}

func TestTheTestOfOneLookFoolsWhoeverLooksDaily(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	x := trial{rates: [2]float64{.2, .2}, hourly: [2]int{5, 5}}
	fooled := 0
	for range trials {
		_, d := x.run(rng, blind, naive)
		fooled += abs(d)
	}
	if fooled < 200 {
		t.Errorf("%d of %d: the simulation is too kind to tell tests apart", fooled, trials)
	}
}

func TestTheBetterArmWinsAsOftenAsThePowerSays(t *testing.T) {
	for name, test := range map[string]stats.Sequential{"without an end": always(), "planned": planned()} {
		enough := test.Readers(stats.Plan{Base: .2, Lift: .1}, .8)
		for _, part := range []float64{1, .5} {
			t.Run(fmt.Sprintf("%s, %v of the readers that are asked for", name, part), func(t *testing.T) {
				hourly := int(math.Ceil(part * float64(enough) / hours))
				plan := stats.Plan{Base: .2, Lift: .1, Looks: days, Arm: int64(hourly * hours)}
				stated := test.Power(plan)
				rng := rand.New(rand.NewPCG(5, 6))
				x := trial{rates: [2]float64{.2, .22}, hourly: [2]int{hourly, hourly}}
				wins, losses := 0, 0
				for range trials {
					switch _, d := x.run(rng, blind, sequential(test)); d {
					case 1:
						wins++
					case -1:
						losses++
					}
				}
				t.Logf("%d readers an arm: %d of %d are won, %d lost; stated %.3f", plan.Arm, wins, trials, losses, stated)
				if off := math.Abs(float64(wins)/trials - stated); off > 3*math.Sqrt(stated*(1-stated)/trials) {
					t.Errorf("%d wins of %d, want %.1f %%", wins, trials, 100*stated)
				}
				if losses > 2 {
					t.Errorf("the worse arm won %d times", losses)
				}
				if part == 1 && stated < .8 {
					t.Errorf("a power of %.3f of as many readers as are asked for, want .8 or more", stated)
				}
			})
		}
	}
}

func TestPowerIsThatOfTheArithmetic(t *testing.T) {
	s := always()
	n := s.Readers(stats.Plan{Base: .1, Lift: .1}, .8)
	once := s.Power(stats.Plan{Base: .1, Lift: .1, Arm: n, Looks: 1})
	if math.Abs(once-.8) > .001 {
		t.Errorf("looked at once the power is %.4f, want the .8 that %d readers are for", once, n)
	}
	before := once
	for _, looks := range []int{2, 7, 30, 100} {
		p := s.Power(stats.Plan{Base: .1, Lift: .1, Arm: n, Looks: looks})
		if p < before-1e-3 || p > 1 {
			t.Errorf("%d looks: %.4f, want more than the %.4f of fewer", looks, p, before)
		}
		before = p
	}
	// Up to 30 times the start, at 300 looks.
	if level := 2 * s.Power(stats.Plan{Base: .5, Arm: 1500, Looks: 300}); level > .05 || level < .03 {
		t.Errorf("without a lift %.4f are shown one at 300 looks, want .03 to .05", level)
	}
	for looks, least := range map[int]float64{1: .024, 30: .038, 300: .045} {
		if level := 2 * planned().Power(stats.Plan{Base: .5, Arm: 1e5, Looks: looks}); level > .05 || level < least {
			t.Errorf("planned, without a lift, %.4f are shown one at %d looks, want %v to .05", level, looks, least)
		}
	}
	for name, p := range map[string]stats.Plan{"no lift": {Base: .1}, "no rate": {Lift: .1}, "more than all": {Base: .6, Lift: .7}} {
		if n := s.Readers(p, .8); n != 0 {
			t.Errorf("%s: %d readers, want none to be enough", name, n)
		}
	}
}

func abs(v int) int {
	if v < 0 {
		return -v
	}
	return v
}
