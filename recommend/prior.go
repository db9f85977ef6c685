package recommend

import (
	"sync/atomic"

	"vitrine.dev/ranking"
)

// positionBias is the logit of a card that is twice as far down, over ln 2: a
// card in position k from 1 is chosen in proportion to 1/sqrt(k).
const positionBias = -.5

// priors are the weights that a surface starts with, before it has learned
// anything. Those of the published factors are the policy's. The others were
// learned on public data sets: of a consumer community (topic), of a shop's
// readers (home) and of a news desk (rank); see ranking/README.md.
func priors(s Surface, f *RankingFactors) []ranking.Prior {
	switch s {
	case SurfaceTopic:
		return []ranking.Prior{
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
			{Name: "latest_squared", Scale: 4},
			{Name: "second_squared", Scale: 8},
			{Name: "third_squared", Scale: 8},
			{Name: "first_squared", Scale: 8},
			{Name: "events_120d_squared", Scale: 2},
			{Name: "walk_squared", Scale: 2},
			{Name: "latest_second", Scale: 6},
			{Name: "walk_events_120d", Scale: 2},
			{Name: "depth_events_120d", Weight: -.079, Scale: .966},
			{Name: "depth_walk", Scale: 1.5},
			{Name: featureNear, Scale: 1},
			{Name: featureNext, Scale: 1},
			{Name: featureFits, Scale: 1},
			{Name: featureEvents1, Scale: 1},
			{Name: featureRate, Weight: 1, Scale: .4},
			{Name: featureExpertRate, Weight: 1, Scale: .5},
			{Name: featurePosition, Weight: positionBias, Scale: .8, Aside: true},
		}
	case SurfaceRank:
		return []ranking.Prior{
			{Name: featureLift, Weight: .18 / .8, Scale: .8},
			{Name: featureStrength, Weight: .19 / .5, Scale: .5},
			{Name: featureExposure, Weight: -.08 / 1.5, Scale: 1.5},
			{Name: featurePairs, Weight: .11 / .5, Scale: .5},
			{Name: featureShownAge, Weight: -.06, Scale: 1},
			{Name: featureSeen, Weight: -.07 / .3, Scale: .3},
			{Name: featureActed, Weight: .04 / .2, Scale: .2},
			{Name: featureInterest, Weight: f.Interest, Scale: .3},
			{Name: featureFollow, Weight: f.Follow, Scale: .3},
			{Name: featureTrust, Weight: f.Trust, Scale: .1},
			{Name: featureAvailability, Weight: f.Availability, Scale: .2},
			{Name: featureEngagement, Weight: f.Engagement, Scale: .2},
			{Name: featurePosition, Weight: positionBias, Scale: .8, Aside: true},
		}
	case SurfaceHome, surfaces:
	}
	return []ranking.Prior{
		{Name: featureInterest, Weight: f.Interest, Scale: .3},
		{Name: featureFollow, Weight: f.Follow, Scale: .3},
		{Name: featureFreshness, Weight: f.Freshness, Scale: .2},
		{Name: featureTrust, Weight: f.Trust, Scale: .1},
		{Name: featureAvailability, Weight: f.Availability, Scale: .2},
		{Name: featureEngagement, Weight: f.Engagement, Scale: .2},
		{Name: featureActed, Weight: 4, Scale: .1},
		{Name: featureHistory, Weight: 1, Scale: 1, Fixed: true},
		{Name: featureTopics, Weight: 1, Scale: 1},
		{Name: "own_topics_opens", Weight: .3, Scale: 1},
		{Name: featureOwn, Weight: .2, Scale: .5},
		{Name: featureLift, Weight: 0, Scale: .8},
		{Name: featureStrength, Weight: 0, Scale: .5},
		{Name: featureExposure, Weight: 0, Scale: 1.5},
		{Name: featurePairs, Weight: .2, Scale: .5},
		{Name: featureShownAge, Weight: 0, Scale: 1},
		{Name: featureSeen, Weight: -.3, Scale: .3},
		{Name: featureOpens, Weight: 0, Scale: 1},
		{Name: featureNear, Weight: .3, Scale: 1},
		{Name: featureNext, Weight: .2, Scale: 1},
		{Name: featureFits, Weight: .3, Scale: 1},
		{Name: featureEvents7, Weight: 0, Scale: 1},
		{Name: featureEvents30, Weight: 0, Scale: 1},
		{Name: featureWalk, Weight: 0, Scale: 1.4},
		{Name: featureRate, Weight: 1, Scale: .4},
		{Name: featureTopicRate, Weight: 1, Scale: .8},
		{Name: featureTopicDoubt, Weight: 1, Scale: .3, Fixed: true},
		{Name: featureExpertRate, Weight: 1, Scale: .5},
		{Name: featurePosition, Weight: positionBias, Scale: .8, Aside: true},
	}
}

// pace is how fast a surface learns.
func pace(s Surface) ranking.Pace {
	switch s {
	case SurfaceTopic:
		return ranking.Pace{Rate: .05, Start: .001, Average: .001, MaxStep: .5}
	case SurfaceRank:
		return ranking.Pace{Rate: .03, Start: 1, MaxStep: .5, Adapt: true}
	case SurfaceHome, surfaces:
	}
	return ranking.Pace{Rate: .1, Start: .1, MaxStep: .3}
}

// madePriors are the last that priorModel made, by surface.
var madePriors [surfaces]atomic.Pointer[madePrior] //nolint:gochecknoglobals // made of what is asked for alone

// A madePrior is a model with what it was made of.
type madePrior struct {
	factors [6]float64
	model   ranking.Linear
}

// priorModel scores by the weights that a surface starts with. A policy lasts, so
// it is made once of each.
func priorModel(s Surface, f *RankingFactors) ranking.Linear {
	of := [...]float64{f.Interest, f.Follow, f.Freshness, f.Trust, f.Availability, f.Engagement}
	if made := madePriors[s].Load(); made != nil && made.factors == of {
		return made.model
	}
	m := &madePrior{of, newPriorModel(s, f)}
	madePriors[s].Store(m)
	return m.model
}

func newPriorModel(s Surface, f *RankingFactors) ranking.Linear {
	all := priors(s, f)
	weights := make([]ranking.Weight, 0, len(all))
	for _, p := range all {
		if !p.Aside {
			weights = append(weights, ranking.Weight{Name: p.Name, Value: p.Weight})
		}
	}
	return ranking.NewLinear(weights...)
}
