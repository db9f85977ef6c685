package elastic_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vitrine.dev/recommend"
	"vitrine.dev/recommend/elastic"
)

// TestReads holds every read to the same: what passes is tried three times in
// all, what stays is ErrUnavailable.
func TestReads(t *testing.T) {
	calls := map[string]struct {
		path string
		call func(context.Context, *elastic.Store) error
		ok   response
	}{
		"Get": {"POST /_mget", func(ctx context.Context, s *elastic.Store) error {
			_, err := s.Get(ctx, picks(1)[0].Ref)
			return err
		}, response{body: `{"docs":[{"found":false}]}`}},
		"Changes": {"GET /vitrine-pick/_stats", func(ctx context.Context, s *elastic.Store) error {
			_, _, err := s.Changes(ctx, recommend.KindPick, "", 10)
			return err
		}, response{body: `{"indices":{"i":{"health":"green","shards":{"0":[{"routing":{"state":"STARTED","primary":true},"seq_no":{"global_checkpoint":-1},"commit":{"user_data":{"history_uuid":"H"}}}]}}}}`}},
		"Search": {"POST /vitrine-pick,vitrine-product/_search", func(ctx context.Context, s *elastic.Store) error {
			_, err := s.Search(ctx, recommend.Search{Text: "x", Limit: 1})
			return err
		}, response{body: `{"hits":{"hits":[]}}`}},
	}
	down := response{status: http.StatusServiceUnavailable, body: "no node"}
	for name, c := range calls {
		for _, tt := range []struct {
			name    string
			answers []response
			ok      bool
		}{
			{"comes at the third try", []response{down, refused(), c.ok}, true},
			{"comes after an answer that broke off", []response{{body: c.ok.body, cut: true}, c.ok}, true},
			{"comes after an answer that took too long", []response{{delay: time.Hour}, c.ok}, true},
			{"is unavailable after three tries", []response{down}, false},
			{"is unavailable when the index is closed", []response{errorAnswer(400, "index_closed_exception")}, false},
			{"is unavailable when it may not", []response{errorAnswer(403, "security_exception")}, false},
		} {
			t.Run(name+" "+tt.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					f := healthy().on(c.path, tt.answers...)
					err := c.call(t.Context(), f.open(t, elastic.Config{}))
					if tt.ok && err != nil {
						t.Errorf("%s: %v, want nil", name, err)
					}
					if !tt.ok && (!errors.Is(err, recommend.ErrUnavailable) || errors.Is(err, recommend.ErrInvalid)) {
						t.Errorf("%s: %v, want an error that wraps ErrUnavailable alone", name, err)
					}
					if got := len(f.sent("")); got > 3 {
						t.Errorf("%s: %d requests, want at most 3", name, got)
					}
				})
			})
		}
	}
}

// whole answers every read, in full.
func whole() *fake {
	return healthy().
		on("GET /vitrine-pick/_stats", response{body: wholeStats}).
		on("POST /i/_refresh", response{body: `{"_shards":{"failed":0}}`}).
		on("POST /i/_search", response{body: `{"timed_out":false,"_shards":{"failed":0},"hits":{"hits":[{"_id":"p","_version":1,"_source":{"body":{}},"sort":[4]}]}}`}).
		on("POST /vitrine-pick,vitrine-product/_search", response{body: `{"timed_out":false,"_shards":{"failed":0},"hits":{"hits":[{"_score":1,"sort":[1,"pick/p"]}]}}`}).
		on("POST /_mget", response{body: `{"docs":[{"found":false},{"found":true,"_version":1,"_source":{"body":{}}}]}`})
}

const wholeStats = `{"_shards":{"failed":0},"indices":{"i":{"health":"green","shards":{"0":[{"routing":{"state":"STARTED","primary":true},"seq_no":{"global_checkpoint":4},"commit":{"user_data":{"history_uuid":"H"}}}]}}}}`

func TestReadsTakeNoPartForTheWhole(t *testing.T) {
	stats := func(old, changed string) *fake {
		if !strings.Contains(wholeStats, old) {
			t.Fatalf("%q is not in the statistics", old)
		}
		return whole().on("GET /vitrine-pick/_stats", response{body: strings.Replace(wholeStats, old, changed, 1)})
	}
	some := response{body: `{"_shards":{"failed":1},"hits":{"hits":[]}}`}
	tests := []struct {
		name string
		fake *fake
		call func(context.Context, *elastic.Store) error
		ok   bool
	}{
		{"all changes", whole(), follow, true},
		{"all hits", whole(), find, true},
		{"all documents", whole(), getTwo, true},
		{"statistics of which a shard failed", stats(`"failed":0`, `"failed":1`), follow, false},
		{"statistics of an index that is red", stats("green", "red"), follow, false},
		{"statistics of a shard that starts", stats("STARTED", "INITIALIZING"), follow, false},
		{"statistics of a replica alone", stats("true", "false"), follow, false},
		{"statistics without a checkpoint", stats("seq_no", "other"), follow, false},
		{"statistics without a history", stats("commit", "other"), follow, false},
		{"statistics without the first of two shards", stats(`"0":`, `"1":`), follow, false},
		{"statistics of no shard", stats(`"shards":{`, `"others":{`), follow, false},
		{"statistics of two indices", stats(`"indices":{`, `"indices":{"j":{},`), follow, false},
		{"statistics of no index", stats("indices", "others"), follow, false},
		{"a refresh of which a shard failed", whole().on("POST /i/_refresh", some), follow, false},
		{"changes of which a shard failed", whole().on("POST /i/_search", some), follow, false},
		{"changes that ran out of time", whole().on("POST /i/_search", response{body: `{"timed_out":true}`}), follow, false},
		{"hits of which a shard failed", whole().on("POST /vitrine-pick,vitrine-product/_search", some), find, false},
		{"documents of which one failed", whole().on("POST /_mget", response{body: `{"docs":[{"found":false},{"error":{"type":"no_shard_available_action_exception","reason":"because"}}]}`}), getTwo, false},
		{"documents of which one is not told", whole().on("POST /_mget", response{body: `{"docs":[{"found":false}]}`}), getTwo, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				err := tt.call(t.Context(), tt.fake.open(t, elastic.Config{}))
				if tt.ok && err != nil {
					t.Errorf("%s: %v, want nil", tt.name, err)
				}
				if !tt.ok && (!errors.Is(err, recommend.ErrUnavailable) || errors.Is(err, recommend.ErrInvalid)) {
					t.Errorf("%s: %v, want an error that wraps ErrUnavailable alone", tt.name, err)
				}
			})
		})
	}
}

func follow(ctx context.Context, s *elastic.Store) error {
	_, _, err := s.Changes(ctx, recommend.KindPick, "", 10)
	return err
}

func find(ctx context.Context, s *elastic.Store) error {
	_, err := s.Search(ctx, recommend.Search{Text: "x", Limit: 1})
	return err
}

func getTwo(ctx context.Context, s *elastic.Store) error {
	_, err := s.Get(ctx, picks(2)[0].Ref, picks(2)[1].Ref)
	return err
}
