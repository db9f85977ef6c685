package recommend

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// MostPeriods bounds the intervals of a [ReturnQuery].
const MostPeriods = 60

// A ReturnQuery asks in which intervals readers began and came back.
type ReturnQuery struct {
	// Begin and Back are kinds of action, see [JourneySteps]. A reader begins when
	// he takes Begin for the first time, and is back when he takes Back with some
	// pick for the first or for the last time: what lies between the two is not known.
	Begin, Back string
	Edges       []time.Time // of at most [MostPeriods] intervals
	AsOf        time.Time   // what was done later is not counted; zero is never
	Where       map[Dimension][]string
}

// Periods are the intervals in which one reader began and was back: a bit for
// each, the lowest for all time before the first edge. Of Begun all intervals
// are set in which he took the step with some pick for the first time.
type Periods struct{ Begun, Back uint64 }

// backBit is the first of Back where both lie in one row.
const backBit = 64

// Add notes that interval i, 0 being before the first edge, is one of those in
// which the reader began, or, from 64 on, was back.
func (p *Periods) Add(i int) {
	if i < backBit {
		p.Begun |= 1 << i
	} else {
		p.Back |= 1 << (i - backBit)
	}
}

// Validate refuses with what is wrong with q, by the names of the API.
func (q *ReturnQuery) Validate() error {
	ps := checkSpan(q.Edges, nil, q.Where, ByPick, ByExpert, BySource, ByArm)
	if n := len(q.Edges) - 1; n > MostPeriods {
		ps = append(ps, Problem{Code: "validation", Pointer: "/interval", Message: fmt.Sprintf("%d intervals", n), Fix: fmt.Sprintf("ask for %d at most: a longer interval, or less time", MostPeriods)})
	}
	for _, of := range []struct{ pointer, step string }{{"/step", q.Begin}, {"/back", q.Back}} {
		if !slices.Contains(JourneySteps(), of.step) {
			ps = append(ps, Problem{Code: "validation", Pointer: of.pointer, Message: fmt.Sprintf("%q is no step of a journey", clip(of.step)), Fix: "use one of " + strings.Join(JourneySteps(), ", ")})
		}
	}
	return Refuse(ps...)
}

// ReturnSums finds the periods of readers in one pass. Its memory grows with
// the readers.
type ReturnSums struct {
	q       *ReturnQuery
	edges   []int64
	asOf    int64
	readers map[string]*Periods
}

// NewReturnSums returns sums for q, which is valid.
func NewReturnSums(q *ReturnQuery) *ReturnSums {
	s := &ReturnSums{q: q, edges: millis(q.Edges), asOf: math.MaxInt64, readers: make(map[string]*Periods)}
	if !q.AsOf.IsZero() {
		s.asOf = q.AsOf.UnixMilli()
	}
	return s
}

// Add counts j.
func (s *ReturnSums) Add(j *Journey) {
	if j.Erased || j.Class() != ClassCounted || !wanted(s.q.Where, j.dimension) {
		return
	}
	s.note(j.Reader, j.Steps[s.q.Begin].First, 0)
	s.note(j.Reader, j.Steps[s.q.Back].First, backBit)
	s.note(j.Reader, j.Steps[s.q.Back].Last, backBit)
}

func (s *ReturnSums) note(reader string, t time.Time, bit int) {
	at := t.UnixMilli()
	if t.IsZero() || at > s.asOf || at >= s.edges[len(s.edges)-1] {
		return
	}
	slot, _ := slotOf(s.edges, at) // -1 before the first
	p := s.readers[reader]
	if p == nil {
		p = new(Periods)
		s.readers[reader] = p
	}
	p.Add(bit + slot + 1)
}

// Readers calls each with every reader's periods.
func (s *ReturnSums) Readers(each func(Periods) error) error {
	for _, p := range s.readers {
		if err := each(*p); err != nil {
			return err
		}
	}
	return nil
}
