package api

import (
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"
)

// readBody reads the body whole, where the route takes one.
func (c *call) readBody() error {
	if c.route.body == noBody {
		return nil
	}
	types, limit := c.route.takes()
	h := c.Request.Header
	got, params, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil || !slices.Contains(types, got) {
		return refuse(codeMediaType, "send "+strings.Join(types, " or "))
	}
	if charset := params["charset"]; charset != "" && !strings.EqualFold(charset, "utf-8") {
		return refuse(codeMediaType, "send UTF-8")
	}
	if e := h.Get("Content-Encoding"); e != "" && !strings.EqualFold(e, "identity") {
		return refuse(codeMediaType, "send it uncompressed")
	}
	b, err := io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, limit))
	if err != nil {
		if r := c.server.refusalOf(err); r.code == codeTooLarge {
			return r
		}
		return &refusal{code: codeBadBody, detail: "the body ended early", cause: err}
	}
	if !utf8.Valid(b) {
		return refuse(codeBadBody, "the body is not UTF-8")
	}
	c.body = b
	if c.byForm() {
		return c.readForm()
	}
	return nil
}

// takes is which content types a route reads, and how many bytes.
func (r *route) takes() (types []string, limit int64) {
	types, limit = []string{"application/json"}, jsonLimit
	switch {
	case r.body == ndjsonBody:
		types, limit = []string{"application/x-ndjson", "application/ndjson", "application/jsonl"}, ndjsonLimit
	case r.body == formBody:
		types = []string{formType}
	case r.body == webhookBody:
		limit = webhookLimit
	case r.method == http.MethodPatch:
		types = []string{"application/json", "application/merge-patch+json"}
	}
	if r.form != nil {
		types = append(types, formType)
	}
	if r.limit > 0 {
		limit = r.limit
	}
	return types, limit
}
