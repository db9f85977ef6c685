package analytics_test

import (
	"slices"
	"time"

	"vitrine.dev/analytics"
)

// splits reports whether half of times are no later than about seconds.
func splits(times []time.Duration, seconds float64) bool {
	slices.Sort(times)
	low, high := times[(len(times)-1)/2].Seconds(), times[len(times)/2].Seconds()
	const near = 1 / 16.
	return seconds >= low*(1-near)-.001 && seconds <= high*(1+near)+.001
}

// latenessByHand are the times from the entry to each step.
func latenessByHand(all []deed, sales []sale, forgotten string, r *analytics.Request) [][]time.Duration {
	late := make([][]time.Duration, len(r.Steps))
	pairs, _ := pairsByHand(all, sales, forgotten, r.Model)
	for _, p := range pairs {
		took := wayByHand(p, r)
		out := p.own || p.bot
		for d, wanted := range r.Where {
			out = out || !slices.ContainsFunc(valuesByHand(d, p.pick, p.source, p.arm), func(v string) bool { return slices.Contains(wanted, v) })
		}
		var entered, before time.Time
		for i, step := range r.Steps {
			if at := p.first[kindOf(step)]; took[i] && !r.Ordered && (entered.IsZero() || at.Before(entered)) {
				entered = at
			}
		}
		for i, step := range r.Steps {
			if out || !took[i] {
				continue
			}
			at := p.first[kindOf(step)]
			if r.Ordered && at.Before(before) {
				at = p.last[kindOf(step)]
			}
			if before = at; r.Ordered && entered.IsZero() {
				entered = at
			}
			late[i] = append(late[i], at.Sub(entered))
		}
	}
	return late
}

// apartByHand are the pairs, or readers, that entered and are counted apart: of the
// expert with his own pick, and others of which a robot did something.
func apartByHand(all []deed, sales []sale, forgotten string, r *analytics.Request) (own, bots int64) {
	pairs, _ := pairsByHand(all, sales, forgotten, r.Model)
	robots := make(map[string]bool)
	for name, p := range pairs {
		in := slices.Contains(wayByHand(p, r), true)
		for d, wanted := range r.Where {
			in = in && slices.ContainsFunc(valuesByHand(d, p.pick, p.source, p.arm), func(v string) bool { return slices.Contains(wanted, v) })
		}
		switch {
		case !in:
		case p.own:
			own = 1
		case p.bot && r.Readers:
			robots[p.reader] = true
		case p.bot:
			robots[name] = true
		}
	}
	return own, int64(len(robots))
}
