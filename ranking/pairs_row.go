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
// opens and the pairs in which it is the item of the list. No more than
// [MaxPartners] travel, those that change a lift most, and of the others what
// they are in the mean; so a replica's lift of an item with more pairs is near
// the original's, not the same. Partners travel under the name that name gives
// them; a partner without one is left out. Numbers travel as float32.
func (p *Pairs) Row(item int32, name func(int32) string) []byte {
	b := binary.AppendUvarint([]byte{rowVersion}, uint64(p.count(item))) //nolint:gosec // a count
	if item < 0 || int(item) >= len(p.rows) {
		return appendPartners(appendFloat(appendFloat(appendTime(b, 0), 0), 0), nil, name)
	}
	cells := p.telling(item)
	left := p.rest[item]
	if len(cells) > MaxPartners {
		left = p.mean(cells[MaxPartners:])
	}
	b = appendFloat(appendFloat(appendTime(b, p.answers[item]), float64(left.clicks)), float64(left.expected))
	return appendPartners(b, cells, name)
}

// telling is the pairs of item, first those whose clicks are furthest from what
// all its pairs lead to expect.
func (p *Pairs) telling(item int32) []cell {
	cells := p.rows[item].all()
	var clicks, expected float64
	for i := range cells {
		clicks += float64(cells[i].a)
		expected += float64(cells[i].b)
	}
	rate := (clicks + 1) / (expected + 1)
	return strongest(cells, len(cells), func(c *cell) float64 {
		return p.weight(c.item()) * math.Abs(float64(c.a)-rate*float64(c.b))
	})
}

// mean is what cells are for each open of their partners.
func (p *Pairs) mean(cells []cell) rest {
	var clicks, expected, opens float64
	for i := range cells {
		clicks += float64(cells[i].a)
		expected += float64(cells[i].b)
		opens += float64(p.count(cells[i].item()))
	}
	return rest{float32(clicks / max(opens, 1)), float32(expected / max(opens, 1))}
}

// mostRest is the most that is believed of a row's rest: a list has one new
// click.
const mostRest = 1e6

// SetRow replaces what is known of item by a row, whose partners have the
// numbers that number gives; a negative one leaves the partner out. An error
// wraps [ErrRow], changes nothing and has not asked for a number; any bytes may
// be given.
func (p *Pairs) SetRow(item int32, row []byte, number func(string) int32) error {
	d := decoder{b: row}
	d.version()
	opens, at := int32(d.uint(math.MaxInt32)), d.time() //nolint:gosec // within int32
	left := rest{float32(d.most(mostRest)), float32(d.most(mostRest))}
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
	p.answers[item], p.rest[item] = at, left
	p.changed.mark(item)
	if p.held > p.most() {
		p.forget()
	}
	return nil
}
