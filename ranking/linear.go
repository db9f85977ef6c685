package ranking

import "slices"

// A Weight says how much a feature counts.
type Weight struct {
	Name  string
	Value float64
}

// A Factor is one part of a score: Weight times Value.
type Factor struct {
	Name   string
	Weight float64
	Value  float64
}

// A Linear is a model whose score is the sum of weights times features. The
// zero Linear scores everything 0.
type Linear struct {
	weights []Weight
}

// NewLinear returns a model of weights, which should name each feature once.
func NewLinear(weights ...Weight) Linear { return Linear{weights: weights} }

// Weights are those of l. They are l's own: change nothing of them.
func (l Linear) Weights() []Weight { return l.weights }

// With is l with another weight, for a feature that it has or has not.
func (l Linear) With(w Weight) Linear {
	weights := slices.Clone(l.weights)
	for i := range weights {
		if weights[i].Name == w.Name {
			weights[i] = w
			return Linear{weights: weights}
		}
	}
	return Linear{weights: append(weights, w)}
}

// Score returns the score of every candidate of t. A feature that t lacks
// counts as 0.
func (l Linear) Score(t *Table) []float64 {
	scores := make([]float64, t.Len())
	at := -1
	for _, w := range l.weights {
		var column []float64
		column, at = t.after(w.Name, at)
		addTimes(scores, column, w.Value)
	}
	return scores
}

// addTimes adds w times column, which may be nil, to scores.
func addTimes(scores, column []float64, w float64) {
	scores = scores[:len(column)] // lets the compiler leave out a check per row
	for i, v := range column {
		scores[i] += w * v
	}
}

// Explain takes the score of candidate i of t apart, one factor per weight in
// the order of the weights. The products add up to its score exactly.
func (l Linear) Explain(t *Table, i int) []Factor {
	factors := make([]Factor, len(l.weights))
	for k, w := range l.weights {
		factors[k] = Factor{Name: w.Name, Weight: w.Value}
		if c := t.Column(w.Name); c != nil {
			factors[k].Value = c[i]
		}
	}
	return factors
}

// Sum is the score that factors explain.
func Sum(factors []Factor) float64 {
	var s float64
	for _, f := range factors {
		s += f.Weight * f.Value
	}
	return s
}
