package api

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"maps"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/maypok86/otter/v2"
)

// How long the exact answer of a request is kept, and how much of them. A
// repeat that comes later, or to another process, is still one effect: ids
// derive from the key, and picks remember the request they come from.
const (
	answersFor   = 24 * time.Hour
	answersBytes = 64 << 20
)

// An answer is what a request with a key was told.
type answer struct {
	digest string
	status int
	header http.Header
	body   []byte
}

// answers remember what requests with a key were told, and which are running.
type answers struct {
	mu      sync.Mutex
	running map[string]string // scoped key -> digest
	done    *otter.Cache[string, answer]
}

func newAnswers() (*answers, error) {
	done, err := otter.New(&otter.Options[string, answer]{
		MaximumWeight:    answersBytes,
		Weigher:          func(k string, a answer) uint32 { return uint32(len(k) + len(a.body) + 512) }, //nolint:gosec // bodies are under 4 MiB
		ExpiryCalculator: otter.ExpiryWriting[string, answer](answersFor),
	})
	return &answers{running: make(map[string]string), done: done}, err
}

func (a *answers) close() { a.done.StopAllGoroutines() }

// begin starts the request of a key, or returns what it was told before, or
// a refusal.
func (a *answers) begin(key, digest string) (*answer, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if d, ok := a.running[key]; ok {
		if d != digest {
			return nil, keyReused()
		}
		return nil, refuse(codeKeyBusy, "").after(time.Second)
	}
	if got, ok := a.done.GetIfPresent(key); ok {
		if got.digest != digest {
			return nil, keyReused()
		}
		return &got, nil
	}
	a.running[key] = digest
	return nil, nil
}

// end remembers what the request of a key was told; nil forgets it.
func (a *answers) end(key string, got *answer) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.running, key)
	if got != nil {
		a.done.Set(key, *got)
	}
}

func keyReused() *refusal { return refuse(codeKeyReused, "the key came with another request before") }

// once serves a request with an Idempotency-Key so that repeats get the same
// answer. What failed here (5xx) or was refused for now (429) is not kept:
// the repeat tries again.
func (s *Server) once(c *call, serve func(*call) error) error {
	c.key = strings.TrimSpace(c.Request.Header.Get("Idempotency-Key"))
	if c.key == "" {
		if c.route.keys == mustKeyed {
			return refuse(codeKeyMissing, "")
		}
		return serve(c)
	}
	if !goodKey(c.key) {
		return refuse(codeKeyMissing, "the key must have 1 to 255 printable ASCII characters")
	}
	c.digest = c.requestDigest()
	scoped := c.scopedKey()
	before, err := s.answers.begin(scoped, c.digest)
	if err != nil {
		return err
	}
	if before != nil {
		s.replay(c, before)
		return nil
	}
	kept := &keeper{ResponseWriter: c.Writer}
	c.Writer = kept
	var result *answer
	defer func() { s.answers.end(scoped, result) }()
	if err := serve(c); err != nil {
		s.fail(c, err)
	}
	if status := max(c.Writer.Status(), c.refused); status < http.StatusInternalServerError && status != http.StatusTooManyRequests {
		result = &answer{digest: c.digest, status: status, header: keptHeader(c.Writer.Header()), body: kept.body}
	}
	return nil
}

func (s *Server) replay(c *call, a *answer) {
	h := c.Writer.Header()
	maps.Copy(h, a.header)
	c.replayed()
	_ = c.raw(a.status, h.Get("Content-Type"), a.body) // never fails
}

// replayed says that the effect came from an earlier request.
func (c *call) replayed() {
	c.Header("Idempotency-Replayed", "true")
	c.server.meters.replays.Inc()
}

func goodKey(key string) bool {
	const most = 255
	if len(key) > most {
		return false
	}
	for i := range len(key) {
		if key[i] < ' ' || key[i] > '~' {
			return false
		}
	}
	return true
}

// keptHeader is the part of a header that belongs to the answer rather than to
// the moment.
func keptHeader(h http.Header) http.Header {
	kept := make(http.Header)
	for _, name := range []string{"Content-Type", "Location", "ETag", "Cache-Control", "Content-Language", "Retry-After"} {
		if v := h.Values(name); len(v) > 0 {
			kept[http.CanonicalHeaderKey(name)] = v
		}
	}
	return kept
}

// keeper copies an answer while it is written.
type keeper struct {
	gin.ResponseWriter
	body []byte
}

// Write keeps b.
func (k *keeper) Write(b []byte) (int, error) {
	k.body = append(k.body, b...)
	return k.ResponseWriter.Write(b)
}

// WriteString keeps s.
func (k *keeper) WriteString(s string) (int, error) {
	k.body = append(k.body, s...)
	return k.ResponseWriter.WriteString(s)
}

// scopedKey tells the keys of different callers and routes apart.
func (c *call) scopedKey() string {
	return c.who.Subject + "\x00" + c.Request.Method + " " + c.template() + "\x00" + c.key
}

// requestDigest tells whether two requests with one key are the same.
func (c *call) requestDigest() string {
	h := sha256.New()
	for _, part := range []string{c.Request.Method, " ", c.Request.URL.Path, "\x00", c.Request.Header.Get("If-Match"), "\x00"} {
		_, _ = h.Write([]byte(part)) // never fails
	}
	_, _ = h.Write(c.body)
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// derive makes an id of what names an effect, the same on every process.
func derive(prefix string, parts ...string) string {
	h := sha256.New()
	for _, part := range parts {
		_, _ = h.Write([]byte(part)) // never fails
		_, _ = h.Write([]byte{0})
	}
	const size = 15 // bytes: 24 digits
	return prefix + strings.ToLower(base32.StdEncoding.EncodeToString(h.Sum(nil)[:size]))
}

// eventID is the id of what the request causes: the same for its repeats where
// it has a key. Another request with that key, on a process that does not know
// the first, is another event: better done than lost.
func (c *call) eventID(parts ...string) string {
	if c.key == "" {
		return "e" + randomID()
	}
	return derive("e", append([]string{c.scopedKey(), c.digest}, parts...)...)
}
