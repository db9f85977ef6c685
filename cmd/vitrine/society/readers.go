package society

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// A reader looks at windows.
type reader struct {
	n        int
	id       string
	taste    taste
	declared map[int]float64 // interests as the reader told them, by topic
	follows  map[int]bool    // experts
	visits   float64         // a day, on average
	known    map[int]*memory // by product
	page     []float64       // by position: the chance that he looks at the card
	twin     *reader         // lives with the oracle
}

// A memory is what a reader remembers of a product.
type memory struct {
	tired  float64   // looks without an open, fading
	at     time.Time // that tired is of
	opened time.Time
	kept   time.Time // bookmarked or put into the cart
	bought time.Time
	shown  time.Time // last on a page, looked at or not
}

const (
	visitsMedian = 0.65 // a day
	visitsTail   = 0.7  // standard deviation of its logarithm
	silent       = 0.15 // of readers declare nothing
	misjudging   = 0.8  // standard deviation of how readers misjudge their leanings
	followsMean  = 4    // experts followed from the start
)

func newReader(r *rand.Rand, n, topics, cards int) *reader {
	rd := &reader{
		n: n, id: fmt.Sprintf("reader-%04d", n), taste: newTaste(r, topics), declared: map[int]float64{}, follows: map[int]bool{}, known: map[int]*memory{},
		visits: min(visitsMedian*math.Exp(visitsTail*r.NormFloat64()), 5),
	}
	haste := 0.3 + 0.7*r.Float64()
	for k := range cards {
		rd.page = append(rd.page, examine(haste, k))
	}
	rd.declare(r)
	return rd
}

// declare makes the interests that a reader tells of: those he believes to be
// strongest, which is only partly right, or nothing.
func (rd *reader) declare(r *rand.Rand) {
	many := 2 + r.IntN(4)
	if r.Float64() < silent {
		many = 0
	}
	believed := slices.Clone(rd.taste.leaning)
	order := make([]int, len(believed))
	for i := range believed {
		believed[i] += misjudging * r.NormFloat64()
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		if believed[a] > believed[b] {
			return -1
		}
		return 1
	})
	for i, t := range order[:min(many, len(order))] {
		rd.declared[t] = 1 - 0.15*float64(i)
	}
}

// meet gives a reader his twin, and lets both follow experts from the start: well-known ones rather than
// others, and those of topics that fit.
func (rd *reader) meet(r *rand.Rand, experts []*expert) {
	weights := make([]float64, len(experts))
	for i, x := range experts {
		best := math.Inf(-1)
		for _, t := range x.topics {
			best = max(best, rd.taste.fit[t])
		}
		weights[i] = x.fame * math.Exp(best)
	}
	for range poisson(r, followsMean) {
		rd.follows[experts[weighted(r, weights)].n] = true
	}
	twin := *rd
	twin.follows, twin.known = maps.Clone(rd.follows), map[int]*memory{}
	rd.twin = &twin
}

// hours is how lively each hour of a day is.
func hours() []float64 {
	return []float64{2, 1, 0.5, 0.3, 0.3, 0.5, 1.5, 4, 5, 4, 4, 5, 8, 6, 4, 4, 5, 6, 8, 10, 12, 12, 9, 5}
}

// visitsOn draws when a reader visits on a day, in no order.
func (rd *reader) visitsOn(r *rand.Rand, midnight time.Time) []time.Time {
	mean := rd.visits
	if w := midnight.Weekday(); w == time.Saturday || w == time.Sunday {
		mean *= 1.3
	}
	times := make([]time.Time, poisson(r, mean))
	for i := range times {
		times[i] = moment(r, midnight)
	}
	return times
}

// moment draws a time of a day.
func moment(r *rand.Rand, midnight time.Time) time.Time {
	hour := time.Duration(weighted(r, hours())) * time.Hour
	return midnight.Add(hour + time.Duration(r.Int64N(int64(time.Hour))).Truncate(time.Millisecond))
}
