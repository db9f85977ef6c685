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

// ExploreRules say how little-known picks and small experts come before
// readers. Of every Every cards of a window one is of such a pick. If none came
// by its score, the last of these places goes to one of the best Among by lot:
// the chance of each is exp(score) over the sum of all, mixed with Even of an
// even chance. Its score is raised by Bonus/sqrt(1+readers) for the draw.
type ExploreRules struct {
	Every       int     `json:"every" yaml:"every"`               // cards; 0 explores nothing
	Shown       int     `json:"shown" yaml:"shown"`               // readers; a pick that fewer have seen is little known
	ExpertShown int     `json:"expert_shown" yaml:"expert_shown"` // readers; an expert whose picks fewer have seen is small
	Among       int     `json:"among" yaml:"among"`               // cards
	Even        float64 `json:"even" yaml:"even"`                 // 0 to 1, above 0 for chances that do not vanish
	Bonus       float64 `json:"bonus" yaml:"bonus"`               // of a pick that nobody has seen
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
	if d := &p.Dose; d.Organic < 1 || d.PerDay < 0 || d.PerDay > mostDose || d.Spacing < 0 || d.Spacing.D() > doseFor {
		bad("dose: organic must be at least 1, per_day 0 to %d, expert_spacing 0 to %v", mostDose, doseFor)
	}
	x := &p.Explore
	if x.Every != 0 && (x.Every < 2 || x.Every > mostWindow) {
		bad("explore.every: %d is neither 0 nor 2 to %d", x.Every, mostWindow)
	}
	if x.Shown < 0 || x.ExpertShown < 0 || x.Among < 1 {
		bad("explore: shown and expert_shown must not be negative, among at least 1")
	}
	if !(x.Even > 0 && x.Even <= 1) || !(x.Bonus >= 0 && x.Bonus <= 10) {
		bad("explore: even must be above 0 and at most 1, bonus 0 to 10")
	}
	if !(p.Window.TopicBalance >= 0 && p.Window.TopicBalance <= 10) {
		bad("window.topic_balance: %v is not between 0 and 10", p.Window.TopicBalance)
	}
	return errs
}
