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

func TestReadsTakeNoPartForTheWhole(t *testing.T) {
	stats := func(index string) response {
		return response{body: `{"_shards":{"failed":0},"indices":{` + index + `}}`}
	}
	const ready = `"i":{"health":"green","shards":{"0":[{"routing":{"state":"STARTED","primary":true},"seq_no":{"global_checkpoint":4},"commit":{"user_data":{"history_uuid":"H"}}}]}}`
	all := response{body: `{"_shards":{"failed":0}}`}
	some := response{body: `{"_shards":{"failed":1}}`}
	tests := []struct {
		name string
		fake *fake
		call func(context.Context, *elastic.Store) error
	}{
		{"statistics of which a shard failed", healthy().on("GET /vitrine-pick/_stats", response{body: `{"_shards":{"failed":1},"indices":{` + ready + `}}`}), follow},
		{"statistics of an index that is red", healthy().on("GET /vitrine-pick/_stats", stats(strings.Replace(ready, "green", "red", 1))), follow},
		{"statistics of a shard that starts", healthy().on("GET /vitrine-pick/_stats", stats(strings.Replace(ready, "STARTED", "INITIALIZING", 1))), follow},
		{"statistics of a replica alone", healthy().on("GET /vitrine-pick/_stats", stats(strings.Replace(ready, "true", "false", 1))), follow},
		{"statistics without a checkpoint", healthy().on("GET /vitrine-pick/_stats", stats(strings.Replace(ready, "seq_no", "other", 1))), follow},
		{"statistics without a history", healthy().on("GET /vitrine-pick/_stats", stats(strings.Replace(ready, "commit", "other", 1))), follow},
		{"statistics of two indices", healthy().on("GET /vitrine-pick/_stats", stats(ready+","+strings.Replace(ready, "i", "j", 1))), follow},
		{"a refresh of which a shard failed", healthy().on("GET /vitrine-pick/_stats", stats(ready)).on("POST /i/_refresh", some), follow},
		{"changes of which a shard failed", healthy().on("GET /vitrine-pick/_stats", stats(ready)).on("POST /i/_refresh", all).on("POST /i/_search", some), follow},
		{"changes that ran out of time", healthy().on("GET /vitrine-pick/_stats", stats(ready)).on("POST /i/_refresh", all).on("POST /i/_search", response{body: `{"timed_out":true}`}), follow},
		{"hits of which a shard failed", healthy().on("POST /vitrine-pick,vitrine-product/_search", some), find},
		{"documents of which one failed", healthy().on("POST /_mget", response{body: `{"docs":[{"found":false},{"error":{"type":"no_shard_available_action_exception","reason":"because"}}]}`}), getTwo},
		{"documents of which one is not told", healthy().on("POST /_mget", response{body: `{"docs":[{"found":false}]}`}), getTwo},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if err := tt.call(t.Context(), tt.fake.open(t, elastic.Config{})); !errors.Is(err, recommend.ErrUnavailable) || errors.Is(err, recommend.ErrInvalid) {
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
