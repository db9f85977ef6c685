package bench

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"sync/atomic"
)

const rankedAtOnce = 41

// rankRow is orders of 41 picks that the caller brings, beside an answer of as
// many cards from a fixed handler.
func rankRow() Row {
	const connections, name = 16, "rank/16"
	return Row{Name: name, About: "orders of 41 candidates on 16 connections, beside one answer from a fixed handler", Run: func(ctx context.Context, b *Bench) ([]Result, error) {
		s, err := b.Service(ctx)
		if err != nil {
			return nil, err
		}
		asks, err := s.ranks()
		if err != nil {
			return nil, err
		}
		body, err := s.once(ctx, asks[0], 200)
		if err != nil {
			return nil, err
		}
		floor, err := b.startFloor(ctx, body)
		if err != nil {
			return nil, err
		}
		defer floor.Stop()
		d, err := b.duel(ctx, asking(s.Child, connections, asks), asking(floor, connections, asks))
		if err != nil {
			return nil, err
		}
		r := d.result(name, "orders/s")
		r.Aims = []Aim{atLeast("orders/s", r.Value, 15_000), atMost("p99 ms", r.P99, 6)}
		return []Result{r}, nil
	}}
}

// ranks are requests of every reader for an order of picks in the topics that
// he leans to.
func (s *Service) ranks() ([][]byte, error) {
	w := s.bench.made()
	dice := rand.New(rand.NewPCG(s.bench.World.Seed, 2)) //nolint:gosec // dice, no secret
	asks := make([][]byte, s.bench.World.Readers)
	for i := range asks {
		t, err := s.token(ReaderID(i), "window:read")
		if err != nil {
			return nil, err
		}
		var picks []string
		seen := make(map[int32]bool)
		for len(picks) < min(rankedAtOnce, len(w.picks)/2) {
			of := w.listed[w.leaning(i)]
			if len(of) == 0 {
				continue
			}
			if n := of[dice.IntN(len(of))]; !seen[n] {
				seen[n] = true
				picks = append(picks, pickID(n))
			}
		}
		body, err := json.Marshal(map[string]any{"picks": picks})
		if err != nil {
			return nil, err
		}
		asks[i] = request("POST", "/v1/rank", t, "", body)
	}
	dice.Shuffle(len(asks), func(i, j int) { asks[i], asks[j] = asks[j], asks[i] })
	return asks, nil
}

// asking is requests in turn, over and over.
func asking(c *Child, connections int, asks [][]byte) *Subject {
	return &Subject{Child: c, Load: Load{
		Addr: c.Addr, Connections: connections, Next: new(atomic.Int64),
		Request: func(n int64) []byte { return asks[int(n%int64(len(asks)))] },
	}}
}
