package main

import (
	"vitrine.dev/cmd/vitrine/floor"
	"vitrine.dev/ranking"
	"vitrine.dev/recommend"
)

// A floorRun is a counting policy that sees the same events and is asked the
// same queries as the windows.
type floorRun struct {
	name         string
	policy       floor.Policy
	recall, ndcg []float64 // by query
}

// folded shows an event to the market and the floors.
func (ev *evaluation) folded(_ recommend.Event, data any) {
	var e floor.Event
	switch v := data.(type) {
	case *recommend.PublishedPick:
		l, err := ev.replay.World().Scene().Partners.Links().Parse(v.Link)
		if err != nil {
			return
		}
		e = ev.market.Publish(v, l.Key())
	case *recommend.Action:
		var ok bool
		if e, ok = ev.market.Act(v); !ok {
			return
		}
	default:
		return
	}
	for _, f := range ev.floors {
		f.policy.See(e)
	}
}

// askFloors asks q of every floor.
func (ev *evaluation) askFloors(q *query) {
	if len(ev.floors) == 0 {
		return
	}
	pool := ev.market.Pool(q.Reader, q.Topic, q.Candidates, q.Fresh)
	for _, f := range ev.floors {
		best := floor.Order(f.policy, ev.market, floor.Query{ID: q.ID, Reader: q.Reader, At: q.At}, pool, q.Limit)
		found := make([]string, len(best))
		for i, n := range best {
			found[i] = ev.market.Products[n].Key
		}
		f.recall = append(f.recall, ranking.Recall(found, q.Relevant, q.Limit))
		f.ndcg = append(f.ndcg, ranking.NDCG(found, q.Relevant, q.Limit))
	}
}
