package ranking

import (
	"math"
	"slices"
)

// Trees is a model of gradient boosted trees, trained elsewhere by LightGBM and
// read by [ParseTrees]. Its score is the raw one, the sum of one leaf per tree
// (their mean where the model averages), before any transformation of an
// objective. It is safe for concurrent use.
type Trees struct {
	features []string  // those that some split asks for
	roots    []int32   // as children
	nodes    []split   // of all trees
	values   []float64 // of those who come to a node, to explain scores by
	leaves   []float64
	sets     [][]int32 // of categories, sorted
	share    float64   // of a tree in the score
}

// A split is an inner node.
type split struct {
	threshold   float64  // goes left at or below it
	feature     int32    // in features
	set         int32    // of the categories that go left
	child       [2]int32 // right and left; if negative, ^ the index of a leaf
	missing     missing
	defaultLeft bool // where what is missing goes
}

// missing says what a split takes for missing.
type missing uint8

const (
	missingNone missing = iota // nothing; what is not a number counts as 0
	missingZero                // what is about 0 or not a number
	missingNaN                 // what is not a number
	category                   // the split is one by category
)

// zeroThreshold is what LightGBM takes for 0: 1e-35 as a float.
const zeroThreshold = float64(float32(1e-35))

// Features names the features that some split asks for. The caller owns it.
func (m *Trees) Features() []string { return slices.Clone(m.features) }

// Score returns the score of every candidate of t. A feature that t lacks
// counts as 0.
func (m *Trees) Score(t *Table) []float64 {
	scores := make([]float64, t.Len())
	columns := m.columns(t)
	for _, root := range m.roots {
		for i := range scores {
			scores[i] += m.leaf(root, columns, i)
		}
	}
	for i := range scores {
		scores[i] *= m.share
	}
	return scores
}

// Explain takes the score of candidate i of t apart: the factor "base" is what
// the trees say of anybody, and each feature has what the splits by it changed
// on the way to the leaves (Saabas, 2014). All weights are 1. The features are
// the same ones in the same order for every candidate, and the sum is the
// score, but for the last digit.
func (m *Trees) Explain(t *Table, i int) []Factor {
	factors := make([]Factor, 1, 1+len(m.features))
	factors[0] = Factor{Name: "base", Weight: 1}
	for _, name := range m.features {
		factors = append(factors, Factor{Name: name, Weight: 1})
	}
	columns := m.columns(t)
	for _, root := range m.roots {
		at := root
		factors[0].Value += m.value(root)
		for at >= 0 {
			node, before := &m.nodes[at], m.values[at]
			at = node.child[m.left(node, columns[node.feature][i])]
			factors[1+node.feature].Value += m.value(at) - before
		}
	}
	for k := range factors {
		factors[k].Value *= m.share
	}
	return factors
}

// columns is the columns of m.features, of zeros for what t lacks.
func (m *Trees) columns(t *Table) [][]float64 {
	columns := make([][]float64, len(m.features))
	var zeros []float64
	at := -1
	for k, name := range m.features {
		columns[k], at = t.after(name, at)
		if columns[k] == nil {
			if zeros == nil {
				zeros = make([]float64, t.Len())
			}
			columns[k] = zeros
		}
	}
	return columns
}

// value is the value of a child.
func (m *Trees) value(at int32) float64 {
	if at < 0 {
		return m.leaves[^at]
	}
	return m.values[at]
}

// leaf is what the tree at root says of row i.
func (m *Trees) leaf(root int32, columns [][]float64, i int) float64 {
	at := root
	for at >= 0 {
		node := &m.nodes[at]
		v := columns[node.feature][i]
		side := 0
		if node.missing == missingZero || node.missing == category || math.IsNaN(v) {
			side = m.left(node, v)
		} else if v <= node.threshold {
			side = 1
		}
		at = node.child[side]
	}
	return m.leaves[^at]
}

// left is 1 if v goes left at node, else 0, exactly as in LightGBM's tree.h.
func (m *Trees) left(node *split, v float64) int {
	left := false
	number := v
	if math.IsNaN(v) {
		number = 0
	}
	switch {
	case node.missing == category:
		left = m.member(node, v)
	case node.missing == missingNaN && math.IsNaN(v),
		node.missing == missingZero && math.Abs(number) <= zeroThreshold:
		left = node.defaultLeft
	default:
		left = number <= node.threshold
	}
	if left {
		return 1
	}
	return 0
}

// member reports whether v, less its fraction, is one of the categories that go
// left. What is no category never is.
func (m *Trees) member(node *split, v float64) bool {
	if !(v > -1 && v <= math.MaxInt32) {
		return false
	}
	_, found := slices.BinarySearch(m.sets[node.set], int32(v))
	return found
}
