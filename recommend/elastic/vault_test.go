package elastic_test

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"vitrine.dev/recommend"
	"vitrine.dev/recommend/elastic"
	"vitrine.dev/recommend/storetest"
)

// openVault opens a vault for as long as tb runs.
func openVault(tb testing.TB, cfg elastic.Config) *elastic.Vault {
	tb.Helper()
	v, err := elastic.OpenVault(tb.Context(), cfg)
	if err != nil {
		tb.Fatalf("OpenVault: %v, want nil", err)
	}
	tb.Cleanup(func() {
		if err := v.Close(); err != nil {
			tb.Errorf("Close: %v, want nil", err)
		}
	})
	return v
}

// vault opens a vault on f, as open does a store.
func (f *fake) vault(t *testing.T) *elastic.Vault {
	t.Helper()
	v := openVault(t, f.config(t, elastic.Config{}))
	f.sent("")
	return v
}

func TestVault(t *testing.T) {
	c := newCluster(t)
	storetest.RunVault(t, func(tb testing.TB) func(testing.TB) recommend.Vault {
		prefix := "t-" + strings.ToLower(rand.Text()[:12])
		tb.Cleanup(func() { c.dropIndices(tb, prefix) })
		return func(tb testing.TB) recommend.Vault {
			return openVault(tb, elastic.Config{Addresses: []string{c.url}, Prefix: prefix})
		}
	})
}

// TestVaultRequests pins what a vault sends, as TestRequests does for a store.
func TestVaultRequests(t *testing.T) {
	ask := func(call func(context.Context, *elastic.Vault) error) func(*testing.T, *fake) error {
		return func(t *testing.T, f *fake) error { return call(t.Context(), f.vault(t)) }
	}
	tests := []struct {
		name string
		fake *fake
		call func(*testing.T, *fake) error
	}{
		{"vault open a cluster without it", emptyCluster(), func(t *testing.T, f *fake) error {
			openVault(t, f.config(t, elastic.Config{}))
			return nil
		}},
		{
			"vault lookup", healthy().on("POST /vitrine-vault/_mget", response{body: `{"docs":[{"found":false},{"_id":"bob","found":true,"_source":{"pseudonym":"r2"}}]}`}),
			ask(func(ctx context.Context, v *elastic.Vault) error {
				_, err := v.Lookup(ctx, "ann", "", "bob", strings.Repeat("x", 513), "\xff")
				return err
			}),
		},
		{
			"vault readers", healthy().on("POST /vitrine-vault/_refresh", response{body: `{"_shards":{"failed":0}}`}).
				on("POST /vitrine-vault/_search", response{body: `{"timed_out":false,"_shards":{"failed":0},"hits":{"hits":[{"_id":"bob","_source":{"pseudonym":"r2"}}]}}`}),
			ask(func(ctx context.Context, v *elastic.Vault) error {
				_, err := v.Readers(ctx, "r1", "r2")
				return err
			}),
		},
		{
			"vault claim", healthy().on("POST /_bulk", response{body: `{"items":[{"create":{"status":201}},{"create":{"status":409,"error":{"type":"version_conflict_engine_exception"}}}]}`}).
				on("POST /vitrine-vault/_mget", response{body: `{"docs":[{"_id":"ann/1","found":true,"_source":{"pseudonym":"r1"}},{"_id":"bob","found":true,"_source":{"pseudonym":"r3"}}]}`}),
			ask(func(ctx context.Context, v *elastic.Vault) error {
				_, err := v.Claim(ctx, map[string]string{"ann/1": "r1", "bob": "r2"})
				return err
			}),
		},
		{
			"vault destroy", healthy().on("POST /_bulk", response{body: `{"items":[{"delete":{"status":200}}]}`}).
				on("POST /vitrine-vault/_refresh", response{body: `{"_shards":{"failed":0}}`}).
				on("POST /vitrine-vault/_mget", response{body: `{"docs":[{"_id":"ann/1","_seq_no":7,"_primary_term":2,"found":true,"_source":{"pseudonym":"r1"}}]}`}),
			ask(func(ctx context.Context, v *elastic.Vault) error { return v.Destroy(ctx, "ann/1", "r1") }),
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := tt.call(t, tt.fake); err != nil {
				t.Fatalf("%s: %v, want nil", tt.name, err)
			}
			golden(t, strings.ReplaceAll(tt.name, " ", "_"), render(t, tt.fake.sent("")))
		})
	}
}

// TestVaultFaults answers calls of a vault with what can go wrong. What passes
// is tried again, all else is unavailable; an index that is gone is never
// created, for in an empty one every reader would be somebody else.
func TestVaultFaults(t *testing.T) {
	gone := errorAnswer(http.StatusNotFound, "index_not_found_exception")
	const found = `{"docs":[{"_id":"ann","_seq_no":7,"_primary_term":2,"found":true,"_source":{"pseudonym":"r1"}}]}`
	lookup := func(ctx context.Context, v *elastic.Vault) error { _, err := v.Lookup(ctx, "ann"); return err }
	claim := func(ctx context.Context, v *elastic.Vault) error {
		_, err := v.Claim(ctx, map[string]string{"ann": "r1"})
		return err
	}
	destroy := func(ctx context.Context, v *elastic.Vault) error { return v.Destroy(ctx, "ann", "r1") }
	tests := []struct {
		name string
		fake *fake
		call func(context.Context, *elastic.Vault) error
		ok   bool
	}{
		{"lookup comes at the third try", healthy().on("POST /vitrine-vault/_mget", refused(), response{status: 503}, response{body: found}), lookup, true},
		{"lookup without the index", healthy().on("POST /vitrine-vault/_mget", gone), lookup, false},
		{"lookup where an item fails", healthy().on("POST /vitrine-vault/_mget", response{body: `{"docs":[{"_id":"ann","error":{"type":"no_shard_available_action_exception"}}]}`}), lookup, false},
		{"lookup that answers for others", healthy().on("POST /vitrine-vault/_mget", response{body: `{"docs":[]}`}), lookup, false},
		{"claim waits for a busy node", healthy().on("POST /vitrine-vault/_mget", response{body: found}).
			on("POST /_bulk", response{body: `{"items":[{"create":{"status":429,"error":{"type":"busy"}}}]}`}, response{body: `{"items":[{"create":{"status":201}}]}`}), claim, true},
		{"claim without the alias", healthy().on("POST /_bulk", response{body: `{"items":[{"create":{"status":404,"error":{"type":"index_not_found_exception"}}}]}`}), claim, false},
		{"claim refused", healthy().on("POST /_bulk", response{body: `{"items":[{"create":{"status":403,"error":{"type":"cluster_block_exception"}}}]}`}), claim, false},
		{"destroy looks again after a conflict", healthy().on("POST /vitrine-vault/_mget", response{body: found}, response{body: `{"docs":[{"_id":"ann","found":false}]}`}).
			on("POST /vitrine-vault/_refresh", response{body: `{"_shards":{"failed":0}}`}).
			on("POST /_bulk", response{body: `{"items":[{"delete":{"status":409,"error":{"type":"version_conflict_engine_exception"}}}]}`}), destroy, true},
		{"destroy that cannot be hidden", healthy().on("POST /vitrine-vault/_mget", response{body: `{"docs":[{"_id":"ann","found":false}]}`}).
			on("POST /vitrine-vault/_refresh", response{body: `{"_shards":{"failed":1}}`}), destroy, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				err := tt.call(t.Context(), tt.fake.vault(t))
				if tt.ok && err != nil {
					t.Errorf("got %v, want nil", err)
				}
				if !tt.ok && (!errors.Is(err, recommend.ErrUnavailable) || errors.Is(err, recommend.ErrInvalid)) {
					t.Errorf("got %v, want an error that wraps ErrUnavailable alone", err)
				}
				for _, r := range tt.fake.sent("/") {
					if r.Method == http.MethodPut {
						t.Errorf("sent %s %s, want nothing created", r.Method, r.Path)
					}
				}
			})
		})
	}
}

func TestOpenVaultRefusesAnImpossiblePrefix(t *testing.T) {
	if _, err := elastic.OpenVault(t.Context(), healthy().config(t, elastic.Config{Prefix: "A"})); !errors.Is(err, recommend.ErrInvalid) {
		t.Errorf("OpenVault: %v, want an error that wraps ErrInvalid", err)
	}
}
