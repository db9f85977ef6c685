package recommend

import (
	"time"

	"vitrine.dev/ranking"
)

// The features of a window's score, each between 0 and 1. What an expert earns
// is not among them, and nothing here can see it.
const (
	featureInterest     = "interest"
	featureFollow       = "follow"
	featureFreshness    = "freshness"
	featureTrust        = "trust"
	featureAvailability = "availability"
	featureEngagement   = "engagement"
)

// model is the published score.
func (f *RankingFactors) model() ranking.Linear {
	return ranking.NewLinear(
		ranking.Weight{Name: featureInterest, Value: f.Interest},
		ranking.Weight{Name: featureFollow, Value: f.Follow},
		ranking.Weight{Name: featureFreshness, Value: f.Freshness},
		ranking.Weight{Name: featureTrust, Value: f.Trust},
		ranking.Weight{Name: featureAvailability, Value: f.Availability},
		ranking.Weight{Name: featureEngagement, Value: f.Engagement},
	)
}

// features fills a table for candidates, as of the ask's horizon: what does
// not change in itself keeps its score from page to page.
func (a *ask) features(found []candidate) *ranking.Table {
	t := ranking.NewTable(len(found), featureInterest, featureFollow, featureFreshness, featureTrust, featureAvailability, featureEngagement)
	interest, follow := t.Column(featureInterest), t.Column(featureFollow)
	freshness, trust, availability := t.Column(featureFreshness), t.Column(featureTrust), t.Column(featureAvailability)
	engagement := t.Column(featureEngagement)
	halfLife := a.scene.Policy.Window.FreshHalfLife.D()
	for i := range found {
		row := &a.picks.row[found[i].row]
		expert := &a.experts.rec[row.expert]
		interest[i], _ = a.taste.interest(a.look, found[i].row)
		if has(a.taste.follows, row.expert) {
			follow[i] = 1
		}
		freshness[i] = ranking.Decay(age(row.since, a.horizon), halfLife)
		trust[i] = min(max(expert.trust/100, 0), 1)
		availability[i] = a.products.rec[row.product].availability.worth()
		engagement[i] = a.engagement(found[i].row, a.horizon)
	}
	return t
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

// age is the time from since to now, at most a century.
func age(since, now moment) time.Duration {
	const century = 100 * 365 * 24 * time.Hour
	if since < now-moment(century.Microseconds()) {
		return century
	}
	return time.Duration(now-since) * time.Microsecond
}

// A scored page in the making: one card per product.
type scored struct {
	*ask
	*candidates
	model  ranking.Linear
	table  *ranking.Table
	scores []float64
	worth  []float64 // scores after what the reader wants less and more of
	best   []int     // by card: the index in found of the product's best pick
}

// score scores candidates and keeps the best pick of each product. Of picks
// that score alike it is the newer one.
func (a *ask) score(c *candidates, model ranking.Linear) *scored {
	s := &scored{ask: a, candidates: c, model: model, table: a.features(c.found)}
	s.scores = model.Score(s.table)
	s.worth = make([]float64, len(s.scores))
	for i := range s.scores {
		s.worth[i] = s.scores[i] * a.taste.fed.factor(a.look, c.found[i].row)
	}
	for i := range c.found {
		if !c.found[i].first {
			continue
		}
		best := i
		for k := c.found[i].next; k >= 0; k = c.found[k].next {
			if s.better(int(k), best) {
				best = int(k)
			}
		}
		s.best = append(s.best, best)
	}
	return s
}

func (s *scored) better(i, j int) bool {
	if s.worth[i] != s.worth[j] {
		return s.worth[i] > s.worth[j]
	}
	return s.picks.age(s.found[i].row, s.found[j].row) > 0
}

// mix places the best n cards, each expert and each product counting less the
// oftener the window has shown it.
func (s *scored) mix(seed uint64, n int) []ranking.Placed {
	rules := &s.scene.Policy.Window
	m := ranking.NewMixer([ranking.Groups]ranking.Discount{
		{Decay: rules.AuthorDecay, Floor: rules.AuthorFloor},
		{Decay: rules.ProductDecay, Floor: rules.ProductFloor},
	})
	cards := make([]ranking.Card, len(s.best))
	experts := make(map[int32]struct{})
	for k, i := range s.best {
		row := &s.picks.row[s.found[i].row]
		cards[k] = ranking.Card{
			Score: s.worth[i],
			Tie:   ranking.Jitter(seed, s.products.rec[row.product].hash),
			Group: [ranking.Groups]int32{row.expert, row.product},
		}
		if _, done := experts[row.expert]; !done && len(s.served.cards) > 0 {
			experts[row.expert] = struct{}{}
			m.Hold(0, row.expert, s.served.experts[expertCode(s.experts.ids[row.expert])])
		}
	}
	return m.Take(cards, n)
}

// source is which of a candidate's sources brings most to its score: of the
// interest what fits it, of the follow what following counts, of the others
// the freshness. The earlier source wins a tie.
func (s *scored) source(i int) string {
	weights := &s.scene.Policy.Factors
	best, most := "", 0.0
	for bit, src := range s.sources {
		if s.found[i].sources&(1<<bit) == 0 {
			continue
		}
		brings := weights.Freshness * s.table.Column(featureFreshness)[i]
		switch src.name() {
		case sourceInterest:
			brings = weights.Interest * s.table.Column(featureInterest)[i]
		case sourceFollow:
			brings = weights.Follow * s.table.Column(featureFollow)[i]
		}
		if best == "" || brings > most {
			best, most = src.name(), brings
		}
	}
	return best
}
