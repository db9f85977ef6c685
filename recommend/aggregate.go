package recommend

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Aggregates counts what readers did, over documents that are too many to be
// read. Both engines do, and package storetest holds them against a plain count
// of the same documents. What was put is counted two seconds later at the
// latest. Times are taken to the millisecond.
type Aggregates interface {
	// Journeys calls each with every group of q that is not empty, in an order
	// of the engine's, until it fails; it calls it with every group once.
	Journeys(ctx context.Context, q *JourneyQuery, each func(JourneyGroup) error) error

	// Exposures does so with impressions.
	Exposures(ctx context.Context, q *ExposureQuery, each func(ExposureGroup) error) error

	// Readers does so with what each reader did, of all whose pairs are counted or
	// counted apart. What is of one reader comes in a row; of it one group may come
	// several times.
	Readers(ctx context.Context, q *JourneyQuery, each func(ReaderSteps) error) error

	// Lags does so with the times from the entry of pairs to their steps. One group,
	// step and time may come several times.
	Lags(ctx context.Context, q *JourneyQuery, each func(Lag) error) error

	// Returns does so with every reader who has a period of q, once each, but for
	// journeys that began with a window which was not made for the reader.
	Returns(ctx context.Context, q *ReturnQuery, each func(Periods) error) error

	// Each calls f with every document of kind, of whichever kind, and ends with
	// the error of f. What is put meanwhile may be seen, or seen twice, or not at all.
	Each(ctx context.Context, kind Kind, f func(Document) error) error
}

// A Dimension tells journeys, or exposures, apart.
type Dimension string

// The dimensions. Only journeys know an expert.
const (
	ByPick   Dimension = "pick"
	ByExpert Dimension = "expert"
	BySource Dimension = "source" // of the card that the journey began with
	ByArm    Dimension = "arm"
)

// Bounds of a query.
const (
	MostSteps      = 8
	MostDimensions = 3
	MostSlots      = 1_000
	MostExcept     = 50_000
	// FewestReaders are those of whom figures are told: of fewer, one could tell
	// who they are.
	FewestReaders = fewestReaders
)

// A JourneyQuery asks how many pairs of a reader and a pick came how far.
//
// Ordered, a pair enters with its first time at the first step. It takes each
// further step, if it took all before, at its first time there or, where that is
// before the step before, at its last; and only within Window after it entered.
//
// Otherwise a pair enters with the first of any step, and takes each that it
// first did within Window after that.
type JourneyQuery struct {
	Steps   []string // kinds of action, each once, at most [MostSteps]
	Ordered bool
	Window  time.Duration // above 0
	// Edges bound when pairs enter: slot i is Edges[i] ≤ t < Edges[i+1]. There
	// are two at least, ascending.
	Edges []time.Time
	AsOf  time.Time   // what was done later is not counted; zero is never
	By    []Dimension // at most [MostDimensions]
	// Where keeps those with one of these values.
	Where map[Dimension][]string
	// Except names documents that are not counted, at most [MostExcept].
	Except []string
}

// A JourneyGroup is what was counted of one slot and one value of each dimension.
type JourneyGroup struct {
	Key    []string // by dimension; "" where there is none
	Slot   int
	Counts []int64 // by step
	// Own are pairs of an expert with a pick of his own, Bots others of which a robot
	// did something, and Unproven others that entered by a window which was not made
	// for the reader. They are in nothing else.
	Own, Bots, Unproven int64
	// Many says that the pairs in Counts are of [FewestReaders] readers or more;
	// where they are of fewer, Some are all of these.
	Many bool
	Some []string
}

// ReaderSteps are the steps that pairs of a reader in one group took.
type ReaderSteps struct {
	Reader string
	Key    []string // by dimension, as of a [JourneyGroup]
	Slot   int
	Class  Class // of the pairs
	Took   uint8 // a bit for every step of the query; not none
}

// An ExposureQuery asks how many impressions there were.
type ExposureQuery struct {
	Edges []time.Time // full hours; see [JourneyQuery]
	By    []Dimension // not expert
	Where map[Dimension][]string
}

// An ExposureGroup is what was counted of one slot and one value of each dimension.
type ExposureGroup struct {
	Key      []string
	Slot     int
	Shown    int64 // within the caps of the policy
	Over     int64 // beyond them
	Unproven int64 // of Shown, in windows not made for the reader
	Own      int64 // to the experts of the picks; in nothing else
	Bots     int64 // to robots; in nothing else
}

// Validate refuses with what is wrong with q, by the names of the API.
func (q *JourneyQuery) Validate() error {
	var ps []Problem
	if n := len(q.Steps); n == 0 || n > MostSteps {
		ps = append(ps, Problem{Code: "validation", Pointer: "/steps", Message: fmt.Sprintf("%d steps", n), Fix: fmt.Sprintf("name 1 to %d", MostSteps)})
	}
	for i, step := range q.Steps {
		if !slices.Contains(JourneySteps(), step) {
			ps = append(ps, Problem{Code: "validation", Pointer: "/steps", Message: fmt.Sprintf("%q is no step of a journey", clip(step)), Fix: "use one of " + strings.Join(JourneySteps(), ", ")})
		}
		if slices.Contains(q.Steps[:i], step) {
			ps = append(ps, Problem{Code: "validation", Pointer: "/steps", Message: fmt.Sprintf("%q twice", clip(step)), Fix: "name each step once"})
		}
	}
	if q.Window < time.Millisecond {
		ps = append(ps, Problem{Code: "validation", Pointer: "/window", Message: fmt.Sprintf("%v after the entry", q.Window), Fix: "give how long a step counts, such as 15d"})
	}
	if n := len(q.Except); n > MostExcept {
		ps = append(ps, Problem{Code: "validation", Pointer: "/except", Message: fmt.Sprintf("%d journeys left out", n), Fix: fmt.Sprintf("leave out %d at most", MostExcept)})
	}
	ps = append(ps, checkSpan(q.Edges, q.By, q.Where, ByPick, ByExpert, BySource, ByArm)...)
	return Refuse(ps...)
}

// Validate refuses with what is wrong with q, by the names of the API.
func (q *ExposureQuery) Validate() error {
	ps := checkSpan(q.Edges, q.By, q.Where, ByPick, BySource, ByArm)
	for _, t := range q.Edges {
		if !t.Equal(t.Truncate(time.Hour)) {
			ps = append(ps, Problem{Code: "validation", Pointer: "/from", Message: "impressions are counted by the hour, and " + t.UTC().Format(time.RFC3339Nano) + " is within one", Fix: "let from and to be full hours (UTC), or leave the step impression out"})
			break
		}
	}
	return Refuse(ps...)
}

func checkSpan(edges []time.Time, by []Dimension, where map[Dimension][]string, known ...Dimension) []Problem {
	var ps []Problem
	ascending := len(edges) >= 2
	for i := 1; i < len(edges); i++ {
		ascending = ascending && edges[i-1].UnixMilli() < edges[i].UnixMilli()
	}
	switch {
	case !ascending:
		ps = append(ps, Problem{Code: "validation", Pointer: "/from", Message: "from is not before to", Fix: "let from be before to"})
	case len(edges) > MostSlots+1:
		ps = append(ps, Problem{Code: "validation", Pointer: "/interval", Message: fmt.Sprintf("%d intervals", len(edges)-1), Fix: fmt.Sprintf("ask for %d at most: a longer interval, or less time", MostSlots)})
	}
	if len(by) > MostDimensions {
		ps = append(ps, Problem{Code: "validation", Pointer: "/breakdown", Message: fmt.Sprintf("%d dimensions", len(by)), Fix: fmt.Sprintf("name %d at most", MostDimensions)})
	}
	check := func(d Dimension, pointer string) {
		if !slices.Contains(known, d) {
			ps = append(ps, Problem{Code: "validation", Pointer: pointer, Message: fmt.Sprintf("%q is not known here", clip(string(d))), Fix: "use one of " + join(known)})
		}
	}
	for i, d := range by {
		check(d, "/breakdown")
		if slices.Contains(by[:i], d) {
			ps = append(ps, Problem{Code: "validation", Pointer: "/breakdown", Message: fmt.Sprintf("%q twice", clip(string(d))), Fix: "name each once"})
		}
	}
	for _, d := range slices.Sorted(maps.Keys(where)) {
		check(d, "/"+clip(string(d)))
	}
	return ps
}

func join(ds []Dimension) string {
	s := make([]string, len(ds))
	for i, d := range ds {
		s[i] = string(d)
	}
	return strings.Join(s, ", ")
}
