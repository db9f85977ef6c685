package ranking

import (
	"encoding/binary"
	"math"
)

// Changed lists the items whose row changed after sequence number since, and
// the number to ask with next time. Begin with 0; numbers do not outlive the
// process.
func (p *Pairs) Changed(since uint64) (items []int32, now uint64) { return p.changed.since(since) }

// Row is what is known of item, for [Pairs.SetRow] of another process: its
// opens and the pairs in which it is the item of the list, those of most weight
// in a lift first and no more than [MaxPartners]. Partners travel under the name
// that name gives them; a partner without one is left out. Numbers travel as
// float32.
func (p *Pairs) Row(item int32, name func(int32) string) []byte {
	var opens, at uint64
	var cells []cell
	if item >= 0 {
		if int(item) < len(p.opens) {
			opens = uint64(p.opens[item]) //nolint:gosec // a count
		}
		if int(item) < len(p.rows) {
			at = uint64(max(p.answers[item], 0))
			cells = p.rows[item].all()
		}
	}
	b := binary.AppendUvarint(binary.AppendUvarint([]byte{rowVersion}, opens), at)
	cells = strongest(cells, MaxPartners, func(c *cell) float64 {
		return p.weight(c.item()) * (float64(c.a) + float64(c.b))
	})
	return appendPartners(b, cells, name)
}

// SetRow replaces what is known of item by a row, whose partners have the
// numbers that number gives; a negative one leaves the partner out. An error
// wraps [ErrRow], changes nothing and has not asked for a number; any bytes may
// be given.
func (p *Pairs) SetRow(item int32, row []byte, number func(string) int32) error {
	d := decoder{b: row}
	d.version()
	opens, at := int32(d.uint(math.MaxInt32)), d.time() //nolint:gosec // within int32
	partners := d.partners(d.amount)
	if err := d.end(); err != nil {
		return err
	}
	if item < 0 {
		return nil
	}
	p.opens = grow(p.opens, item)
	p.opens[item] = opens
	p.row(item)
	p.held -= p.rows[item].n
	p.rows[item].set(numbered(partners, number))
	p.held += p.rows[item].n
	p.answers[item] = at
	p.changed.mark(item)
	if p.held > p.most() {
		p.forget()
	}
	return nil
}
