package main

import (
	"context"
	"errors"
	"time"

	"vitrine.dev/ranking"
	"vitrine.dev/recommend"
)

// A result is what a query found.
type result struct {
	query       *query
	bare, mixed served
	slices      []bool // by the order of sliceNames
}

// A served window and what it is worth.
type served struct {
	recall, ndcg float64
	products     []string
	experts      []string
	cold         int // of products, those that are cold
	took         time.Duration
}

// ask serves q twice: in the order of the score alone, and mixed as shipped.
func (ev *evaluation) ask(ctx context.Context, q *query) (result, error) {
	r := result{query: q}
	r.slices = ev.slicesOf(q)
	var err error
	if r.bare, err = ev.serve(ctx, q, true); err != nil {
		return r, err
	}
	r.mixed, err = ev.serve(ctx, q, false)
	return r, err
}

func (ev *evaluation) serve(ctx context.Context, q *query, bare bool) (s served, err error) {
	start := time.Now()
	items, err := ev.items(ctx, q, bare)
	s.took = time.Since(start)
	if _, refused := errors.AsType[*recommend.Refusal](err); refused { // such as of a topic that has no pick yet
		return s, nil
	}
	if err != nil {
		return s, err
	}
	for i := range items {
		s.products = append(s.products, items[i].Product.Key)
		s.experts = append(s.experts, items[i].Expert.ID)
		if ev.coldProduct(items[i].Product.Key, q.At) {
			s.cold++
		}
	}
	s.recall = ranking.Recall(s.products, q.Relevant, q.Limit)
	s.ndcg = ranking.NDCG(s.products, q.Relevant, q.Limit)
	return s, nil
}

// items asks for the cards of q: given candidates in order, or a window, page
// by page where the policy does not let it be served at once.
func (ev *evaluation) items(ctx context.Context, q *query, bare bool) (items []recommend.Item, err error) {
	windows, seed := ev.replay.Windows(), ranking.Hash(q.ID)
	if q.Candidates != nil {
		w, err := windows.Rank(ctx, recommend.RankRequest{Reader: q.Reader, Picks: q.Candidates, Limit: q.Limit, Seed: seed, Bare: bare})
		if err != nil {
			return nil, err
		}
		return w.Items, nil
	}
	r := recommend.WindowRequest{Reader: q.Reader, Limit: min(q.Limit, ev.pageLimit), Seed: seed, Bare: bare, Fresh: q.Fresh}
	if q.Topic != "" {
		r.Topics = []string{q.Topic}
	}
	for {
		w, err := windows.Window(ctx, r)
		if err != nil {
			return nil, err
		}
		items = append(items, w.Items...)
		if r.Cursor = w.NextCursor; r.Cursor == "" || len(items) >= q.Limit {
			return items[:min(q.Limit, len(items))], nil
		}
	}
}
