package recommend

import "vitrine.dev/ranking"

// bentFeatures are squares and products of others: what happens lately counts
// by more than its logarithm, and to those who know a topic less.
type bentFeatures struct{}

// bent names the features that a column is the product of.
type bent struct{ name, a, b string }

var bents = []bent{
	{"latest_squared", featureLatest, featureLatest},
	{"second_squared", featureSecond, featureSecond},
	{"third_squared", featureThird, featureThird},
	{"first_squared", featureFirst, featureFirst},
	{"events_120d_squared", featureEvents120, featureEvents120},
	{"walk_squared", featureWalk, featureWalk},
	{"latest_second", featureLatest, featureSecond},
	{"walk_events_120d", featureWalk, featureEvents120},
	{"depth_events_120d", featureDepth, featureEvents120},
	{"own_topics_opens", featureTopics, featureOpens},
	{"depth_walk", featureDepth, featureWalk},
}

func (bentFeatures) features() []Feature {
	all := make([]Feature, len(bents))
	for i, b := range bents {
		all[i] = Feature{b.name, b.a + " times " + b.b, "product", -100, 200}
	}
	return all
}

func (bentFeatures) fill(_ *pool, t *ranking.Table) {
	for _, b := range bents {
		x, y, out := t.Column(b.a), t.Column(b.b), t.Column(b.name)
		for i := range out {
			out[i] = x[i] * y[i]
		}
	}
}
