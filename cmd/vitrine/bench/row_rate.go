package bench

import "context"

// rateRow is windows asked for at a fixed rate, whether or not the service
// keeps up.
func rateRow() Row {
	const connections, name = 64, "window/rate"
	return Row{Name: name, About: "windows at a fixed rate, latencies from when they were due, beside the same page from a fixed handler", Run: func(ctx context.Context, b *Bench) ([]Result, error) {
		s, err := b.Service(ctx)
		if err != nil {
			return nil, err
		}
		if err := s.visited(ctx); err != nil {
			return nil, err
		}
		floor, err := s.floor(ctx)
		if err != nil {
			return nil, err
		}
		defer floor.Stop()
		subject, beside := s.windows(s.Child, connections), s.windows(floor, connections)
		rate := b.Rate
		if rate == 0 {
			const share = 0.5
			can, err := subject.Load.Run(ctx, b.Warmup)
			if err != nil {
				return nil, err
			}
			rate = max(1, can.PerSecond()*share)
		}
		subject.Load.Rate, beside.Load.Rate = rate, rate
		d, err := b.duel(ctx, subject, beside)
		if err != nil {
			return nil, err
		}
		r := d.result(name, "windows/s")
		r.More["rate"] = rate
		r.More["floor's p99 ms"] = median(d.Floor, func(s *Sample) float64 { return s.Quantile(99) })
		r.More["unsent"] = median(d.Subject, func(s *Sample) float64 { return float64(s.Unsent) })
		r.Aims = []Aim{atMost("p99 ms", r.P99, 25), atMost("unsent", r.More["unsent"], 0)}
		return []Result{r}, nil
	}}
}
