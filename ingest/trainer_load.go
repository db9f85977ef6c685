package ingest

import (
	"context"
	"time"

	"vitrine.dev/recommend"
)

// What part of the actions is learned from when there are too many.
const (
	loadEvery  = 5 * time.Second  // between two looks at how it goes
	late       = 30 * time.Second // lag up to which everything is learned from: a burst is not too many
	leastShare = .001
)

// A load is how learning goes since the last look.
type load struct {
	since             time.Time
	written, observed int64 // then
	taken             int64 // actions, since then
}

func (l *load) chose(takes bool) {
	if takes {
		l.taken++
	}
}

// A stretch is how learning went for a while.
type stretch struct {
	lag                 time.Duration // at its end
	came, passed, taken int64         // actions: appended, gone through, and learned from
}

// share is what part of the actions to learn from after a stretch in which it
// was share. Being late is no reason to leave any out while that passes by
// itself, as after an import or a stop: only that more come than are gone
// through is.
func (s stretch) share(share float64) float64 {
	switch {
	case s.lag >= late && s.came > s.passed:
		// A fifth less than there would be time for, to make up for what is late.
		return max(min(share, .8*float64(s.taken)/float64(s.came)), leastShare)
	case s.lag < late/3:
		return min(1.25*share, 1)
	}
	return share
}

// weigh looks at how learning goes, now and then while it is late or learns from
// a part. Events are those to be observed next.
func (l *lesson) weigh(ctx context.Context, events []recommend.Event) {
	now, share := l.Now(), l.sample.Share()
	lag := time.Duration(0)
	if len(events) > 0 {
		lag = now.Sub(events[0].Appended)
	}
	l.Metrics.sampled(share)
	if share == 1 && lag < late {
		l.load.since = time.Time{}
		return
	}
	if !l.load.since.IsZero() && now.Sub(l.load.since) < loadEvery {
		return
	}
	if err := l.actions.look(ctx, l.client); err != nil {
		return // learning goes on as it is, or finds out itself
	}
	written, observed := l.actions.extent()
	if !l.load.since.IsZero() {
		s := stretch{lag: lag, came: written - l.load.written, passed: observed - l.load.observed, taken: l.load.taken}
		l.sample.SetShare(s.share(share))
		if part := l.sample.Share(); (part < 1) != (share < 1) {
			l.Logger.WarnContext(ctx, "part of the actions is learned from", "part", part, "lag", lag.String(), "came", s.came, "passed", s.passed, "taken", s.taken)
		}
	}
	l.load = load{since: now, written: written, observed: observed}
}
