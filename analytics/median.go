package analytics

import (
	"cmp"
	"context"
	"math"
	"slices"

	"vitrine.dev/recommend"
)

// A lateness is how many pairs took a step how late, of everything and of each
// group by its name.
type lateness struct {
	of     *plan
	whole  lags
	groups map[string]lags
}

// lags are numbers of pairs by a step of the engine and the bucket of its time.
type lags map[[2]int]int64

// lateness puts medians into the steps of everything, and returns what tells them
// of groups; nil where p asks for none. Its memory grows with the groups and, by
// some hundred buckets at most, the steps.
func (a *Analyst) lateness(ctx context.Context, p *plan, whole []Step) (*lateness, error) {
	if !p.Times || len(p.Steps) == 1 && p.exposures != nil {
		return nil, nil
	}
	r := p.Request
	p, err := r.planned(false)
	if err != nil {
		return nil, err
	}
	l := &lateness{of: p, whole: make(lags), groups: make(map[string]lags)}
	var waiting []recommend.Lag
	err = a.Counts.Lags(ctx, &p.journeys, func(lag recommend.Lag) error {
		if waiting = append(waiting, lag); len(waiting) >= a.many() {
			l.add(a.Picks, waiting)
			waiting = waiting[:0]
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	l.add(a.Picks, waiting)
	l.put(l.whole, whole)
	return l, nil
}

// add counts some.
func (l *lateness) add(picks Picks, some []recommend.Lag) {
	t := tally{plan: l.of}
	if l.of.filed {
		t.filedUnder = filedUnder(picks, picksOf(some, func(lag *recommend.Lag) []string { return lag.Key }))
	}
	for i := range some {
		lag := &some[i]
		at := [2]int{lag.Step, lag.Bucket}
		keys, ok := t.keysOf(lag.Key)
		if !ok {
			continue
		}
		l.whole[at] += lag.Count
		for _, key := range keys {
			name := groupName(lag.Slot, key)
			if l.groups[name] == nil {
				l.groups[name] = make(lags)
			}
			l.groups[name][at] += lag.Count
		}
	}
}

// tell puts medians into the steps of a group, without times none.
func (l *lateness) tell(slot int, key []string, steps []Step) {
	if l != nil {
		l.put(l.groups[groupName(slot, key)], steps)
	}
}

// put puts medians into those steps that five pairs or more took.
func (l *lateness) put(of lags, steps []Step) {
	first := len(l.of.Steps) - len(l.of.journeys.Steps)
	for i := range steps {
		if seconds, ok := of.median(i - first); ok {
			steps[i].Median = &seconds
		}
	}
}

// median is the time in seconds that half of those who took step are no later
// than; within its bucket times are taken to be evenly spread, and to be whole
// milliseconds. It is not told of few pairs.
func (l lags) median(step int) (seconds float64, ok bool) {
	type part struct {
		bucket int
		n      float64
	}
	var (
		parts       []part
		all, before float64
	)
	for at, n := range l {
		if at[0] == step {
			parts = append(parts, part{at[1], float64(n)})
			all += float64(n)
		}
	}
	if all < recommend.FewestReaders {
		return 0, false
	}
	slices.SortFunc(parts, func(a, b part) int { return cmp.Compare(a.bucket, b.bucket) })
	const half, second = 2, 1000
	for _, p := range parts {
		if before+p.n >= all/half {
			low, high := recommend.LagBounds(p.bucket)
			return math.Floor(low+(high-low)*(all/half-before)/p.n) / second, true
		}
		before += p.n
	}
	return 0, false
}

// timeProblems are why times cannot be told of what r asks for.
func (r *Request) timeProblems() []recommend.Problem {
	if r.Times && r.model() != string(recommend.ModelLast) {
		return []recommend.Problem{problem("times", "times are by the last click", "leave attribution out, or times")}
	}
	return nil
}
