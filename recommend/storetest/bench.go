package storetest

import (
	"encoding/json"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"vitrine.dev/recommend"
)

// benchDocuments is how many documents reads are measured among.
const benchDocuments = 10_000

// Benchmark measures the stores that open returns, with documents of 600
// bytes: puts of new documents, in batches and from many goroutines, and
// reads among 10,000 documents.
func Benchmark(b *testing.B, open func(testing.TB) recommend.Store) {
	for _, size := range []int{1, 100, 1000} {
		b.Run("put/"+strconv.Itoa(size), func(b *testing.B) { benchPut(b, closing(b, open(b)), size) })
	}
	b.Run("put/1 by many", func(b *testing.B) { benchPutTogether(b, closing(b, open(b))) })

	b.Run("count", func(b *testing.B) { benchCounts(b, closing(b, open(b))) })

	b.Run("read", func(b *testing.B) {
		s := closing(b, open(b))
		docs := filled(b, s)
		for _, size := range []int{1, 50} {
			b.Run("get/"+strconv.Itoa(size), func(b *testing.B) { benchGet(b, s, docs, size) })
		}
		b.Run("changes/1000", func(b *testing.B) { benchChanges(b, s) })
		for _, text := range []string{"rare77", "common", "common w7", "水壶", "电热水壶 w7"} {
			b.Run("search/"+text, func(b *testing.B) { benchSearch(b, s, text) })
		}
	})
}

// benchDocument returns pick number n, 600 bytes long, with twenty English and
// a dozen Chinese words.
func benchDocument(n int) recommend.Document {
	r := rand.New(rand.NewPCG(uint64(n), 7)) //nolint:gosec // wants repeatable numbers, not secret ones
	var text strings.Builder
	text.WriteString("common rare" + strconv.Itoa(n))
	for range 20 {
		text.WriteString(" w" + strconv.Itoa(r.IntN(1000)))
	}
	nouns := []string{"电热水壶", "保温杯", "手机壳", "不锈钢", "绿茶", "键盘", "台灯", "雨伞", "背包", "耳机"}
	for range 4 {
		text.WriteString(nouns[r.IntN(len(nouns))] + "，")
	}
	const size = 600
	body, err := json.Marshal(map[string]string{"reason": text.String(), "pad": ""})
	if err != nil {
		panic(err) // strings always have a JSON form
	}
	pad := strings.Repeat("x", max(0, size-len(body)))
	body = []byte(strings.Replace(string(body), `"pad":""`, `"pad":"`+pad+`"`, 1))
	return recommend.Document{
		Ref:  recommend.Ref{Kind: recommend.KindPick, ID: "pick-" + strconv.Itoa(n)},
		Body: body,
	}
}

// filled puts benchDocuments documents into s and waits until they are found.
func filled(b *testing.B, s recommend.Store) []recommend.Document {
	b.Helper()
	docs := make([]recommend.Document, benchDocuments)
	for i := range docs {
		docs[i] = benchDocument(i)
	}
	for batch := range chunks(docs, 1000) {
		put(b, s, batch...)
	}
	found := poll(b, defaultPatience, func() bool {
		hits, err := s.Search(b.Context(), recommend.Search{Text: "common", Limit: 10_000})
		if err != nil {
			b.Fatalf("Search: %v, want nil", err)
		}
		return len(hits) == len(docs)
	})
	if !found {
		b.Fatalf("the documents were not found within %s", defaultPatience)
	}
	return docs
}

// chunks returns docs in pieces of n.
func chunks(docs []recommend.Document, n int) func(yield func([]recommend.Document) bool) {
	return func(yield func([]recommend.Document) bool) {
		for start := 0; start < len(docs); start += n {
			if !yield(docs[start:min(start+n, len(docs))]) {
				return
			}
		}
	}
}

func benchPut(b *testing.B, s recommend.Store, size int) {
	b.ReportAllocs()
	next := 0
	for b.Loop() {
		b.StopTimer()
		docs := make([]recommend.Document, size)
		for i := range docs {
			docs[i] = benchDocument(next)
			next++
		}
		b.StartTimer()
		put(b, s, docs...)
	}
	b.ReportMetric(float64(next)/b.Elapsed().Seconds(), "docs/s")
}

func benchPutTogether(b *testing.B, s recommend.Store) {
	var next atomic.Int64
	b.SetParallelism(8) // times GOMAXPROCS
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := s.Put(b.Context(), benchDocument(int(next.Add(1)))); err != nil {
				b.Errorf("Put: %v, want nil", err)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "docs/s")
}

func benchGet(b *testing.B, s recommend.Store, docs []recommend.Document, size int) {
	b.ReportAllocs()
	ask := make([]recommend.Ref, size)
	n := 0
	for b.Loop() {
		for i := range ask {
			n = (n + 7919) % len(docs)
			ask[i] = docs[n].Ref
		}
		got, err := s.Get(b.Context(), ask...)
		if err != nil || len(got) != size {
			b.Fatalf("Get: %d documents, %v, want %d and nil", len(got), err, size)
		}
	}
}

func benchChanges(b *testing.B, s recommend.Store) {
	b.ReportAllocs()
	read, mark := 0, recommend.Mark("")
	for b.Loop() {
		docs, next, err := s.Changes(b.Context(), recommend.KindPick, mark, 1000)
		if err != nil {
			b.Fatalf("Changes: %v, want nil", err)
		}
		if mark = next; len(docs) == 0 {
			mark = ""
		}
		read += len(docs)
	}
	b.ReportMetric(float64(read)/b.Elapsed().Seconds(), "docs/s")
}

func benchSearch(b *testing.B, s recommend.Store, text string) {
	b.ReportAllocs()
	for b.Loop() {
		hits, err := s.Search(b.Context(), recommend.Search{Text: text, Limit: 20})
		if err != nil || len(hits) == 0 {
			b.Fatalf("Search for %q: %d hits, %v, want some and nil", text, len(hits), err)
		}
	}
}
