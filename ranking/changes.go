package ranking

// changes notes which items' rows changed when, so that other processes can be
// told what is new. Time is a sequence number that grows with every change.
type changes struct {
	now  uint64
	last []uint64 // by item; 0: never
}

// mark notes a change of item.
func (c *changes) mark(item int32) {
	c.last = grow(c.last, item)
	c.now++
	c.last[item] = c.now
}

// since lists the items that changed after sequence number n, by number, and
// returns the sequence number to ask with next time.
func (c *changes) since(n uint64) ([]int32, uint64) {
	var items []int32
	for i, at := range c.last {
		if at > n {
			items = append(items, int32(i))
		}
	}
	return items, c.now
}

// grow makes s long enough to hold item.
func grow[T any](s []T, item int32) []T {
	if n := int(item) + 1 - len(s); n > 0 {
		s = append(s, make([]T, n)...)
	}
	return s
}
