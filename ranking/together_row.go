package ranking

import "math"

// mostTogether is the most that is believed of a row: a weight or a W beyond it is
// no honest one.
const mostTogether = 1e12

// Changed lists the items whose row changed after sequence number since, and
// the number to ask with next time. Begin with 0; numbers do not outlive the
// process. An act changes the rows of all items near it, most of them little.
func (t *Together) Changed(since uint64) (items []int32, now uint64) {
	return t.matrix.changed.since(since)
}

// Row is what is known of item, for [Together.SetRow] of another process: the
// weight of all acts on it and its partners, the strongest first and no more
// than [MaxPartners], as of the newest act counted. Partners travel under the
// name that name gives them; a partner without one is left out. Numbers travel
// as float32.
func (t *Together) Row(item int32, name func(int32) string) []byte {
	b := appendTime([]byte{rowVersion}, t.fade.now)
	if item < 0 || int(item) >= len(t.weights) {
		return appendPartners(appendFloat(b, 0), nil, name)
	}
	cells := strongest(t.matrix.row(item).all(), MaxPartners, t.strength)
	for i := range cells {
		c := &cells[i]
		c.a, c.b = float32(float64(c.a)*t.fade.left), float32(float64(c.b)*t.fade.left)
	}
	return appendPartners(appendFloat(b, t.weights[item]*t.fade.left), cells, name)
}

// SetRow replaces what is known of item by a row, whose partners have the
// numbers that number gives; a negative one leaves the partner out. An error
// wraps [ErrRow], changes nothing and has not asked for a number; any bytes may
// be given.
func (t *Together) SetRow(item int32, row []byte, number func(string) int32) error {
	d := decoder{b: row}
	d.version()
	at, weight := d.time(), d.most(mostTogether)
	partners := d.partners(func() float64 { return d.most(mostTogether) })
	if err := d.end(); err != nil {
		return err
	}
	if item < 0 {
		return nil
	}
	cells := numbered(partners, number)
	t.room(item)
	scale := t.scaleAt(at)
	t.weights[item] = weight * scale
	for i := range cells {
		c := &cells[i]
		c.a, c.b = float32(float64(c.a)*scale), float32(float64(c.b)*scale)
		t.room(c.item())
	}
	t.matrix.set(item, cells)
	t.matrix.bound(t.most(), t.strength)
	return nil
}

// most reads a number that is not negative and at most v.
func (d *decoder) most(v float64) float64 {
	got := d.amount()
	if got > v {
		d.fail()
		return 0
	}
	return math.Abs(got) // no negative zero
}
