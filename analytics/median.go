package analytics

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"vitrine.dev/recommend"
)

// medians puts the median time from the entry into those of steps that five
// pairs or more took. It is within a sixteenth of the time that splits them.
func (a *Analyst) medians(ctx context.Context, p *plan, steps []Step) error {
	if len(p.Steps) == 1 && p.exposures != nil {
		return nil
	}
	first := len(p.Steps) - len(p.journeys.Steps)
	lags := make([][]recommend.Lag, len(p.journeys.Steps))
	err := a.Counts.Lags(ctx, &p.journeys, func(l recommend.Lag) error {
		lags[l.Step] = append(lags[l.Step], l)
		return nil
	})
	if err != nil {
		return err
	}
	for i, of := range lags {
		if first+i >= len(steps) {
			break
		}
		if seconds, ok := median(of); ok {
			steps[first+i].Median = &seconds
		}
	}
	return nil
}

// median is the time in seconds that half of lags are no later than; within its
// bucket times are taken to be evenly spread. It is not told of few pairs.
func median(lags []recommend.Lag) (seconds float64, ok bool) {
	slices.SortFunc(lags, func(a, b recommend.Lag) int { return cmp.Compare(a.Bucket, b.Bucket) })
	var all, before float64
	for _, l := range lags {
		all += float64(l.Count)
	}
	if all < recommend.FewestReaders {
		return 0, false
	}
	const half, second = 2, 1000
	for _, l := range lags {
		if n := float64(l.Count); before+n >= all/half {
			low, high := recommend.LagBounds(l.Bucket)
			return (low + (high-low)*(all/half-before)/n) / second, true
		}
		before += float64(l.Count)
	}
	return 0, false
}

// timeProblems are why times cannot be told of what r asks for.
func (r *Request) timeProblems() []recommend.Problem {
	if !r.Times {
		return nil
	}
	var ps []recommend.Problem
	if r.model() != string(recommend.ModelLast) {
		ps = append(ps, problem("times", "times are by the last click", "leave attribution out, or times"))
	}
	p := plan{Request: *r}
	for _, d := range slices.Sorted(maps.Keys(r.Where)) {
		if p.isFiled(d) {
			ps = append(ps, problem("times", "times are not told of the picks of one "+d, "filter by pick, source or arm, or leave times out"))
		}
	}
	return ps
}
