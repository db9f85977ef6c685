package bench

import (
	"context"
	"time"
)

const lagMetric = "vitrine_ingest_lag_events"

// busyRow is windows while readers' actions and experts' picks come in, beside
// the same without.
func busyRow() Row {
	const connections, name, actions, picks = 64, "window/ingest", 2000, 50
	return Row{Name: name, About: "windows while 2,000 actions and 50 picks a second come in from another process, beside the same without", Run: func(ctx context.Context, b *Bench) ([]Result, error) {
		s, err := b.Service(ctx)
		if err != nil {
			return nil, err
		}
		if err := s.visited(ctx); err != nil {
			return nil, err
		}
		subject, d, total := s.windows(s.Child, connections), new(Duel), fed{}
		if _, err := subject.Load.Run(ctx, b.Warmup); err != nil {
			return nil, err
		}
		var lag float64
		for range b.Rounds {
			quiet, err := subject.measure(ctx, b.Duration)
			if err != nil {
				return nil, err
			}
			f, err := s.feed(ctx, actions, picks)
			if err != nil {
				return nil, err
			}
			sleepUntil(ctx, time.Now().Add(time.Second)) // until it feeds
			busy, err := subject.measure(ctx, b.Duration)
			done, err2 := f.stop()
			if err != nil {
				return nil, err
			}
			if err2 != nil {
				return nil, err2
			}
			total.Seconds, total.Actions, total.Picks = total.Seconds+done.Seconds, total.Actions+done.Actions, total.Picks+done.Picks
			total.Late = max(total.Late, done.Late)
			if total.Errors += done.Errors; total.Error == "" {
				total.Error = done.Error
			}
			lag = max(lag, s.lag(ctx))
			s.awaitFolds(ctx)
			d.Floor, d.Subject = append(d.Floor, quiet), append(d.Subject, busy)
		}
		r := d.result(name, "windows/s")
		r.More["actions/s"] = float64(total.Actions) / total.Seconds
		r.More["picks/s"] = float64(total.Picks) / total.Seconds
		r.More["lag at the end"] = lag
		r.More["last write's answer s"] = total.Late
		r.Aims = []Aim{atLeast("ratio", r.Ratio, 0.7), atLeast("actions/s", r.More["actions/s"], 0.9*actions), atLeast("picks/s", r.More["picks/s"], 0.9*picks)}
		if total.Errors > 0 {
			r.Errors += total.Errors
			r.Error = total.Error
		}
		return []Result{r}, nil
	}}
}

// lag is how many events the service has not folded.
func (s *Service) lag(ctx context.Context) float64 { return s.metrics(ctx, lagMetric)[lagMetric] }

// awaitFolds waits until all is folded, for a minute at most.
func (s *Service) awaitFolds(ctx context.Context) {
	const every, patient = 100 * time.Millisecond, time.Minute
	for end := time.Now().Add(patient); s.lag(ctx) > 0 && time.Now().Before(end) && ctx.Err() == nil; {
		sleepUntil(ctx, time.Now().Add(every))
	}
}
