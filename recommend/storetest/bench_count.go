package storetest

import (
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"vitrine.dev/recommend"
)

// countedJourneys is how many journeys counts are measured over, unless the
// environment variable JOURNEYS says otherwise.
const countedJourneys = 50_000

// A bare engine counts the journeys that took the first step of a query in its
// time by its dimensions, and does nothing else: the floor of counts. Tests of an
// engine give it that.
type bare interface {
	CountBare(ctx context.Context, q *recommend.JourneyQuery) (int64, error)
}

// benchCounts measures counts over [Journeys], each beside the floor of the
// engine.
func benchCounts(b *testing.B, s recommend.Store) {
	counts, ok := s.(recommend.Aggregates)
	if !ok {
		b.Fatalf("%T is no recommend.Aggregates", s)
	}
	n := countedJourneys
	if text := os.Getenv("JOURNEYS"); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil {
			b.Fatal(err)
		}
	}
	const days = 30
	for docs := range Journeys(n) {
		put(b, s, docs...)
	}
	q := func(by ...recommend.Dimension) *recommend.JourneyQuery {
		return &recommend.JourneyQuery{
			Steps: []string{recommend.ActOpen, recommend.ActBookmark, recommend.ActCart, recommend.ActPurchase}, Ordered: true,
			Window: 15 * 24 * time.Hour, Edges: []time.Time{opening(), opening().AddDate(0, 0, days+1)}, By: by,
		}
	}
	daily := q()
	for day := range days {
		daily.Edges = slices.Insert(daily.Edges, day+1, opening().AddDate(0, 0, day+1))
	}
	pairs := func(ctx context.Context, q *recommend.JourneyQuery) (entered int64, err error) {
		err = counts.Journeys(ctx, q, func(g recommend.JourneyGroup) error { entered += g.Counts[0]; return nil })
		return entered, err
	}
	readers := func(ctx context.Context, q *recommend.JourneyQuery) (entered int64, err error) {
		last := ""
		err = counts.Readers(ctx, q, func(s recommend.ReaderSteps) error {
			if s.Reader != last && s.Class == recommend.ClassCounted {
				entered++
				last = s.Reader
			}
			return nil
		})
		return entered, err
	}
	times := func(ctx context.Context, q *recommend.JourneyQuery) (entered int64, err error) {
		err = counts.Lags(ctx, q, func(l recommend.Lag) error {
			if l.Step == 0 {
				entered += l.Count
			}
			return nil
		})
		return entered, err
	}
	for _, c := range []struct {
		name  string
		q     *recommend.JourneyQuery
		count func(context.Context, *recommend.JourneyQuery) (entered int64, err error)
		floor bool // counts of pairs
	}{
		{"all", q(), pairs, true},
		{"source", q(recommend.BySource), pairs, true},
		{"expert,source", q(recommend.ByExpert, recommend.BySource), pairs, true},
		{"pick", q(recommend.ByPick), pairs, true},
		{"day", daily, pairs, false},
		{"readers", q(), readers, false},
		{"readers,pick", q(recommend.ByPick), readers, false},
		{"times", q(), times, false},
		{"times,source", q(recommend.BySource), times, false},
		{"times,pick", q(recommend.ByPick), times, false},
	} {
		if floor, ok := s.(bare); ok && c.floor {
			b.Run(c.name+"/floor", func(b *testing.B) {
				for b.Loop() {
					if _, err := floor.CountBare(b.Context(), c.q); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
		b.Run(c.name, func(b *testing.B) {
			var (
				entered int64
				took    []time.Duration
				err     error
			)
			for b.Loop() {
				began := time.Now()
				entered, err = c.count(b.Context(), c.q)
				if err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(began))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*95/100].Milliseconds()), "p95-ms")
			b.ReportMetric(float64(entered), "entered")
			b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "journeys/s")
		})
	}
}

// Journeys draws, always alike, n journeys of 30 days from [JourneysFrom] on, as
// documents of which some are put at once: of 200 experts, 5 sources, a fifth as
// many readers and a fiftieth as many picks. Of their steps as many are taken,
// and as many times, as in Taobao's log of user behaviour (1.3 actions a
// journey); 3 % take some in another order.
func Journeys(n int) iter.Seq[[]recommend.Document] {
	return func(yield func([]recommend.Document) bool) {
		rnd := rand.New(rand.NewPCG(3, 5)) //nolint:gosec // wants repeatable numbers, not secret ones
		const batch, days = 5_000, 30
		var docs []recommend.Document
		for i := range n {
			j := recommend.Journey{
				Reader: fmt.Sprint("reader-", rnd.IntN(n/5+1)), Pick: fmt.Sprint("pick-", rnd.IntN(n/50+1)),
				Expert: fmt.Sprint("expert-", rnd.IntN(200)), Source: fmt.Sprint("source-", rnd.IntN(5)),
			}
			at := JourneysFrom().Add(time.Duration(rnd.IntN(days*24*3600)) * time.Second)
			for k, kind := range []string{recommend.ActOpen, recommend.ActBookmark, recommend.ActCart, recommend.ActPurchase} {
				if rnd.IntN(1_000) >= []int{936, 35, 68, 26}[k] {
					continue
				}
				for range 1 + rnd.IntN(2)*rnd.IntN(2) {
					j.Step(kind, at.Add(time.Duration(rnd.IntN(5_000))*time.Second))
				}
			}
			docs = append(docs, encoded(recommend.KindJourney, fmt.Sprint("j", i), 1, j))
			if len(docs) == batch || i == n-1 {
				if !yield(docs) {
					return
				}
				docs = docs[:0]
			}
		}
	}
}

// JourneysFrom is when the first of [Journeys] is, at the earliest.
func JourneysFrom() time.Time { return opening() }
