package elastic_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"

	"vitrine.dev/recommend"
	"vitrine.dev/recommend/elastic"
)

func TestAMissingIndexIsCreated(t *testing.T) {
	gone := failed(404, "index_not_found_exception")
	goneAll := errorAnswer(404, "index_not_found_exception")
	tests := []struct {
		name string
		fake *fake
		call func(context.Context, *elastic.Store) error
	}{
		{"by Put", healthy().on("POST /_bulk", bulkAnswer(t, gone), bulkAnswer(t, created())), func(ctx context.Context, s *elastic.Store) error { return s.Put(ctx, picks(1)...) }},
		{"by Put of others that came too fast", healthy().on("POST /_bulk", bulkAnswer(t, failed(429, "es_rejected_execution_exception"), gone), bulkAnswer(t, created(), created())), func(ctx context.Context, s *elastic.Store) error { return s.Put(ctx, picks(2)...) }},
		{"by Get", healthy().on("POST /_mget", response{body: `{"docs":[{"found":false},{"error":{"type":"index_not_found_exception"}}]}`}, response{body: `{"docs":[{"found":false},{"found":false}]}`}), getTwo},
		{"by Search", healthy().on("POST /vitrine-pick,vitrine-product/_search", goneAll, response{body: `{}`}), find},
		{"by Check", healthy().on("GET /_cluster/health", response{status: 408, body: `{"status":"red"}`}, response{body: `{"status":"green"}`}), func(ctx context.Context, s *elastic.Store) error { return s.Check(ctx) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := tt.fake.open(t, elastic.Config{})
				tt.fake.on("GET /_alias/vitrine-pick", response{status: 404, body: `{}`})
				if err := tt.call(t.Context(), s); err != nil {
					t.Errorf("%s: %v, want nil", tt.name, err)
				}
				if got := tt.fake.sent("/vitrine-pick-000001"); len(got) != 1 || got[0].Method != http.MethodPut {
					t.Errorf("requests for the index: got %v, want it created once", got)
				}
			})
		})
	}
}

func TestCheckSaysWhatIsWrong(t *testing.T) {
	for name, answer := range map[string]response{
		"no node":         refused(),
		"no primary":      {body: `{"status":"red"}`},
		"no rights":       errorAnswer(403, "security_exception"),
		"no master":       errorAnswer(503, "master_not_discovered_exception"),
		"no index for it": {status: 408, body: `{"status":"red"}`},
	} {
		t.Run(name, func(t *testing.T) {
			f := healthy().on("GET /_cluster/health", answer)
			if err := f.open(t, elastic.Config{}).Check(t.Context()); !errors.Is(err, recommend.ErrUnavailable) {
				t.Errorf("Check: %v, want an error that wraps ErrUnavailable", err)
			}
		})
	}
}

func TestOpen(t *testing.T) {
	exists := errorAnswer(400, "resource_already_exists_exception")
	none := response{status: 404, body: `{}`}
	one := response{body: `{"an-index":{}}`}
	tests := []struct {
		name string
		fake *fake
		cfg  elastic.Config
		want error
	}{
		{"waits for a cluster that starts", healthy().on("PUT /_index_template", refused(), errorAnswer(503, "cluster_block_exception"), response{body: `{}`}), elastic.Config{}, nil},
		{"takes an index that another process was quicker to create", healthy().on("GET /_alias/vitrine-pick", none, one).on("PUT /vitrine-pick-000001", exists), elastic.Config{}, nil},
		{"stops at an index without its alias", healthy().on("GET /_alias/vitrine-pick", none).on("PUT /vitrine-pick-000001", exists), elastic.Config{}, recommend.ErrUnavailable},
		{"stops at an alias of two indices", healthy().on("GET /_alias/vitrine-pick", response{body: `{"a":{},"b":{}}`}), elastic.Config{}, recommend.ErrUnavailable},
		{"gives up on a cluster that never answers", healthy().on("PUT /_index_template", refused()), elastic.Config{}, recommend.ErrUnavailable},
		{"refuses a prefix that no index can have", healthy(), elastic.Config{Prefix: "Vitrine"}, recommend.ErrInvalid},
		{"refuses a prefix with a wildcard", healthy(), elastic.Config{Prefix: "a*"}, recommend.ErrInvalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, err := elastic.Open(t.Context(), tt.fake.config(t, tt.cfg))
				if !errors.Is(err, tt.want) {
					t.Fatalf("Open: %v, want %v", err, tt.want)
				}
				if s != nil {
					if err := s.Close(); err != nil {
						t.Errorf("Close: %v, want nil", err)
					}
				}
			})
		})
	}
	t.Run("refuses a config without an address", func(t *testing.T) {
		if _, err := elastic.Open(t.Context(), elastic.Config{}); !errors.Is(err, recommend.ErrInvalid) {
			t.Errorf("Open: %v, want an error that wraps ErrInvalid", err)
		}
	})
	t.Run("refuses certificates that are none", func(t *testing.T) {
		cfg := elastic.Config{Addresses: []string{"https://es.test"}, CACert: []byte("none")}
		if _, err := elastic.Open(t.Context(), cfg); !errors.Is(err, recommend.ErrInvalid) {
			t.Errorf("Open: %v, want an error that wraps ErrInvalid", err)
		}
	})
}
