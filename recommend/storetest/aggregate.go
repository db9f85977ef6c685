package storetest

import (
	"errors"
	"fmt"
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
				if many := len(all) >= recommend.FewestReaders; g.Many != many || !many && (len(g.Some) != len(all) || !within(g.Some, all)) {
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
	t.Run("readers did what a plain count finds", func(t *testing.T) {
		rapid.Check(t, func(r *rapid.T) {
			q := drawJourneyQuery(r)
			got, done, last := make(map[string]uint8), make(map[string]bool), ""
			err := counts.Readers(t.Context(), q, func(s recommend.ReaderSteps) error {
				if s.Reader != last {
					if done[s.Reader] {
						r.Errorf("%s comes again after others, want what is of one reader in a row", s.Reader)
					}
					last, done[s.Reader] = s.Reader, true
				}
				if s.Took == 0 {
					r.Errorf("%+v took nothing", s)
				}
				got[fmt.Sprint(groupName(s.Slot, s.Key), " ", s.Class, " ", s.Reader)] |= s.Took
				return nil
			})
			if err != nil {
				r.Fatalf("Readers: %v, want nil", err)
			}
			if d := gocmp.Diff(w.readers(q), got); d != "" {
				r.Errorf("%+v finds readers who did other than by hand (-want +got):\n%s", *q, d)
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
