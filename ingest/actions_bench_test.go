package ingest_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"

	"vitrine.dev/ingest"
	"vitrine.dev/recommend"
	"vitrine.dev/recommend/link"
)

// BenchmarkActions folds what readers do in windows of twenty cards, in
// batches of 500, into a store that costs next to nothing.
func BenchmarkActions(b *testing.B) {
	const readers, picks, batch = 10_000, 2000, 500
	random := rand.New(rand.NewPCG(1, 2))
	zipf := rand.NewZipf(random, 1.1, 20, picks-1)
	at := time.Date(2026, 11, 26, 8, 0, 0, 0, time.UTC)
	var codec ingest.Codec
	offset := int64(0)
	next := func() []kafka.Message {
		ms := make([]kafka.Message, 0, batch)
		for len(ms) < batch {
			reader := fmt.Sprintf("r%d", random.IntN(readers))
			for position := range 20 {
				kinds := []string{recommend.ActImpression}
				if random.IntN(10) == 0 {
					kinds = append(kinds, recommend.ActOpen)
				}
				pick := fmt.Sprintf("p%d", zipf.Uint64())
				for _, kind := range kinds {
					a := recommend.Action{ID: fmt.Sprint("a", offset), Reader: reader, Kind: kind, Pick: pick, Position: &position, At: at}
					data, err := json.Marshal(a)
					if err != nil {
						b.Fatal(err)
					}
					m, err := codec.Encode(recommend.Event{ID: a.ID, Source: "/bench", Type: recommend.TypeActed, Key: reader, Time: at, Appended: at, Data: data})
					if err != nil {
						b.Fatal(err)
					}
					m.Topic, m.Offset = recommend.TopicActions, offset
					ms = append(ms, m)
					offset++
					at = at.Add(5 * time.Millisecond)
				}
			}
		}
		return ms
	}
	policy, links := recommend.DefaultPolicy(), new(link.Registry)
	l := ingest.NewLane(ingest.Actions(), newMemStore(), nil, nil)
	l.Play(func() (*recommend.Policy, *link.Registry) { return policy, links }, nil)
	b.ReportAllocs()
	events := 0
	var spent time.Duration
	for b.Loop() {
		b.StopTimer()
		ms := next()
		b.StartTimer()
		began := time.Now()
		if _, err := l.Fold(b.Context(), ms); err != nil {
			b.Fatal(err)
		}
		spent += time.Since(began)
		events += len(ms)
	}
	b.ReportMetric(float64(events)/spent.Seconds(), "events/s")
}
