package recommend

// trim brings the shelf back to its budget. The picks that stay are the newest
// of each topic: what goes is far down in every topic it is in. What was
// withdrawn goes first. Only Apply calls it, so nothing changes between
// choosing and dropping, and readers get their turns in between.
func (s *Shelf) trim() {
	over := s.over()
	if over == 0 {
		return
	}
	s.listWaiting() // what stays is chosen by the lists
	victims := s.victims(over)
	for len(victims) > 0 {
		n := min(applyAtOnce, len(victims))
		s.drop(victims[:n])
		victims = victims[n:]
	}
}

func (s *Shelf) drop(rows []int32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dropped++
	for _, n := range rows {
		s.unlist(n)
		s.release(s.picks.row[n].product)
		s.picks.drop(n)
	}
}

// over is how many picks have to go, 0 while the budget is kept. Choosing looks
// at every pick, so it is done once for many.
func (s *Shelf) over() int {
	const slack = 64
	s.mu.RLock()
	defer s.mu.RUnlock()
	over := s.picks.len() - s.budget
	if over <= s.budget/slack {
		return 0
	}
	return over + s.budget/slack
}

// victims chooses the picks that go.
func (s *Shelf) victims(over int) []int32 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	ranks := s.ranks()
	of := make([]int, len(ranks)+1) // how many picks have each rank
	for _, r := range ranks {
		if r >= 0 {
			of[r]++
		}
	}
	worst := len(ranks)
	for n := of[worst]; n < over; n += of[worst] {
		worst--
	}
	victims := make([]int32, 0, over)
	for n, r := range ranks {
		if r >= worst && len(victims) < over {
			victims = append(victims, int32(n))
		}
	}
	return victims
}

// ranks says of every row how many newer picks there are in the topic where it
// is nearest to the top: -1 for a free row, the number of rows for what was
// withdrawn, 0 for what a ruling may bring back.
func (s *Shelf) ranks() []int {
	ranks := make([]int, len(s.picks.ids))
	for n, id := range s.picks.ids {
		switch {
		case id == "":
			ranks[n] = -1
		case s.picks.row[n].listed, s.picks.row[n].stage == stageWithdrawn:
			ranks[n] = len(ranks)
		}
	}
	for i := range s.topics.topics {
		w := s.topics.topics[i].picks.walk()
		rank := 0
		for n, ok := w.next(); ok; n, ok = w.next() {
			ranks[n] = min(ranks[n], rank)
			rank++
		}
	}
	return ranks
}
