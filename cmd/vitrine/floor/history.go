package floor

import (
	"math"
	"time"

	"vitrine.dev/recommend"
)

// history puts first what the reader himself did most with of late: a sum over
// his actions that halves every day.
type history struct {
	readers map[string]map[int32]*fading
}

// fading is a sum as of a time.
type fading struct {
	sum float64
	at  time.Time
}

const historyHalfLife = 24 * time.Hour

// historyWeight is what one action counts.
func historyWeight(kind string) float64 {
	switch kind {
	case recommend.ActOpen:
		return 1
	case recommend.ActBookmark:
		return 3
	case recommend.ActCart:
		return 4
	case recommend.ActPurchase:
		return 5
	}
	return 0
}

func newHistory() *history { return &history{readers: make(map[string]map[int32]*fading)} }

func (f *history) See(e Event) {
	weight := historyWeight(e.Kind)
	if weight == 0 {
		return
	}
	mine := f.readers[e.Reader]
	if mine == nil {
		mine = make(map[int32]*fading)
		f.readers[e.Reader] = mine
	}
	sum := mine[e.Product]
	if sum == nil {
		sum = &fading{at: e.At}
		mine[e.Product] = sum
	}
	sum.sum, sum.at = sum.left(e.At)+weight, e.At
}

func (f *history) Score(q Query) func(int32) float64 {
	mine := f.readers[q.Reader]
	return func(product int32) float64 {
		if sum := mine[product]; sum != nil {
			return sum.left(q.At)
		}
		return 0
	}
}

// left is what is left of the sum at a later time.
func (f *fading) left(at time.Time) float64 {
	return f.sum * math.Exp2(-float64(at.Sub(f.at))/float64(historyHalfLife))
}
