package recommend

import "sync/atomic"

// KeptOutcome says whether a page of a window was made of how the reader's
// cards stood a moment ago.
type KeptOutcome uint8

// The outcomes.
const (
	KeptHit     KeptOutcome = iota // it was
	KeptOverdue                    // it was, of what should have been renewed, because all processors were busy
	KeptStale                      // something had happened that the reader could tell, or too much time had passed
	KeptMiss                       // nothing was kept
	KeptBypass                     // it was not to be: the request asks for every card to be scored, or nothing is kept at all
	keptOutcomes
)

// KeptOutcomes are all of them.
func KeptOutcomes() []KeptOutcome {
	return []KeptOutcome{KeptHit, KeptOverdue, KeptStale, KeptMiss, KeptBypass}
}

// String is the outcome's label in figures.
func (o KeptOutcome) String() string {
	return [keptOutcomes]string{"hit", "overdue", "stale", "miss", "bypass"}[o]
}

// keptCounts count the pages of windows by outcome.
type keptCounts [keptOutcomes]atomic.Uint64

// KeptPages is how many pages had an outcome since the start.
func (w *Windows) KeptPages(o KeptOutcome) uint64 { return w.keptPages[o].Load() }

// countKept counts a page that was made of what was kept.
func (w *Windows) countKept(v *serving) {
	o := KeptHit
	if v.overdue {
		o = KeptOverdue
	}
	w.keptPages[o].Add(1)
}

// countScored counts a page that is scored.
func (w *Windows) countScored(v *serving) {
	o := KeptMiss
	switch {
	case v.who.kept != nil:
		o = KeptStale
	case w.recalling(v.WindowRequest, v.topics) == nil:
		o = KeptBypass
	}
	w.keptPages[o].Add(1)
}
