package ranking

import "math"

// solve solves A x = y for a symmetric positive definite A of len(y) rows, of
// which a holds the lower triangle row by row, each row width long. The factor
// overwrites a and the solution y. It reports whether A was positive definite.
func solve(a []float64, width int, y []float64) bool {
	for i := range y {
		row := a[i*width : i*width+i+1]
		for j := range i {
			other := a[j*width : j*width+j+1]
			row[j] = (row[j] - dot(row[:j], other[:j])) / other[j]
		}
		d := row[i] - dot(row[:i], row[:i])
		if !(d > 0) {
			return false
		}
		row[i] = math.Sqrt(d)
		y[i] = (y[i] - dot(row[:i], y[:i])) / row[i]
	}
	for i := len(y) - 1; i >= 0; i-- {
		y[i] /= a[i*width+i]
		for j := range i {
			y[j] -= a[i*width+j] * y[i]
		}
	}
	return true
}

// dot is the inner product of x and y, which are of one length. Four sums at a
// time keep the processor busy.
func dot(x, y []float64) float64 {
	y = y[:len(x)]
	var s0, s1, s2, s3 float64
	i := 0
	for ; i+4 <= len(x); i += 4 {
		s0 += x[i] * y[i]
		s1 += x[i+1] * y[i+1]
		s2 += x[i+2] * y[i+2]
		s3 += x[i+3] * y[i+3]
	}
	for ; i < len(x); i++ {
		s0 += x[i] * y[i]
	}
	return s0 + s1 + s2 + s3
}
