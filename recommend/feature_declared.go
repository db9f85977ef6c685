package recommend

import "vitrine.dev/ranking"

// The published features, each between 0 and 1.
const (
	featureInterest     = "interest"
	featureFollow       = "follow"
	featureFreshness    = "freshness"
	featureTrust        = "trust"
	featureAvailability = "availability"
	featureEngagement   = "engagement"
)

// declaredFeatures are what readers, experts and partners say, and what is new.
type declaredFeatures struct{}

func (declaredFeatures) features() []Feature {
	return []Feature{
		{featureInterest, "how well its topics fit the interests that the reader declared", "share", 0, 1},
		{featureFollow, "its expert is one that the reader follows", "0 or 1", 0, 1},
		{featureFreshness, "how new the pick is", "decay", 0, 1},
		{featureTrust, "trust in its expert", "share of 100", 0, 1},
		{featureAvailability, "it can be had: in stock 1, unknown or to be ordered 0.5", "share", 0, 1},
		{featureEngagement, "what readers have done with it in the last days, beyond what one alone can do", "share", 0, 1},
	}
}

func (declaredFeatures) fill(p *pool, t *ranking.Table) {
	interest, follow := t.Column(featureInterest), t.Column(featureFollow)
	freshness, trust, availability := t.Column(featureFreshness), t.Column(featureTrust), t.Column(featureAvailability)
	engagement := t.Column(featureEngagement)
	halfLife := p.scene.Policy.Window.FreshHalfLife.D()
	for i := range p.found {
		n := p.found[i].row
		row := &p.picks.row[n]
		trust[i] = min(max(p.experts.rec[row.expert].trust/100, 0), 1)
		availability[i] = p.Shelf.products.rec[row.product].availability.worth()
		interest[i], _ = p.taste.interest(p.look, n)
		if has(p.taste.follows, row.expert) {
			follow[i] = 1
		}
		freshness[i] = ranking.Decay(age(row.since, p.horizon), halfLife)
		engagement[i] = p.engagement(n, p.horizon)
	}
}

// worth is how good it is to find a product in this state. That nobody says
// is as good as having to wait.
func (s stock) worth() float64 {
	switch s {
	case stockIn:
		return 1
	case stockUnknown, stockPreorder:
		return 0.5
	case stockOut:
		return 0
	}
	return 0
}
