package floor

import "time"

// newest puts first what was picked last.
type newest struct{ last []time.Time } // by product

func (f *newest) See(e Event) {
	if e.Kind == KindPick {
		at(&f.last, e.Product)
		f.last[e.Product] = e.At
	}
}

func (f *newest) Score(Query) func(int32) float64 {
	return func(product int32) float64 {
		if int(product) >= len(f.last) {
			return 0
		}
		return float64(f.last[product].UnixMicro())
	}
}

// at makes list long enough for index i and returns the element there.
func at[T any](list *[]T, i int32) *T {
	for int(i) >= len(*list) {
		var zero T
		*list = append(*list, zero)
	}
	return &(*list)[i]
}
