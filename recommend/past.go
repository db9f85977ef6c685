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

// addPast resolves the history of r before at. What is not on the shelf any
// more is left out.
func (l *look) addPast(t *taste, r *Reader, at moment) {
	if len(r.History) == 0 {
		return
	}
	t.past.acts = make([]pastAct, 0, len(r.History))
	t.past.acted = make(map[int32]struct{}, len(r.History))
	for _, a := range slices.Backward(r.History) {
		n, ok := l.picks.rows[a.Pick]
		when := moment(a.At) * 1_000_000
		if !ok || when > at {
			continue
		}
		row := &l.picks.row[n]
		if row.product < 0 {
			continue
		}
		t.past.acts = append(t.past.acts, pastAct{product: row.product, expert: row.expert, topics: row.topics, kind: a.Kind, at: when})
		t.past.acted[row.product] = struct{}{}
	}
}

// acted reports whether the reader did something with a product.
func (t *taste) acted(product int32) bool { return has(t.past.acted, product) }
