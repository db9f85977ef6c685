package api_test

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"vitrine.dev/api"
)

// BenchmarkRequest is what a request costs beside what it asks for.
func BenchmarkRequest(b *testing.B) {
	w := newWorld(b)
	server, err := api.New(w.config())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(server.Close)
	who := w.token(b, "ann", api.ScopeWindowRead)
	for _, path := range []string{"/livez", "/v1/me/interests", "/v1/window?limit=20"} {
		b.Run(filepath.Base(path), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, path, http.NoBody)
				r.Header.Set(who.name, who.value)
				got := httptest.NewRecorder()
				server.ServeHTTP(got, r)
				if got.Code != http.StatusOK {
					b.Fatalf("status %d: %s", got.Code, got.Body)
				}
			}
		})
	}
}
