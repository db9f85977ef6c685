package recommend

import (
	"math"

	"vitrine.dev/ranking"
)

const (
	featureFollowed       = "followed"
	featureLatestFollowed = "latest_followed"
)

// followFeatures are what the experts that the reader follows say of a product.
type followFeatures struct{}

func (followFeatures) features() []Feature {
	return []Feature{
		{featureFollowed, "picks of the product by followed experts in half a year, half-life 14 days", "sum", 0, 10},
		{featureLatestFollowed, "its latest pick is by a followed expert", "0 or 1", 0, 1},
	}
}

func (followFeatures) fill(p *pool, t *ranking.Table) {
	if len(p.taste.follows) == 0 {
		return
	}
	const span, life = 180, 14
	followed, latest := make([]float64, len(p.products)), make([]float64, len(p.products))
	for i, product := range p.products {
		picks := p.Shelf.products.rec[product].picks
		first := true
		for k := len(picks) - 1; k >= max(0, len(picks)-mostPicksCounted); k-- {
			row := &picks[k]
			if row.since > p.horizon {
				continue
			}
			passed := days(row.since, p.horizon)
			if passed > span {
				break
			}
			if has(p.taste.follows, row.expert) {
				followed[i] += math.Exp2(-passed / life)
				if first {
					latest[i] = 1
				}
			}
			first = false
		}
	}
	p.spread(t.Column(featureFollowed), followed)
	p.spread(t.Column(featureLatestFollowed), latest)
}
