package bench

import (
	"context"
	"fmt"
	"time"

	"vitrine.dev/recommend"
)

// windowRow is windows of 20 cards for readers in turn, beside the same page
// from a fixed handler.
func windowRow(name string, connections int) Row {
	return Row{
		Name: name, About: fmt.Sprintf("windows of 20 cards on %d connections, beside the same page from a fixed handler", connections),
		Run: func(ctx context.Context, b *Bench) ([]Result, error) {
			s, err := b.Service(ctx)
			if err != nil {
				return nil, err
			}
			if err := s.visited(ctx); err != nil {
				return nil, err
			}
			before := s.pagesMade(ctx)
			d, err := s.besideFloor(ctx, connections)
			if err != nil {
				return nil, err
			}
			r := d.result(name, "windows/s")
			r.Notes = s.pagesMade(ctx).since(before)
			if connections == 1 {
				r.Aims = []Aim{atMost("p50 ms", r.P50, 0.35), atMost("p99 ms", r.P99, 1.5)}
			} else {
				r.Aims = []Aim{
					atLeast("ratio", r.Ratio, 0.35), atMost("p99 ms", r.P99, 25), atLeast("windows/s", r.Value, 12_000),
					atMost("allocations", r.More["allocations"], 60),
				}
			}
			return []Result{r}, nil
		},
	}
}

// anewRow is windowRow of a service that scores every page anew.
func anewRow(name string, connections int) Row {
	return Row{
		Name: name, About: "the same where every page is scored anew",
		Run: func(ctx context.Context, b *Bench) ([]Result, error) {
			data, err := b.Data(ctx)
			if err != nil {
				return nil, err
			}
			s, err := b.serve(ctx, data, "--keep-windows", "0")
			if err != nil {
				return nil, err
			}
			defer s.Stop()
			d, err := s.besideFloor(ctx, connections)
			if err != nil {
				return nil, err
			}
			return []Result{d.result(name, "windows/s")}, nil
		},
	}
}

// visited has all readers ask once, for two minutes at most: rows are about
// readers who come back, on a service that they have found already.
func (s *Service) visited(ctx context.Context) error {
	const connections, patient, turn = 16, 2 * time.Minute, time.Second
	all := s.windows(s.Child, connections)
	begun := time.Now()
	for time.Since(begun) < patient && all.Load.Next.Load() < int64(len(s.asks)) {
		if _, err := all.Load.Run(ctx, turn); err != nil {
			return err
		}
	}
	s.bench.tell("%d readers asked in %s", all.Load.Next.Load(), time.Since(begun).Round(time.Second))
	return nil
}

// pagesMade counts pages by what they were made of.
type pagesMade map[recommend.KeptOutcome]float64

func (s *Service) pagesMade(ctx context.Context) pagesMade {
	made := make(pagesMade)
	for _, o := range recommend.KeptOutcomes() {
		name := fmt.Sprintf("vitrine_windows_kept_total{outcome=%q}", o.String())
		made[o] = s.metrics(ctx, name)[name]
	}
	return made
}

// since says which part of the pages since before was scored, and which was made
// of scores that should have been renewed.
func (m pagesMade) since(before pagesMade) []string {
	all, scored := 0., 0.
	for o, n := range m {
		n -= before[o]
		if all += n; o != recommend.KeptHit && o != recommend.KeptOverdue {
			scored += n
		}
	}
	if all == 0 {
		return nil
	}
	late := m[recommend.KeptOverdue] - before[recommend.KeptOverdue]
	return []string{fmt.Sprintf("%.1f %% of the pages were scored anew, %.1f %% made of scores that should have been renewed", 100*scored/all, 100*late/all)} //nolint:mnd // per cent
}

// besideFloor measures windows beside the same page from a fixed handler.
func (s *Service) besideFloor(ctx context.Context, connections int) (*Duel, error) {
	floor, err := s.floor(ctx)
	if err != nil {
		return nil, err
	}
	defer floor.Stop()
	return s.bench.duel(ctx, s.windows(s.Child, connections), s.windows(floor, connections))
}

// windows is readers asking for windows in turn.
func (s *Service) windows(c *Child, connections int) *Subject { return asking(c, connections, s.asks) }
