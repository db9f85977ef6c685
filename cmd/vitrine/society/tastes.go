package society

import (
	"math"
	"math/rand/v2"
)

// dims is how many things matter within a topic, such as plain or ornate.
const dims = 8

// A style is where a product stands in what matters within a topic, or what a
// reader wants of it.
type style [dims]float64

func (s *style) dot(o *style) float64 {
	var sum float64
	for i := range s {
		sum += s[i] * o[i]
	}
	return sum
}

// normal draws a style of dims standard normal numbers.
func normal(r *rand.Rand) (s style) {
	for i := range s {
		s[i] = r.NormFloat64()
	}
	return s
}

// unit is s with length 1.
func (s style) unit() style {
	length := math.Sqrt(s.dot(&s))
	for i := range s {
		s[i] /= length
	}
	return s
}

// near is a style of length 1, drawn close to s: the larger spread, the further.
func (s style) near(r *rand.Rand, spread float64) style {
	for i := range s {
		s[i] += spread * r.NormFloat64() / math.Sqrt(dims)
	}
	return s.unit()
}

// A taste is what a reader likes: a mixture over topics, and within each a
// latent style. The service never sees it.
type taste struct {
	leaning []float64 // by topic; the mixture is their softmax
	style   style
	fit     []float64 // by topic, see refit
}

const (
	sharpness = 2.0  // of the mixture: a reader's first topic has about a third of it
	topicPull = 0.75 // how much the mixture counts in a click's logit
	drifting  = 0.01 // variance of a taste that is new each day: a half-life of ten weeks
)

func newTaste(r *rand.Rand, topics int) taste {
	t := taste{leaning: make([]float64, topics), style: normal(r), fit: make([]float64, topics)}
	for i := range t.leaning {
		t.leaning[i] = r.NormFloat64()
	}
	t.refit()
	return t
}

// drift moves a taste by a day: each number is a stationary autoregressive
// process, so tastes change and remain as various as they are.
func (t *taste) drift(r *rand.Rand) {
	keep, fresh := math.Sqrt(1-drifting), math.Sqrt(drifting)
	for i := range t.leaning {
		t.leaning[i] = keep*t.leaning[i] + fresh*r.NormFloat64()
	}
	for i := range t.style {
		t.style[i] = keep*t.style[i] + fresh*r.NormFloat64()
	}
	t.refit()
}

// refit computes how each topic fits: the logarithm of its share of the
// mixture against an even one.
func (t *taste) refit() {
	var sum float64
	for _, l := range t.leaning {
		sum += math.Exp(sharpness * l)
	}
	even := math.Log(sum / float64(len(t.leaning)))
	for i, l := range t.leaning {
		t.fit[i] = topicPull * (sharpness*l - even)
	}
}
