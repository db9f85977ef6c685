package bench

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// A Load is requests to be sent to a server.
type Load struct {
	Addr        string
	Connections int
	// Request returns the nth request, ready to be sent. It is called by many at
	// once, and the bytes stay its own.
	Request func(n int64) []byte
	// Rate is how many requests are due in a second, whether the server keeps up
	// or not. A latency counts from when its request was due. 0: every connection
	// sends its next request when it has its answer.
	Rate float64
	// Next numbers requests on over several runs of one load.
	Next *atomic.Int64

	// now and wait stand in for the clock in tests.
	now  func() time.Time
	wait func(ctx context.Context, until time.Time)
}

// A Sample is what came of a load.
type Sample struct {
	Took     time.Duration
	Answers  int64 // with a status of 2xx
	Bytes    int64 // of their bodies
	Errors   int64
	Error    error // the first of them
	Unsent   int64 // at a rate: due, and not sent when time was up
	Latency  *hdrhistogram.Histogram
	CPU      time.Duration // of the server; 0 where it cannot be told
	Mallocs  float64       // by the server
	Allocate float64       // bytes, by the server
}

// PerSecond is how many answers came in a second.
func (s *Sample) PerSecond() float64 { return float64(s.Answers) / s.Took.Seconds() }

// Quantile is the latency that so many percent of answers had or less, in ms.
func (s *Sample) Quantile(percent float64) float64 {
	return float64(s.Latency.ValueAtQuantile(percent)) / float64(time.Millisecond)
}

func newHistogram() *hdrhistogram.Histogram {
	return hdrhistogram.New(int64(time.Microsecond), int64(2*patience), 3)
}

// Run sends the load for so long. Requests under way when time is up are
// waited for and count, with the time that they take. It fails when the server
// cannot be reached or ctx ends; wrong answers are in the Sample.
func (l *Load) Run(ctx context.Context, d time.Duration) (*Sample, error) {
	if l.now == nil {
		l.now, l.wait = time.Now, sleepUntil
	}
	if l.Next == nil {
		l.Next = new(atomic.Int64)
	}
	clients := make([]*client, l.Connections)
	defer func() {
		for _, c := range clients {
			c.close()
		}
	}()
	for i := range clients {
		var err error
		if clients[i], err = dial(ctx, l.Addr); err != nil {
			return nil, err
		}
		if l.Rate > 0 { // it was there; who says nothing for long is left by the server
			clients[i].close()
			clients[i].conn = nil
		}
	}
	sums := make([]Sample, l.Connections)
	start := l.now()
	end := start.Add(d)
	due := schedule{start: start, end: end, every: l.Rate}
	var done sync.WaitGroup
	for i, c := range clients {
		sums[i].Latency = newHistogram()
		done.Go(func() {
			if l.Rate > 0 {
				l.atRate(ctx, c, &due, &sums[i])
				return
			}
			l.closed(ctx, c, end, &sums[i])
		})
	}
	done.Wait()
	all := &Sample{Took: l.now().Sub(start), Latency: newHistogram(), Unsent: due.left(l.now())}
	for i := range sums {
		all.add(&sums[i])
	}
	return all, ctx.Err()
}

func (s *Sample) add(o *Sample) {
	s.Answers += o.Answers
	s.Bytes += o.Bytes
	s.Errors += o.Errors
	if s.Error == nil {
		s.Error = o.Error
	}
	s.Latency.Merge(o.Latency)
}

func (l *Load) closed(ctx context.Context, c *client, end time.Time, s *Sample) {
	for from := l.now(); from.Before(end) && ctx.Err() == nil; from = l.now() {
		if !l.one(ctx, c, from, s) {
			return
		}
	}
}

// one sends a request that was due at a time, on a new connection when there is
// none. It reports false when none can be had.
func (l *Load) one(ctx context.Context, c *client, due time.Time, s *Sample) bool {
	if c.conn == nil {
		again, err := dial(ctx, l.Addr)
		if err != nil {
			s.fail(err)
			return false
		}
		*c = *again
	}
	status, size, err := c.do(l.Request(l.Next.Add(1) - 1))
	if err == nil && status/100 == 2 {
		s.Answers++
		s.Bytes += int64(size)
		_ = s.Latency.RecordValue(min(int64(l.now().Sub(due)), s.Latency.HighestTrackableValue())) // always in its range
		return true
	}
	if err != nil {
		c.close()
		c.conn = nil
	} else {
		err = fmt.Errorf("status %d", status)
	}
	s.fail(err)
	return true
}

func (s *Sample) fail(err error) {
	s.Errors++
	if s.Error == nil {
		s.Error = err
	}
}

// A schedule hands out when requests are due: whoever is free takes the next.
type schedule struct {
	start, end time.Time
	every      float64 // a second
	taken      atomic.Int64
}

// take returns when the next request is due, and which it is; ok is false when
// time is up before.
func (s *schedule) take() (due time.Time, n int64, ok bool) {
	n = s.taken.Add(1) - 1
	due = s.start.Add(time.Duration(float64(n) / s.every * float64(time.Second)))
	return due, n, due.Before(s.end)
}

// left is how many requests were due by now and not taken.
func (s *schedule) left(now time.Time) int64 {
	if s.every <= 0 {
		return 0
	}
	if now.After(s.end) {
		now = s.end
	}
	return max(0, int64(now.Sub(s.start).Seconds()*s.every)-s.taken.Load())
}

// atRate sends what is due, late if need be: an answer that is slow makes those
// behind it late, and their latencies tell. A server that cannot keep up at all
// is given as long again, and what is not sent by then is told as unsent.
func (l *Load) atRate(ctx context.Context, c *client, due *schedule, s *Sample) {
	late := due.end.Add(due.end.Sub(due.start))
	for ctx.Err() == nil && l.now().Before(late) {
		at, _, ok := due.take()
		if !ok {
			return
		}
		l.wait(ctx, at)
		if ctx.Err() != nil || !l.one(ctx, c, at, s) {
			return
		}
	}
}

// sleepUntil is a wait that ends early with ctx.
func sleepUntil(ctx context.Context, until time.Time) {
	d := time.Until(until)
	if d <= 0 {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
