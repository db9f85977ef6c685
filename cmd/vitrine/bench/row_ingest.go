package bench

import (
	"context"
	"fmt"
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
		var made []pagesMade // before and after each turn beside ingest
		taught := s.learning(ctx)
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
			before := s.pagesMade(ctx)
			busy, err := subject.measure(ctx, b.Duration)
			made = append(made, before, s.pagesMade(ctx))
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
			s.awaitLearned(ctx, time.Minute) // or what is without ingest would be beside learning
			d.Floor, d.Subject = append(d.Floor, quiet), append(d.Subject, busy)
		}
		r := d.result(name, "windows/s")
		r.More["actions/s"] = float64(total.Actions) / total.Seconds
		r.More["picks/s"] = float64(total.Picks) / total.Seconds
		r.More["lag at the end"] = lag
		r.Notes = append(beside(made), s.learning(ctx).since(taught))
		r.More["last write's answer s"] = total.Late
		r.Aims = []Aim{atLeast("ratio", r.Ratio, 0.7), atLeast("actions/s", r.More["actions/s"], 0.9*actions), atLeast("picks/s", r.More["picks/s"], 0.9*picks)}
		if total.Errors > 0 {
			r.Errors += total.Errors
			r.Error = total.Error
		}
		return []Result{r}, nil
	}}
}

// beside says what the pages beside ingest were made of.
func beside(made []pagesMade) []string {
	before, after := make(pagesMade), make(pagesMade)
	for i, m := range made {
		sum := before
		if i%2 == 1 {
			sum = after
		}
		for o, n := range m {
			sum[o] += n
		}
	}
	return after.since(before)
}

// taught is how much was learned.
type taught struct{ actions, passed, late float64 }

func (s *Service) learning(ctx context.Context) taught {
	const actions, passed, late = "vitrine_learning_actions_total", "vitrine_learning_shed_total", "vitrine_learning_lag_seconds"
	m := s.metrics(ctx, actions, passed, late)
	return taught{m[actions], m[passed], m[late]}
}

// since says what was learned since before.
func (t taught) since(before taught) string {
	return fmt.Sprintf("learned from %.0f actions, passed over %.0f for want of time, %.0f s late in the end", t.actions-before.actions, t.passed-before.passed, t.late)
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
