package recommend

import "slices"

// A pastAct is an act of a reader's history, in the numbers of a look.
type pastAct struct {
	product int32
	expert  int32
	topics  int32 // the topic set of the pick
	kind    string
	at      moment
}

// A past is what a reader did before a moment, the latest first.
type past struct {
	acts  []pastAct
	acted map[int32]struct{} // products
}

// pastActs resolves the history of r up to at, the latest first. What is not on
// the shelf any more is left out.
func (l *look) pastActs(r *Reader, at moment) []pastAct {
	if len(r.History) == 0 {
		return nil
	}
	acts := make([]pastAct, 0, len(r.History))
	for i := range slices.Backward(r.History) {
		a := &r.History[i]
		when := momentOfSecond(a.At)
		if when > at {
			continue
		}
		n, ok := l.picks.rows[a.Pick]
		if !ok {
			continue
		}
		row := &l.picks.row[n]
		if row.product < 0 {
			continue
		}
		acts = append(acts, pastAct{product: row.product, expert: row.expert, topics: row.topics, kind: a.Kind, at: when})
	}
	return acts
}

// upTo are those of acts that were done by at.
func upTo(at moment, acts []pastAct) []pastAct {
	for len(acts) > 0 && acts[0].at > at {
		acts = acts[1:]
	}
	if later := func(a pastAct) bool { return a.at > at }; slices.ContainsFunc(acts, later) {
		return slices.DeleteFunc(slices.Clone(acts), later)
	}
	return acts
}

// pastOf is the past that acts make.
func pastOf(acts []pastAct) past {
	if len(acts) == 0 {
		return past{}
	}
	p := past{acts: acts, acted: make(map[int32]struct{}, len(acts))}
	for i := range acts {
		p.acted[acts[i].product] = struct{}{}
	}
	return p
}

// acted reports whether the reader did something with a product.
func (t *taste) acted(product int32) bool { return has(t.past.acted, product) }
