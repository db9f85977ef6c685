package recommend

import (
	"cmp"
	"math"
	"slices"
)

// circle proposes the latest picks of the experts who picked what the reader
// acted on: they found what he likes before.
type circle struct{ most int }

func (circle) name() string { return sourceCircle }

const circleExperts = 32 // asked, those with most in common first

func (s circle) offer(a *ask, take func(int32) bool) {
	type known struct {
		expert int32
		common float64
	}
	at := make(map[int32]int) // in experts
	var experts []known
	for i := range a.taste.past.acts[:min(walkActs, len(a.taste.past.acts))] {
		act := &a.taste.past.acts[i]
		picks := a.Shelf.products.rec[act.product].picks
		each := math.Exp2(-days(act.at, a.horizon)/walkLife) / math.Sqrt(float64(len(picks)+1))
		for _, p := range picks[max(0, len(picks)-mostOfProduct):] {
			if p.since > a.horizon || sameDay(p.since, act.at) {
				continue
			}
			i, found := at[p.expert]
			if !found {
				i = len(experts)
				at[p.expert] = i
				experts = append(experts, known{expert: p.expert})
			}
			experts[i].common += each / math.Sqrt(float64(len(a.experts.rec[p.expert].picks)+5))
		}
	}
	slices.SortStableFunc(experts, func(x, y known) int { return cmp.Compare(y.common, x.common) })
	experts = experts[:min(circleExperts, len(experts))]
	each := 1
	if len(experts) > 0 {
		each += 2 * s.most / len(experts)
	}
	var rows []int32
	for _, e := range experts {
		picks := a.experts.rec[e.expert].picks
		rows = append(rows, picks[max(0, len(picks)-each):]...)
	}
	slices.SortFunc(rows, func(x, y int32) int { return a.picks.age(y, x) })
	for _, n := range rows {
		if !take(n) {
			return
		}
	}
}
