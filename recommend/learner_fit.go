package recommend

import (
	"context"
	"iter"
	"slices"

	"vitrine.dev/ranking"
)

// Bounds of the histories that item-to-item is fitted to.
const (
	basketActs   = 100     // of a reader, the latest
	mostBaskets  = 200_000 // readers; those who came first are forgotten first
	firstFit     = 5_000   // acts before the first fit
	fitGrowth    = 1.25    // acts since, against those at the last fit, before the next
	fitPartners  = 1_000_000
	basketDigest = "basket"
)

// Baskets are what readers did with products, for the fit of [Learner.Fit]. Who
// a reader is is not told.
type baskets struct {
	of     map[uint64][]ranking.Act // the latest last
	order  []uint64
	acts   int
	fitted int // acts at the last fit
}

// add notes an act of a reader.
func (b *baskets) add(reader string, a ranking.Act) {
	if b.of == nil {
		b.of = make(map[uint64][]ranking.Act)
	}
	key := ranking.Hash(basketDigest + reader)
	had, known := b.of[key]
	if !known {
		b.order = append(b.order, key)
		if len(b.order) > mostBaskets {
			delete(b.of, b.order[0])
			b.order = b.order[1:]
		}
	}
	b.of[key] = bounded(had, a, basketActs)
	b.acts++
}

// due reports whether there is enough that no fit has seen.
func (b *baskets) due() bool {
	return b.acts >= firstFit && float64(b.acts) >= fitGrowth*float64(b.fitted)
}

// histories are the baskets as they are now, each the latest act first.
func (b *baskets) histories() iter.Seq[[]ranking.Act] {
	all := make([][]ranking.Act, 0, len(b.order))
	for _, key := range b.order {
		h := slices.Clone(b.of[key])
		slices.Reverse(h)
		all = append(all, h)
	}
	return slices.Values(all)
}

// fitIfDue fits item-to-item anew when there is enough that the last fit has not
// seen. A fit takes seconds; where there is a Background it is done there, one
// at a time, and nobody waits for it.
func (l *Learner) fitIfDue(ctx context.Context) {
	if !l.baskets.due() || !l.fitting.CompareAndSwap(false, true) {
		return
	}
	l.baskets.fitted = l.baskets.acts
	histories := l.baskets.histories()
	fit := func(ctx context.Context) {
		defer l.fitting.Store(false)
		n, err := ranking.FitRidge(ctx, histories, ranking.RidgeOptions{MaxPartners: fitPartners})
		if err != nil {
			l.logger.WarnContext(ctx, "item-to-item keeps what it knew", "err", err)
			return
		}
		l.memory.setRidge(n)
	}
	if l.background == nil {
		fit(ctx)
		return
	}
	l.background(fit)
}

// setRidge replaces what products say for one another.
func (m *Memory) setRidge(n *ranking.Neighbours) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ridge = n
}
