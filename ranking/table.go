package ranking

import "slices"

// A Table holds the features of some candidates, one column per feature and
// one row per candidate.
type Table struct {
	names   []string
	columns [][]float64
	cells   []float64 // of all columns
	rows    int
}

// NewTable returns a table of rows candidates in which every feature is 0.
func NewTable(rows int, features ...string) *Table {
	t := new(Table)
	t.Reset(rows, features...)
	return t
}

// Reset makes t another table, in the memory that it has. Columns that were
// returned before are not to be used any more.
func (t *Table) Reset(rows int, features ...string) {
	t.names, t.rows = features, rows
	t.columns = slices.Grow(t.columns[:0], len(features))[:len(features)]
	t.cells = slices.Grow(t.cells[:0], rows*len(features))[:rows*len(features)]
	clear(t.cells)
	all := t.cells
	for i := range t.columns {
		t.columns[i], all = all[:rows:rows], all[rows:]
	}
}

// Len is the number of candidates.
func (t *Table) Len() int { return t.rows }

// Column is the feature called name, to be read and written, or nil when the
// table has none of that name.
func (t *Table) Column(name string) []float64 {
	column, _ := t.after(name, -1)
	return column
}

// after is Column for one who asks for many: it looks first behind the place
// where the one before was found, and returns the place of this one.
func (t *Table) after(name string, place int) ([]float64, int) {
	if next := place + 1; next < len(t.names) && t.names[next] == name {
		return t.columns[next], next
	}
	for i, n := range t.names {
		if n == name {
			return t.columns[i], i
		}
	}
	return nil, place
}
