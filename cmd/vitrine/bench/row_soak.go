package bench

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"
)

// soakMemory bounds the service of a soak, as a container would: without a bound
// Go's heap grows to several times what lives, and would say nothing of growth.
// What lives is reported beside it.
const soakMemory = "2GiB"

// soakRow is mixed load for long: whether memory, goroutines or lag grow.
func soakRow() Row {
	const name, connections, actions, picks = "soak", 16, 200, 2
	return Row{Name: name, Asked: true, About: "mixed load for 30 minutes, or --duration: memory, goroutines, errors, lag", Run: func(ctx context.Context, b *Bench) ([]Result, error) {
		data, err := b.Data(ctx)
		if err != nil {
			return nil, err
		}
		s, err := b.serveWithin(ctx, []string{"GOMEMLIMIT=" + soakMemory}, data)
		if err != nil {
			return nil, err
		}
		defer s.Stop()
		ranks, err := s.ranks()
		if err != nil {
			return nil, err
		}
		load := Load{Addr: s.Addr, Connections: connections, Next: new(atomic.Int64), Request: func(n int64) []byte {
			if n%4 == 0 { // one in four brings candidates of its own
				return ranks[n%int64(len(ranks))]
			}
			return s.asks[n%int64(len(s.asks))]
		}}
		can, err := load.Run(ctx, b.Warmup)
		if err != nil {
			return nil, err
		}
		const share = 0.25
		if load.Rate = b.Rate; load.Rate == 0 {
			load.Rate = max(1, can.PerSecond()*share)
		}
		f, err := s.feed(ctx, actions, picks)
		if err != nil {
			return nil, err
		}
		// The first sixth fills caches and pools; what comes after is held
		// against its end.
		const parts = 6
		d, all := b.soakFor()/parts, new(Sample)
		all.Latency = newHistogram()
		var at [parts]soaked
		for i := range at {
			sample, err := load.Run(ctx, d)
			if err != nil {
				_, _ = f.stop()
				return nil, err
			}
			all.add(sample)
			all.Took, all.Unsent = all.Took+sample.Took, all.Unsent+sample.Unsent
			at[i] = s.soaked(ctx)
			b.tell("  %s: %s", d*time.Duration(i+1), at[i])
		}
		done, err := f.stop()
		if err != nil {
			return nil, err
		}
		s.awaitFolds(ctx)
		end, from, to := s.soaked(ctx), at[0], at[parts-1]
		r := (&Duel{Subject: []*Sample{all}}).result(name, "requests/s")
		if r.Errors += done.Errors; r.Error == "" {
			r.Error = done.Error
		}
		r.More = map[string]float64{
			"minutes": all.Took.Minutes(), "memory MB at a sixth": from.memory / 1e6, "memory MB at the end": to.memory / 1e6,
			"live MB at a sixth": from.live / 1e6, "live MB at the end": to.live / 1e6,
			"goroutines at a sixth": from.goroutines, "goroutines at the end": to.goroutines, "lag at the end": end.lag, "unsent": float64(all.Unsent),
			"actions/s": float64(done.Actions) / done.Seconds, "picks/s": float64(done.Picks) / done.Seconds,
		}
		const grown, more = 1.15, 20
		r.Aims = []Aim{
			atMost("memory at the end in that at a sixth", to.memory/max(from.memory, 1), grown), atMost("live heap at the end in that at a sixth", to.live/max(from.live, 1), grown),
			atMost("goroutines more", to.goroutines-from.goroutines, more),
			atMost("lag at the end", end.lag, 0), atMost("errors", float64(r.Errors), 0),
		}
		return []Result{r}, nil
	}}
}

// soakFor is how long a soak takes.
func (b *Bench) soakFor() time.Duration {
	const long, quick = 30 * time.Minute, 12 * time.Second
	switch {
	case b.given > 0:
		return b.given
	case b.Quick:
		return quick
	}
	return long
}

// soaked is how a service stands during a soak.
type soaked struct {
	memory, live    float64 // bytes: resident, and what the last collection left
	goroutines, lag float64
}

func (s soaked) String() string {
	return fmt.Sprintf("%.0f MB, of which %.0f live, %.0f goroutines, %.0f events not folded", s.memory/1e6, s.live/1e6, s.goroutines, s.lag)
}

func (s *Service) soaked(ctx context.Context) soaked {
	const goroutines, heap, live = "go_goroutines", "go_memstats_heap_inuse_bytes", "go_gc_heap_live_bytes"
	m := s.metrics(ctx, goroutines, lagMetric, heap, live)
	memory := s.resident()
	if memory == 0 {
		memory = m[heap]
	}
	return soaked{memory: memory, live: m[live], goroutines: m[goroutines], lag: m[lagMetric]}
}
