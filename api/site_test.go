package api_test

import (
	"bytes"
	"encoding/json"
	"hash/fnv"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"vitrine.dev/api"
	"vitrine.dev/recommend"
)

// A clock that tests move.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// A world is what several API processes of one installation share.
type world struct {
	clock  *clock
	engine *engine
	keys   *api.Keys
	world  *recommend.World
}

func newWorld(t testing.TB) *world {
	t.Helper()
	c := &clock{at: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
	keys, err := api.LoadKeys(filepath.Join(t.TempDir(), "keys.json"))
	if err != nil {
		t.Fatal(err)
	}
	quiet := slog.New(slog.DiscardHandler)
	rw := recommend.NewWorld(recommend.DefaultPolicy(), quiet)
	e := &engine{
		now: c.now, world: rw, clicks: recommend.NewClicks(keys.Secret("click")), log: make(map[string][]recommend.Event), docs: make(map[recommend.Ref]recommend.Document),
		shelf: recommend.NewShelf(recommend.ShelfConfig{Scene: rw.Scene, Now: c.now, Logger: quiet}),
	}
	e.Scan = e.each
	return &world{clock: c, engine: e, keys: keys, world: rw}
}

// A site is one API process with a client of it.
type site struct {
	*world
	t      *testing.T
	server *api.Server
	url    string
	client *http.Client
}

func (w *world) open(t *testing.T, change ...func(*api.Config)) *site {
	t.Helper()
	cfg := w.config()
	for _, f := range change {
		f(&cfg)
	}
	server, err := api.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	http1 := httptest.NewServer(server)
	t.Cleanup(http1.Close)
	return &site{world: w, t: t, server: server, url: http1.URL, client: &http.Client{Transport: newValidating(t)}}
}

// config is that of every process of w.
func (w *world) config() api.Config {
	return api.Config{
		Log: w.engine, Store: w.engine, World: w.world, Keys: w.keys, Now: w.clock.now, Demo: true,
		Windows: recommend.NewWindows(recommend.WindowsConfig{
			Shelf: w.engine.shelf, World: w.world, Store: w.engine, SecretKey: w.keys.Secret("cursor"), Now: w.clock.now, Logger: slog.New(slog.DiscardHandler),
		}),
		Limits: api.Limits{Read: unlimited, Write: unlimited, Query: unlimited, Guest: unlimited},
	}
}

// in is s for a subtest.
func (s *site) in(t *testing.T) *site {
	sub := *s
	sub.t = t
	return &sub
}

var unlimited = api.Limit{PerSecond: -1}

func open(t *testing.T, change ...func(*api.Config)) *site {
	t.Helper()
	return newWorld(t).open(t, change...)
}

// A reply is an answer read whole.
type reply struct {
	t      *testing.T
	status int
	header http.Header
	body   []byte
}

// A header is one that a request carries beside the usual ones.
type header struct{ name, value string }

func as(token string) header    { return header{"Authorization", "Bearer " + token} }
func key(k string) header       { return header{"Idempotency-Key", k} }
func ifMatch(tag string) header { return header{"If-Match", tag} }

// do sends a request; a body that is no string goes as JSON.
func (s *site) do(method, path string, body any, headers ...header) *reply {
	s.t.Helper()
	r, err := s.try(method, path, body, headers...)
	if err != nil {
		s.t.Fatalf("%s %s: %v", method, path, err)
	}
	return r
}

func (s *site) try(method, path string, body any, headers ...header) (*reply, error) {
	var in io.Reader
	if body != nil {
		text, ok := body.(string)
		if !ok {
			b, err := json.Marshal(body)
			if err != nil {
				return nil, err
			}
			text = string(b)
		}
		in = strings.NewReader(text)
	}
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, in)
	if err != nil {
		return nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for _, h := range headers {
		req.Header.Set(h.name, h.value)
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return &reply{s.t, resp.StatusCode, resp.Header, b}, err
}

// is fails the test unless the answer has the status.
func (r *reply) is(status int) *reply {
	r.t.Helper()
	if r.status != status {
		r.t.Fatalf("status %d, want %d\n%s", r.status, status, r.body)
	}
	return r
}

// into decodes the answer.
func into[T any](r *reply) T {
	r.t.Helper()
	var v T
	if err := json.NewDecoder(bytes.NewReader(r.body)).Decode(&v); err != nil {
		r.t.Fatalf("answer: %v\n%s", err, r.body)
	}
	return v
}

// problem checks status and code of problem details and returns them.
func (r *reply) problem(status int, code string) map[string]any {
	r.t.Helper()
	r.is(status)
	p := into[map[string]any](r)
	if got := p["code"]; got != code {
		r.t.Fatalf("code %v, want %s\n%s", got, code, r.body)
	}
	return p
}

// token is good for sub with scopes.
func (w *world) token(t testing.TB, sub string, scopes ...string) header {
	t.Helper()
	token, err := w.keys.Sign(api.Claims{Subject: sub, Scopes: scopes, IssuedAt: w.clock.now(), TTL: 10 * 365 * 24 * time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	return as(token)
}

func (s *site) moderator() header { return s.token(s.t, "mod", api.ScopeModerate) }

// expert verifies id for topics, long enough ago to have no probation, and
// returns his token.
func (s *site) expert(id string, topics ...string) header {
	s.t.Helper()
	s.do("POST", "/v1/experts", map[string]any{"id": id, "name": strings.ToUpper(id), "topics": topics, "verified": true}, s.moderator()).is(200)
	s.clock.advance(60 * 24 * time.Hour)
	return s.token(s.t, id, api.ScopePicksWrite, api.ScopeWindowRead)
}

const goodReason = "Two winters of daily use: the lid still seals, the handle stays cool, the spout drips a little."

type object = map[string]any

func pickOf(item string, topics ...string) object {
	if topics == nil {
		topics = []string{"home/tea"}
	}
	return object{"link": "https://item.taobao.com/item.htm?id=" + item, "reason": reasonFor(item), "topics": topics}
}

// reasonFor is particular about each item.
func reasonFor(item string) string {
	words := strings.Fields("kettle lamp quiet winter handle spout copper linen morning balcony weight hinge river paper " +
		"cedar glaze thread bright patient narrow folding travel kitchen evening steel wool ceramic garden pocket lantern")
	seed := fnv.New64a()
	seed.Write([]byte(item))
	r := rand.New(rand.NewPCG(seed.Sum64(), 1))
	text := []string{"Why", item + ":"}
	for range 12 {
		text = append(text, words[r.IntN(len(words))])
	}
	return strings.Join(text, " ")
}

type published struct {
	ID            string
	State         string
	Pending       bool
	Checks        []object
	DeferredUntil time.Time `json:"deferred_until"`
	Pick          *recommend.PickView
	PolicyVersion string `json:"policy_version"`
}

// publish publishes with a key of its own and lets the spacing pass.
func (s *site) publish(expert header, content object) published {
	s.t.Helper()
	r := s.do("POST", "/v1/picks", content, expert, key("k-"+content["link"].(string)+s.clock.now().String())).is(202)
	s.clock.advance(11 * time.Hour)
	return into[published](r)
}
