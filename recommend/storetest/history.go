package storetest

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"pgregory.net/rapid"

	"vitrine.dev/recommend"
)

// A history is what some readers did, as documents.
type history struct {
	docs     []recommend.Document
	done     []recommend.Journey
	exposure []recommend.Exposure
}

const historyDays = 6

func opening() time.Time { return time.Date(2026, 3, 28, 0, 0, 0, 0, time.UTC) }

func (w *history) until() time.Time { return opening().AddDate(0, 0, historyDays) }

func (w *history) all() []time.Time { return []time.Time{opening(), w.until()} }

// newHistory draws, always alike, journeys and exposures. Many of their times
// are the same, or less than a millisecond apart.
func newHistory(journeys, exposures int) *history {
	rnd, w := rand.New(rand.NewPCG(7, 1)), new(history) //nolint:gosec // draws a test
	one := func(of ...string) string { return of[rnd.IntN(len(of))] }
	const readers, picks = 40, 12
	for i, pair := range rnd.Perm(readers * picks)[:journeys] { // each has one journey
		j := recommend.Journey{
			Reader: fmt.Sprint("r", pair/picks), Pick: fmt.Sprint("p", pair%picks), Expert: one("", "x1", "x2"),
			Source: one("", "fresh", "follows"), Arm: one("", "a:1", "a:2"), Unproven: rnd.IntN(8) == 0, Own: rnd.IntN(8) == 0, Bot: rnd.IntN(6) == 0,
		}
		id := fmt.Sprint("j", i)
		var versions int64
		for range 1 + rnd.IntN(9) {
			at := opening().Add(time.Duration(rnd.IntN(historyDays*24*6)) * 10 * time.Minute)
			if rnd.IntN(3) == 0 {
				at = at.Add(time.Duration(rnd.IntN(4)) * 400 * time.Microsecond)
			}
			steps := recommend.JourneySteps()
			j.Step(steps[rnd.IntN(min(8, len(steps)))], at)
			if rnd.IntN(3) == 0 { // it is put as it is by now, too
				versions++
				w.docs = append(w.docs, encoded(recommend.KindJourney, id, versions, j))
			}
		}
		if rnd.IntN(12) == 0 {
			j = recommend.Journey{Erased: true}
		}
		w.docs = append(w.docs, encoded(recommend.KindJourney, id, versions+1, j))
		w.done = append(w.done, j)
	}
	for i := range exposures {
		e := recommend.Exposure{
			Hour: opening().Add(time.Duration(rnd.IntN(historyDays*24)) * time.Hour), Pick: fmt.Sprint("p", rnd.IntN(12)),
			Source: one("", "fresh", "follows"), Arm: one("", "a:1", "a:2"),
			Shown: rnd.Int64N(9), Over: rnd.Int64N(3), Unproven: rnd.Int64N(2), Own: rnd.Int64N(2), Bots: rnd.Int64N(2),
		}
		w.docs = append(w.docs, encoded(recommend.KindExposure, fmt.Sprint("e", i), 1, e))
		w.exposure = append(w.exposure, e)
	}
	tally := map[string]any{"arm": "a:1", "shown": 1_000} // lies among exposures and is none
	w.docs = append(w.docs, encoded(recommend.KindExposure, recommend.ArmTallyID("a:1", 0), 1, tally))
	return w
}

func encoded(kind recommend.Kind, id string, version int64, v any) recommend.Document {
	body, err := json.Marshal(v)
	if err != nil {
		panic(err) // of our own values
	}
	return recommend.Document{Ref: recommend.Ref{Kind: kind, ID: id}, Version: version, Body: body}
}

func drawEdges(r *rapid.T, hours bool) []time.Time {
	step := rapid.SampledFrom([]time.Duration{time.Hour, 5 * time.Hour, 24 * time.Hour, 200 * time.Hour}).Draw(r, "interval")
	from := opening().Add(time.Duration(rapid.SampledFrom([]int{-30, -1, 0, 7, 30, 60, 100, historyDays * 24}).Draw(r, "from")) * time.Hour)
	if !hours {
		from = from.Add(time.Duration(rapid.IntRange(0, 3).Draw(r, "minutes")) * 10 * time.Minute)
	}
	edges := []time.Time{from}
	for range rapid.IntRange(1, 30).Draw(r, "intervals") {
		edges = append(edges, edges[len(edges)-1].Add(step))
	}
	return edges
}

func drawDimensions(r *rapid.T, of ...recommend.Dimension) []recommend.Dimension {
	return rapid.Permutation(of).Draw(r, "dimensions")[:rapid.IntRange(0, recommend.MostDimensions).Draw(r, "by")]
}

func drawJourneyQuery(r *rapid.T) *recommend.JourneyQuery {
	steps := rapid.Permutation(recommend.JourneySteps()[:8]).Draw(r, "steps")
	steps = steps[:rapid.SampledFrom([]int{1, 2, 3, 4, 5}).Draw(r, "how many")]
	usual := rapid.Bool().Draw(r, "steps in their order, pairs")
	if usual {
		steps = slices.DeleteFunc(steps, func(kind string) bool { return kind == recommend.ActUnbookmark })
		slices.SortFunc(steps, func(x, y string) int {
			return slices.Index(recommend.JourneySteps(), x) - slices.Index(recommend.JourneySteps(), y)
		})
	}
	if len(steps) == 0 {
		steps = []string{recommend.ActUnbookmark}
	}
	q := &recommend.JourneyQuery{
		Steps: steps, Ordered: rapid.Bool().Draw(r, "ordered"),
		Window: time.Duration(rapid.SampledFrom([]int{1, 600, 3_600, 86_400, 864_000}).Draw(r, "window")) * time.Second,
		Edges:  drawEdges(r, false), By: drawDimensions(r, recommend.ByPick, recommend.ByExpert, recommend.BySource, recommend.ByArm),
	}
	if usual && rapid.Bool().Draw(r, "in one interval") {
		q.Edges = []time.Time{q.Edges[0], q.Edges[len(q.Edges)-1]}
	}
	if rapid.Bool().Draw(r, "as of") {
		q.AsOf = opening().Add(time.Duration(rapid.IntRange(0, historyDays*24).Draw(r, "hours")) * time.Hour)
	}
	if rapid.Bool().Draw(r, "except") {
		for range 30 {
			q.Except = append(q.Except, fmt.Sprint("j", rapid.IntRange(0, 500).Draw(r, "left out")))
		}
	}
	switch rapid.IntRange(0, 3).Draw(r, "where") {
	case 0:
		q.Where = map[recommend.Dimension][]string{recommend.ByExpert: {"x2", ""}, recommend.ByArm: {"a:1"}}
	case 1:
		q.Where = map[recommend.Dimension][]string{recommend.ByPick: {"p1", "p2", "nobody's"}}
	}
	return q
}

// group is the group that the i-th journey is in, below 0 where it is in none.
func (w *history) group(q *recommend.JourneyQuery, i int) (slot int, key []string, entered time.Time, took []bool) {
	j := &w.done[i]
	value := map[recommend.Dimension]string{recommend.ByPick: j.Pick, recommend.ByExpert: j.Expert, recommend.BySource: j.Source, recommend.ByArm: j.Arm}
	out := j.Erased || slices.Contains(q.Except, fmt.Sprint("j", i))
	for d, values := range q.Where {
		out = out || !slices.Contains(values, value[d])
	}
	entered, took = way(q, j)
	slot = -1
	for k := range len(q.Edges) - 1 {
		if !entered.Before(q.Edges[k]) && entered.Before(q.Edges[k+1]) {
			slot = k
		}
	}
	if out || !slices.Contains(took, true) {
		slot = -1
	}
	key = make([]string, len(q.By))
	for k, d := range q.By {
		key[k] = value[d]
	}
	return slot, key, entered, took
}

// journeys counts by going through all journeys for each group, and returns who
// is in which.
func (w *history) journeys(q *recommend.JourneyQuery) (groups []recommend.JourneyGroup, readers map[string][]string) {
	found := make(map[string]*recommend.JourneyGroup)
	readers = make(map[string][]string)
	for i := range w.done {
		j := &w.done[i]
		slot, key, _, took := w.group(q, i)
		if slot < 0 {
			continue
		}
		name := groupName(slot, key)
		g := found[name]
		if g == nil {
			g = &recommend.JourneyGroup{Key: key, Slot: slot, Counts: make([]int64, len(q.Steps))}
			found[name] = g
		}
		if apart := map[recommend.Class]*int64{recommend.ClassOwn: &g.Own, recommend.ClassBot: &g.Bots, recommend.ClassUnproven: &g.Unproven}[classOf(j)]; apart != nil {
			*apart++
			continue
		}
		readers[name] = append(readers[name], j.Reader)
		for k, took := range took {
			if took {
				g.Counts[k]++
			}
		}
	}
	for name, g := range found {
		groups = append(groups, *g)
		slices.Sort(readers[name])
		readers[name] = slices.Compact(readers[name])
	}
	slices.SortFunc(groups, func(a, b recommend.JourneyGroup) int { return a.Compare(&b) })
	return groups, readers
}

// classOf is why j is counted apart: once, whatever else is true of it.
func classOf(j *recommend.Journey) recommend.Class {
	for _, c := range []struct {
		is    bool
		class recommend.Class
	}{{j.Own, recommend.ClassOwn}, {j.Bot, recommend.ClassBot}, {j.Unproven, recommend.ClassUnproven}} {
		if c.is {
			return c.class
		}
	}
	return recommend.ClassCounted
}

// readers are the bits of the steps that each took in each group and class.
func (w *history) readers(q *recommend.JourneyQuery) map[string]uint8 {
	n := make(map[string]uint8)
	for i := range w.done {
		slot, key, _, took := w.group(q, i)
		if slot < 0 {
			continue
		}
		name := fmt.Sprint(groupName(slot, key), " ", classOf(&w.done[i]), " ", w.done[i].Reader)
		for k, took := range took {
			if took {
				n[name] |= 1 << k
			}
		}
	}
	return n
}

// lags are how many took a step in the bucket that holds its time, by group, step and bucket.
func (w *history) lags(q *recommend.JourneyQuery) map[string]int64 {
	n := make(map[string]int64)
	for i := range w.done {
		j := &w.done[i]
		slot, key, entered, took := w.group(q, i)
		if slot < 0 || classOf(j) != recommend.ClassCounted {
			continue
		}
		before := entered
		for k, kind := range q.Steps {
			if !took[k] {
				continue
			}
			at := j.Steps[kind].First.Truncate(time.Millisecond)
			if q.Ordered && at.Before(before) {
				at = j.Steps[kind].Last.Truncate(time.Millisecond)
			}
			before = at
			ms := float64(at.Sub(entered).Milliseconds())
			bucket := 0
			for _, high := recommend.LagBounds(bucket); ms >= high; _, high = recommend.LagBounds(bucket) {
				bucket++
			}
			n[fmt.Sprint(groupName(slot, key), " ", kind, " ", bucket)]++
		}
	}
	return n
}

// returned are the periods of readers, and of how many each.
func (w *history) returned(q *recommend.ReturnQuery) map[recommend.Periods]int {
	periods := make(map[string]recommend.Periods)
	for i := range w.done {
		j := &w.done[i]
		if of, filtered := q.Where[recommend.ByExpert]; j.Erased || j.Unproven || j.Own || j.Bot || filtered && !slices.Contains(of, j.Expert) {
			continue
		}
		period := func(t time.Time) uint64 {
			t = t.Truncate(time.Millisecond)
			if t.IsZero() || !q.AsOf.IsZero() && t.After(q.AsOf) || !t.Before(q.Edges[len(q.Edges)-1]) {
				return 0
			}
			n := uint64(1)
			for _, e := range q.Edges {
				if !t.Before(e) {
					n <<= 1
				}
			}
			return n
		}
		p := periods[j.Reader]
		p.Begun |= period(j.Steps[q.Begin].First)
		p.Back |= period(j.Steps[q.Back].First) | period(j.Steps[q.Back].Last)
		periods[j.Reader] = p
	}
	n := make(map[recommend.Periods]int)
	for _, p := range periods {
		if p.Begun|p.Back != 0 {
			n[p]++
		}
	}
	return n
}

// way tells what a pair did by the words of [recommend.JourneyQuery].
func way(q *recommend.JourneyQuery, j *recommend.Journey) (entered time.Time, took []bool) {
	took = make([]bool, len(q.Steps))
	at := func(t time.Time) (time.Time, bool) {
		t = t.Truncate(time.Millisecond)
		return t, !t.IsZero() && (q.AsOf.IsZero() || !t.After(q.AsOf))
	}
	if !q.Ordered {
		for _, kind := range q.Steps {
			if t, ok := at(j.Steps[kind].First); ok && (entered.IsZero() || t.Before(entered)) {
				entered = t
			}
		}
		for i, kind := range q.Steps {
			t, ok := at(j.Steps[kind].First)
			took[i] = ok && !t.After(entered.Add(q.Window))
		}
		return entered, took
	}
	var before time.Time
	for i, kind := range q.Steps {
		t, ok := at(j.Steps[kind].First)
		if ok && i > 0 && t.Before(before) {
			if t, ok = at(j.Steps[kind].Last); t.Before(before) {
				ok = false
			}
		}
		if i == 0 {
			entered = t
		}
		if !ok || t.After(entered.Add(q.Window)) {
			break
		}
		before, took[i] = t, true
	}
	return entered, took
}

func (w *history) exposed(q *recommend.ExposureQuery) map[string]recommend.ExposureGroup {
	sums := make(map[string]recommend.ExposureGroup)
	for _, e := range w.exposure {
		value := map[recommend.Dimension]string{recommend.ByPick: e.Pick, recommend.BySource: e.Source, recommend.ByArm: e.Arm}
		out := false
		for d, values := range q.Where {
			out = out || !slices.Contains(values, value[d])
		}
		for slot := range len(q.Edges) - 1 {
			if out || e.Hour.Before(q.Edges[slot]) || !e.Hour.Before(q.Edges[slot+1]) {
				continue
			}
			key := make([]string, len(q.By))
			for k, d := range q.By {
				key[k] = value[d]
			}
			g := sums[groupName(slot, key)]
			g.Key, g.Slot, g.Shown, g.Over = key, slot, g.Shown+e.Shown, g.Over+e.Over
			g.Unproven, g.Own, g.Bots = g.Unproven+e.Unproven, g.Own+e.Own, g.Bots+e.Bots
			sums[groupName(slot, key)] = g
		}
	}
	return sums
}
