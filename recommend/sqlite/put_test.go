package sqlite_test

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vitrine.dev/recommend"
)

// TestManyAtOnceAreWrittenLikeOneByOne: of what is written with one statement,
// each document is followed once, in the order of the put, unless the version
// there is the same or later; and the later of two of one name stays.
func TestManyAtOnceAreWrittenLikeOneByOne(t *testing.T) {
	s, _ := newStore(t)
	pulse := func(i int, version int64) recommend.Document {
		return document(recommend.KindPulse, fmt.Sprintf("p%02d", i), version)
	}
	var docs []recommend.Document
	for i := range 40 {
		docs = append(docs, pulse(i, 5), document(recommend.KindReader, fmt.Sprint("r", i), 5))
		if i == 20 {
			docs = append(docs, document(recommend.KindPick, "pick", 1), pulse(3, 6), pulse(3, 6))
		}
	}
	put(t, s, docs...)
	_, mark, err := s.Changes(t.Context(), recommend.KindPulse, "", 1000)
	if err != nil {
		t.Fatal(err)
	}
	again := docs[:0:0]
	var want []string
	for i := range 40 {
		version := int64(5)
		if i%3 == 0 || i > 36 {
			version = 7
			want = append(want, fmt.Sprintf("p%02d 7", i))
		}
		again = append(again, pulse(i, version))
	}
	put(t, s, again...)
	put(t, s, again...) // nothing changes
	got := []string{}
	for {
		changed, next, err := s.Changes(t.Context(), recommend.KindPulse, mark, 4)
		if err != nil {
			t.Fatal(err)
		}
		if len(changed) == 0 {
			break
		}
		for _, d := range changed {
			got = append(got, fmt.Sprint(d.ID, " ", d.Version))
		}
		mark = next
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
	all, err := s.Get(t.Context(), recommend.Ref{Kind: recommend.KindPulse, ID: "p03"}, recommend.Ref{Kind: recommend.KindReader, ID: "r39"}, recommend.Ref{Kind: recommend.KindPick, ID: "pick"})
	if err != nil || len(all) != 3 || all[0].Version != 7 {
		t.Errorf("got %+v, %v; want three, the first of version 7", all, err)
	}
}

// BenchmarkPutUnsearched writes what a fold of actions does: documents that
// nobody searches, some of which are followed.
func BenchmarkPutUnsearched(b *testing.B) {
	s := openAt(b, filepath.Join(b.TempDir(), "store.db"))
	b.Cleanup(func() { _ = s.Close() })
	body := []byte(`{"pad":"` + strings.Repeat("x", 220) + `"}`)
	kinds := []recommend.Kind{recommend.KindExposure, recommend.KindPulse, recommend.KindJourney}
	docs := make([]recommend.Document, 1500)
	version := int64(0)
	for b.Loop() {
		version++
		for i := range docs {
			docs[i] = recommend.Document{Ref: recommend.Ref{Kind: kinds[i%3], ID: strconv.Itoa(i*7919 + int(version%10))}, Version: version, Body: body}
		}
		if err := s.Put(b.Context(), docs...); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(docs)*b.N)/b.Elapsed().Seconds(), "docs/s")
}
