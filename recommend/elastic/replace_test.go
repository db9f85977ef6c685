package elastic_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vitrine.dev/recommend"
	"vitrine.dev/recommend/elastic"
)

// opened opens a store as the type that can be replaced.
func (c *cluster) opened(t *testing.T) *elastic.Store {
	t.Helper()
	s, ok := closed(t, c.open(t)).(*elastic.Store)
	if !ok {
		t.Fatal("not a store of Elasticsearch")
	}
	return s
}

func nextOf(t *testing.T, s *elastic.Store) *elastic.Store {
	t.Helper()
	n, err := s.Next(t.Context())
	if err != nil {
		t.Fatalf("Next: %v, want nil", err)
	}
	return n
}

// names returns the indices and aliases of picks and readers.
func (c *cluster) names(t *testing.T, prefix string) map[string][]string {
	t.Helper()
	var answer map[string]struct {
		Aliases map[string]any `json:"aliases"`
	}
	if err := json.Unmarshal([]byte(c.raw(t, http.MethodGet, "/"+prefix+"-pick*,"+prefix+"-reader*/_alias", "")), &answer); err != nil {
		t.Fatal(err)
	}
	names := map[string][]string{}
	for index, a := range answer {
		names[index[len(prefix)+1:]] = nil
		for alias := range a.Aliases {
			names[index[len(prefix)+1:]] = append(names[index[len(prefix)+1:]], alias[len(prefix)+1:])
		}
	}
	return names
}

func wantDocs(t *testing.T, s recommend.Store, want ...recommend.Document) {
	t.Helper()
	refs := make([]recommend.Ref, len(want))
	for i, d := range want {
		refs[i] = d.Ref
	}
	got, err := s.Get(t.Context(), refs...)
	if err != nil {
		t.Fatalf("Get: %v, want nil", err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("documents (-want +got):\n%s", diff)
	}
}

func readerDoc(id string, version int64) recommend.Document {
	return recommend.Document{Ref: recommend.Ref{Kind: recommend.KindReader, ID: id}, Version: version, Body: json.RawMessage(fmt.Sprintf(`{"v":%d}`, version))}
}

func TestRealReplace(t *testing.T) {
	c := newCluster(t)
	s := c.opened(t)
	prefix := c.prefix(s)
	other := closed(t, c.openAs(t, elastic.Config{Prefix: prefix})) // another process
	before := pick("before", 1, `{"reason":"old"}`)
	mustPut(t, s, before, readerDoc("r", 5))
	_, mark, err := other.Changes(t.Context(), recommend.KindPick, "", 10)
	if err != nil {
		t.Fatalf("Changes: %v, want nil", err)
	}

	t.Run("leaves all as it was when it cannot catch up", func(t *testing.T) {
		failure := errors.New("the log is away")
		if err := s.Replace(t.Context(), nextOf(t, s), func(context.Context) error { return failure }); !errors.Is(err, failure) {
			t.Errorf("Replace: %v, want %v", err, failure)
		}
		mustPut(t, other, readerDoc("r", 6))
		want := map[string][]string{"pick-000001": {"pick"}, "reader-000001": {"reader"}}
		if diff := cmp.Diff(want, c.names(t, prefix)); diff != "" {
			t.Errorf("indices and aliases (-want +got):\n%s", diff)
		}
	})
	t.Run("goes on behind one that was killed", func(t *testing.T) {
		mustPut(t, nextOf(t, s), pick("half", 1, `{}`))
		c.raw(t, http.MethodPut, "/"+prefix+"-reader-000001/_block/write", "")
		n := nextOf(t, s)
		mustPut(t, other, readerDoc("r", 7))
		if got, err := n.Get(t.Context(), pick("half", 1, "").Ref); err != nil || len(got) != 0 {
			t.Errorf("Get from another next: %v, %v, want none, nil", got, err)
		}
	})
	t.Run("puts other indices behind the aliases", func(t *testing.T) {
		n := nextOf(t, s)
		after, late := pick("after", 1, `{"reason":"new"}`), readerDoc("r", 4)
		mustPut(t, n, after)
		err := s.Replace(t.Context(), n, func(ctx context.Context) error {
			wantDocs(t, other, before)
			if err := other.Put(ctx, readerDoc("r", 8)); !errors.Is(err, recommend.ErrUnavailable) || errors.Is(err, recommend.ErrInvalid) {
				t.Errorf("Put meanwhile: %v, want an error that wraps ErrUnavailable alone", err)
			}
			return n.Put(ctx, late)
		})
		if err != nil {
			t.Fatalf("Replace: %v, want nil", err)
		}
		wantDocs(t, other, after, late)
		if got, err := other.Get(t.Context(), before.Ref); err != nil || len(got) != 0 {
			t.Errorf("Get of what was there before: %v, %v, want none, nil", got, err)
		}
		finds(t, other, "new", "after")
		if _, _, err := other.Changes(t.Context(), recommend.KindPick, mark, 10); !errors.Is(err, recommend.ErrInvalid) {
			t.Errorf("Changes since a mark from before: %v, want an error that wraps ErrInvalid", err)
		}
		docs, _, err := other.Changes(t.Context(), recommend.KindPick, "", 10)
		if diff := cmp.Diff([]recommend.Document{after}, docs); err != nil || diff != "" {
			t.Errorf("Changes: %v, (-want +got):\n%s", err, diff)
		}
		mustPut(t, other, readerDoc("r", 9))
		want := map[string][]string{"pick-000001": nil, "reader-000001": nil, "pick-000002": {"pick"}, "reader-000002": {"reader"}}
		if diff := cmp.Diff(want, c.names(t, prefix)); diff != "" {
			t.Errorf("indices and aliases (-want +got):\n%s", diff)
		}
		if err := other.Check(t.Context()); err != nil {
			t.Errorf("Check: %v, want nil", err)
		}
		closed(t, c.openAs(t, elastic.Config{Prefix: prefix})) // finds its way
	})
	t.Run("and others again", func(t *testing.T) {
		if err := s.Replace(t.Context(), nextOf(t, s), func(context.Context) error { return nil }); err != nil {
			t.Fatalf("Replace: %v, want nil", err)
		}
		if got := c.names(t, prefix); !slices.Equal(got["pick-000003"], []string{"pick"}) || len(got) != 6 {
			t.Errorf("indices and aliases: %v, want pick at the third and six of them", got)
		}
	})
}

// TestRealReplaceIsNotNoticed reads and writes without a pause, as several
// processes do, while indices are replaced by their copies. Nothing that was
// put is missing.
func TestRealReplaceIsNotNoticed(t *testing.T) {
	c := newCluster(t)
	s := c.opened(t)
	other := closed(t, c.openAs(t, elastic.Config{Prefix: c.prefix(s)}))
	seen := pick("seen", 1, `{"reason":"seen"}`)
	mustPut(t, s, seen)
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		for ctx.Err() == nil {
			if got, err := other.Get(t.Context(), seen.Ref); err != nil || len(got) != 1 {
				t.Errorf("Get: %v, %v, want the document, nil", got, err)
			}
			if _, _, err := other.Changes(t.Context(), recommend.KindPick, "", 10); err != nil {
				t.Errorf("Changes: %v, want nil", err)
			}
		}
	})
	const writers = 2
	put := make([][]recommend.Document, writers)
	for w := range writers {
		wg.Go(func() {
			again := time.NewTicker(5 * time.Millisecond)
			defer again.Stop()
			for i := 0; ctx.Err() == nil; i++ {
				d := readerDoc(fmt.Sprint(w, "-", i), int64(i))
				for {
					err := other.Put(t.Context(), d)
					if err == nil {
						break
					}
					if !errors.Is(err, recommend.ErrUnavailable) || errors.Is(err, recommend.ErrInvalid) {
						t.Errorf("Put: %v, want nil or an error that wraps ErrUnavailable alone", err)
						return
					}
					<-again.C
				}
				put[w] = append(put[w], d)
			}
		})
	}
	for range 2 {
		n := nextOf(t, s)
		err := s.Replace(t.Context(), n, func(ctx context.Context) error {
			for _, k := range []recommend.Kind{recommend.KindPick, recommend.KindReader} {
				if err := s.Each(ctx, k, func(d recommend.Document) error { return n.Put(ctx, d) }); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Errorf("Replace: %v, want nil", err)
		}
	}
	stop()
	wg.Wait()
	for _, docs := range put {
		wantDocs(t, s, docs...)
	}
}

func TestRealEachVisitsEveryDocumentOfAKind(t *testing.T) {
	c := newCluster(t)
	prefix := c.prefix(closed(t, c.open(t)))
	c.drop(t, prefix)
	s, ok := closed(t, c.openAs(t, elastic.Config{Prefix: prefix, Shards: 3})).(*elastic.Store)
	if !ok {
		t.Fatal("not a store of Elasticsearch")
	}
	want := map[string]int64{}
	var docs []recommend.Document
	for i := range 2503 {
		d := readerDoc(fmt.Sprint("r", i), int64(i))
		want[d.ID] = d.Version
		docs = append(docs, d)
	}
	mustPut(t, s, docs...)
	mustPut(t, s, pick("p", 1, `{}`), readerDoc("r0", 7))
	want["r0"] = 7
	got := map[string]int64{}
	err := s.Each(t.Context(), recommend.KindReader, func(d recommend.Document) error {
		if diff := cmp.Diff(readerDoc(d.ID, d.Version), d); diff != "" {
			t.Errorf("document (-want +got):\n%s", diff)
		}
		got[d.ID] = d.Version
		return nil
	})
	if err != nil || !maps.Equal(want, got) {
		t.Errorf("Each: %v, documents (-want +got):\n%.2000s", err, cmp.Diff(want, got))
	}
}
