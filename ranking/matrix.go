package ranking

// keptPartners is how many partners an item keeps when it has twice as many.
const keptPartners = 200

// A matrix is rows of partners by item, bounded for each item and in all. Which
// partners are the strongest is for its user to say.
type matrix struct {
	rows    []sparse
	held    int // partners of all rows
	hand    int // the row that bound looked at last
	changed changes
}

// room makes room for item.
func (m *matrix) room(item int32) { m.rows = grow(m.rows, item) }

// row is the row of item, empty when there is none. It is for reading.
func (m *matrix) row(item int32) *sparse {
	if item < 0 || int(item) >= len(m.rows) {
		return &sparse{}
	}
	return &m.rows[item]
}

// cell is the cell of a partner in the row of item, for which there is room. It
// is good until the next call.
func (m *matrix) cell(item, partner int32) *cell {
	row := &m.rows[item]
	before := row.n
	c := row.at(key(partner))
	m.held += row.n - before
	return c
}

// set makes partners, each of which comes once, the row of item.
func (m *matrix) set(item int32, partners []cell) {
	row := &m.rows[item]
	m.held -= row.n
	row.set(partners)
	m.held += row.n
	m.changed.mark(item)
}

// trim drops the weaker part of the partners of item when it has twice as many
// as it should keep.
func (m *matrix) trim(item int32, strength func(*cell) float64) {
	if m.rows[item].n > 2*keptPartners {
		m.set(item, strongest(m.rows[item].all(), keptPartners, strength))
	}
}

// bound drops a quarter of the partners of one item after the other, the
// weakest, while there are more than most in all. It goes round the items: what
// lives grows again before its next turn.
func (m *matrix) bound(most int, strength func(*cell) float64) {
	for m.held > most {
		m.hand++
		if m.hand >= len(m.rows) {
			m.hand = 0
		}
		if n := m.rows[m.hand].n; n > 0 {
			m.set(int32(m.hand), strongest(m.rows[m.hand].all(), n*3/4, strength)) //nolint:gosec // made of an int32
		}
	}
}
