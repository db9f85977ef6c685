package recommend

// resume proposes what the reader acted on before, the latest first: what he
// opened, kept or put into the cart and may come back to.
type resume struct{}

func (resume) name() string { return sourceResume }

func (resume) offer(a *ask, take func(int32) bool) {
	had := make(map[int32]struct{})
	for i := range a.taste.past.acts {
		product := a.taste.past.acts[i].product
		if has(had, product) {
			continue
		}
		had[product] = struct{}{}
		picks := a.Shelf.products.rec[product].picks
		for k := len(picks) - 1; k >= max(0, len(picks)-mostOfProduct); k-- {
			if !take(picks[k].row) {
				return
			}
		}
	}
}
