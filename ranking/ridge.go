package ranking

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
)

// RidgeOptions say how [FitRidge] fits. A 0 stands for the value named.
type RidgeOptions struct {
	Lambda      float64 // the regulariser on the Gram matrix: 100
	Nearest     int     // neighbours in an item's regression: 60
	History     int     // of a reader's items, the newest: 300
	MaxPartners int     // of all items: 2,000,000; of each, 200 are kept
}

func (o RidgeOptions) filled() RidgeOptions {
	if o.Lambda <= 0 {
		o.Lambda = 100
	}
	if o.Nearest <= 0 {
		o.Nearest = 60
	}
	if o.History <= 0 {
		o.History = 300
	}
	return o
}

// FitRidge learns from what readers did, newest first, how much each item of a
// reader speaks for each other: for every item a ridge regression on the items
// nearest to it by cosine, (G+λ)⁻¹g with G the Gram matrix of those. It comes
// close to EASE (Steck, 2019), which inverts the matrix of all items; SLIM (Ning
// and Karypis, 2011) has the neighbours too, and picks among them by a lasso.
//
// The items of most readers come first. When ctx ends before all are fitted,
// what there is comes with its error. Memory is about 20 bytes per act and 40
// per item, beside what [Neighbours] takes.
func FitRidge(ctx context.Context, readers iter.Seq[[]Act], o RidgeOptions) (*Neighbours, error) {
	n := &Neighbours{MaxPartners: o.MaxPartners}
	f := newFitter(readers, o)
	items := make([]int32, 0, len(f.byItem))
	for i := range f.byItem {
		items = append(items, int32(i))
	}
	err := n.fit(ctx, f, items)
	return n, err
}

// Refresh fits some items anew and leaves the others as they are. When ctx ends
// first, those not reached are known no more.
func (n *Neighbours) Refresh(ctx context.Context, readers iter.Seq[[]Act], items []int32, o RidgeOptions) error {
	n.forget(items)
	return n.fit(ctx, newFitter(readers, o), items)
}

// fit adds what speaks for items, which nothing does yet.
func (n *Neighbours) fit(ctx context.Context, f *fitter, items []int32) error {
	items = slices.DeleteFunc(slices.Clone(items), func(item int32) bool { return f.readers(item) == 0 })
	slices.SortStableFunc(items, func(x, y int32) int { return cmp.Compare(f.readers(y), f.readers(x)) })
	for k, item := range items {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("fit item %d of %d: %w", k, len(items), err)
		}
		for _, c := range f.fit(item) {
			n.add(c.item(), item, c.a)
		}
	}
	return nil
}
