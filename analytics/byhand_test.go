package analytics_test

import (
	"math"
	"slices"
	"time"

	"vitrine.dev/analytics"
)

// splits reports whether half of times are no later than about seconds, in whole
// milliseconds: no time at all is none.
func splits(times []time.Duration, seconds float64) bool {
	slices.Sort(times)
	low, high := times[(len(times)-1)/2].Seconds(), times[len(times)/2].Seconds()
	const near = 1 / 16.
	return seconds >= low*(1-near)-.001 && seconds <= high*(1+near)+.001 && (high > 0 || seconds == 0) && seconds == math.Round(seconds*1000)/1000
}

// latenessByHand are the times from the entry to each step.
func latenessByHand(all []deed, sales []sale, forgotten string, r *analytics.Request) map[string][][]time.Duration {
	late := map[string][][]time.Duration{"whole": make([][]time.Duration, len(r.Steps))}
	pairs, _ := pairsByHand(all, sales, forgotten, r.Model)
	for _, p := range pairs {
		took := wayByHand(p, r)
		names := namesByHand(r, p.pick, p.source, p.arm)
		if p.own || p.bot {
			names = nil
		}
		var entered, before time.Time
		for i, step := range r.Steps {
			if at := p.first[kindOf(step)]; took[i] && !r.Ordered && (entered.IsZero() || at.Before(entered)) {
				entered = at
			}
		}
		for i, step := range r.Steps {
			if !took[i] {
				continue
			}
			at := p.first[kindOf(step)]
			if r.Ordered && at.Before(before) {
				at = p.last[kindOf(step)]
			}
			if before = at; r.Ordered && entered.IsZero() {
				entered = at
			}
			for _, name := range names {
				if late[name] == nil {
					late[name] = make([][]time.Duration, len(r.Steps))
				}
				late[name][i] = append(late[name][i], at.Sub(entered))
			}
		}
	}
	return late
}

// namesByHand are the groups of r that a pair, or what was shown, is in: those by
// their keys and the whole, none where a filter leaves it out.
func namesByHand(r *analytics.Request, pick, source, arm string) []string {
	for d, wanted := range r.Where {
		if !slices.ContainsFunc(valuesByHand(d, pick, source, arm), func(v string) bool { return slices.Contains(wanted, v) }) {
			return nil
		}
	}
	names := []string{"by "}
	for i, d := range r.By {
		var longer []string
		for _, name := range names {
			for _, v := range valuesByHand(d, pick, source, arm) {
				longer = append(longer, name+map[bool]string{true: "|"}[i > 0]+v)
			}
		}
		names = longer
	}
	return append(names, "whole")
}

// apartByHand are the pairs, or readers, that entered and are counted apart: of the
// expert with his own pick, and others of which a robot did something.
func apartByHand(all []deed, sales []sale, forgotten string, r *analytics.Request) (own, bots int64) {
	pairs, _ := pairsByHand(all, sales, forgotten, r.Model)
	robots := make(map[string]bool)
	for name, p := range pairs {
		in := slices.Contains(wayByHand(p, r), true) && namesByHand(r, p.pick, p.source, p.arm) != nil
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
