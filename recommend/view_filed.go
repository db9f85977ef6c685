package recommend

import "slices"

// Filed is what a pick is filed under.
type Filed struct {
	Expert, Partner string
	Topics          []string // its own, without those that they lie in
}

// Roots are the top-level topics of f, each once.
func (f *Filed) Roots() []string {
	var roots []string
	for _, t := range f.Topics {
		for up := ParentTopic(t); up != ""; up = ParentTopic(up) {
			t = up
		}
		if !slices.Contains(roots, t) {
			roots = append(roots, t)
		}
	}
	return roots
}

// FiledUnder calls each with what a pick on the shelf is filed under now, hidden
// or not, as many of ids as there are; ok is false for the others. No change
// comes between.
func (w *Windows) FiledUnder(ids []string, each func(i int, f Filed, ok bool)) {
	s := w.shelf
	s.mu.RLock()
	defer s.mu.RUnlock()
	for i, id := range ids {
		n, ok := s.picks.rows[id]
		if !ok {
			each(i, Filed{}, false)
			continue
		}
		row := &s.picks.row[n]
		f := Filed{Expert: s.experts.ids[row.expert]}
		if row.product >= 0 {
			f.Partner = partnerOf(s.products.ids[row.product])
		}
		for _, t := range s.topics.sets[row.topics].own {
			f.Topics = append(f.Topics, s.topics.ids[t])
		}
		each(i, f, true)
	}
}
