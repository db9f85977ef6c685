package ranking

import (
	"iter"
	"math"
)

// A fitter fits one item after the other.
type fitter struct {
	*baskets
	o       RidgeOptions
	dots    Sums   // of the item's column and the others
	nearest []cell // b is the cosine
	gram    []float64
	target  []float64
	newest  []int32 // by reader: the last of mentions, plus 1
	mention []mention
}

// A mention is that a reader has one of the nearest items.
type mention struct {
	reader, before int32 // before is the reader's previous mention, plus 1
	place          int
	weight         float64
}

func newFitter(readers iter.Seq[[]Act], o RidgeOptions) *fitter {
	o = o.filled()
	b := gather(readers, o.History)
	f := &fitter{baskets: b, o: o, newest: make([]int32, len(b.byReader)), gram: make([]float64, o.Nearest*o.Nearest)}
	f.dots.reserve(len(b.byItem))
	return f
}

// fit returns how much each of the items nearest to item speaks for it, in a.
// The result is good until the next call.
func (f *fitter) fit(item int32) []cell {
	f.findNearest(item)
	n := len(f.nearest)
	f.target = f.target[:0]
	for _, c := range f.nearest {
		f.target = append(f.target, f.dots.Of(c.item()))
	}
	f.fillGram()
	for i := range n {
		f.gram[i*f.o.Nearest+i] += f.o.Lambda
	}
	if !solve(f.gram, f.o.Nearest, f.target) {
		return nil // rounding ate the regulariser: there is nothing to trust
	}
	for i := range f.nearest {
		f.nearest[i].a = float32(f.target[i])
	}
	return f.nearest
}

// findNearest lists the items of the highest cosine with item, the highest
// first and equals by number.
func (f *fitter) findNearest(item int32) {
	f.dots.Reset()
	for _, r := range f.byItem[item] {
		for _, s := range f.byReader[r.other] {
			if s.other != item {
				f.dots.add(s.other, float64(r.weight)*float64(s.weight))
			}
		}
	}
	f.nearest = f.nearest[:0]
	for _, other := range f.dots.Items() {
		c := cell{key: key(other), b: float32(f.dots.Of(other) / math.Sqrt(f.norms[item]*f.norms[other]))}
		if len(f.nearest) < f.o.Nearest {
			f.nearest = append(f.nearest, c)
		} else if !nearer(&c, &f.nearest[len(f.nearest)-1]) {
			continue
		}
		i := len(f.nearest) - 1
		for ; i > 0 && nearer(&c, &f.nearest[i-1]); i-- {
			f.nearest[i] = f.nearest[i-1]
		}
		f.nearest[i] = c
	}
}

func nearer(x, y *cell) bool { return x.b > y.b || x.b == y.b && x.key < y.key }

// fillGram computes the Gram matrix of the nearest items: each mention by a
// reader is multiplied with his mentions of the others.
func (f *fitter) fillGram() {
	width := f.o.Nearest
	for i := range f.nearest {
		clear(f.gram[i*width : i*width+i+1])
	}
	f.mention = f.mention[:0]
	for place, c := range f.nearest {
		row := f.gram[place*width:]
		for _, r := range f.byItem[c.item()] {
			w := float64(r.weight)
			row[place] += w * w
			for k := f.newest[r.other]; k > 0; k = f.mention[k-1].before {
				m := &f.mention[k-1]
				row[m.place] += w * m.weight
			}
			f.mention = append(f.mention, mention{r.other, f.newest[r.other], place, w})
			f.newest[r.other] = int32(len(f.mention)) //nolint:gosec // at most the acts of all readers
		}
	}
	for _, m := range f.mention {
		f.newest[m.reader] = 0
	}
}
