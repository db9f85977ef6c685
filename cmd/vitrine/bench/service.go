package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"vitrine.dev/api"
)

// A Service is the service on embedded engines, with the world in it, and what
// is needed to ask it.
type Service struct {
	*Child
	bench *Bench
	keys  *api.Keys
	asks  [][]byte // for a window, by every reader, shuffled
	data  string
	feeds int64 // so far
}

// serving is how long after noon the clock of a service starts: whatever was
// imported and folded before is past by then.
const serving = time.Hour

// Service returns the service that rows share, and starts it for the first.
func (b *Bench) Service(ctx context.Context) (*Service, error) {
	if b.service != nil {
		return b.service, nil
	}
	data, err := b.Data(ctx)
	if err != nil {
		return nil, err
	}
	b.service, err = b.serve(ctx, data)
	return b.service, err
}

// serve starts a service on a data directory, which is its own from now on, and
// returns once it has learned from what is in it.
func (b *Bench) serve(ctx context.Context, data string, flags ...string) (*Service, error) {
	return b.serveWithin(ctx, nil, data, flags...)
}

// serveWithin does so with env added to the service's environment.
func (b *Bench) serveWithin(ctx context.Context, env []string, data string, flags ...string) (*Service, error) {
	policy := filepath.Join(b.dir, "policy.yaml")
	if err := os.WriteFile(policy, Policy(), 0o600); err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	keys, err := api.LoadKeys(filepath.Join(data, "keys.json"))
	if err != nil {
		return nil, err
	}
	s := &Service{bench: b, keys: keys, data: data}
	if err := s.prepareAsks(); err != nil {
		return nil, err
	}
	begun := time.Now()
	args := []string{"serve", "--data", data, "--policy", policy, "--log", "warn", "--now", Noon().Add(serving).Format(time.RFC3339)}
	s.Child, err = start(ctx, b.Exe, "/readyz", env, append(args, flags...)...)
	if err != nil {
		return nil, err
	}
	ready := time.Since(begun)
	s.awaitLearned(ctx, 5*time.Minute)
	b.tell("the service was ready after %s, and had learned after %s", ready.Round(10*time.Millisecond), time.Since(begun).Round(time.Second))
	return s, nil
}

// awaitLearned waits until the service has caught up with learning and does
// nothing any more, for a while at most: it takes a processor of its own meanwhile.
func (s *Service) awaitLearned(ctx context.Context, patient time.Duration) {
	const (
		lag   = "vitrine_learning_lag_seconds" // 0 until it has begun, too
		every = time.Second
		idle  = every / 10 // of CPU
	)
	spent, calm := s.CPU(), 0 // how often in turn it had
	for end := time.Now().Add(patient); calm < 3 && time.Now().Before(end) && ctx.Err() == nil; {
		sleepUntil(ctx, time.Now().Add(every))
		before := spent
		spent = s.CPU()
		calm++
		if s.metrics(ctx, lag)[lag] > 0 || spent-before > idle {
			calm = 0
		}
	}
}

// token signs a reader or expert in.
func (s *Service) token(subject string, scopes ...string) (string, error) {
	return s.keys.Sign(api.Claims{Subject: subject, Scopes: scopes, IssuedAt: Noon(), TTL: 30 * 24 * time.Hour})
}

// request makes a request of it all.
func request(method, path, token, extra string, body []byte) []byte {
	b := fmt.Appendf(nil, "%s %s HTTP/1.1\r\nHost: vitrine\r\nAuthorization: Bearer %s\r\n%s", method, path, token, extra)
	if body != nil || method != "GET" {
		b = fmt.Appendf(b, "Content-Type: application/json\r\nContent-Length: %d\r\n", len(body))
	}
	return append(append(b, "\r\n"...), body...)
}

func (s *Service) prepareAsks() error {
	s.asks = make([][]byte, s.bench.World.Readers)
	for i := range s.asks {
		t, err := s.token(ReaderID(i), "window:read")
		if err != nil {
			return err
		}
		s.asks[i] = request("GET", "/v1/window?limit=20", t, "", nil)
	}
	dice := rand.New(rand.NewPCG(s.bench.World.Seed, 1)) //nolint:gosec // dice, no secret
	dice.Shuffle(len(s.asks), func(i, j int) { s.asks[i], s.asks[j] = s.asks[j], s.asks[i] })
	return nil
}

// once asks once and returns the body.
func (s *Service) once(ctx context.Context, request []byte, want int) ([]byte, error) {
	c, err := dial(ctx, s.Addr)
	if err != nil {
		return nil, err
	}
	defer c.close()
	c.keep = new(bytes.Buffer)
	status, _, err := c.do(request)
	if err == nil && status != want {
		err = fmt.Errorf("status %d, want %d: %.300s", status, want, c.keep)
	}
	return c.keep.Bytes(), err
}

// floor starts the fixed handler with a page that the service makes: the one
// in the middle by length of a few readers.
func (s *Service) floor(ctx context.Context) (*Child, error) {
	const some = 15
	var pages [][]byte
	for i := range some {
		p, err := s.once(ctx, s.asks[i%len(s.asks)], 200)
		if err != nil {
			return nil, err
		}
		pages = append(pages, p)
	}
	return s.bench.startFloor(ctx, middle(pages))
}

// startFloor starts the fixed handler with a page.
func (b *Bench) startFloor(ctx context.Context, body []byte) (*Child, error) {
	var p page
	if err := json.Unmarshal(body, &p); err != nil {
		return nil, fmt.Errorf("floor: %w", err)
	}
	if len(p.Items) == 0 {
		return nil, fmt.Errorf("floor: the page has no cards: %.200s", body)
	}
	file := filepath.Join(b.dir, "page.json")
	if err := os.WriteFile(file, body, 0o600); err != nil {
		return nil, fmt.Errorf("floor: %w", err)
	}
	return start(ctx, b.Exe, "/readyz", nil, "bench", "floor", file)
}
