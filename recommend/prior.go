package recommend

import "vitrine.dev/ranking"

// A prior is what a feature starts with.
type prior struct {
	Name   string
	Weight float64 // per unit of the feature
	Scale  float64 // its typical spread among candidates
	Fixed  bool    // never learned
}

// priors are the weights that a surface starts with, before it has learned
// anything. Those of the published factors are the policy's. The others were
// learned on public data sets: of a consumer community (topic), of a shop's
// readers (home) and of a news desk (rank); see ranking/README.md.
func priors(s Surface, f *RankingFactors) []prior {
	switch s {
	case SurfaceTopic:
		return []prior{
			{Name: featureInterest, Weight: f.Interest / 2, Scale: .3},
			{Name: featureTrust, Weight: f.Trust, Scale: .1},
			{Name: featureAvailability, Weight: f.Availability, Scale: .2},
			{Name: featureEvents7, Weight: .043, Scale: 1.04},
			{Name: featureEvents30, Weight: -.178, Scale: 1.09},
			{Name: featureEvents120, Weight: -.001, Scale: .735},
			{Name: featureEvents365, Weight: .386, Scale: .933},
			{Name: featureLatest, Weight: -.240, Scale: 1.03},
			{Name: featureSecond, Weight: -.273, Scale: 1.76},
			{Name: featureThird, Weight: -.179, Scale: 1.51},
			{Name: featureFirst, Weight: -.230, Scale: 1.59},
			{Name: featureOpens, Weight: -.143, Scale: .901},
			{Name: featureWalk, Weight: .169, Scale: 1.41},
			{Name: featureSession, Weight: 3.77, Scale: .063},
			{Name: featureFollowed, Weight: .415, Scale: .081},
			{Name: featureLatestFollowed, Weight: .197, Scale: .223},
			{Name: featureActed, Weight: -9.8, Scale: .15},
		}
	case SurfaceRank:
		return []prior{
			{Name: featureInterest, Weight: f.Interest, Scale: .3},
			{Name: featureFollow, Weight: f.Follow, Scale: .3},
			{Name: featureTrust, Weight: f.Trust, Scale: .1},
			{Name: featureAvailability, Weight: f.Availability, Scale: .2},
			{Name: featureEngagement, Weight: f.Engagement, Scale: .2},
		}
	case SurfaceHome, surfaces:
	}
	return []prior{
		{Name: featureInterest, Weight: f.Interest, Scale: .3},
		{Name: featureFollow, Weight: f.Follow, Scale: .3},
		{Name: featureFreshness, Weight: f.Freshness, Scale: .2},
		{Name: featureTrust, Weight: f.Trust, Scale: .1},
		{Name: featureAvailability, Weight: f.Availability, Scale: .2},
		{Name: featureEngagement, Weight: f.Engagement, Scale: .2},
		{Name: featureActed, Weight: 3, Scale: .3},
		{Name: featureHistory, Weight: 1, Scale: 1, Fixed: true},
		{Name: featureTopics, Weight: .3, Scale: 1},
		{Name: featureWalk, Weight: .1, Scale: 1.4},
	}
}

// priorModel scores by the weights that a surface starts with.
func priorModel(s Surface, f *RankingFactors) ranking.Linear {
	var weights []ranking.Weight
	for _, p := range priors(s, f) {
		weights = append(weights, ranking.Weight{Name: p.Name, Value: p.Weight})
	}
	return ranking.NewLinear(weights...)
}
