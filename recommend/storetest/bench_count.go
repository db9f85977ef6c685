package storetest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
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

// benchCounts measures counts over journeys of 40 experts, 5 sources and a fifth
// as many picks and readers, each beside the floor of the engine.
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
	rnd := rand.New(rand.NewPCG(3, 5)) //nolint:gosec // wants repeatable numbers, not secret ones
	const batch, days = 5_000, 30
	var docs []recommend.Document
	for i := range n {
		j := recommend.Journey{
			Reader: fmt.Sprint("reader-", rnd.IntN(n/5+1)), Pick: fmt.Sprint("pick-", rnd.IntN(n/5+1)),
			Expert: fmt.Sprint("expert-", rnd.IntN(40)), Source: fmt.Sprint("source-", rnd.IntN(5)),
		}
		at := opening().Add(time.Duration(rnd.IntN(days*24*3600)) * time.Second)
		for k, kind := range []string{recommend.ActOpen, recommend.ActBookmark, recommend.ActCart, recommend.ActPurchase} {
			if k > 0 && rnd.IntN(4) > 0 {
				break
			}
			j.Step(kind, at.Add(time.Duration(k)*time.Hour))
		}
		docs = append(docs, encoded(recommend.KindJourney, fmt.Sprint("j", i), 1, j))
		if len(docs) == batch || i == n-1 {
			put(b, s, docs...)
			docs = docs[:0]
		}
	}
	q := func(by ...recommend.Dimension) *recommend.JourneyQuery {
		return &recommend.JourneyQuery{
			Steps: []string{recommend.ActOpen, recommend.ActBookmark, recommend.ActCart, recommend.ActPurchase}, Ordered: true,
			Window: 15 * 24 * time.Hour, Edges: []time.Time{opening(), opening().AddDate(0, 0, days+1)}, By: by,
		}
	}
	readers := q()
	readers.Readers = true
	for _, c := range []struct {
		name string
		q    *recommend.JourneyQuery
	}{{"all", q()}, {"source", q(recommend.BySource)}, {"expert,source", q(recommend.ByExpert, recommend.BySource)}, {"pick", q(recommend.ByPick)}, {"readers", readers}} {
		if floor, ok := s.(bare); ok && !c.q.Readers {
			b.Run(c.name+"/floor", func(b *testing.B) {
				for b.Loop() {
					if _, err := floor.CountBare(b.Context(), c.q); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
		b.Run(c.name, func(b *testing.B) {
			var entered int64
			for b.Loop() {
				entered = 0
				err := counts.Journeys(b.Context(), c.q, func(g recommend.JourneyGroup) error { entered += g.Counts[0]; return nil })
				if err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(entered), "entered")
			b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "journeys/s")
		})
	}
}
