package analytics

// AtOnce makes a look up so much together.
func (a *Analyst) AtOnce(n int) { a.atOnce = n }
