package ranking

import (
	"cmp"
	"slices"
)

// A cell is what a sparse row holds of one partner: two numbers whose meaning
// is the row's business.
type cell struct {
	key  uint32 // the partner's number plus 1; 0 is an empty cell
	a, b float32
}

// item is the number of the cell's partner.
func (c *cell) item() int32 { return int32(c.key - 1) } //nolint:gosec // keys are made of int32 numbers

// A sparse is a row of a sparse matrix: a hash table with open addressing and
// linear probing that is between 50 % and 75 % full, so a partner costs 16 to
// 24 bytes. The zero sparse is empty.
type sparse struct {
	cells []cell
	n     int
}

// key is how item, which must not be negative, is called in a cell.
func key(item int32) uint32 { return uint32(item) + 1 } //nolint:gosec // callers leave out negative numbers

// slot is where the search for k begins in a table of n cells. Multiplying by
// the golden ratio spreads numbers that follow each other (Knuth, TAOCP 6.4);
// the high bits are then scaled to the table (Lemire, 2016).
func slot(k uint32, n int) int {
	return int(uint64(k*0x9e3779b1) * uint64(n) >> 32) //nolint:gosec // a length is not negative, the result below it
}

// find is the cell of k, or nil.
func (s *sparse) find(k uint32) *cell {
	if s.n == 0 {
		return nil
	}
	for i := slot(k, len(s.cells)); ; {
		c := &s.cells[i]
		if c.key == k {
			return c
		}
		if c.key == 0 {
			return nil
		}
		i++
		if i == len(s.cells) {
			i = 0
		}
	}
}

// at is the cell of k, a new one if there is none yet. It is good until the
// next call.
func (s *sparse) at(k uint32) *cell {
	if 4*(s.n+1) > 3*len(s.cells) {
		s.resize(3*len(s.cells)/2 + 2)
	}
	c := s.free(k)
	if c.key == 0 {
		c.key = k
		s.n++
	}
	return c
}

// peek appends to into what stands where the search for each of items begins:
// 0 says that the row has no such partner. Nothing in it waits for anything
// else, so the memory of a long row is fetched for all items at once; looking
// for them one by one afterwards is a quarter faster than without.
func (s *sparse) peek(items []int32, into []uint32) []uint32 {
	cells := s.cells
	for _, item := range items {
		var first uint32
		if len(cells) > 0 {
			first = cells[slot(key(item), len(cells))].key
		}
		into = append(into, first)
	}
	return into
}

// free is the cell of k, or the empty one where it belongs.
func (s *sparse) free(k uint32) *cell {
	cells := s.cells
	for i := slot(k, len(cells)); ; {
		c := &cells[i]
		if c.key == k || c.key == 0 {
			return c
		}
		i++
		if i == len(cells) {
			i = 0
		}
	}
}

// resize gives the row n cells, more than it has partners.
func (s *sparse) resize(n int) {
	old := s.cells
	s.cells = make([]cell, n)
	for i := range old {
		if old[i].key != 0 {
			*s.free(old[i].key) = old[i]
		}
	}
}

// set makes partners, each of which comes once, the whole row.
func (s *sparse) set(partners []cell) {
	*s = sparse{}
	if len(partners) == 0 {
		return
	}
	s.cells = make([]cell, 3*len(partners)/2+1)
	for i := range partners {
		*s.at(partners[i].key) = partners[i]
	}
}

// all is a copy of the partners, in no particular order.
func (s *sparse) all() []cell {
	into := make([]cell, 0, s.n)
	for i := range s.cells {
		if s.cells[i].key != 0 {
			into = append(into, s.cells[i])
		}
	}
	return into
}

// strongest orders cells by weight, the highest first and equals by number,
// and returns the first n.
func strongest(cells []cell, n int, weight func(*cell) float64) []cell {
	type weighed struct {
		weight float64
		cell   cell
	}
	all := make([]weighed, len(cells))
	for i := range cells {
		all[i] = weighed{weight(&cells[i]), cells[i]}
	}
	slices.SortFunc(all, func(x, y weighed) int {
		switch {
		case x.weight > y.weight:
			return -1
		case x.weight < y.weight:
			return 1
		}
		return cmp.Compare(x.cell.key, y.cell.key)
	})
	cells = cells[:min(len(cells), n)]
	for i := range cells {
		cells[i] = all[i].cell
	}
	return cells
}
