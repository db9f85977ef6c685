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

// companies are used again from one window to the next.
var companies = sync.Pool{New: func() any { return new(ranking.Company) }}

// company is what goes with what the reader did. It is gathered once, with the
// memory locked for reading.
func (a *ask) company() *ranking.Company {
	if a.taste.company == nil {
		c, _ := companies.Get().(*ranking.Company)
		c.Gather(&a.memory.together, a.memory.ridge, a.memory.acts(a.Shelf, a.taste.past.acts))
		a.taste.company = c // not one that failed half way
	}
	return a.taste.company
}

// leave gives back the company.
func (t *taste) leave() {
	if c := t.company; c != nil {
		t.company = nil
		c.Reset()
		companies.Put(c)
	}
}

func (togetherFeatures) fill(p *pool, t *ranking.Table) {
	if p.memory == nil || len(p.taste.past.acts) == 0 {
		return
	}
	near, next, fits := make([]float64, len(p.products)), make([]float64, len(p.products)), make([]float64, len(p.products))
	items := p.memoryItems()
	p.memory.mu.RLock()
	defer p.memory.mu.RUnlock()
	p.company().Of(&p.memory.together, items, near, next, fits)
	for i := range fits {
		fits[i] = max(0, fits[i])
	}
	relative(fits)
	p.spread(t.Column(featureFits), fits)
	relative(near)
	relative(next)
	p.spread(t.Column(featureNear), near)
	p.spread(t.Column(featureNext), next)
}

// acts are those of a reader, the newest first, as the memory numbers products.
func (m *Memory) acts(s *Shelf, past []pastAct) []ranking.Act {
	acts := make([]ranking.Act, 0, len(past))
	for i := range past {
		act := &past[i]
		if item := m.item(s.products.ids[act.product]); item >= 0 {
			acts = append(acts, ranking.Act{Item: item, Weight: actWeight(act.kind), At: int64(act.at)})
		}
	}
	return acts
}
