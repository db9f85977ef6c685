package recommend

import (
	"math"

	"vitrine.dev/ranking"
)

const (
	featureActed   = "acted"
	featureHistory = "history"
	featureTopics  = "own_topics"
	featureDepth   = "depth"
	featureOwn     = "own_expert"
)

// historyFeatures are what the reader did with the product and in its topics
// before: he often comes back to what he looked at and did not buy. A sum over
// his events, each forgotten by a power of its age, tells it best.
type historyFeatures struct{}

func (historyFeatures) features() []Feature {
	return []Feature{
		{featureActed, "the reader has acted on the product", "0 or 1", 0, 1},
		{featureHistory, "what he did with it: sum of weight/(days+0.5), over purchases in its topic; of none 0", "ln(sum)", -8, 6},
		{featureTopics, "what he did in its topics of late, purchases taken off, when he has not acted on it; fades as it gets known what he passes over", "ln(1+sum)", 0, 8},
		{featureOwn, "what he did with other picks of its expert, half-life 30 days; fades likewise", "ln(1+sum)", 0, 8},
		{featureDepth, "how often he acted in its topics, of his last 300 acts; alone it moves nothing within a topic", "ln(1+n)-2", -2, 4},
	}
}

// historyWeight is how much an act says that the reader will come back.
func historyWeight(kind string) float64 {
	switch kind {
	case ActOpen:
		return 1
	case ActBookmark:
		return 3
	case ActCart:
		return 6
	case ActCheckout, ActPurchase, ActShare:
		return 2
	}
	return 0
}

// forgetting is the power law: 2 now, and half of that after half a day.
func forgetting(days float64) float64 { return 1 / (days + .5) }

func (historyFeatures) fill(p *pool, t *ranking.Table) {
	depth := t.Column(featureDepth)
	if len(p.taste.past.acts) == 0 {
		for i := range depth {
			depth[i] = -2
		}
		return
	}
	times := make(map[int32]float64)   // by topic
	experts := make(map[int32]float64) // what was done with their picks
	own := make([]float64, len(p.products))
	bought := make(map[int32]float64)   // by topic
	strength := make(map[int32]float64) // by topic
	for _, a := range p.taste.past.acts {
		passed := days(a.at, p.horizon)
		w := historyWeight(a.kind)
		experts[a.expert] += w * math.Exp2(-passed/30)
		if at := p.indexOf(a.product); at >= 0 {
			own[at] += w * forgetting(passed)
		}
		if a.kind == ActPurchase {
			w = -4
		}
		for _, topic := range p.topics.sets[a.topics].own {
			strength[topic] += w * forgetting(passed)
			times[topic]++
			if a.kind == ActPurchase {
				bought[topic] += math.Exp2(-passed / 2)
			}
		}
	}
	acted, history, topics := t.Column(featureActed), t.Column(featureHistory), t.Column(featureTopics)
	expert := t.Column(featureOwn)
	blind := 1 - p.answers().known()   // his acts alone say nothing of what he passed over
	past := make(map[int32]topicsPast) // by topic set
	for i, at := range p.at {
		row := &p.picks.row[p.found[i].row]
		in, known := past[row.topics]
		if !known {
			var strongest, most float64
			for _, topic := range p.topics.sets[row.topics].own {
				in.damp = max(in.damp, bought[topic])
				strongest = max(strongest, strength[topic])
				most = max(most, times[topic])
			}
			in.depth, in.topics = math.Log1p(most)-2, blind*math.Log1p(strongest)
			past[row.topics] = in
		}
		depth[i] = in.depth
		if p.taste.acted(p.products[at]) {
			acted[i] = 1
		} else {
			topics[i] = in.topics
			if did := experts[row.expert]; did > 0 {
				expert[i] = blind * math.Log1p(did)
			}
		}
		if own[at] > 0 {
			history[i] = math.Log(own[at] / (1 + in.damp))
		}
	}
}

// topicsPast is what a reader's acts say of some topics together.
type topicsPast struct{ damp, depth, topics float64 }
