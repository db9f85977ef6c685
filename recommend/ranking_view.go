package recommend

import (
	"slices"

	"vitrine.dev/ranking"
)

// A RankingView is how windows are ranked, for everybody.
type RankingView struct {
	PolicyVersion string          `json:"policy_version"`
	Features      []Feature       `json:"features"`    // columns, in order
	Adjustments   []Feature       `json:"adjustments"` // made to the sum of the features
	Surfaces      []RankedSurface `json:"surfaces"`
	Mix           WindowRules     `json:"mix"`
	Seen          SeenRules       `json:"seen"`
	// CommissionInfluence is false, and Commission says it in words.
	CommissionInfluence bool   `json:"commission_influence"`
	Commission          string `json:"commission"`
}

// A RankedSurface is a kind of page with its weights of this moment.
type RankedSurface struct {
	Name    string          `json:"name"`
	Learned bool            `json:"learned"` // weights move with what readers choose
	Weights []RankingWeight `json:"weights"`
}

// A RankingWeight is how much a unit of a feature counts.
type RankingWeight struct {
	Feature string  `json:"feature"`
	Weight  float64 `json:"weight"`
	Prior   float64 `json:"prior"` // what it started with
}

// Ranking tells how windows are ranked now, outside of experiments.
func (w *Windows) Ranking(lang string) *RankingView {
	policy := w.world.Scene().Policy
	out := &RankingView{PolicyVersion: policy.Version, Mix: policy.Window, Seen: policy.Seen, Commission: "Scores know nothing of what anybody earns: changing any commission changes no order."}
	if language(lang) == "zh" {
		out.Commission = "排序不知道任何人的收益：改变任何佣金都不会改变顺序。"
	}
	for _, f := range Features() {
		out.Features = append(out.Features, described(f, lang))
	}
	for _, f := range Adjustments() {
		out.Adjustments = append(out.Adjustments, described(f, lang))
	}
	for _, s := range Surfaces() {
		out.Surfaces = append(out.Surfaces, w.rankedSurface(s, policy))
	}
	return out
}

func (w *Windows) rankedSurface(s Surface, policy *Policy) RankedSurface {
	out := RankedSurface{Name: s.String(), Learned: w.memory != nil, Weights: []RankingWeight{}}
	start := priors(s, &policy.Factors)
	linear, _ := w.model(s, policy).(ranking.Linear) // trees have no weights to show
	for _, x := range linear.Weights() {
		r := RankingWeight{Feature: x.Name, Weight: x.Value}
		for k := range start {
			if start[k].Name == x.Name {
				r.Prior = start[k].Weight
			}
		}
		out.Weights = append(out.Weights, r)
	}
	slices.SortStableFunc(out.Weights, func(a, b RankingWeight) int { return featureAt(a.Feature) - featureAt(b.Feature) })
	return out
}

// featureAt is the place of a column.
func featureAt(name string) int { return slices.Index(featureNames(), name) }
