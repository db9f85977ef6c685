package bench

import (
	"context"
	"slices"
	"time"
)

// A Subject is a load on a child.
type Subject struct {
	*Child
	Load Load
}

// A Duel is what several rounds of subject and floor made, round by round.
type Duel struct{ Subject, Floor []*Sample }

// duel lets the subject and its floor, which may be nil, have their turns, so
// that whatever slows the machine down slows both.
func (b *Bench) duel(ctx context.Context, subject, floor *Subject) (*Duel, error) {
	d := new(Duel)
	sides := []struct {
		s    *Subject
		into *[]*Sample
	}{{floor, &d.Floor}, {subject, &d.Subject}}
	for _, side := range sides {
		if side.s != nil {
			if _, err := side.s.Load.Run(ctx, b.Warmup); err != nil {
				return nil, err
			}
		}
	}
	for range b.Rounds {
		for _, side := range sides {
			if side.s == nil {
				continue
			}
			sample, err := side.s.measure(ctx, b.Duration)
			if err != nil {
				return nil, err
			}
			*side.into = append(*side.into, sample)
		}
	}
	return d, nil
}

const mallocs, allocated = "go_memstats_mallocs_total", "go_memstats_alloc_bytes_total"

// measure runs a load and looks at what it cost the server.
func (s *Subject) measure(ctx context.Context, d time.Duration) (*Sample, error) {
	before, used := s.metrics(ctx, mallocs, allocated), s.CPU()
	sample, err := s.Load.Run(ctx, d)
	if err != nil {
		return nil, err
	}
	sample.CPU = s.CPU() - used
	after := s.metrics(ctx, mallocs, allocated)
	sample.Mallocs, sample.Allocate = after[mallocs]-before[mallocs], after[allocated]-before[allocated]
	return sample, nil
}

// median is the middle of what f says of samples; 0 of none.
func median[T any](samples []T, f func(T) float64) float64 {
	if len(samples) == 0 {
		return 0
	}
	vs := make([]float64, len(samples))
	for i, s := range samples {
		vs[i] = f(s)
	}
	slices.Sort(vs)
	return (vs[(len(vs)-1)/2] + vs[len(vs)/2]) / 2
}

// perRequest is v shared among answers, 0 when there were none.
func (s *Sample) perRequest(v float64) float64 {
	if s.Answers == 0 {
		return 0
	}
	return v / float64(s.Answers)
}

func (s *Sample) cpu() float64 { return s.perRequest(float64(s.CPU) / float64(time.Microsecond)) }

// result tells the duel as answers in a second.
func (d *Duel) result(name, unit string) Result {
	quantile := func(q float64) func(*Sample) float64 {
		return func(s *Sample) float64 { return s.Quantile(q) }
	}
	const half, most, nearly = 50, 99, 99.9
	r := Result{
		Name: name, Unit: unit, Value: median(d.Subject, (*Sample).PerSecond), Floor: median(d.Floor, (*Sample).PerSecond), Ratio: d.ratio((*Sample).PerSecond),
		P50: median(d.Subject, quantile(half)), P99: median(d.Subject, quantile(most)), P999: median(d.Subject, quantile(nearly)),
		CPU: median(d.Subject, (*Sample).cpu), FloorCPU: median(d.Floor, (*Sample).cpu),
	}
	for _, s := range slices.Concat(d.Subject, d.Floor) {
		if r.Errors += s.Errors; s.Error != nil && r.Error == "" {
			r.Error = s.Error.Error()
		}
	}
	r.More = map[string]float64{"bytes": median(d.Subject, func(s *Sample) float64 { return s.perRequest(float64(s.Bytes)) })}
	if a := median(d.Subject, func(s *Sample) float64 { return s.perRequest(s.Mallocs) }); a > 0 {
		r.More["allocations"] = a
		r.More["allocated bytes"] = median(d.Subject, func(s *Sample) float64 { return s.perRequest(s.Allocate) })
	}
	return r
}

// ratio is the median of what subject and floor make in each round.
func (d *Duel) ratio(f func(*Sample) float64) float64 {
	var ratios []float64
	for i := range min(len(d.Floor), len(d.Subject)) {
		if floor := f(d.Floor[i]); floor > 0 {
			ratios = append(ratios, f(d.Subject[i])/floor)
		}
	}
	return median(ratios, func(v float64) float64 { return v })
}
