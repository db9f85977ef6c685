package floor

import "time"

// popular puts first what most was done with lately: picks of it and what
// readers did because they liked it, all counting alike. Where that is the
// same, as it is for most products in a short while, it is what most was done
// with in half a year.
type popular struct{ lately, halfYear counted }

// counted counts the personal events of a while.
type counted struct {
	window time.Duration
	recent []happened // within the window, oldest first
	counts []float64  // of recent, by product
}

type happened struct {
	at      time.Time
	product int32
}

func newPopular(window time.Duration) *popular {
	const halfYear = 180 * 24 * time.Hour
	return &popular{counted{window: window}, counted{window: halfYear}}
}

func (f *popular) See(e Event) {
	if personal(e.Kind) {
		f.lately.see(e)
		f.halfYear.see(e)
	}
}

func (f *popular) Score(q Query) func(int32) float64 {
	f.lately.forget(q.At)
	f.halfYear.forget(q.At)
	return func(product int32) float64 {
		return f.lately.of(product) - 1/(1+f.halfYear.of(product)) // less than one more or less
	}
}

func (c *counted) see(e Event) {
	c.recent = append(c.recent, happened{e.At, e.Product})
	*at(&c.counts, e.Product)++
}

// forget leaves out what is older than the window at a time.
func (c *counted) forget(at time.Time) {
	gone := 0
	for gone < len(c.recent) && at.Sub(c.recent[gone].at) > c.window {
		c.counts[c.recent[gone].product]--
		gone++
	}
	c.recent = c.recent[gone:]
}

func (c *counted) of(product int32) float64 {
	if int(product) >= len(c.counts) {
		return 0
	}
	return c.counts[product]
}
