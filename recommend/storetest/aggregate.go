package storetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"vitrine.dev/recommend"
)

// countedWithin is how soon a document is counted.
const countedWithin = 2 * time.Second

// testAggregates puts journeys and exposures, some several times and some of
// readers who are forgotten, and holds what is counted of them against counts
// made in the plainest way.
func testAggregates(t *testing.T, h *harness) {
	counts, ok := h.Store.(recommend.Aggregates)
	if !ok {
		t.Fatalf("%T is no recommend.Aggregates, which analysts ask", h.Store)
	}
	w := newHistory(400, 200)
	put(t, h, w.docs...)
	h.awaitCounted(t, counts, w)
	t.Run("journeys are those that a plain count finds", func(t *testing.T) {
		rapid.Check(t, func(r *rapid.T) {
			q := drawJourneyQuery(r)
			var got []recommend.JourneyGroup
			if err := counts.Journeys(t.Context(), q, func(g recommend.JourneyGroup) error { got = append(got, g); return nil }); err != nil {
				r.Fatalf("Journeys: %v, want nil", err)
			}
			want, readers := w.journeys(q)
			for i := range got {
				g := &got[i]
				all := readers[groupName(g.Slot, g.Key)]
				if many := len(all) >= recommend.FewestReaders; !q.Readers && (g.Many != many || !many && (len(g.Some) != len(all) || !within(g.Some, all))) {
					r.Errorf("group %d %q: many is %t of %d readers, some are %q, want all of few: %q", g.Slot, g.Key, g.Many, len(all), g.Some, all)
				}
				g.Many, g.Some = false, nil
			}
			slices.SortFunc(got, func(a, b recommend.JourneyGroup) int { return a.Compare(&b) })
			if d := gocmp.Diff(want, got, emptyIsNil); d != "" {
				r.Errorf("%+v counts other than by hand (-want +got):\n%s", *q, d)
			}
		})
	})
	t.Run("steps are as late as a plain count finds", func(t *testing.T) {
		rapid.Check(t, func(r *rapid.T) {
			q := drawJourneyQuery(r)
			got := make(map[string]int64)
			err := counts.Lags(t.Context(), q, func(l recommend.Lag) error {
				got[fmt.Sprint(groupName(l.Slot, l.Key), " ", q.Steps[l.Step], " ", l.Bucket)] += l.Count
				return nil
			})
			if err != nil {
				r.Fatalf("Lags: %v, want nil", err)
			}
			if d := gocmp.Diff(w.lags(q), got); d != "" {
				r.Errorf("%+v finds other times than by hand (-want +got):\n%s", *q, d)
			}
		})
	})
	t.Run("exposures are those that a plain count finds", func(t *testing.T) {
		rapid.Check(t, func(r *rapid.T) {
			q := &recommend.ExposureQuery{Edges: drawEdges(r, true), By: drawDimensions(r, recommend.ByPick, recommend.BySource, recommend.ByArm)}
			if rapid.Bool().Draw(r, "where") {
				q.Where = map[recommend.Dimension][]string{recommend.BySource: rapid.SampledFrom([][]string{{"fresh"}, {"", "follows"}}).Draw(r, "sources")}
			}
			got := make(map[string]recommend.ExposureGroup)
			err := counts.Exposures(t.Context(), q, func(g recommend.ExposureGroup) error {
				got[groupName(g.Slot, g.Key)] = g
				return nil
			})
			if err != nil {
				r.Fatalf("Exposures: %v, want nil", err)
			}
			if d := gocmp.Diff(w.exposed(q), got, emptyIsNil); d != "" {
				r.Errorf("%+v counts other than by hand (-want +got):\n%s", *q, d)
			}
		})
	})
	t.Run("readers return when a plain count finds that they do", func(t *testing.T) {
		rapid.Check(t, func(r *rapid.T) {
			steps := recommend.JourneySteps()[:8]
			q := &recommend.ReturnQuery{Begin: rapid.SampledFrom(steps).Draw(r, "begin"), Back: rapid.SampledFrom(steps).Draw(r, "back"), Edges: drawEdges(r, false)}
			if rapid.Bool().Draw(r, "as of") {
				q.AsOf = opening().Add(time.Duration(rapid.IntRange(0, historyDays*24).Draw(r, "hours")) * time.Hour)
			}
			if rapid.Bool().Draw(r, "where") {
				q.Where = map[recommend.Dimension][]string{recommend.ByExpert: {"x2", ""}}
			}
			got := make(map[recommend.Periods]int)
			if err := counts.Returns(t.Context(), q, func(p recommend.Periods) error { got[p]++; return nil }); err != nil {
				r.Fatalf("Returns: %v, want nil", err)
			}
			if d := gocmp.Diff(w.returned(q), got); d != "" {
				r.Errorf("%+v finds other periods than by hand (-want +got):\n%s", *q, d)
			}
		})
	})
	t.Run("what cannot be counted is refused", func(t *testing.T) {
		for name, q := range map[string]recommend.JourneyQuery{
			"no steps":      {Window: time.Hour, Edges: w.all()},
			"no window":     {Steps: []string{recommend.ActOpen}, Edges: w.all()},
			"no time":       {Steps: []string{recommend.ActOpen}, Window: time.Hour},
			"time backward": {Steps: []string{recommend.ActOpen}, Window: time.Hour, Edges: []time.Time{w.until(), opening()}},
			"no such step":  {Steps: []string{"follow"}, Window: time.Hour, Edges: w.all()},
			"no such key":   {Steps: []string{recommend.ActOpen}, Window: time.Hour, Edges: w.all(), By: []recommend.Dimension{"reader"}},
		} {
			err := counts.Journeys(t.Context(), &q, func(recommend.JourneyGroup) error { return nil })
			if _, ok := errors.AsType[*recommend.Refusal](err); !ok {
				t.Errorf("%s: %v, want a refusal", name, err)
			}
		}
	})
	t.Run("who takes the groups can end it", func(t *testing.T) {
		enough := errors.New("enough")
		q := &recommend.JourneyQuery{Steps: []string{recommend.ActOpen}, Window: time.Hour, Edges: w.all(), By: []recommend.Dimension{recommend.ByPick}}
		if err := counts.Journeys(t.Context(), q, func(recommend.JourneyGroup) error { return enough }); !errors.Is(err, enough) {
			t.Errorf("Journeys: %v, want %v", err, enough)
		}
	})
}

// awaitCounted waits until the last of what was put is counted.
func (h *harness) awaitCounted(t *testing.T, counts recommend.Aggregates, w *history) {
	t.Helper()
	q := &recommend.JourneyQuery{Steps: recommend.JourneySteps()[:1], Window: time.Hour, Edges: []time.Time{w.until().AddDate(9, 0, 0), w.until().AddDate(9, 0, 1)}}
	begun := time.Now()
	last := recommend.Journey{Reader: "last", Pick: "last"}
	last.Step(q.Steps[0], q.Edges[0])
	put(t, h, encoded(recommend.KindJourney, "last", 1, last))
	for {
		n := 0
		err := counts.Journeys(t.Context(), q, func(g recommend.JourneyGroup) error { n += int(g.Counts[0]); return nil })
		if err != nil {
			t.Fatalf("Journeys: %v, want nil", err)
		}
		switch late := time.Since(begun); {
		case n == 1 && late < countedWithin+h.patience:
			return
		case late > countedWithin+h.patience:
			t.Fatalf("a journey is not counted after %v", late)
		}
	}
}

func within(some, all []string) bool {
	return !slices.ContainsFunc(some, func(s string) bool { return !slices.Contains(all, s) })
}

var emptyIsNil = gocmp.FilterValues(func(a, b []string) bool { return len(a)+len(b) == 0 }, gocmp.Ignore())

func groupName(slot int, key []string) string { return fmt.Sprint(slot, strings.Join(key, "\x00")) }

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
		Readers: !usual && rapid.Bool().Draw(r, "readers"),
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
	counted := make(map[string]bool)
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
		if why, apart := apartOf(j, g); apart != nil {
			who := fmt.Sprint(name, "\x00apart", why, "\x00", j.Reader)
			if !q.Readers || !counted[who] {
				counted[who] = true
				*apart++
			}
			continue
		}
		readers[name] = append(readers[name], j.Reader)
		for k, took := range took {
			who := fmt.Sprint(name, "\x00", k, "\x00", j.Reader)
			if took && (!q.Readers || !counted[who]) {
				counted[who] = true
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

// apartOf is why j is counted apart, and where: once, whatever else is true of it.
func apartOf(j *recommend.Journey, g *recommend.JourneyGroup) (why string, count *int64) {
	if j.Own {
		return "own", &g.Own
	}
	if j.Bot {
		return "bot", &g.Bots
	}
	if j.Unproven {
		return "unproven", &g.Unproven
	}
	return "", nil
}

// lags are how many took a step in the bucket that holds its time, by group, step and bucket.
func (w *history) lags(q *recommend.JourneyQuery) map[string]int64 {
	n := make(map[string]int64)
	for i := range w.done {
		j := &w.done[i]
		slot, key, entered, took := w.group(q, i)
		if slot < 0 || j.Own || j.Bot || j.Unproven {
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
