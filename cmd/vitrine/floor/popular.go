package floor

import "time"

// popular puts first what most was done with lately: picks of it and what
// readers did because they liked it, all counting alike.
type popular struct {
	window time.Duration
	recent []happened // within the window, oldest first
	counts []float64  // of recent, by product
}

type happened struct {
	at      time.Time
	product int32
}

func newPopular(window time.Duration) *popular { return &popular{window: window} }

func (f *popular) See(e Event) {
	if personal(e.Kind) {
		f.recent = append(f.recent, happened{e.At, e.Product})
		*at(&f.counts, e.Product)++
	}
}

func (f *popular) Score(q Query) func(int32) float64 {
	gone := 0
	for gone < len(f.recent) && q.At.Sub(f.recent[gone].at) > f.window {
		f.counts[f.recent[gone].product]--
		gone++
	}
	f.recent = f.recent[gone:]
	return func(product int32) float64 {
		if int(product) >= len(f.counts) {
			return 0
		}
		return f.counts[product]
	}
}
