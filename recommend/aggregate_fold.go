package recommend

import (
	"math"
	"slices"
	"strings"
	"time"
)

// JourneySums counts journeys in one pass, for an engine that reads them all. Its
// memory grows with the groups.
type JourneySums struct {
	q      *JourneyQuery
	edges  []int64
	asOf   int64
	groups map[groupKey]*journeySum
	except map[string]struct{}
}

// A Class says why a journey is counted apart.
type Class string

// Classes of journeys.
const (
	ClassCounted  Class = "" // it is not
	ClassUnproven Class = "unproven"
	ClassBot      Class = "bot"
	ClassOwn      Class = "own"
)

// Class is one for each journey: a reader is counted apart once.
func (j *Journey) Class() Class {
	switch {
	case j.Own:
		return ClassOwn
	case j.Bot:
		return ClassBot
	case j.Unproven:
		return ClassUnproven
	}
	return ClassCounted
}

type groupKey struct {
	slot int
	key  [MostDimensions]string
}

type journeySum struct {
	counts   [MostSteps]int64
	own      int64
	bots     int64
	unproven int64
	some     []string
}

// NewJourneySums returns sums for q, which is valid.
func NewJourneySums(q *JourneyQuery) *JourneySums {
	s := &JourneySums{q: q, edges: millis(q.Edges), asOf: math.MaxInt64, groups: make(map[groupKey]*journeySum)}
	if !q.AsOf.IsZero() {
		s.asOf = q.AsOf.UnixMilli()
	}
	if len(q.Except) > 0 {
		s.except = make(map[string]struct{}, len(q.Except))
		for _, id := range q.Except {
			s.except[id] = struct{}{}
		}
	}
	return s
}

func millis(ts []time.Time) []int64 {
	ms := make([]int64, len(ts))
	for i, t := range ts {
		ms[i] = t.UnixMilli()
	}
	return ms
}

// Add counts j, whose document is named id.
func (s *JourneySums) Add(id string, j *Journey) {
	if _, left := s.except[id]; left {
		return
	}
	k, took, ok := s.place(j)
	if !ok {
		return
	}
	g := s.group(k)
	if !g.apart(j.Class()) {
		return
	}
	g.take(took)
	if len(g.some) < FewestReaders && !slices.Contains(g.some, j.Reader) {
		g.some = append(g.some, j.Reader)
	}
}

// place is the group that j is counted in, and a bit for every step that it took.
func (s *JourneySums) place(j *Journey) (k groupKey, took uint8, ok bool) {
	if j.Erased || !wanted(s.q.Where, j.dimension) {
		return k, 0, false
	}
	entered, took, _ := s.steps(j)
	if k.slot, ok = slotOf(s.edges, entered); !ok || took == 0 {
		return k, 0, false
	}
	for i, d := range s.q.By {
		k.key[i] = j.dimension(d)
	}
	return k, took, true
}

// Place is the group that j is counted in, left out or not, and a bit for every
// step of the query that it took; false where it is in none.
func (s *JourneySums) Place(j *Journey) (slot int, key []string, took uint8, ok bool) {
	k, took, ok := s.place(j)
	return k.slot, slices.Clone(k.key[:len(s.q.By)]), took, ok
}

func (s *JourneySums) group(k groupKey) *journeySum {
	g := s.groups[k]
	if g == nil {
		g = new(journeySum)
		s.groups[k] = g
	}
	return g
}

// apart counts a pair that is counted in nothing else; false where it is.
func (g *journeySum) apart(c Class) bool {
	switch c {
	case ClassOwn:
		g.own++
	case ClassBot:
		g.bots++
	case ClassUnproven:
		g.unproven++
	case ClassCounted:
		return true
	}
	return false
}

func (g *journeySum) take(took uint8) {
	for i := range g.counts {
		g.counts[i] += int64(took >> i & 1)
	}
}

// steps is when the pair of j entered, a bit for every step that it took, and
// when it took those.
func (s *JourneySums) steps(j *Journey) (entered int64, took uint8, times [MostSteps]int64) {
	within := s.q.Window.Milliseconds()
	if !s.q.Ordered {
		entered = math.MaxInt64
		for _, kind := range s.q.Steps {
			if at, ok := j.first(kind, s.asOf); ok {
				entered = min(entered, at)
			}
		}
		for i, kind := range s.q.Steps {
			if at, ok := j.first(kind, s.asOf); ok && at-entered <= within {
				took |= 1 << i
				times[i] = at
			}
		}
		return entered, took, times
	}
	before := int64(math.MinInt64)
	for i, kind := range s.q.Steps {
		at, ok := j.first(kind, s.asOf)
		if ok && at < before {
			at = j.Steps[kind].Last.UnixMilli()
			ok = at >= before && at <= s.asOf
		}
		if i == 0 {
			entered = at
		}
		if !ok || at-entered > within {
			break
		}
		before, took, times[i] = at, took|1<<i, at
	}
	return entered, took, times
}

// first is when the pair did something first, if that was not after asOf.
func (j *Journey) first(kind string, asOf int64) (at int64, ok bool) {
	step, ok := j.Steps[kind]
	at = step.First.UnixMilli()
	return at, ok && at <= asOf
}

func (j *Journey) dimension(d Dimension) string {
	switch d {
	case ByPick:
		return j.Pick
	case ByExpert:
		return j.Expert
	case BySource:
		return j.Source
	case ByArm:
		return j.Arm
	}
	return ""
}

// wanted reports whether every dimension of where has one of its values.
func wanted(where map[Dimension][]string, of func(Dimension) string) bool {
	for d, values := range where {
		if !slices.Contains(values, of(d)) {
			return false
		}
	}
	return true
}

// slotOf is the slot that a time lies in.
func slotOf(edges []int64, at int64) (slot int, ok bool) {
	i, found := slices.BinarySearch(edges, at)
	if !found {
		i--
	}
	return i, i >= 0 && i < len(edges)-1
}

// Groups calls each with what was counted.
func (s *JourneySums) Groups(each func(JourneyGroup) error) error {
	for k, g := range s.groups {
		out := JourneyGroup{
			Key: slices.Clone(k.key[:len(s.q.By)]), Slot: k.slot, Counts: slices.Clone(g.counts[:len(s.q.Steps)]), Own: g.own, Bots: g.bots, Unproven: g.unproven,
		}
		if out.Many = len(g.some) >= FewestReaders; !out.Many {
			out.Some = g.some
		}
		if err := each(out); err != nil {
			return err
		}
	}
	return nil
}

// ExposureSums counts exposures in one pass.
type ExposureSums struct {
	q      *ExposureQuery
	edges  []int64
	groups map[groupKey]*ExposureGroup
}

// NewExposureSums returns sums for q, which is valid.
func NewExposureSums(q *ExposureQuery) *ExposureSums {
	return &ExposureSums{q: q, edges: millis(q.Edges), groups: make(map[groupKey]*ExposureGroup)}
}

// Add counts e.
func (s *ExposureSums) Add(e *Exposure) {
	slot, ok := slotOf(s.edges, e.Hour.UnixMilli())
	if e.Pick == "" || !ok || !wanted(s.q.Where, e.dimension) { // without a pick it is the tally of an arm
		return
	}
	k := groupKey{slot: slot}
	for i, d := range s.q.By {
		k.key[i] = e.dimension(d)
	}
	g := s.groups[k]
	if g == nil {
		g = &ExposureGroup{Key: slices.Clone(k.key[:len(s.q.By)]), Slot: slot}
		s.groups[k] = g
	}
	g.Shown, g.Over, g.Unproven, g.Own, g.Bots = g.Shown+e.Shown, g.Over+e.Over, g.Unproven+e.Unproven, g.Own+e.Own, g.Bots+e.Bots
}

func (e *Exposure) dimension(d Dimension) string {
	switch d {
	case ByPick:
		return e.Pick
	case BySource:
		return e.Source
	case ByArm:
		return e.Arm
	case ByExpert:
	}
	return ""
}

// Groups calls each with what was counted.
func (s *ExposureSums) Groups(each func(ExposureGroup) error) error {
	for _, g := range s.groups {
		if err := each(*g); err != nil {
			return err
		}
	}
	return nil
}

// Compare orders groups by slot and key.
func (g *JourneyGroup) Compare(o *JourneyGroup) int {
	if g.Slot != o.Slot {
		return g.Slot - o.Slot
	}
	return slices.CompareFunc(g.Key, o.Key, strings.Compare)
}
