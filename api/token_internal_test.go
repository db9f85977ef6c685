package api

import (
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// openTokens opens a memory of tokens, and signs one.
func openTokens(tb testing.TB, now time.Time) (*tokens, string) {
	tb.Helper()
	keys, err := LoadKeys(filepath.Join(tb.TempDir(), "keys.json"))
	if err != nil {
		tb.Fatal(err)
	}
	token, err := keys.Sign(Claims{Subject: "ann", Scopes: []string{ScopeWindowRead}, IssuedAt: now, TTL: time.Hour})
	if err != nil {
		tb.Fatal(err)
	}
	t, err := newTokens(keys)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(t.close)
	return t, token
}

// TestTokensAreNotRememberedAsTheyAre: who reads the memory of the process
// finds nothing there that opens a door.
func TestTokensAreNotRememberedAsTheyAre(t *testing.T) {
	now := time.Now()
	remembered, token := openTokens(t, now)
	for range 2 {
		if c, err := remembered.verify(t.Context(), token, now); err != nil || c.Subject != "ann" {
			t.Fatalf("verify: %+v, %v", c, err)
		}
	}
	n := 0
	for key := range remembered.known.Keys() {
		n++
		if k := string(key[:]); strings.Contains(token, k) || strings.Contains(k, token) {
			t.Errorf("a token is remembered as %q", k)
		}
	}
	if n != 1 {
		t.Errorf("%d tokens are remembered, want one", n)
	}
	if _, err := remembered.verify(t.Context(), token, now.Add(2*time.Hour)); err == nil {
		t.Error("a token that is remembered is taken after it has expired")
	}
}

// BenchmarkKnownToken is what a token costs that was verified a moment ago.
func BenchmarkKnownToken(b *testing.B) {
	now := time.Now()
	t, token := openTokens(b, now)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := t.verify(b.Context(), token, now); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(token)), "bytes/token")
}
