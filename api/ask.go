package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"

	"vitrine.dev/recommend"
)

// Ask asks the API on behalf of a page, within the process, and decodes into v
// what GET target tells whoever sends r: by the same handler as everybody, and
// so with the same scopes, limits and cursors. What is refused is a
// [*recommend.Refusal] with the code of the problem; what may be answered later
// wraps [recommend.ErrUnavailable], as does everything asked by a request that
// does not come by a [Server].
func Ask(r *http.Request, target string, v any) error {
	c, ok := r.Context().Value(callKey{}).(*call)
	if !ok {
		return fmt.Errorf("ask %s: %w", target, recommend.ErrUnavailable)
	}
	asked, err := http.NewRequestWithContext(r.Context(), http.MethodGet, target, http.NoBody)
	if err != nil {
		return fmt.Errorf("ask: %w", err)
	}
	asked.RemoteAddr, asked.Host, asked.RequestURI = r.RemoteAddr, r.Host, target
	for _, name := range []string{"Cookie", "Accept-Language", "X-Forwarded-For"} {
		asked.Header[name] = r.Header[name]
	}
	asked.Header.Set("Traceparent", c.scope.trace.parent)
	w := &told{header: make(http.Header)}
	c.server.engine.ServeHTTP(w, asked)
	if w.status == http.StatusOK {
		if err := json.Unmarshal(w.body.Bytes(), v); err != nil {
			return fmt.Errorf("ask %s: %w", target, err)
		}
		return nil
	}
	var p Problem
	if err := json.Unmarshal(w.body.Bytes(), &p); err != nil {
		return fmt.Errorf("ask %s: status %d: %w", target, w.status, err)
	}
	switch p.Code {
	case codeRetryLater, codeTimeout, codeQuota:
		return fmt.Errorf("ask %s: %s: %w", target, p.Code, recommend.ErrUnavailable)
	case codeInternal:
		return fmt.Errorf("ask %s: %s", target, p.Code)
	}
	return fmt.Errorf("ask %s: %w", target, recommend.Refuse(recommend.Problem{Code: p.Code, Message: p.Detail}))
}

// told keeps what a page is answered.
type told struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header is the header.
func (w *told) Header() http.Header { return w.header }

// WriteHeader keeps the first status.
func (w *told) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

// Write keeps b.
func (w *told) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(b)
}
