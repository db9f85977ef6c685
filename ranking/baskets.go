package ranking

import (
	"iter"
	"slices"
)

// A share is an entry of baskets: the item in a reader's row, or the reader in an
// item's column, and the weight.
type share struct {
	other  int32
	weight float32
}

// baskets is a sparse matrix of readers and items, by rows and by columns.
type baskets struct {
	byReader, byItem [][]share
	norms            []float64 // of each item's column, squared
}

// gather makes baskets of the last most distinct items of each reader.
func gather(readers iter.Seq[[]Act], most int) *baskets {
	b := &baskets{}
	var counts []int32  // readers, by item
	var lastIn []int32  // the reader, plus 1, in whose basket an item was last
	var placeOf []int32 // its place there
	var basket []share  // scratch
	for history := range readers {
		reader := int32(len(b.byReader)) + 1 //nolint:gosec // readers are fewer than 2^31
		basket = basket[:0]
		for _, a := range history {
			if a.Item < 0 || !(a.Weight > 0) {
				continue
			}
			counts, lastIn, placeOf = grow(counts, a.Item), grow(lastIn, a.Item), grow(placeOf, a.Item)
			weight := float32(min(a.Weight, maxWeight))
			if lastIn[a.Item] == reader {
				s := &basket[placeOf[a.Item]]
				s.weight = max(s.weight, weight)
				continue
			}
			if len(basket) == most {
				break
			}
			lastIn[a.Item], placeOf[a.Item] = reader, int32(len(basket)) //nolint:gosec // below most
			counts[a.Item]++
			basket = append(basket, share{a.Item, weight})
		}
		b.byReader = append(b.byReader, slices.Clone(basket))
	}
	b.transpose(counts)
	return b
}

// readers is how many readers have item.
func (b *baskets) readers(item int32) int {
	if item < 0 || int(item) >= len(b.byItem) {
		return 0
	}
	return len(b.byItem[item])
}

// transpose fills byItem, whose columns have counts entries, and norms.
func (b *baskets) transpose(counts []int32) {
	b.byItem, b.norms = make([][]share, len(counts)), make([]float64, len(counts))
	for i, n := range counts {
		b.byItem[i] = make([]share, 0, n)
	}
	for r, basket := range b.byReader {
		for _, s := range basket {
			b.byItem[s.other] = append(b.byItem[s.other], share{int32(r), s.weight})
			b.norms[s.other] += float64(s.weight) * float64(s.weight)
		}
	}
}
