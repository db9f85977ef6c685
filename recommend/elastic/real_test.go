package elastic_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vitrine.dev/recommend"
	"vitrine.dev/recommend/elastic"
)

func pick(id string, version int64, body string) recommend.Document {
	return recommend.Document{Ref: recommend.Ref{Kind: recommend.KindPick, ID: id}, Version: version, Body: json.RawMessage(body)}
}

func mustPut(t *testing.T, s recommend.Store, docs ...recommend.Document) {
	t.Helper()
	if err := s.Put(t.Context(), docs...); err != nil {
		t.Fatalf("Put: %v, want nil", err)
	}
}

// finds waits up to two seconds until text finds id.
func finds(t *testing.T, s recommend.Store, text, id string) {
	t.Helper()
	var hits []recommend.Hit
	for start := time.Now(); time.Since(start) < 2*time.Second; {
		var err error
		if hits, err = s.Search(t.Context(), recommend.Search{Text: text, Limit: 10}); err != nil {
			t.Fatalf("Search for %q: %v, want nil", text, err)
		}
		if len(hits) == 1 && hits[0].ID == id {
			return
		}
	}
	t.Errorf("Search for %q: got %v, want %s", text, hits, id)
}

func TestRealTakesAnyJSONObject(t *testing.T) {
	c := newCluster(t)
	s := closed(t, c.open(t))
	bodies := []string{
		`{"a":1,"a":{"b":2,"b":3}}`,
		`{"deep":` + strings.Repeat("[", 1500) + strings.Repeat("]", 1500) + `}`,
		`{"reason":{"not":"text"},"topics":{},"expert":[[]],"published_at":"tomorrow"}`,
		`{"reason.x":1,"":2,".":3," ":4,"a..b":5,"_id":6,"_source":7,"_routing":8}`,
		`{"reason":"lone \ud800 half"}`,
		`{"expert":"` + strings.Repeat("x", 40_000) + `"}`,
	}
	want := make([]recommend.Document, len(bodies))
	refs := make([]recommend.Ref, len(bodies))
	for i, b := range bodies {
		want[i] = pick(strconv.Itoa(i), 1, b)
		refs[i] = want[i].Ref
	}
	mustPut(t, s, want...)
	got, err := s.Get(t.Context(), refs...)
	if err != nil {
		t.Fatalf("Get: %v, want nil", err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("documents (-want +got):\n%.2000s", diff)
	}
}

// TestRealLostIndex deletes indices under an open store.
func TestRealLostIndex(t *testing.T) {
	c := newCluster(t)
	s := closed(t, c.open(t))
	index := "/" + c.prefix(s) + "-pick-000001"
	mustPut(t, s, pick("old", 1, `{"reason":"vanished"}`))
	_, mark, err := s.Changes(t.Context(), recommend.KindPick, "", 10)
	if err != nil {
		t.Fatalf("Changes: %v, want nil", err)
	}
	mapping := c.raw(t, http.MethodGet, index+"/_mapping", "")

	lose := func() { c.raw(t, http.MethodDelete, index, "") }
	lose()
	t.Run("Put creates it with its mapping", func(t *testing.T) {
		d := pick("new", 1, `{"reason":"单个字 came back"}`)
		mustPut(t, s, d)
		got, err := s.Get(t.Context(), d.Ref, pick("old", 0, "").Ref)
		if err != nil {
			t.Fatalf("Get: %v, want nil", err)
		}
		if diff := cmp.Diff([]recommend.Document{d}, got); diff != "" {
			t.Errorf("documents (-want +got):\n%s", diff)
		}
		finds(t, s, "字", "new")
		if diff := cmp.Diff(mapping, c.raw(t, http.MethodGet, index+"/_mapping", "")); diff != "" {
			t.Errorf("mapping of the index created anew (-want +got):\n%s", diff)
		}
	})
	t.Run("an old mark is invalid", func(t *testing.T) {
		_, _, err := s.Changes(t.Context(), recommend.KindPick, mark, 10)
		if !errors.Is(err, recommend.ErrInvalid) {
			t.Errorf("Changes since %q: %v, want an error that wraps ErrInvalid", mark, err)
		}
	})
	for name, call := range map[string]func() error{
		"Get":    func() error { _, err := s.Get(t.Context(), pick("new", 0, "").Ref); return err },
		"Search": func() error { _, err := s.Search(t.Context(), recommend.Search{Text: "x", Limit: 1}); return err },
		"Check":  func() error { return s.Check(t.Context()) },
		"Changes": func() error {
			_, _, err := s.Changes(t.Context(), recommend.KindPick, "", 10)
			return err
		},
	} {
		t.Run(name+" creates it", func(t *testing.T) {
			lose()
			if err := call(); err != nil {
				t.Errorf("%s: %v, want nil", name, err)
			}
			c.raw(t, http.MethodGet, index, "") // fails if it is not there
		})
	}
}

// TestRealBlockedIndex closes an index and opens it again: documents wait, and
// are not refused.
func TestRealBlockedIndex(t *testing.T) {
	c := newCluster(t)
	s := closed(t, c.open(t))
	index := "/" + c.prefix(s) + "-pick-000001"
	d := pick("p", 1, `{}`)
	c.raw(t, http.MethodPost, index+"/_close", "")
	if err := s.Put(t.Context(), d); !errors.Is(err, recommend.ErrUnavailable) || errors.Is(err, recommend.ErrInvalid) {
		t.Errorf("Put into a closed index: %v, want an error that wraps ErrUnavailable alone", err)
	}
	c.raw(t, http.MethodPost, index+"/_open", "")
	c.raw(t, http.MethodPut, index+"/_settings", `{"index.blocks.write":true}`)
	if err := s.Put(t.Context(), d); !errors.Is(err, recommend.ErrUnavailable) || errors.Is(err, recommend.ErrInvalid) {
		t.Errorf("Put into a blocked index: %v, want an error that wraps ErrUnavailable alone", err)
	}
	c.raw(t, http.MethodPut, index+"/_settings", `{"index.blocks.write":false}`)
	mustPut(t, s, d)
}

func TestRealOpenAtOnce(t *testing.T) {
	c := newCluster(t)
	first := closed(t, c.open(t)) // so that the prefix is dropped at the end
	prefix := c.prefix(first)
	c.drop(t, prefix)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			s, err := elastic.Open(t.Context(), elastic.Config{Addresses: []string{c.url}, Prefix: prefix})
			if err != nil {
				t.Errorf("Open: %v, want nil", err)
				return
			}
			if err := errors.Join(s.Check(t.Context()), s.Close()); err != nil {
				t.Errorf("Check and Close: %v, want nil", err)
			}
		})
	}
	wg.Wait()
	var indices map[string]any
	if err := json.Unmarshal([]byte(c.raw(t, http.MethodGet, "/"+prefix+"-*", "")), &indices); err != nil {
		t.Fatal(err)
	}
	if got, want := len(indices), len(recommend.Kinds()); got != want {
		t.Errorf("indices: got %d, want %d", got, want)
	}
}

// TestRealChangesOfManyShards follows an index of three shards while others
// write to it: none may be missed, and each is seen in its last version.
func TestRealChangesOfManyShards(t *testing.T) {
	c := newCluster(t)
	prefix := c.prefix(closed(t, c.open(t)))
	c.drop(t, prefix)
	s := closed(t, c.openAs(t, elastic.Config{Prefix: prefix, Shards: 3}))

	const writers, rounds = 4, 30
	want := map[string]int64{}
	var wg sync.WaitGroup
	for w := range writers {
		for i := range rounds {
			want[fmt.Sprintf("%d-%d", w, i%20)] = int64(i)
		}
		wg.Go(func() {
			for i := range rounds {
				if err := s.Put(t.Context(), pick(fmt.Sprintf("%d-%d", w, i%20), int64(i), `{}`)); err != nil {
					t.Errorf("Put: %v, want nil", err)
				}
			}
		})
	}
	written, stop := context.WithCancel(t.Context())
	go func() { wg.Wait(); stop() }()

	got := map[string]int64{}
	mark := recommend.Mark("")
	for last := false; ; {
		docs, next, err := s.Changes(t.Context(), recommend.KindPick, mark, 7)
		if err != nil {
			t.Fatalf("Changes since %q: %v, want nil", mark, err)
		}
		for _, d := range docs {
			if d.Version < got[d.ID] {
				t.Errorf("version %d of %s came after %d", d.Version, d.ID, got[d.ID])
			}
			got[d.ID] = d.Version
		}
		mark = next
		if len(docs) == 0 && last {
			break
		}
		last = written.Err() != nil // and read once more to the end
	}
	if !maps.Equal(got, want) {
		t.Errorf("changes (-want +got):\n%s", cmp.Diff(want, got))
	}
}

// closed closes s when t ends.
func closed(t *testing.T, s recommend.Store) recommend.Store {
	t.Helper()
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v, want nil", err)
		}
	})
	return s
}
