package recommend

import (
	"slices"
	"sync"

	"vitrine.dev/ranking"
)

// A Feature is one column of what candidates are scored by. Its value is the
// same whoever pays what for it: nothing that an expert or this service earns
// is in reach of a feature.
type Feature struct {
	Name  string  `json:"name"`
	About string  `json:"about"` // what it measures
	Unit  string  `json:"unit"`  // such as "ln(1+days)"
	Low   float64 `json:"low"`   // least value
	High  float64 `json:"high"`  // greatest value in practice
}

// A featureSet fills the columns of some features.
type featureSet interface {
	features() []Feature
	// fill writes the columns of the set's features for the candidates of p,
	// which are all 0 before.
	fill(p *pool, t *ranking.Table)
}

// A pool is the candidates of an ask with what features share of them.
type pool struct {
	*ask
	*candidates
	products []int32  // each once
	at       []int32  // by candidate: the index of its product
	still    []*still // beside products; see [pool.stills]
	items    []int32  // the same; see [pool.memoryItems]
	slot     []int32  // by product number: its index plus one, 0 for others; nil once done
}

// slots are used again from one pool to the next; all in them is 0.
var slots sync.Pool

// newSlots are for n products.
func newSlots(n int) []int32 {
	if s, ok := slots.Get().(*[]int32); ok && len(*s) >= n {
		return *s
	}
	return make([]int32, n+n/8)
}

// featureSets are all there are: a new feature is a new set, and a line here.
// A set may read the columns of those before it.
func featureSets() []featureSet {
	return []featureSet{
		declaredFeatures{},
		eventFeatures{},
		followFeatures{},
		historyFeatures{},
		walkFeatures{},
		listFeatures{},
		rateFeatures{},
		togetherFeatures{},
		bentFeatures{},
	}
}

// Features describes every column, in order.
func Features() []Feature {
	var all []Feature
	for _, s := range featureSets() {
		all = append(all, s.features()...)
	}
	return all
}

// featureNames are those of all columns, in order.
var featureNames = sync.OnceValue(func() []string {
	all := Features()
	names := make([]string, 0, len(all))
	for _, f := range all {
		names = append(names, f.Name)
	}
	return names
})

// table fills a table for candidates, as of the ask's horizon: what does not
// change in itself keeps its score from page to page.
func (p *pool) table() *ranking.Table { return p.fillTable(new(ranking.Table)) }

// tables are used again from one page to the next.
var tables = sync.Pool{New: func() any { return new(ranking.Table) }}

// fillTable is table in the memory of t.
func (p *pool) fillTable(t *ranking.Table) *ranking.Table {
	t.Reset(len(p.found), featureNames()...)
	sets := p.features
	if sets == nil {
		sets = featureSets()
	}
	for _, s := range sets {
		if p.needs.any(s.features()) {
			p.fill(s, t)
		}
	}
	if p.on == SurfaceHome {
		p.leaveToHistory(t)
	}
	return t
}

// needs are the names of features that somebody looks at; nil is all.
type needs map[string]struct{}

// needsOf are what models look at, and what that is made of.
func needsOf(models ...ranking.Model) needs {
	n := needs{featureActed: {}}
	for _, m := range models {
		l, ok := m.(ranking.Linear)
		if !ok {
			return nil
		}
		for _, w := range l.Weights() {
			if w.Value != 0 {
				n[w.Name] = struct{}{}
			}
		}
	}
	for _, b := range bents {
		if has(n, b.name) {
			n[b.a], n[b.b] = struct{}{}, struct{}{}
		}
	}
	return n
}

func (n needs) any(features []Feature) bool {
	return n == nil || slices.ContainsFunc(features, func(f Feature) bool { return has(n, f.Name) })
}

// leaveToHistory clears, of products that the reader has acted on, what is
// there to find those that he has not: what he did himself orders them best.
func (p *pool) leaveToHistory(t *ranking.Table) {
	if len(p.taste.past.acts) == 0 {
		return
	}
	var acted []int
	for i, v := range t.Column(featureActed) {
		if v != 0 {
			acted = append(acted, i)
		}
	}
	if len(acted) == 0 {
		return
	}
	for _, name := range featureNames() {
		switch name {
		case featureActed, featureHistory, featureTrust, featureAvailability, featureSeen, featureRate:
			continue
		}
		column := t.Column(name)
		for _, i := range acted {
			column[i] = 0
		}
	}
}

func (a *ask) pool(c *candidates) *pool {
	p := &pool{ask: a, candidates: c, at: make([]int32, len(c.found)), slot: newSlots(len(a.Shelf.products.rec))}
	for i := range c.found {
		product := a.picks.row[c.found[i].row].product
		if p.slot[product] == 0 {
			p.products = append(p.products, product)
			p.slot[product] = int32(len(p.products)) //nolint:gosec // some thousands
		}
		p.at[i] = p.slot[product] - 1
	}
	return p
}

// done gives back what only features need: nobody asks for indexOf afterwards.
func (p *pool) done() {
	for _, product := range p.products {
		p.slot[product] = 0
	}
	s := p.slot
	p.slot = nil
	slots.Put(&s)
}

// indexOf is the index of a product, -1 for one that is no candidate.
func (p *pool) indexOf(product int32) int32 { return p.slot[product] - 1 }

// spread writes what is known by product into a column.
func (p *pool) spread(column, byProduct []float64) {
	for i, at := range p.at {
		column[i] = byProduct[at]
	}
}
