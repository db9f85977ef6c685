package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	oteltrace "go.opentelemetry.io/otel/trace"

	"vitrine.dev/recommend"
)

// A call is one request on its way through a handler.
type call struct {
	*gin.Context
	server  *Server
	route   *route // nil when the router found none
	who     *Claims
	cookie  bool // who came by session cookie
	lang    string
	body    []byte     // whole, where the route takes one
	key     string     // Idempotency-Key, "" when none was sent
	digest  string     // of route and body, where there is a key
	fields  url.Values // of the form that a page sent, nil where none was
	refused int        // the status of what a form was refused for, 0 of what it was not
	fault   error      // what a 5xx was answered for

	scope   *requestContext
	spanned oteltrace.Span // nil when nobody traces
	query   query
	values  [5]string // of headers that are this answer's own
	used    int
}

func (c *call) ctx() context.Context { return c.Request.Context() }

func (c *call) now() time.Time { return c.server.Now().UTC() }

// template is the route's path with its parameters as names.
func (c *call) template() string {
	if c.route == nil {
		return "other"
	}
	return c.route.path
}

// traceID names the request in the log and to the client.
func (c *call) traceID() string { return traceOf(c.ctx()).id }

// json answers with v; a form of a page, with the way back to it.
func (c *call) json(status int, v any) error {
	if c.fields != nil {
		c.back(saidOf(status))
		return nil
	}
	b, err := marshal(v)
	if err != nil {
		return err
	}
	return c.raw(status, jsonType, b)
}

// raw answers with b.
func (c *call) raw(status int, contentType string, b []byte) error {
	h := c.Writer.Header()
	if contentType == jsonType {
		h["Content-Type"] = c.server.fixed.json
	} else {
		h.Set("Content-Type", contentType)
	}
	c.own(h, "Content-Length", strconv.Itoa(len(b)))
	c.Status(status)
	_, _ = c.Writer.Write(b) // the client is gone; nobody can be told
	return nil
}

// tagged answers a GET with v under an entity tag, or 304 when the client has
// it. tag "" is made of the answer itself.
func (c *call) tagged(tag string, v any) error {
	b, err := marshal(v)
	if err != nil {
		return err
	}
	return c.taggedRaw(tag, jsonType, b)
}

func (c *call) taggedRaw(tag, contentType string, b []byte) error {
	sum := sha256.Sum256(b)
	tag = `"` + tag + base64.RawURLEncoding.EncodeToString(sum[:9]) + `"`
	c.Header("ETag", tag)
	if matchesAny(c.Request.Header.Get("If-None-Match"), func(t string) bool { return strings.TrimPrefix(t, "W/") == tag }) {
		c.Status(http.StatusNotModified)
		c.Writer.WriteHeaderNow()
		return nil
	}
	return c.raw(http.StatusOK, contentType, b)
}

// matchesAny reports whether one of the entity tags in header fits, or it is "*".
func matchesAny(header string, fits func(tag string) bool) bool {
	for tag := range strings.SplitSeq(header, ",") {
		if tag = strings.TrimSpace(tag); tag == "*" || tag != "" && fits(tag) {
			return true
		}
	}
	return false
}

// public lets shared caches keep the answer, unless it was made for somebody.
func (c *call) public() {
	c.Header("Vary", "Authorization, Cookie, Accept-Language")
	if c.who != nil {
		c.private()
		return
	}
	c.Header("Cache-Control", "public, max-age=30")
}

func (c *call) private() { c.Writer.Header()["Cache-Control"] = c.server.fixed.private }

// next says where the following page is.
func (c *call) next(cursor string) {
	if cursor == "" {
		return
	}
	h := c.Writer.Header()
	if link, ok := c.query.next(c.Request.URL, cursor); ok {
		c.own(h, "Link", link)
		return
	}
	q := c.Request.URL.Query()
	q.Set("cursor", cursor)
	h.Set("Link", "<"+(&url.URL{Path: c.Request.URL.Path, RawPath: c.Request.URL.RawPath, RawQuery: q.Encode()}).String()+`>; rel="next"`)
}

// reader is whose eyes the answer is for: the subject of the token or, where
// the token allows it, the reader parameter. "" is somebody unknown.
func (c *call) reader() (string, error) {
	named, given := c.GetQuery("reader")
	switch {
	case !given && c.who == nil:
		return "", nil
	case !given || c.who != nil && named == c.who.Subject:
		return c.who.Subject, nil
	case !recommend.ValidID(named):
		return "", invalidQuery("reader", "not an id", "give the reader's id")
	case c.who == nil:
		return "", unauthorized("a token with the scope window:any is needed to name a reader", "")
	case !c.who.Has(ScopeWindowAny):
		return "", insufficientScope(ScopeWindowAny)
	}
	return named, nil
}

// viewer is reader with the language of the answer.
func (c *call) viewer() (recommend.Viewer, error) {
	reader, err := c.reader()
	return recommend.Viewer{Reader: reader, Lang: c.lang, Moderator: c.who != nil && c.who.Has(ScopeModerate)}, err
}

// limit is the limit parameter; 0 when there is none.
func (c *call) limit() (int, error) {
	most := c.server.World.Scene().Policy.Window.Max
	s, given := c.GetQuery("limit")
	if !given {
		return 0, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > most {
		return 0, invalidQuery("limit", "not a number from 1 to "+strconv.Itoa(most), "give 1 to "+strconv.Itoa(most)+", or leave it out")
	}
	return n, nil
}

// id is a path parameter that must have the form of an id; what has not cannot
// name anything.
func (c *call) id(name, what string) (string, error) {
	id := c.Param(name)
	if !recommend.ValidID(id) {
		return "", notFound(what, id)
	}
	return id, nil
}

// A list is how lists are answered.
type list[T any] struct {
	Items      []T    `json:"items"`
	NextCursor string `json:"next_cursor,omitempty"`
}

func listOf[T any](items []T) list[T] {
	if items == nil {
		items = []T{}
	}
	return list[T]{Items: items}
}

// lines splits NDJSON.
func lines(b []byte) [][]byte {
	var out [][]byte
	for line := range bytes.Lines(b) {
		out = append(out, bytes.TrimSpace(line))
	}
	return out
}
