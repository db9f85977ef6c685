package stats

import "math"

// density, below and quantile are those of the standard normal distribution;
// below is the chance of less than z.
func density(z float64) float64 { return math.Exp(-z*z/2) / math.Sqrt(2*math.Pi) }

func below(z float64) float64 { return math.Erfc(-z/math.Sqrt2) / 2 }

func quantile(p float64) float64 { return math.Sqrt2 * math.Erfinv(2*p-1) }
