package recommend

import "fmt"

// SeenRules say how long a reader is spared what he has seen or has. They hold
// for whatever proposes a pick in a window, not for what he asks for himself:
// search, storefronts, and candidates that somebody gives.
type SeenRules struct {
	HiddenFor    Duration `json:"hidden_for" yaml:"hidden_for"`       // a product that was shown and led to nothing; 0 hides none
	BoughtFor    Duration `json:"bought_for" yaml:"bought_for"`       // a product that he bought; 0 hides none
	Factor       float64  `json:"factor" yaml:"factor"`               // of the score, when a request wants the first back
	BoughtFactor float64  `json:"bought_factor" yaml:"bought_factor"` // of the score, when a request wants the second back
}

// validatePages checks the rules of what a page may hold.
func (p *Policy) validatePages() []error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	for _, f := range []struct {
		name string
		v    Duration
	}{
		{"seen.hidden_for", p.Seen.HiddenFor},
		{"seen.bought_for", p.Seen.BoughtFor},
	} {
		if f.v < 0 {
			bad("%s: %v is negative", f.name, f.v.D())
		}
	}
	for _, f := range []struct {
		name string
		v    float64
	}{
		{"seen.factor", p.Seen.Factor},
		{"seen.bought_factor", p.Seen.BoughtFactor},
	} {
		if !(f.v > 0 && f.v <= 1) {
			bad("%s: %v is not above 0 and at most 1", f.name, f.v)
		}
	}
	return errs
}
