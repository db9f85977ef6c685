package ranking

import "math"

// A recent is the mean of the latest numbers of many and how sure it is. Each
// number makes the older ones count a little less.
type recent struct {
	Weight  float64 `json:"weight"`  // sum of the weights
	Weight2 float64 `json:"weight2"` // sum of their squares
	Sum     float64 `json:"sum"`     // of the numbers, weighted
	Squares float64 `json:"squares"` // of the squares of the numbers, weighted
}

// add counts v. Memory is the mean age, in numbers, of what is remembered.
func (t *recent) add(v, memory float64) {
	d := 1 - 1/memory
	t.Weight = d*t.Weight + 1
	t.Weight2 = d*d*t.Weight2 + 1
	t.Sum = d*t.Sum + v
	t.Squares = d*t.Squares + v*v
}

// mean is 0 when there is nothing yet.
func (t recent) mean() float64 {
	if t.Weight <= 0 {
		return 0
	}
	return t.Sum / t.Weight
}

// count is how many numbers of equal weight would make the mean as sure (Kish,
// 1965).
func (t recent) count() float64 {
	if t.Weight2 <= 0 {
		return 0
	}
	return t.Weight * t.Weight / t.Weight2
}

// deviation is the standard error of the mean.
func (t recent) deviation() float64 {
	n := t.count()
	if n <= 0 {
		return 0
	}
	m := t.mean()
	return math.Sqrt(max(t.Squares/t.Weight-m*m, 0) / n)
}

// sound reports whether t is within what many additions of small numbers make.
func (t recent) sound() bool {
	const most = 1e12
	return min(t.Weight, t.Weight2, t.Squares) >= 0 && max(t.Weight, t.Weight2, t.Squares, math.Abs(t.Sum)) <= most
}
