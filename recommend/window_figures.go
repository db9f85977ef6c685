package recommend

import (
	"math/bits"
	"sync/atomic"
	"time"
)

// A WindowStage is a part of the making of a page of a window.
type WindowStage uint8

// The stages, in the order in which a page goes through them. A page made of what
// was kept has no turn and no candidates; see [KeptOutcome].
const (
	StageReader     WindowStage = iota // who the reader is, and what is known of him
	StageKept                          // his cards as they stood a moment ago, also where in the end they did not do
	StageTurn                          // waiting for a processor
	StageCandidates                    // asking the sources
	StageScore                         // features and scores
	StageMix                           // putting cards in their places
	StageCards                         // making the cards, with their reasons
	windowStages
)

// WindowStages are all of them.
func WindowStages() []WindowStage {
	return []WindowStage{StageReader, StageKept, StageTurn, StageCandidates, StageScore, StageMix, StageCards}
}

// String is the stage's label in figures.
func (s WindowStage) String() string {
	return [windowStages]string{"reader", "kept", "turn", "candidates", "score", "mix", "cards"}[s]
}

// windowSources are the sources of windows, as figures know them.
var windowSources = [...]string{
	sourceInterest, sourceFollow, sourceTopic, sourceFresh, sourceLatest, sourceResume, sourcePopular, sourceCircle, sourceSimilar, sourceExplore,
}

// WindowSources are the names of the sources whose picks windows show.
func WindowSources() []string { return windowSources[:] }

// sourceNumber is the place of a source in windowSources, -1 of any other.
func sourceNumber(name string) int {
	for i := range windowSources {
		if windowSources[i] == name {
			return i
		}
	}
	return -1
}

// windowFigures count what windows are made of. The zero value is ready.
type windowFigures struct {
	stages  [windowStages]struct{ n, ns atomic.Uint64 }
	offered [len(windowSources)]atomic.Uint64 // candidates
	shown   [len(windowSources)]atomic.Uint64 // cards
}

// spent counts a stage that began then, and returns the time now.
func (f *windowFigures) spent(s WindowStage, began time.Time) time.Time {
	now := time.Now()
	f.stages[s].n.Add(1)
	f.stages[s].ns.Add(uint64(max(now.Sub(began), 0)))
	return now
}

// offer counts candidates, each of the source that offered it first.
func (f *windowFigures) offer(c *candidates) {
	var n [16]uint64 // as many as candidate.sources has bits
	for i := range c.found {
		n[bits.TrailingZeros16(c.found[i].sources)&15]++
	}
	for i, s := range c.sources {
		if k := sourceNumber(s.name()); k >= 0 && i < len(n) && n[i] > 0 {
			f.offered[k].Add(n[i])
		}
	}
}

// show counts the cards of a page.
func (f *windowFigures) show(items []Item) {
	var n [len(windowSources)]uint64
	for i := range items {
		if k := sourceNumber(items[i].Source); k >= 0 {
			n[k]++
		}
	}
	for k := range n {
		if n[k] > 0 {
			f.shown[k].Add(n[k])
		}
	}
}

// StageTime is how often windows went through a stage since the start, and how
// long that took all together.
func (w *Windows) StageTime(s WindowStage) (times uint64, took time.Duration) {
	st := &w.figures.stages[s]
	return st.n.Load(), time.Duration(st.ns.Load()) //nolint:gosec // centuries
}

// SourceFigures is how many candidates a source of [WindowSources] offered to
// windows since the start that none had offered before it, and how many cards of
// windows were its picks. Pages of what was kept ask no source and show cards
// all the same.
func (w *Windows) SourceFigures(source string) (offered, shown uint64) {
	k := sourceNumber(source)
	if k < 0 {
		return 0, 0
	}
	return w.figures.offered[k].Load(), w.figures.shown[k].Load()
}
