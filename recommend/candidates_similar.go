package recommend

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
			if !take(picks[k].row) {
				return
			}
		}
	}
}

// keys are the products with the best scores, the best first.
func (s similar) keys(a *ask) []string {
	a.memory.mu.RLock()
	defer a.memory.mu.RUnlock()
	best := a.company().Best(&a.memory.together, s.most)
	keys := make([]string, 0, len(best))
	for _, x := range best {
		keys = append(keys, a.memory.products.ids[x.Item])
	}
	return keys
}
