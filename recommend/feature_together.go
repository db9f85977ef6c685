package recommend

import (
	"sync"

	"vitrine.dev/ranking"
)

const (
	featureNear = "near"
	featureNext = "next"
	featureFits = "fits"
)

// togetherFeatures are what readers use together with what this reader used:
// near it in either order, and soon after it.
type togetherFeatures struct{}

func (togetherFeatures) features() []Feature {
	const unit = "ln(0.1+w/mean); 0 when nothing is reached"
	return []Feature{
		{featureNear, "readers of what the reader acted on act on it too, in either order, against the mean of the candidates", unit, -2.3, 8},
		{featureNext, "readers of what the reader acted on last act on it soon after, against the mean of the candidates", unit, -2.3, 8},
		{featureFits, "all of his acts together speak for it, by ridge regressions on the nearest products, against the mean of the candidates", unit, -2.3, 8},
	}
}

// actWeight is how much an act counts in item-to-item statistics.
func actWeight(kind string) float64 {
	switch kind {
	case ActOpen:
		return .3
	case ActBookmark, ActCart, ActCheckout, ActPurchase, ActShare:
		return 1
	}
	return 0
}

// sums are used again from one window to the next.
var sums = sync.Pool{New: func() any { return new(ranking.Sums) }}

func (togetherFeatures) fill(p *pool, t *ranking.Table) {
	if p.memory == nil || len(p.taste.past.acts) == 0 {
		return
	}
	near, next, fits := make([]float64, len(p.products)), make([]float64, len(p.products)), make([]float64, len(p.products))
	s, _ := sums.Get().(*ranking.Sums)
	defer sums.Put(s)
	defer s.Reset()
	p.memory.mu.RLock()
	defer p.memory.mu.RUnlock()
	acts, items := p.pastItems(), p.memoryItems()
	p.memory.together.Near(acts, s)
	for i, item := range items {
		near[i] = s.Of(item)
	}
	p.memory.together.Next(acts, s)
	for i, item := range items {
		next[i] = s.Of(item)
	}
	p.memory.ridge.Score(acts, s)
	for i, item := range items {
		fits[i] = max(0, s.Of(item))
	}
	relative(fits)
	p.spread(t.Column(featureFits), fits)
	relative(near)
	relative(next)
	p.spread(t.Column(featureNear), near)
	p.spread(t.Column(featureNext), next)
}

// pastItems are the reader's acts as the memory numbers products, the newest
// first.
func (a *ask) pastItems() []ranking.Act {
	acts := make([]ranking.Act, 0, len(a.taste.past.acts))
	for i := range a.taste.past.acts {
		act := &a.taste.past.acts[i]
		if item := a.memory.item(a.Shelf.products.ids[act.product]); item >= 0 {
			acts = append(acts, ranking.Act{Item: item, Weight: actWeight(act.kind), At: int64(act.at)})
		}
	}
	return acts
}
