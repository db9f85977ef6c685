package recommend

import (
	"context"
	"fmt"
	"slices"

	"vitrine.dev/ranking"
)

// A page is made of parts: sources, features, a model. A part that fails takes
// nothing but itself away: the page says in Missing that it came without.

// without runs f. Should f fail, the ask notes that what is missing.
func (a *ask) without(missing string, f func()) (ok bool) {
	defer func() {
		if cause := recover(); cause != nil {
			ok = false
			if !slices.Contains(a.missing, missing) {
				a.missing = append(a.missing, missing)
				a.causes = append(a.causes, fmt.Errorf("%s: %v", missing, cause)) //nolint:err113 // it was no error
			}
		}
	}()
	f()
	return true
}

// fill has a set of features fill its columns, which stay 0 if it fails.
func (p *pool) fill(s featureSet, t *ranking.Table) {
	name := "features:" + s.features()[0].Name
	if !p.without(name, func() { s.fill(p, t) }) {
		for _, f := range s.features() {
			clear(t.Column(f.Name))
		}
	}
}

// lacks notes on page what failed of a, and says so in the log.
func (w *Windows) lacks(ctx context.Context, page *Window, a *ask) {
	for _, err := range a.causes {
		w.logger.ErrorContext(ctx, "a page came without a part of it", "err", err)
	}
	page.Missing = append(page.Missing, a.missing...)
	page.Degraded = len(page.Missing) > 0
}
