package ranking

import (
	"math"
	"time"
)

// Decay is 1 at age 0 and halves with every halfLife. What lies in the future
// counts as new. A halfLife of 0 or less forgets everything but the new.
func Decay(age, halfLife time.Duration) float64 {
	switch {
	case age <= 0:
		return 1
	case halfLife <= 0:
		return 0
	}
	return math.Exp2(-float64(age) / float64(halfLife))
}

// A Discount lowers the chance of what comes again: the first one of a group
// counts in full, each further one less, none less than Floor. Decay and Floor
// are between 0 and 1. The zero Discount lets each group come once. Scores are
// logits, so the logarithm of the discount is added to them.
type Discount struct {
	Decay, Floor float64
}

// None is the Discount that leaves every score as it is.
func None() Discount { return Discount{Decay: 1, Floor: 1} }

// At is the factor for one that n of its group precede:
// (1-Floor)*Decay^n + Floor, but never less than a millionth.
func (d Discount) At(n int) float64 {
	const least = 1e-6 // its logarithm is finite
	return max((1-d.Floor)*math.Pow(d.Decay, float64(n))+d.Floor, least)
}
