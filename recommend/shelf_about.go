package recommend

// About returns the first topic of a pick on the shelf, hidden or not, and the key
// of its product; ok is false for one that is not there.
func (s *Shelf) About(pick string) (topic, product string, ok bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	n, ok := s.picks.rows[pick]
	if !ok || s.picks.row[n].product < 0 {
		return "", "", false
	}
	row := &s.picks.row[n]
	if own := s.topics.sets[row.topics].own; len(own) > 0 {
		topic = s.topics.ids[own[0]]
	}
	return topic, s.products.ids[row.product], true
}
