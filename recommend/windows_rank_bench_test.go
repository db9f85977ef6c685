package recommend_test

import (
	"strconv"
	"testing"
	"time"

	"vitrine.dev/recommend"
)

// BenchmarkRank is an order of 41 candidates for a reader with a history, as the
// API asks for it.
func BenchmarkRank(b *testing.B) {
	f, s := newShopFloor(b), newStockroom(b)
	s.apply(f, s.experts())
	s.apply(f, s.products())
	s.apply(f, s.picks(20_000, 1))
	reader := &recommend.Reader{ID: "keen", Traces: make(recommend.Traces)}
	for i := range 10 {
		reader.Interests = append(reader.Interests, recommend.Interest{Topic: s.topic(), Weight: .8})
		reader.Follows = append(reader.Follows, recommend.Since{ID: "e" + strconv.Itoa(i)})
	}
	for i := range 60 {
		pick, at := "pick-"+strconv.Itoa(s.IntN(20_000)), opening().Add(time.Duration(i-60)*time.Hour).Unix()
		reader.Traces[pick] = recommend.Trace{Did: 1, Seen: at, Shown: 1}
		if i%3 == 0 {
			reader.History = append(reader.History, recommend.Act{Pick: pick, Kind: recommend.ActOpen, At: at})
		}
	}
	f.store.put(b, recommend.KindReader, "keen", reader)
	var picks []string
	for range 41 {
		picks = append(picks, "pick-"+strconv.Itoa(s.IntN(20_000)))
	}
	kept := f.with(b, func(c *recommend.WindowsConfig) { c.Keep = time.Minute })
	var memory []byte
	b.ReportAllocs()
	for b.Loop() {
		w, err := kept.Rank(b.Context(), recommend.RankRequest{Reader: "keen", Picks: picks, Brief: true})
		if err == nil {
			memory, err = w.AppendJSON(memory[:0])
		}
		if err != nil || len(w.Items) < 20 {
			b.Fatalf("%d cards, %v", len(w.Items), err)
		}
	}
	b.ReportMetric(float64(len(memory)), "body-B")
}
