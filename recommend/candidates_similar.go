package recommend

import (
	"cmp"
	"slices"

	"vitrine.dev/ranking"
)

// similar proposes what readers use together with what this reader used.
type similar struct{ most int }

func (similar) name() string { return sourceSimilar }

func (s similar) offer(a *ask, take func(int32) bool) {
	for _, key := range s.keys(a) {
		product, ok := a.Shelf.products.find(key)
		if !ok {
			continue
		}
		picks := a.Shelf.products.rec[product].picks
		for k := len(picks) - 1; k >= max(0, len(picks)-mostOfProduct); k-- {
			if !take(picks[k]) {
				return
			}
		}
	}
}

// keys are the products with the best scores, the best first.
func (s similar) keys(a *ask) []string {
	type scored struct {
		item  int32
		score float64
	}
	sum, _ := sums.Get().(*ranking.Sums)
	defer sums.Put(sum)
	defer sum.Reset()
	a.memory.mu.RLock()
	defer a.memory.mu.RUnlock()
	acts := a.pastItems()
	a.memory.together.Near(acts, sum)
	all := make([]scored, 0, len(sum.Items()))
	for _, item := range sum.Items() {
		all = append(all, scored{item, sum.Of(item)})
	}
	a.memory.together.Next(acts, sum)
	for i := range all {
		all[i].score += sum.Of(all[i].item)
	}
	a.memory.ridge.Score(acts, sum)
	for i := range all {
		all[i].score += sum.Of(all[i].item)
	}
	slices.SortFunc(all, func(x, y scored) int { return cmp.Or(cmp.Compare(y.score, x.score), cmp.Compare(x.item, y.item)) })
	keys := make([]string, 0, min(s.most, len(all)))
	for _, x := range all[:min(s.most, len(all))] {
		keys = append(keys, a.memory.products.ids[x.item])
	}
	return keys
}
