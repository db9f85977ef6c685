package elastic_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vitrine.dev/recommend"
	"vitrine.dev/recommend/elastic"
)

// TestRequests pins every kind of request that the store sends. What differs
// from testdata goes to a cluster differently: look at it, try it on a real
// one, then run the test with -update.
func TestRequests(t *testing.T) {
	tests := []struct {
		name string
		fake *fake
		cfg  elastic.Config
		call func(*testing.T, *elastic.Store) error // nil: opening is what is pinned
	}{
		{name: "open a cluster without indices", fake: emptyCluster(), cfg: elastic.Config{Shards: 3, Replicas: 2}},
		{name: "open a cluster with indices", fake: healthy()},
		{name: "put", fake: healthy().on("POST /_bulk", bulkAnswer(t, slices.Repeat([]itemAnswer{created()}, 9)...)), call: putAll},
		{name: "get", fake: healthy().on("POST /_mget", response{body: `{"docs":[{"found":false},{"found":false}]}`}), call: get},
		{name: "changes from the beginning", fake: following(), call: changes("")},
		{name: "changes since a mark", fake: following(), call: changes("HIST0.7,HIST1.11")},
		{name: "changes when there are none", fake: following(), call: changes("HIST0.9,HIST1.11")},
		{name: "search", fake: healthy().on("POST /vitrine-pick,vitrine-product/_search", response{body: `{"timed_out":false,"_shards":{"failed":0}}`}), call: search},
		{name: "check", fake: healthy(), call: func(t *testing.T, s *elastic.Store) error { return s.Check(t.Context()) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.call == nil {
				s, err := elastic.Open(t.Context(), tt.fake.config(t, tt.cfg))
				if err != nil {
					t.Fatalf("Open: %v, want nil", err)
				}
				if err := s.Close(); err != nil {
					t.Errorf("Close: %v, want nil", err)
				}
			} else if err := tt.call(t, tt.fake.open(t, tt.cfg)); err != nil {
				t.Fatalf("%s: %v, want nil", tt.name, err)
			}
			golden(t, strings.ReplaceAll(tt.name, " ", "_"), render(t, tt.fake.sent("")))
		})
	}
}

// emptyCluster answers as one that has never seen this store.
func emptyCluster() *fake {
	return healthy().on("GET /_alias", response{status: 404, body: `{"error":"alias [vitrine-pick] missing","status":404}`})
}

// following answers as a cluster with two shards of picks and one new document
// in each.
func following() *fake {
	shard := func(n int64) string {
		return fmt.Sprintf(`[{"routing":{"state":"STARTED","primary":false}},{"routing":{"state":"STARTED","primary":true},"seq_no":{"global_checkpoint":%d},"commit":{"user_data":{"history_uuid":"HIST%d"}}}]`, 9+2*n, n)
	}
	hit := func(seq int) response {
		return response{body: fmt.Sprintf(`{"timed_out":false,"_shards":{"failed":0},"hits":{"hits":[{"_id":"p%[1]d","_version":3,"_source":{"ref":"pick/p%[1]d","body":{"a":1}},"sort":[%[1]d]}]}}`, seq)}
	}
	return healthy().
		on("GET /vitrine-pick/_stats", response{body: `{"_shards":{"failed":0},"indices":{"vitrine-pick-000001":{"health":"green","shards":{"0":` + shard(0) + `,"1":` + shard(1) + `}}}}`}).
		on("POST /vitrine-pick-000001/_refresh", response{body: `{"_shards":{"failed":0}}`}).
		on("POST /vitrine-pick-000001/_search", hit(9), hit(11))
}

func putAll(t *testing.T, s *elastic.Store) error {
	doc := func(kind recommend.Kind, id string, version int64, body string) recommend.Document {
		return recommend.Document{Ref: recommend.Ref{Kind: kind, ID: id}, Version: version, Body: json.RawMessage(body)}
	}
	return s.Put(t.Context(),
		doc(recommend.KindPick, "p1", 12, `{"id":"p1","expert":"e1","product":"taobao:1","reason":"quiet \u8336壶","topics":["home/kitchen","tea"],"state":"published","published_at":"2026-11-23T08:00:00Z","_id":"mine","":0,"price":1.0}`),
		doc(recommend.KindPick, "odd types", 0, `{"reason":{"not":"text"},"topics":[1],"expert":null,"state":["a"],"published_at":7}`),
		doc(recommend.KindProduct, "taobao:1", 5, `{"key":"taobao:1","title":"不锈钢水壶","topic":"home","updated_at":"2026-11-23T08:00:00Z"}`),
		doc(recommend.KindProduct, "odd types", 0, `{"title":["not","one"],"topic":["a","b"],"updated_at":["2026-11-23T08:00:00Z"]}`),
		doc(recommend.KindReader, `r"1/<é>`, 9007199254740993, `{"reason":"stays inside"}`),
		doc(recommend.KindRuling, "pick:p1", 1, "{\n  \"hidden\": true\n}\n"),
		doc(recommend.KindExpert, "e1", 2, ` {} `),
		doc(recommend.KindExpert, "e2", 3, `{"version":"loses"}`),
		doc(recommend.KindPublisher, "e1", 4, `{}`),
		doc(recommend.KindExpert, "e2", 4, `{"version":"stays"}`),
		doc(recommend.KindExpert, "e2", 4, `{"version":"comes too late"}`),
	)
}

func get(t *testing.T, s *elastic.Store) error {
	_, err := s.Get(t.Context(), recommend.Ref{Kind: recommend.KindPick, ID: "p1"}, recommend.Ref{Kind: recommend.KindPick},
		recommend.Ref{Kind: "nonesuch", ID: "x"}, recommend.Ref{Kind: recommend.KindReader, ID: `r"1/<é>`})
	return err
}

func changes(since recommend.Mark) func(*testing.T, *elastic.Store) error {
	return func(t *testing.T, s *elastic.Store) error {
		_, _, err := s.Changes(t.Context(), recommend.KindPick, since, 50)
		return err
	}
}

func search(t *testing.T, s *elastic.Store) error {
	_, err := s.Search(t.Context(), recommend.Search{Text: `quiet 茶壶 "AND`, Limit: 20})
	return err
}

// render writes requests one below the other, their JSON indented.
func render(t *testing.T, requests []request) []byte {
	t.Helper()
	var b bytes.Buffer
	for _, r := range requests {
		fmt.Fprintf(&b, "%s %s", r.Method, r.Path)
		if r.Query != "" {
			fmt.Fprintf(&b, "?%s", r.Query)
		}
		b.WriteByte('\n')
		if strings.HasSuffix(r.Path, "/_bulk") {
			b.WriteString(r.Body) // here each byte counts
		} else if r.Body != "" {
			if err := json.Indent(&b, []byte(r.Body), "", "  "); err != nil {
				t.Fatalf("body of %s %s: %v: %s", r.Method, r.Path, err, r.Body)
			}
			b.WriteByte('\n')
		}
		b.WriteByte('\n')
	}
	return b.Bytes()
}

// golden compares got with testdata/name.txt, or with -update writes it.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name+".txt")
	if update() {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v (go test -update writes it)", err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("requests differ from %s (-want +got):\n%s", path, diff)
	}
}

// update reports whether the test runs with -update.
func update() bool {
	f := flag.Lookup("update")
	return f != nil && f.Value.String() == "true"
}
