package bench

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// serving starts a server whose answers h makes, and returns a load of it.
func loadOf(t *testing.T, h http.HandlerFunc) *Load {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	ask := request("GET", "/", "token", "", nil)
	return &Load{Addr: srv.Listener.Addr().String(), Connections: 3, Request: func(int64) []byte { return ask }}
}

// A fakeClock moves on by a step whenever it is read, or to where it is told.
type fakeClock struct {
	at   atomic.Int64
	step time.Duration
}

func (c *fakeClock) now() time.Time { return time.Unix(0, c.at.Add(int64(c.step))) }

func (c *fakeClock) wait(_ context.Context, until time.Time) {
	if at := until.UnixNano(); at > c.at.Load() {
		c.at.Store(at)
	}
}

func TestAClosedLoopCountsEveryAnswer(t *testing.T) {
	var asked atomic.Int64
	l := loadOf(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer token" {
			t.Errorf("Authorization %q", r.Header.Get("Authorization"))
		}
		asked.Add(1)
		_, _ = w.Write([]byte(strings.Repeat("x", 5000))) // in chunks
	})
	clock := &fakeClock{step: time.Millisecond}
	l.now, l.wait = clock.now, clock.wait
	s, err := l.Run(t.Context(), time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if s.Answers == 0 || s.Answers != asked.Load() || s.Answers != s.Latency.TotalCount() || s.Errors != 0 {
		t.Errorf("%d answers, %d latencies, %d errors (%v) of %d requests", s.Answers, s.Latency.TotalCount(), s.Errors, s.Error, asked.Load())
	}
	if s.Bytes != 5000*s.Answers {
		t.Errorf("%d bytes of %d answers", s.Bytes, s.Answers)
	}
}

func TestWrongAnswersAreErrors(t *testing.T) {
	var n atomic.Int64
	l := loadOf(t, func(w http.ResponseWriter, _ *http.Request) {
		switch n.Add(1) % 4 {
		case 0:
			w.WriteHeader(http.StatusTooManyRequests)
		case 1:
			conn, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				_ = conn.Close()
			}
		}
	})
	clock := &fakeClock{step: time.Millisecond}
	l.now, l.wait = clock.now, clock.wait
	s, err := l.Run(t.Context(), time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if s.Errors+s.Answers != n.Load() || s.Errors < n.Load()/3 || s.Error == nil {
		t.Errorf("%d answers and %d errors (%v) of %d requests, half of which fail", s.Answers, s.Errors, s.Error, n.Load())
	}
}

// A server stands still for half a second once. At a fixed rate all requests
// that were due meanwhile are late, and say so.
func TestAStallIsInTheLatenciesOfAllThatWereDue(t *testing.T) {
	clock := new(fakeClock)
	var n atomic.Int64
	l := loadOf(t, func(http.ResponseWriter, *http.Request) {
		if n.Add(1) == 100 {
			clock.at.Add(int64(500 * time.Millisecond))
		}
	})
	l.Connections, l.Rate, l.now, l.wait = 1, 1000, clock.now, clock.wait
	s, err := l.Run(t.Context(), time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if s.Answers != 1000 || s.Unsent != 0 {
		t.Fatalf("%d answers, %d unsent; want 1000 and none", s.Answers, s.Unsent)
	}
	// 500 requests were due in the stall, by 0 to 500 ms before its end.
	if q := s.Quantile(75); q < 200 || q > 300 {
		t.Errorf("75 %% within %.0f ms, want about 250", q)
	}
	if q := s.Quantile(100); q < 499 || q > 502 {
		t.Errorf("the slowest took %.0f ms, want 500", q)
	}
	if q := s.Quantile(40); q > 1 {
		t.Errorf("40 %% within %.0f ms, want none", q)
	}
}

func TestWhatIsNotSentInTimeIsTold(t *testing.T) {
	clock := new(fakeClock)
	l := loadOf(t, func(http.ResponseWriter, *http.Request) { clock.at.Add(int64(100 * time.Millisecond)) })
	l.Connections, l.Rate, l.now, l.wait = 1, 100, clock.now, clock.wait
	s, err := l.Run(t.Context(), time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if s.Answers != 20 || s.Unsent != 80 {
		t.Errorf("%d answers, %d unsent; want 20 in twice the time, and 80", s.Answers, s.Unsent)
	}
}
