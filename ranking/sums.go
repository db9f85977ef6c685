package ranking

import "math"

// Sums adds up scores of items, few of many, without looking at the others. The
// zero Sums is empty. Use one again and again: it grows to 8 bytes for each item
// there is and then allocates nothing. It is not safe for concurrent use.
type Sums struct {
	values []float64
	items  []int32
}

// Reset makes all sums 0.
func (s *Sums) Reset() {
	for _, item := range s.items {
		s.values[item] = 0
	}
	s.items = s.items[:0]
}

// Items are those to which something was added, each once, in the order in
// which they came. They are good until the next change.
func (s *Sums) Items() []int32 { return s.items }

// Of is the sum of item.
func (s *Sums) Of(item int32) float64 {
	if item < 0 || int(item) >= len(s.values) {
		return 0
	}
	return s.values[item]
}

// reserve makes room for items below n.
func (s *Sums) reserve(n int) {
	if n > len(s.values) {
		s.values = append(s.values, make([]float64, n-len(s.values))...)
	}
}

// add adds v to item, for which there is room. A sum of just 0 becomes the
// smallest number above it, so that 0 means that nothing was added.
func (s *Sums) add(item int32, v float64) {
	p := &s.values[item]
	if *p == 0 {
		s.items = append(s.items, item)
	}
	*p += v
	if *p == 0 {
		*p = math.SmallestNonzeroFloat64
	}
}
