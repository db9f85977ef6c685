package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// publishRow is how long it takes from the 2xx of a publication until the pick
// is on the shelf that windows are made of.
func publishRow() Row {
	const name, publications = "publish", 50
	return Row{Name: name, About: "50 picks by different experts, each until it is on the shelf", Run: func(ctx context.Context, b *Bench) ([]Result, error) {
		s, err := b.Service(ctx)
		if err != nil {
			return nil, err
		}
		n := publications
		if b.Quick {
			n = 20
		}
		sample := &Sample{Latency: newHistogram()}
		answered := newHistogram()
		for i := range min(n, b.made().experts) {
			took, visible, err := s.publish(ctx, i)
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			if err != nil {
				sample.fail(err)
				continue
			}
			_ = answered.RecordValue(int64(took))
			_ = sample.Latency.RecordValue(int64(visible))
		}
		p95 := sample.Quantile(95)
		r := Result{
			Name: name, Value: sample.Quantile(50), Unit: "ms to be seen", P50: sample.Quantile(50), P99: sample.Quantile(99), Errors: sample.Errors,
			More:  map[string]float64{"p95 ms": p95, "answered p50 ms": (&Sample{Latency: answered}).Quantile(50), "answered p95 ms": (&Sample{Latency: answered}).Quantile(95)},
			Aims:  []Aim{atMost("p95 ms", p95, 2000)},
			Notes: []string{"from when the publication was sent until POST /v1/rank takes the pick"},
		}
		if sample.Error != nil {
			r.Error = sample.Error.Error()
		}
		return []Result{r}, nil
	}}
}

// publish has expert i publish, and returns when that was answered and when the
// pick could be ranked, both from when it was sent.
func (s *Service) publish(ctx context.Context, i int) (answered, visible time.Duration, err error) {
	w := s.bench.made()
	expert := expertID(int32(i)) //nolint:gosec // few
	t, err := s.token(expert, "picks:write")
	if err != nil {
		return 0, 0, err
	}
	body, err := json.Marshal(w.publication(i, i))
	if err != nil {
		return 0, 0, err
	}
	sent := time.Now()
	b, err := s.once(ctx, request("POST", "/v1/picks", t, fmt.Sprintf("Idempotency-Key: \"p%d\"\r\n", i), body), 202)
	if err != nil {
		return 0, 0, err
	}
	answered = time.Since(sent)
	var p struct{ ID, State string }
	if err := json.Unmarshal(b, &p); err != nil {
		return 0, 0, err
	}
	if p.State != "published" {
		return 0, 0, fmt.Errorf("a pick was %s: %.300s", p.State, b)
	}
	if body, err = json.Marshal(map[string]any{"picks": []string{p.ID}}); err != nil {
		return 0, 0, err
	}
	if t, err = s.token("watch"+expert, "window:read"); err != nil { // her own picks are none for her
		return 0, 0, err
	}
	ask := request("POST", "/v1/rank", t, "", body)
	tick := time.NewTicker(15 * time.Millisecond) // within a reader's limit of 100 a second
	defer tick.Stop()
	const patient = 10 * time.Second
	for time.Since(sent) < patient {
		if b, err = s.once(ctx, ask, 200); err != nil {
			return 0, 0, err
		}
		if strings.Contains(string(b), `"pick":"`+p.ID+`"`) && strings.Contains(string(b), `"score"`) {
			return answered, time.Since(sent), nil
		}
		select {
		case <-ctx.Done():
			return 0, 0, ctx.Err()
		case <-tick.C:
		}
	}
	return 0, 0, fmt.Errorf("a pick was not to be seen within %s: %.300s", patient, b)
}
