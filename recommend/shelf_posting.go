package recommend

import "slices"

// A posting is a list of picks, oldest first, in chunks so that one more costs
// little wherever it belongs. The zero posting is empty.
type posting struct {
	chunks [][]int32
	n      int
}

const chunkSize = 512

// An order tells how a compares with b, which are rows of picks.
type order func(a, b int32) int

// place is where row is, or would go: a chunk and an index in it.
func (p *posting) place(row int32, cmp order) (chunk, at int, found bool) {
	if n := len(p.chunks); n == 0 || cmp(p.chunks[n-1][len(p.chunks[n-1])-1], row) < 0 { // newer than all: the usual case
		return n, 0, false
	}
	chunk, _ = slices.BinarySearchFunc(p.chunks, row, func(c []int32, r int32) int { return cmp(c[len(c)-1], r) })
	at, found = slices.BinarySearchFunc(p.chunks[chunk], row, cmp)
	return chunk, at, found
}

// insert adds row; adding it twice is adding it once.
func (p *posting) insert(row int32, cmp order) {
	chunk, at, found := p.place(row, cmp)
	if found {
		return
	}
	p.n++
	if chunk == len(p.chunks) {
		if chunk == 0 || len(p.chunks[chunk-1]) >= chunkSize {
			p.chunks = append(p.chunks, []int32{row})
			return
		}
		chunk--
		at = len(p.chunks[chunk])
	}
	c := slices.Insert(p.chunks[chunk], at, row)
	if len(c) <= chunkSize {
		p.chunks[chunk] = c
		return
	}
	half := len(c) / 2
	p.chunks[chunk] = c[:half:half]
	p.chunks = slices.Insert(p.chunks, chunk+1, slices.Clone(c[half:]))
}

// remove takes row out, if it is there.
func (p *posting) remove(row int32, cmp order) {
	chunk, at, found := p.place(row, cmp)
	if !found {
		return
	}
	p.n--
	p.chunks[chunk] = slices.Delete(p.chunks[chunk], at, at+1)
	if len(p.chunks[chunk]) == 0 {
		p.chunks = slices.Delete(p.chunks, chunk, chunk+1)
	}
}

// A walk goes through a posting from its newest pick to its oldest. It is good
// for as long as the shelf is not changed.
type walk struct {
	chunks [][]int32
	chunk  []int32
}

// walk starts at the newest pick.
func (p *posting) walk() walk { return walk{chunks: p.chunks} }

// walkBefore starts at the newest pick that older reports true for; older must
// be true for all picks from some age on.
func (p *posting) walkBefore(older func(row int32) bool) walk {
	n, _ := slices.BinarySearchFunc(p.chunks, false, func(c []int32, _ bool) int {
		if older(c[len(c)-1]) {
			return -1
		}
		return 1
	})
	w := walk{chunks: p.chunks[:n]}
	if n < len(p.chunks) {
		c := p.chunks[n]
		at, _ := slices.BinarySearchFunc(c, false, func(r int32, _ bool) int {
			if older(r) {
				return -1
			}
			return 1
		})
		w.chunk = c[:at]
	}
	return w
}

// next returns the next older pick; ok is false at the end.
func (w *walk) next() (row int32, ok bool) {
	for len(w.chunk) == 0 {
		if len(w.chunks) == 0 {
			return 0, false
		}
		w.chunk = w.chunks[len(w.chunks)-1]
		w.chunks = w.chunks[:len(w.chunks)-1]
	}
	row = w.chunk[len(w.chunk)-1]
	w.chunk = w.chunk[:len(w.chunk)-1]
	return row, true
}
