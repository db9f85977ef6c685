package recommend

import (
	"cmp"
	"context"
	"slices"
	"strings"
)

// Load calls f, which applies all that a store holds, and lists what came at
// its end, in one go: readers find the picks of it only then. To put one pick
// after the other into lists that are kept by age takes a third of the time of
// applying a million.
func (s *Shelf) Load(ctx context.Context, f func(context.Context) error) error {
	s.applying.Lock()
	s.loading++
	s.applying.Unlock()
	err := f(ctx)
	s.applying.Lock()
	defer s.applying.Unlock()
	s.loading--
	if s.loading == 0 {
		s.listWaiting()
		s.trim()
	}
	return err
}

// A waiting pick is to be listed when what is being loaded has come.
type waiting struct {
	since moment
	row   int32
}

// listWaiting lists what waits, oldest first, so that each goes to the end of
// its lists. Readers get their turns in between.
func (s *Shelf) listWaiting() {
	rows := make([]waiting, 0, len(s.waiting))
	for _, n := range s.waiting {
		if s.picks.row[n].listed {
			rows = append(rows, waiting{s.picks.row[n].since, n})
		}
	}
	slices.SortFunc(rows, func(a, b waiting) int {
		if c := cmp.Compare(a.since, b.since); c != 0 {
			return c
		}
		return strings.Compare(s.picks.ids[a.row], s.picks.ids[b.row])
	})
	s.waiting = nil
	for some := range slices.Chunk(rows, 10*applyAtOnce) {
		s.mu.Lock()
		for _, w := range some {
			s.approve(w.row)
			s.post(w.row)
		}
		s.mu.Unlock()
	}
}
