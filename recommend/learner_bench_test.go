package recommend_test

import (
	"encoding/json"
	"strconv"
	"testing"
	"time"

	"vitrine.dev/ranking"
	"vitrine.dev/recommend"
)

// longLives puts readers with long histories into the store, and returns their
// documents.
func longLives(b *testing.B, f *shopFloor, s *stockroom, n int) []*recommend.Reader {
	b.Helper()
	readers := make([]*recommend.Reader, n)
	for i := range readers {
		r := &recommend.Reader{ID: "reader-" + strconv.Itoa(i), Traces: make(recommend.Traces)}
		at := opening().Add(-300 * 24 * time.Hour)
		for range 300 {
			at = at.Add(time.Duration(s.IntN(24*60)) * time.Minute)
			p := "pick-" + strconv.Itoa(int(s.ExpFloat64()*manyPicks/8)%manyPicks)
			r.History = append(r.History, recommend.Act{Pick: p, Kind: recommend.ActBookmark, At: at.Unix()})
			r.Traces[p] = recommend.Trace{Did: 2, Acted: at.Unix(), Journey: true}
			r.Bookmarks = append(r.Bookmarks, recommend.Bookmark{Pick: p, At: at})
		}
		for range 30 {
			r.Follows = append(r.Follows, recommend.Since{ID: "e" + strconv.Itoa(s.IntN(manyExperts)), At: at})
		}
		r.Declare(map[string]float64{s.topic(): 1, s.topic(): .5, s.topic(): .3})
		f.store.put(b, recommend.KindReader, r.ID, r)
		readers[i] = r
	}
	return readers
}

// BenchmarkLearn learns from what readers of long histories choose on a shelf of
// 200,000 picks. "floors" is how many times as long it takes as what cannot be
// left out of an example: to decode the reader's document and move the weights
// by one list of a hundred.
func BenchmarkLearn(b *testing.B) {
	f, s := fullShelf(b)
	readers := longLives(b, f, s, 200)
	floor := learningFloor(b, readers)
	next := func(i int, kind string) {
		r := readers[i%len(readers)]
		f.clock.add(time.Minute)
		f.observe(b, recommend.Action{Reader: r.ID, Kind: kind, Pick: "pick-" + strconv.Itoa(int(s.ExpFloat64()*manyPicks/8)%manyPicks)})
	}
	i := 0
	for range 4_000 { // so that there is something that goes together
		next(i, recommend.ActBookmark)
		i++
	}
	for _, kind := range []string{recommend.ActBookmark, recommend.ActOpen} {
		b.Run(kind, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				next(i, kind)
				i++
			}
			b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(floor), "floors")
		})
	}
}

// learningFloor is the time that the unavoidable takes.
func learningFloor(b *testing.B, readers []*recommend.Reader) time.Duration {
	b.Helper()
	bodies := make([][]byte, len(readers))
	for i, r := range readers {
		var err error
		if bodies[i], err = json.Marshal(r); err != nil {
			b.Fatal(err)
		}
	}
	var priors []ranking.Prior
	var names []string
	for _, x := range recommend.Features() {
		priors, names = append(priors, ranking.Prior{Name: x.Name, Scale: 1}), append(names, x.Name)
	}
	softmax := ranking.NewSoftmax(priors, ranking.Pace{Rate: .1, Start: .1})
	table, target := ranking.NewTable(100, names...), make([]float64, 100)
	target[7] = 1
	const times = 500
	start := time.Now()
	for i := range times {
		if err := json.Unmarshal(bodies[i%len(bodies)], new(recommend.Reader)); err != nil {
			b.Fatal(err)
		}
		softmax.Learn(table, target, nil, nil)
	}
	return time.Since(start) / times
}
