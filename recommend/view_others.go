package recommend

import (
	"cmp"
	"slices"
)

// A crowd is who picked a product: the newest visible pick of each expert, the
// most trusted first. It is kept like a [still], and forgotten when a pick of the
// product comes or goes.
type crowd struct {
	at             moment
	picks, experts []int32
	limited        bool // some of the experts are not found by everybody
	demanded       bool // readers opened it of late
}

// crowd is that of a product by now, or as it was a moment ago.
func (a *ask) crowd(product int32) *crowd {
	at := &a.Shelf.products.crowds[product]
	if c := at.Load(); c != nil && a.keep > 0 && c.at <= a.now && a.now-c.at < a.keep {
		return c
	}
	c := &crowd{at: a.now, picks: a.crowded(product, func(int32) bool { return true }), demanded: a.opened(product)}
	c.experts = make([]int32, len(c.picks))
	for i, n := range c.picks {
		c.experts[i] = a.picks.row[n].expert
		c.limited = c.limited || a.experts.rec[c.experts[i]].limited
	}
	if a.keep > 0 {
		at.Store(c)
	}
	return c
}

// demanded reports whether readers opened a product in the last days, by now or
// a moment ago.
func (a *ask) demanded(product int32) bool {
	if a.keep > 0 {
		return a.crowd(product).demanded
	}
	return a.opened(product)
}

func (a *ask) opened(product int32) bool {
	const some, recent = 2, 7
	opened := 0
	for _, of := range a.Shelf.products.rec[product].picks {
		p := a.picks.pulse[of.row]
		if p == nil {
			continue
		}
		for k := range p.parts {
			for _, at := range p.parts[k].last {
				if at == never || at > a.horizon || days(at, a.horizon) > recent {
					continue
				}
				opened++
				if opened == some {
					return true
				}
			}
		}
	}
	return false
}

// crowded are the picks of a product that may be seen and that only allows, the
// newest of each expert, the most trusted first.
func (l *look) crowded(product int32, only func(int32) bool) []int32 {
	var picks []int32
	had := make(map[int32]struct{})
	for _, p := range slices.Backward(l.products.rec[product].picks) {
		if has(had, p.expert) || l.hidden(p.row) != "" || !only(p.row) {
			continue
		}
		had[p.expert] = struct{}{}
		picks = append(picks, p.row)
	}
	slices.SortStableFunc(picks, func(a, b int32) int {
		return cmp.Compare(l.experts.rec[l.picks.row[b].expert].trust, l.experts.rec[l.picks.row[a].expert].trust)
	})
	return picks
}

// otherPicks are other experts' visible picks of the product of row n, one
// each, the most trusted first.
func (l *look) otherPicks(n int32, t *taste) []int32 {
	row := &l.picks.row[n]
	return l.crowded(row.product, func(o int32) bool { return l.picks.row[o].expert != row.expert && t.allows(l, o) })
}

// others appends the first of otherPicks, and says how many there are. The number may be
// as old as what windows keep; what is shown is looked at again.
func (a *ask) others(n int32, t *taste, first []int32) (_ []int32, all int) {
	most := a.scene.Policy.Window.AlsoBy
	row := &a.picks.row[n]
	if len(a.Shelf.products.rec[row.product].picks) == 1 {
		return first, 0
	}
	c := a.crowd(row.product)
	if c.limited || t.choosy() {
		others := a.otherPicks(n, t)
		return append(first, firstOf(others, most)...), len(others)
	}
	for i, o := range c.picks {
		switch expert := c.experts[i]; {
		case expert == row.expert:
			continue
		case len(first) < most:
			if a.hidden(o) != "" || !t.allows(a.look, o) {
				continue
			}
			first = append(first, o)
		}
		all++
	}
	return first, all
}

func firstOf(picks []int32, most int) []int32 { return picks[:min(most, len(picks))] }

// choosy reports whether the reader is kept from some picks of a product and not
// from others.
func (t *taste) choosy() bool {
	return t.self >= 0 || len(t.mutedPicks) > 0 || len(t.mutedExperts) > 0 || len(t.mutedTopics) > 0 || len(t.fed.picks)+len(t.fed.experts)+len(t.fed.topics) > 0
}

// alsoBy appends others to also as cards show them; nil when there are none.
func (l *look) alsoBy(others []int32, also []AlsoBy) []AlsoBy {
	if len(others) == 0 {
		return nil
	}
	for _, o := range others {
		also = append(also, AlsoBy{Pick: l.picks.ids[o], Expert: l.expertCard(l.picks.row[o].expert)})
	}
	return also
}
