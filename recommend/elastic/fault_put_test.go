package elastic_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"vitrine.dev/recommend"
	"vitrine.dev/recommend/elastic"
)

// picks returns documents p0 … of version 1.
func picks(n int) []recommend.Document {
	docs := make([]recommend.Document, n)
	for i := range docs {
		docs[i] = recommend.Document{
			Ref: recommend.Ref{Kind: recommend.KindPick, ID: fmt.Sprintf("p%d", i)}, Version: 1, Body: json.RawMessage(`{"a":1}`),
		}
	}
	return docs
}

// idsOf returns the ids that a bulk request writes.
func idsOf(t *testing.T, body string) []string {
	t.Helper()
	var ids []string
	for i, l := range strings.Split(strings.TrimSpace(body), "\n") {
		if i%2 == 1 {
			continue
		}
		var action struct {
			Index struct {
				ID string `json:"_id"`
			} `json:"index"`
		}
		if err := json.Unmarshal([]byte(l), &action); err != nil {
			t.Fatalf("line %d of bulk: %v: %s", i, err, l)
		}
		ids = append(ids, action.Index.ID)
	}
	return ids
}

// batches returns the ids of each bulk request that f got.
func (f *fake) batches(t *testing.T) [][]string {
	t.Helper()
	var all [][]string
	for _, r := range f.sent("/_bulk") {
		all = append(all, idsOf(t, r.Body))
	}
	return all
}

func TestPutTriesAgain(t *testing.T) {
	whole := bulkAnswer(t, created(), created())
	cut := whole
	cut.cut = true
	tests := []struct {
		name    string
		answers []response
		want    [][]string // ids sent, by request
	}{
		{"the item that came too fast", []response{bulkAnswer(t, created(), failed(429, "es_rejected_execution_exception")), bulkAnswer(t, created())}, [][]string{{"p0", "p1"}, {"p1"}}},
		{"the item whose shard was away", []response{bulkAnswer(t, failed(503, "unavailable_shards_exception"), created()), bulkAnswer(t, created())}, [][]string{{"p0", "p1"}, {"p0"}}},
		{"all when the cluster is overloaded", []response{errorAnswer(429, "circuit_breaking_exception"), whole}, [][]string{{"p0", "p1"}, {"p0", "p1"}}},
		{"all when a proxy has no node", []response{{status: 502, body: "<html>"}, {status: 503, body: "<html>"}, {status: 504}, whole}, [][]string{{"p0", "p1"}, {"p0", "p1"}, {"p0", "p1"}, {"p0", "p1"}}},
		{"all when no node listens", []response{refused(), refused(), whole}, [][]string{{"p0", "p1"}, {"p0", "p1"}, {"p0", "p1"}}},
		{"all when the answer breaks off", []response{cut, whole}, [][]string{{"p0", "p1"}, {"p0", "p1"}}},
		{"all when the answer says too little", []response{bulkAnswer(t, created()), whole}, [][]string{{"p0", "p1"}, {"p0", "p1"}}},
		{"all when the answer takes too long", []response{{delay: time.Hour}, whole}, [][]string{{"p0", "p1"}, {"p0", "p1"}}},
		{"none that lost against a newer version", []response{bulkAnswer(t, failed(409, "version_conflict_engine_exception"), created())}, [][]string{{"p0", "p1"}}},
		{"as text what the parser does not like", []response{bulkAnswer(t, failed(400, "document_parsing_exception"), created()), bulkAnswer(t, created())}, [][]string{{"p0", "p1"}, {"p0"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := healthy().on("POST /_bulk", tt.answers...)
				s := f.open(t, elastic.Config{})
				if err := s.Put(t.Context(), picks(2)...); err != nil {
					t.Errorf("Put: %v, want nil", err)
				}
				if diff := cmp.Diff(tt.want, f.batches(t)); diff != "" {
					t.Errorf("ids sent (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestPutSendsABodyAsTextOnce(t *testing.T) {
	f := healthy().on("POST /_bulk", bulkAnswer(t, failed(400, "document_parsing_exception")), bulkAnswer(t, created()))
	s := f.open(t, elastic.Config{})
	d := picks(1)[0]
	d.Body = json.RawMessage(`{"a":1,"a":2}`)
	if err := s.Put(t.Context(), d); err != nil {
		t.Errorf("Put: %v, want nil", err)
	}
	want := []string{`"body":{"a":1,"a":2}}`, `"raw":"{\"a\":1,\"a\":2}"}`}
	for i, r := range f.sent("/_bulk") {
		if !strings.HasSuffix(strings.TrimSpace(r.Body), want[i]) {
			t.Errorf("request %d: %s, want it to end in %s", i, r.Body, want[i])
		}
	}
}

func TestPutRefuses(t *testing.T) {
	t.Run("a poisonous document, after writing the others", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			poison := failed(400, "document_parsing_exception")
			f := healthy().on("POST /_bulk",
				bulkAnswer(t, failed(429, "es_rejected_execution_exception"), poison, created()),
				bulkAnswer(t, created(), poison))
			s := f.open(t, elastic.Config{})
			err := s.Put(t.Context(), picks(3)...)
			wantRefused(t, err, "p1")
			if diff := cmp.Diff([][]string{{"p0", "p1", "p2"}, {"p0", "p1"}}, f.batches(t)); diff != "" {
				t.Errorf("ids sent (-want +got):\n%s", diff)
			}
		})
	})
	t.Run("what need not be sent at all", func(t *testing.T) {
		f := healthy().on("POST /_bulk", bulkAnswer(t, created()))
		s := f.open(t, elastic.Config{})
		docs := picks(8)
		docs[0].ID = ""
		docs[1].ID = strings.Repeat("x", 513)
		docs[2].ID = "\xff"
		docs[3].Version = -1
		docs[4].Body = json.RawMessage(`[1]`)
		docs[5].Body = json.RawMessage("{\"a\":\"\xff\"}")
		docs[6].Kind = "nonesuch"
		err := s.Put(t.Context(), docs...)
		wantRefused(t, err, "", docs[1].ID, docs[2].ID, "p3", "p4", "p5", "p6")
		if diff := cmp.Diff([][]string{{"p7"}}, f.batches(t)); diff != "" {
			t.Errorf("ids sent (-want +got):\n%s", diff)
		}
	})
	t.Run("what is too large alone, and halves a request that is", func(t *testing.T) {
		large := response{status: 413, body: "<html>413 Request Entity Too Large</html>"}
		f := healthy().on("POST /_bulk", large, bulkAnswer(t, created(), created()), large, large, bulkAnswer(t, created()))
		s := f.open(t, elastic.Config{})
		err := s.Put(t.Context(), picks(4)...)
		wantRefused(t, err, "p2")
		if diff := cmp.Diff([][]string{{"p0", "p1", "p2", "p3"}, {"p0", "p1"}, {"p2", "p3"}, {"p2"}, {"p3"}}, f.batches(t)); diff != "" {
			t.Errorf("ids sent (-want +got):\n%s", diff)
		}
	})
}

// wantRefused checks that err is a PutError that names ids in order.
func wantRefused(t *testing.T, err error, ids ...string) {
	t.Helper()
	perr, ok := errors.AsType[*recommend.PutError](err)
	if !ok {
		t.Fatalf("Put: %v, want a PutError", err)
	}
	var got []string
	for _, it := range perr.Items {
		got = append(got, it.Ref.ID)
	}
	if diff := cmp.Diff(ids, got); diff != "" {
		t.Errorf("ids refused (-want +got):\n%s", diff)
	}
}

func TestPutNeverBlamesTheDocumentForTheCluster(t *testing.T) {
	for name, it := range map[string]itemAnswer{
		"a closed index":                  failed(400, "index_closed_exception"),
		"an alias without an index":       failed(400, "illegal_argument_exception"),
		"an index that takes no writes":   failed(403, "cluster_block_exception"),
		"a disk that is full":             failed(429, "cluster_block_exception"),
		"a shard away for good":           failed(503, "unavailable_shards_exception"),
		"an engine that failed":           failed(500, "already_closed_exception"),
		"rights that do not reach so far": failed(403, "security_exception"),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := healthy().on("POST /_bulk", bulkAnswer(t, it))
				err := f.open(t, elastic.Config{}).Put(t.Context(), picks(1)...)
				if !errors.Is(err, recommend.ErrUnavailable) || errors.Is(err, recommend.ErrInvalid) {
					t.Errorf("Put: %v, want an error that wraps ErrUnavailable alone", err)
				}
			})
		})
	}
}

func TestPutGivesUp(t *testing.T) {
	tests := []struct {
		name     string
		deadline time.Duration // of the context, if not 0
		cfg      elastic.Config
		want     time.Duration
	}{
		{"at the deadline of its context", 3 * time.Second, elastic.Config{}, 3 * time.Second},
		{"at a deadline beyond its own patience", time.Minute, elastic.Config{}, time.Minute},
		{"after 30 s without a deadline", 0, elastic.Config{}, 30 * time.Second},
		{"after the patience it was given", 0, elastic.Config{Patience: 5 * time.Second}, 5 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := healthy().on("POST /_bulk", refused())
				s := f.open(t, tt.cfg)
				ctx := t.Context()
				if tt.deadline > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, tt.deadline)
					defer cancel()
				}
				start := time.Now()
				err := s.Put(ctx, picks(1)...)
				if !errors.Is(err, recommend.ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "connection refused") {
					t.Errorf("Put: %v, want an error that wraps ErrUnavailable and DeadlineExceeded and names the cause", err)
				}
				if got := time.Since(start); got != tt.want {
					t.Errorf("Put gave up after %v, want %v", got, tt.want)
				}
				// It must neither hammer the cluster nor sleep through its return.
				if got, least, most := len(f.batches(t)), int(tt.want/(2*time.Second)), 10+int(tt.want/time.Second); got < least || got > most {
					t.Errorf("Put tried %d times in %v, want %d to %d", got, tt.want, least, most)
				}
			})
		})
	}
}

func TestPutSplitsWhatIsLarge(t *testing.T) {
	t.Run("by count", func(t *testing.T) {
		f := healthy().on("POST /_bulk", bulkAnswer(t, slices.Repeat([]itemAnswer{created()}, 5000)...), bulkAnswer(t, created()))
		if err := f.open(t, elastic.Config{}).Put(t.Context(), picks(5001)...); err != nil {
			t.Errorf("Put: %v, want nil", err)
		}
		if got := f.batches(t); len(got) != 2 || len(got[0]) != 5000 || got[1][0] != "p5000" {
			t.Errorf("requests: got %d, want one of 5,000 documents and one of the last", len(got))
		}
	})
	t.Run("by size", func(t *testing.T) {
		docs := picks(4)
		for i := range docs {
			docs[i].Body = fmt.Appendf(nil, `{"a":%q}`, strings.Repeat("x", 2<<20))
		}
		f := healthy().on("POST /_bulk", bulkAnswer(t, created(), created()))
		if err := f.open(t, elastic.Config{}).Put(t.Context(), docs...); err != nil {
			t.Errorf("Put: %v, want nil", err)
		}
		if diff := cmp.Diff([][]string{{"p0", "p1"}, {"p2", "p3"}}, f.batches(t)); diff != "" {
			t.Errorf("ids sent (-want +got):\n%s", diff)
		}
	})
	t.Run("but sends alone what is larger than a request", func(t *testing.T) {
		docs := picks(2)
		docs[0].Body = fmt.Appendf(nil, `{"a":%q}`, strings.Repeat("x", 6<<20))
		f := healthy().on("POST /_bulk", bulkAnswer(t, created()))
		if err := f.open(t, elastic.Config{}).Put(t.Context(), docs...); err != nil {
			t.Errorf("Put: %v, want nil", err)
		}
		if diff := cmp.Diff([][]string{{"p0"}, {"p1"}}, f.batches(t)); diff != "" {
			t.Errorf("ids sent (-want +got):\n%s", diff)
		}
	})
}
