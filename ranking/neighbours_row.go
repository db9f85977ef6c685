package ranking

// Changed lists the items whose row changed after sequence number since, and
// the number to ask with next time. Begin with 0; numbers do not outlive the
// process.
func (n *Neighbours) Changed(since uint64) (items []int32, now uint64) {
	return n.matrix.changed.since(since)
}

// Row is what is known of item, for [Neighbours.SetRow] of another process: its
// partners, the strongest first and no more than [MaxPartners]. They travel
// under the name that name gives them; a partner without one is left out.
// Numbers travel as float32.
func (n *Neighbours) Row(item int32, name func(int32) string) []byte {
	cells := strongest(n.matrix.row(item).all(), MaxPartners, strength)
	return appendPartners([]byte{rowVersion}, cells, name)
}

// SetRow replaces what is known of item by a row, whose partners have the
// numbers that number gives; a negative one leaves the partner out. An error
// wraps [ErrRow], changes nothing and has not asked for a number; any bytes may
// be given.
func (n *Neighbours) SetRow(item int32, row []byte, number func(string) int32) error {
	d := decoder{b: row}
	d.version()
	partners := d.partners(d.float)
	if err := d.end(); err != nil {
		return err
	}
	if item < 0 {
		return nil
	}
	cells := numbered(partners, number)
	n.matrix.room(item)
	for _, c := range cells {
		n.matrix.room(c.item())
	}
	n.matrix.set(item, cells)
	n.matrix.bound(n.most(), strength)
	return nil
}
