package ranking

import (
	"cmp"
	"encoding/binary"
	"slices"
)

const (
	// MaxPartners is how many partners of an item travel in its row at most.
	MaxPartners = 200
	// MaxName is the longest name of a partner that travels, in bytes; a
	// partner with a longer name, or with none, is left out.
	MaxName = 512
)

// appendPartners writes cells in their order, each with its partner's name, at
// most MaxPartners of them.
func appendPartners(b []byte, cells []cell, name func(int32) string) []byte {
	cells = cells[:min(len(cells), MaxPartners)]
	names := make([]string, len(cells))
	n := 0
	for i := range cells {
		names[i] = name(cells[i].item())
		if len(names[i]) > MaxName {
			names[i] = ""
		}
		if names[i] != "" {
			n++
		}
	}
	b = binary.AppendUvarint(b, uint64(n))
	for i := range cells {
		if names[i] == "" {
			continue
		}
		b = binary.AppendUvarint(b, uint64(len(names[i])))
		b = append(b, names[i]...)
		b = appendFloat(b, float64(cells[i].a))
		b = appendFloat(b, float64(cells[i].b))
	}
	return b
}

// A named is a partner as it travels.
type named struct {
	name string
	a, b float32
}

// partners reads what appendPartners wrote; value reads each of the numbers.
func (d *decoder) partners(value func() float64) []named {
	n := d.uint(MaxPartners)
	all := make([]named, 0, n)
	for range n {
		size := int(d.uint(MaxName)) //nolint:gosec // small
		if d.bad || size == 0 || size > len(d.b) {
			d.fail()
			return nil
		}
		p := named{name: string(d.b[:size])}
		d.b = d.b[size:]
		p.a, p.b = float32(value()), float32(value())
		all = append(all, p)
	}
	return all
}

// numbered translates partners into cells; who has no number, and who came
// before, is left out.
func numbered(partners []named, number func(string) int32) []cell {
	cells := make([]cell, 0, len(partners))
	for _, p := range partners {
		if n := number(p.name); n >= 0 {
			cells = append(cells, cell{key: key(n), a: p.a, b: p.b})
		}
	}
	slices.SortStableFunc(cells, func(x, y cell) int { return cmp.Compare(x.key, y.key) })
	return slices.CompactFunc(cells, func(x, y cell) bool { return x.key == y.key })
}
