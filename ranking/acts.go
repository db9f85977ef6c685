package ranking

import "math"

// An Act is what a reader did with an item, weighed by how much it says: a
// bookmark 1, an open 0.3. At is microseconds since 1970.
type Act struct {
	Item   int32
	Weight float64
	At     int64
}

// maxWeight is the most that an act weighs; more counts as this much.
const maxWeight = 100

// newest is the last n distinct items of history, which is newest first, each
// at the place of its newest act and with the weight of its weightiest. Acts on
// except, and those without an item or a weight above 0, are passed over. The
// result is appended to into, which is empty.
func newest(history []Act, n int, except int32, into []Act) []Act {
	for _, a := range history {
		if a.Item < 0 || a.Item == except || !(a.Weight > 0) {
			continue
		}
		a.Weight = min(a.Weight, maxWeight)
		if i := find(into, a.Item); i >= 0 {
			into[i].Weight = max(into[i].Weight, a.Weight)
			continue
		}
		if len(into) == n {
			break
		}
		into = append(into, a)
	}
	return into
}

// find is where acts hold item, or -1. They are few.
func find(acts []Act, item int32) int {
	for i := range acts {
		if acts[i].Item == item {
			return i
		}
	}
	return -1
}

// halvings is 2^(-i/halfLife) for i from 0 to n-1.
func halvings(n int, halfLife float64) []float64 {
	all := make([]float64, n)
	for i := range all {
		all[i] = math.Exp2(-float64(i) / halfLife)
	}
	return all
}
