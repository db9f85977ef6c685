package ranking

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// The largest model that [ParseTrees] reads.
const (
	maxModelBytes = 64 << 20
	maxTrees      = 10_000
	maxTreeDepth  = 64
)

// lightGBM is the part of a dumped model that scores need.
type lightGBM struct {
	Class     int        `json:"num_class"`
	PerRound  int        `json:"num_tree_per_iteration"`
	Average   bool       `json:"average_output"`
	Features  []string   `json:"feature_names"`
	Trees     []dumpTree `json:"tree_info"`
	MostIndex *int       `json:"max_feature_idx"`
}

type dumpTree struct {
	Root *dumpNode `json:"tree_structure"`
}

// dumpNode is an inner node, or a leaf if it has no children.
type dumpNode struct {
	Feature     *int            `json:"split_feature"`
	Threshold   json.RawMessage `json:"threshold"` // a number, or categories as in "1||5"
	Decision    string          `json:"decision_type"`
	DefaultLeft bool            `json:"default_left"`
	Missing     string          `json:"missing_type"`
	Value       *float64        `json:"internal_value"`
	Left        *dumpNode       `json:"left_child"`
	Right       *dumpNode       `json:"right_child"`

	Leaf   *float64        `json:"leaf_value"`
	Linear json.RawMessage `json:"leaf_coeff"`
}

// ParseTrees reads a model in the JSON of LightGBM's Booster.dump_model(), of
// one class, up to 64 MiB, 10,000 trees and 64 splits in a row. Linear leaves
// are refused. Errors name the place in the model.
func ParseTrees(r io.Reader) (*Trees, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxModelBytes+1))
	if err != nil {
		return nil, fmt.Errorf("trees: %w", err)
	}
	if len(data) > maxModelBytes {
		return nil, fmt.Errorf("trees: larger than %d bytes", maxModelBytes)
	}
	var dump lightGBM
	if err := json.Unmarshal(data, &dump); err != nil {
		return nil, fmt.Errorf("trees: %w", err)
	}
	m, err := dump.build()
	if err != nil {
		return nil, fmt.Errorf("trees: %w", err)
	}
	return m, nil
}

func (d *lightGBM) build() (*Trees, error) {
	if err := d.check(); err != nil {
		return nil, err
	}
	b := builder{names: d.Features, index: make(map[int]int32), model: &Trees{share: 1}}
	for n, tree := range d.Trees {
		root, err := b.add(tree.Root, 0)
		if err != nil {
			return nil, fmt.Errorf("tree_info[%d].tree_structure%w", n, err)
		}
		b.model.roots = append(b.model.roots, root)
	}
	if d.Average {
		b.model.share = 1 / float64(len(d.Trees))
	}
	return b.model, nil
}

func (d *lightGBM) check() error {
	switch {
	case len(d.Trees) == 0:
		return errors.New("tree_info: no trees")
	case len(d.Trees) > maxTrees:
		return fmt.Errorf("tree_info: %d trees, at most %d", len(d.Trees), maxTrees)
	case d.Class > 1 || d.PerRound > 1:
		return fmt.Errorf("num_class %d, num_tree_per_iteration %d: want one score", d.Class, d.PerRound)
	case d.MostIndex != nil && *d.MostIndex+1 != len(d.Features):
		return fmt.Errorf("feature_names: got %d, want max_feature_idx %d and one", len(d.Features), *d.MostIndex)
	}
	seen := make(map[string]bool, len(d.Features))
	for i, name := range d.Features {
		if seen[name] || name == "" {
			return fmt.Errorf("feature_names[%d]: %q is empty or comes twice", i, name)
		}
		seen[name] = true
	}
	return nil
}

// A builder lays the nodes of a dump out in arrays.
type builder struct {
	names []string
	index map[int]int32 // of features of the dump among those of the model
	model *Trees
}

// place is an error in a node, told from its tree's root on.
type place struct {
	path string
	err  error
}

func (p *place) Error() string { return p.path + ": " + p.err.Error() }
func (p *place) Unwrap() error { return p.err }

func wrong(format string, args ...any) error { return &place{err: fmt.Errorf(format, args...)} }

// below is err in a node as seen from its parent.
func below(child string, err error) error {
	if p, ok := errors.AsType[*place](err); ok {
		return &place{path: "." + child + p.path, err: p.err}
	}
	return err
}

// add lays out n and all below, and returns it as a child.
func (b *builder) add(n *dumpNode, depth int) (int32, error) {
	switch {
	case n == nil:
		return 0, wrong("missing")
	case n.Left == nil && n.Right == nil:
		return b.leaf(n)
	case depth >= maxTreeDepth:
		return 0, wrong("more than %d splits in a row", maxTreeDepth)
	}
	node, err := b.split(n)
	if err != nil {
		return 0, err
	}
	at := int32(len(b.model.nodes)) //nolint:gosec // a node takes more than a byte of at most 64 MiB
	b.model.nodes = append(b.model.nodes, node)
	b.model.values = append(b.model.values, 0)
	left, err := b.add(n.Left, depth+1)
	if err != nil {
		return 0, below("left_child", err)
	}
	right, err := b.add(n.Right, depth+1)
	if err != nil {
		return 0, below("right_child", err)
	}
	b.model.nodes[at].child = [2]int32{right, left}
	if n.Value != nil {
		b.model.values[at] = *n.Value
	} else {
		b.model.values[at] = (b.model.value(left) + b.model.value(right)) / 2
	}
	return at, nil
}

func (b *builder) leaf(n *dumpNode) (int32, error) {
	switch {
	case n.Leaf == nil:
		return 0, wrong("neither children nor a leaf_value")
	case n.Linear != nil:
		return 0, wrong("leaf_coeff: linear trees are not supported")
	}
	b.model.leaves = append(b.model.leaves, *n.Leaf)
	return ^int32(len(b.model.leaves) - 1), nil //nolint:gosec // as for nodes
}

// split is n without its children.
func (b *builder) split(n *dumpNode) (split, error) {
	feature, err := b.feature(n.Feature)
	if err != nil {
		return split{}, err
	}
	node := split{feature: feature, defaultLeft: n.DefaultLeft}
	if node.missing, err = parseMissing(n.Missing); err != nil {
		return split{}, err
	}
	switch n.Decision {
	case "<=":
		if json.Unmarshal(n.Threshold, &node.threshold) != nil || string(n.Threshold) == "null" {
			return split{}, wrong("threshold: got %.40q, want a number", n.Threshold)
		}
	case "==":
		set, err := members(n.Threshold)
		if err != nil {
			return split{}, err
		}
		node.missing, node.set = category, int32(len(b.model.sets)) //nolint:gosec // as for nodes
		b.model.sets = append(b.model.sets, set)
	default:
		return split{}, wrong("decision_type: got %.40q, want \"<=\" or \"==\"", n.Decision)
	}
	return node, nil
}

// feature is the place of a feature of the dump in the model.
func (b *builder) feature(f *int) (int32, error) {
	if f == nil || *f < 0 || *f >= len(b.names) {
		return 0, wrong("split_feature: not one of the %d feature_names", len(b.names))
	}
	at, ok := b.index[*f]
	if !ok {
		at = int32(len(b.index)) //nolint:gosec // no more than names in 64 MiB
		b.index[*f] = at
		b.model.features = append(b.model.features, b.names[*f])
	}
	return at, nil
}

func parseMissing(name string) (missing, error) {
	switch name {
	case "None", "":
		return missingNone, nil
	case "Zero":
		return missingZero, nil
	case "NaN":
		return missingNaN, nil
	}
	return 0, wrong("missing_type: got %.40q, want None, Zero or NaN", name)
}

// members is the categories that threshold lists, sorted.
func members(threshold json.RawMessage) ([]int32, error) {
	var all string
	if json.Unmarshal(threshold, &all) != nil {
		return nil, wrong("threshold: got %.40q, want categories as \"1||5\"", threshold)
	}
	var set []int32
	for one := range strings.SplitSeq(all, "||") {
		c, err := strconv.ParseInt(one, 10, 32)
		if err != nil || c < 0 {
			return nil, wrong("threshold: category %.40q is not from 0 to %d", one, math.MaxInt32)
		}
		set = append(set, int32(c))
	}
	slices.Sort(set)
	return set, nil
}
