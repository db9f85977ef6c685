package ranking

// A Model scores candidates by their features and can say why: a [Linear],
// or [Trees].
type Model interface {
	// Score returns the score of every candidate of t, which the caller owns.
	Score(t *Table) []float64
	// Explain takes the score of candidate i of t apart: [Sum] of the factors
	// is the score, but for the last digit.
	Explain(t *Table, i int) []Factor
}
