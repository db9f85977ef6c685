package elastic_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"vitrine.dev/recommend"
	"vitrine.dev/recommend/elastic"
)

// replaceable answers as a cluster in which indices can be replaced: the
// aliases of the next ones are missing until those have been created.
func replaceable() *fake {
	f := healthy().
		on("PUT /_all", response{}).
		on("POST /_aliases", response{body: `{"acknowledged":true}`})
	none := response{status: http.StatusNotFound, body: `{"error":"alias missing","status":404}`}
	for _, k := range recommend.Kinds() {
		index := func(n int) response { return response{body: fmt.Sprintf(`{"vitrine-%s-%06d":{"aliases":{}}}`, k, n)} }
		f.on("GET /_alias/vitrine-"+string(k), index(7))
		f.on("GET /_alias/vitrine-"+string(k)+"-next", none, index(8))
		f.on("DELETE /vitrine-"+string(k), response{body: `{"acknowledged":true}`})
	}
	return f.on("PUT /vitrine-ruling-000007,", response{body: `{"acknowledged":true,"shards_acknowledged":true}`})
}

// TestReplaceUndoesWhatItCannotFinish fails each step: then the indices in use
// are unblocked and those to come are deleted.
func TestReplaceUndoesWhatItCannotFinish(t *testing.T) {
	failure := errors.New("the log is away")
	for name, tt := range map[string]struct {
		change  func(*fake)
		catchUp error
		ok      bool
	}{
		"nothing":     {ok: true},
		"catching up": {catchUp: failure},
		"blocking": {change: func(f *fake) {
			f.on("PUT /vitrine-ruling-000007,", errorAnswer(500, "no"), response{body: `{"acknowledged":true}`})
		}},
		"a shard's block": {change: func(f *fake) {
			f.on("PUT /vitrine-ruling-000007,", response{body: `{"acknowledged":true,"shards_acknowledged":false}`})
		}},
		"swapping":                    {change: func(f *fake) { f.on("POST /_aliases", errorAnswer(400, "no")) }},
		"swapping, without an answer": {change: func(f *fake) { f.on("POST /_aliases", refused()) }},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := replaceable()
				s := f.open(t, elastic.Config{})
				n, err := s.Next(t.Context())
				if err != nil {
					t.Fatalf("Next: %v, want nil", err)
				}
				f.sent("")
				if tt.change != nil {
					tt.change(f)
				}
				err = s.Replace(t.Context(), n, func(context.Context) error { return tt.catchUp })
				if (err == nil) != tt.ok || tt.catchUp != nil && !errors.Is(err, tt.catchUp) {
					t.Errorf("Replace: %v, want it to succeed: %t", err, tt.ok)
				}
				unblocked, deleted := false, 0
				for _, r := range f.sent("") {
					unblocked = unblocked || strings.HasSuffix(r.Path, "/_settings") && strings.Contains(r.Body, `"index.blocks.write":null`)
					if r.Method == http.MethodDelete {
						deleted++
					}
				}
				if want := len(recommend.Kinds()); !tt.ok && (!unblocked || deleted != want) {
					t.Errorf("unblocked: %t, deleted %d of %d", unblocked, deleted, want)
				}
				if tt.ok && (unblocked || deleted > 0) {
					t.Errorf("unblocked: %t, deleted %d, want nothing undone", unblocked, deleted)
				}
			})
		})
	}
}
