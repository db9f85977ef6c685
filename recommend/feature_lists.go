package recommend

import (
	"math"

	"vitrine.dev/ranking"
)

const (
	featureLift     = "lift"
	featureStrength = "strength"
	featureExposure = "exposure"
	featurePairs    = "pairs"
	featureShownAge = "shown_age"
	featureSeen     = "seen_before"
)

// listFeatures are what answered lists tell: which of the cards that readers
// saw together they chose, and which of them went with what a reader had opened
// before. Only lists that were shown count, so nothing is chosen often merely
// because it is shown often.
type listFeatures struct{}

func (listFeatures) features() []Feature {
	return []Feature{
		{featureLift, "choices against those expected of the lists it was in, half-life 6 hours, drawn to its topic's", "ln(ratio)", -5, 5},
		{featureStrength, "how it does against the other cards of its lists, of all time", "logit", -10, 10},
		{featureExposure, "impressions, half-life 30 minutes", "ln(1+n)", 0, 14},
		{featurePairs, "choices by readers who had opened what this reader opened, against those expected", "ln(ratio)", -5, 5},
		{featureShownAge, "time since it was first shown", "ln(1+hours)", 0, 12},
		{featureSeen, "it was shown to the reader before", "0 or 1", 0, 1},
	}
}

// opensPaired is how many products a reader opened last are paired with.
const opensPaired = 50

func (listFeatures) fill(p *pool, t *ranking.Table) {
	seen := t.Column(featureSeen)
	if shown := p.shown(); len(shown) > 0 {
		for i := range p.found {
			if has(shown, p.found[i].row) {
				seen[i] = 1
			}
		}
	}
	if p.memory == nil {
		return
	}
	pairs, items := make([]float64, len(p.products)), p.memoryItems()
	p.memory.mu.RLock()
	p.memory.pairs.Lift(p.openedItems(), items, pairs)
	p.memory.mu.RUnlock()
	p.spread(t.Column(featurePairs), pairs)
	lift, strength := t.Column(featureLift), t.Column(featureStrength)
	exposure, shown := t.Column(featureExposure), t.Column(featureShownAge)
	stills := p.stills()
	for i, at := range p.at {
		l := &stills[at].lists
		lift[i], strength[i], exposure[i], shown[i] = l.lift, l.strength, l.exposure, l.shown
	}
}

// listed is what the memory, which is locked, knows of a product's lists.
func (m *Memory) listed(item, topic int32, at moment) stillLists {
	l := stillLists{lift: m.lists.Lift(item, topic, int64(at)), strength: m.lists.Strength(item), exposure: m.lists.Exposure(item, int64(at))}
	if since := m.lists.Since(item); since > 0 {
		l.shown = math.Log1p(days(moment(since), at) * 24)
	}
	return l
}

// memoryItems are the products of p as the memory numbers them, -1 for one it
// does not know. The memory is not locked: it may be asked for them.
func (p *pool) memoryItems() []int32 {
	if p.items == nil {
		p.items = make([]int32, len(p.products))
		for i, s := range p.stills() {
			p.items[i] = s.item
		}
	}
	return p.items
}

// memoryTopic is the topic of a product's latest pick as the memory numbers it.
func (p *pool) memoryTopic(product int32) int32 {
	picks := p.Shelf.products.rec[product].picks
	if len(picks) == 0 {
		return -1
	}
	own := p.topics.sets[p.picks.row[picks[len(picks)-1].row].topics].own
	if len(own) == 0 {
		return -1
	}
	return p.memory.topic(p.topics.ids[own[0]])
}

// openedItems are the products that the reader opened last, each once.
func (p *pool) openedItems() []int32 {
	var items []int32
	had := make(map[int32]struct{}, opensPaired)
	for i := range p.taste.past.acts {
		a := &p.taste.past.acts[i]
		if _, twice := had[a.product]; twice || a.kind != ActOpen {
			continue
		}
		had[a.product] = struct{}{}
		if item := p.memory.item(p.Shelf.products.ids[a.product]); item >= 0 {
			items = append(items, item)
		}
		if len(had) == opensPaired {
			break
		}
	}
	return items
}
