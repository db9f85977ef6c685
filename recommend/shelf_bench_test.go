package recommend_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"vitrine.dev/recommend"
)

const (
	manyPicks    = 200_000
	manyExperts  = 5_000
	manyProducts = 60_000
)

// A stockroom makes the documents of a large shelf, the same each time.
type stockroom struct {
	*rand.Rand
	tb testing.TB
}

func newStockroom(tb testing.TB) *stockroom {
	tb.Helper()
	return &stockroom{Rand: rand.New(rand.NewPCG(1, 2)), tb: tb}
}

func (s *stockroom) document(kind recommend.Kind, id string, version int64, v any) recommend.Document {
	body, err := json.Marshal(v)
	if err != nil {
		s.tb.Fatal(err)
	}
	return recommend.Document{Ref: recommend.Ref{Kind: kind, ID: id}, Version: version, Body: body}
}

// topic is one of 12 topics with nine subtopics each.
func (s *stockroom) topic() string {
	return fmt.Sprintf("t%d/s%d", s.IntN(12), s.IntN(9))
}

func (s *stockroom) experts() []recommend.Document {
	docs := make([]recommend.Document, 0, manyExperts)
	for i := range manyExperts {
		e := expert("e"+strconv.Itoa(i), func(e *recommend.Expert) {
			e.Trust = float64(s.IntN(101))
			e.Topics = nil
			for t := range 12 {
				e.Topics = append(e.Topics, recommend.Approval{Topic: "t" + strconv.Itoa(t)})
			}
		})
		docs = append(docs, s.document(recommend.KindExpert, e.ID, 1, e))
	}
	return docs
}

func (s *stockroom) products() []recommend.Document {
	docs := make([]recommend.Document, 0, manyProducts)
	for i := range manyProducts {
		p := product("item"+strconv.Itoa(i), stocked(int64(s.IntN(20))))
		docs = append(docs, s.document(recommend.KindProduct, p.Key, 1, p))
	}
	return docs
}

func (s *stockroom) picks(n int, version int64) []recommend.Document {
	docs := make([]recommend.Document, 0, n)
	for i := range n {
		p := pick("pick-"+strconv.Itoa(i), "e"+strconv.Itoa(s.IntN(manyExperts)), "item"+strconv.Itoa(s.IntN(manyProducts)), func(p *recommend.Pick) {
			p.PublishedAt = opening().Add(-time.Duration(s.IntN(365*24*60)) * time.Minute)
			p.Topics = []string{s.topic(), s.topic()}
			p.Reason = strings.Repeat("a reason of some length ", 5)
		})
		docs = append(docs, s.document(recommend.KindPick, p.ID, version, p))
	}
	return docs
}

func (s *stockroom) apply(f *shopFloor, docs []recommend.Document) {
	s.tb.Helper()
	if err := f.shelf.Apply(s.tb.Context(), docs[0].Kind, docs); err != nil {
		s.tb.Fatal(err)
	}
}

// fullShelf holds 200,000 picks.
func fullShelf(tb testing.TB) (*shopFloor, *stockroom) {
	tb.Helper()
	f, s := newShopFloor(tb), newStockroom(tb)
	s.apply(f, s.experts())
	s.apply(f, s.products())
	s.apply(f, s.picks(manyPicks, 1))
	return f, s
}

func BenchmarkWindow(b *testing.B) {
	f, s := fullShelf(b)
	reader := &recommend.Reader{ID: "keen"}
	for range 10 {
		reader.Interests = append(reader.Interests, recommend.Interest{Topic: s.topic(), Weight: 0.8})
	}
	for i := range 100 {
		reader.Follows = append(reader.Follows, recommend.Since{ID: "e" + strconv.Itoa(i)})
	}
	f.store.put(b, recommend.KindReader, "keen", reader)
	for name, r := range map[string]recommend.WindowRequest{
		"unknown": {}, "topic": {Topics: []string{"t3"}}, "keen": {Reader: "keen"}, "keen page 10": {Reader: "keen"},
	} {
		if name == "keen page 10" {
			for range 9 {
				r.Cursor = f.window(b, r).NextCursor
			}
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if w := f.window(b, r); len(w.Items) != 20 {
					b.Fatalf("%d cards", len(w.Items))
				}
			}
		})
	}
	kept := f.with(b, func(c *recommend.WindowsConfig) { c.Keep = time.Minute })
	b.Run("keen kept", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if w := kept.window(b, recommend.WindowRequest{Reader: "keen", Brief: true}); len(w.Items) != 20 {
				b.Fatalf("%d cards", len(w.Items))
			}
		}
	})
	b.Run("browse", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := f.Search(b.Context(), recommend.SearchRequest{Topic: "t3"}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("topic tree", func(b *testing.B) {
		for b.Loop() {
			f.clock.add(time.Minute)
			f.TopicTree("en")
		}
	})
}

// BenchmarkApply changes 10,000 picks of a full shelf at a time.
func BenchmarkApply(b *testing.B) {
	f, s := fullShelf(b)
	version := int64(1)
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		version++
		docs := s.picks(10_000, version)
		b.StartTimer()
		s.apply(f, docs)
	}
}

// BenchmarkShelfSize reports what a pick costs, its share of experts and
// products taken apart.
func BenchmarkShelfSize(b *testing.B) {
	heap := func() float64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return float64(m.HeapAlloc)
	}
	for b.Loop() {
		f, s := newShopFloor(b), newStockroom(b)
		empty := heap()
		s.apply(f, s.experts())
		s.apply(f, s.products())
		stocked := heap()
		s.apply(f, s.picks(manyPicks, 1))
		b.ReportMetric((heap()-stocked)/manyPicks, "B/pick")
		b.ReportMetric((stocked-empty)/manyProducts, "B/product")
		runtime.KeepAlive(f)
	}
}

// BenchmarkWindowWhileApplying asks for windows while changes come as fast as
// they can be applied, and reports how long the slowest in a hundred took.
func BenchmarkWindowWhileApplying(b *testing.B) {
	f, s := fullShelf(b)
	batches := [][]recommend.Document{s.picks(10_000, 2), s.picks(10_000, 3), s.picks(10_000, 4)}
	done := make(chan struct{})
	var writer sync.WaitGroup
	applied := 0
	writer.Go(func() {
		for version := int64(2); ; version++ {
			docs := batches[version%3]
			for i := range docs {
				docs[i].Version = version
				if i%100 == 0 {
					select {
					case <-done:
						return
					default:
					}
					if err := f.shelf.Apply(b.Context(), recommend.KindPick, docs[max(0, i-100):i]); err != nil {
						b.Error(err)
					}
					applied += 100
				}
			}
		}
	})
	var took []time.Duration
	start := time.Now()
	for b.Loop() {
		began := time.Now()
		f.window(b, recommend.WindowRequest{})
		took = append(took, time.Since(began))
	}
	elapsed := time.Since(start)
	close(done)
	writer.Wait()
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
	b.ReportMetric(float64(applied)/elapsed.Seconds(), "changes/s")
}
