package recommend

import (
	"context"
	"fmt"
	"math"
	"slices"

	"vitrine.dev/ranking"
)

// A page is made of parts: sources, features, a model. A part that fails takes
// nothing but itself away: the page says in Missing that it came without.

// parts are what pages are made of, beside the model.
type parts struct {
	sources  func(*ask) []share
	features []featureSet
}

func allParts() parts { return parts{(*ask).shares, featureSets()} }

// missingModel says in a page's Missing that its order is not that of the model.
const missingModel = "model"

// without runs f. Should f fail, the ask notes that what is missing.
func (a *ask) without(missing string, f func() error) (ok bool) {
	note := func(cause any) {
		ok = false
		if !slices.Contains(a.missing, missing) {
			a.missing = append(a.missing, missing)
			a.causes = append(a.causes, fmt.Errorf("%s: %v", missing, cause)) //nolint:err113 // it may be no error
		}
	}
	defer func() {
		if cause := recover(); cause != nil {
			note(cause)
		}
	}()
	if err := f(); err != nil {
		note(err)
		return false
	}
	return true
}

// fill has a set of features fill its columns, which stay 0 if it fails.
func (p *pool) fill(s featureSet, t *ranking.Table) {
	all := s.features()
	ok := p.without("features:"+all[0].Name, func() error {
		s.fill(p, t)
		if p.careful {
			for _, f := range all {
				if err := finite(t.Column(f.Name)); err != nil {
					return fmt.Errorf("%s: %w", f.Name, err)
				}
			}
		}
		return nil
	})
	if !ok {
		for _, f := range all {
			clear(t.Column(f.Name))
		}
	}
}

// rate scores the candidates by model: should it fail, by the weights that the
// surface starts with, or else all alike.
func (s *scored) rate(model ranking.Model) {
	for _, m := range []ranking.Model{model, priorModel(s.on, &s.scene.Policy.Factors), ranking.Linear{}} {
		s.model = m
		if s.without(missingModel, s.score) {
			return
		}
	}
}

// score scores the candidates by the model. A feature that is no number is found
// out when a score is none: then all are filled again, with care.
func (s *scored) score() error {
	s.scores = s.model.Score(s.table)
	if finite(s.scores) != nil && !s.careful {
		s.careful = true
		s.table = s.pool.table()
		s.scores = s.model.Score(s.table)
	}
	if len(s.scores) != len(s.found) {
		return fmt.Errorf("%d scores of %d candidates: %w", len(s.scores), len(s.found), ErrInvalid)
	}
	return finite(s.scores)
}

// taken is the score of candidate i taken apart by the model; in one piece,
// should it fail.
func (s *scored) taken(i int) []ranking.Factor {
	var factors []ranking.Factor
	ok := s.without(missingModel, func() error {
		factors = s.model.Explain(s.table, i)
		return nil
	})
	if !ok {
		return []ranking.Factor{{Name: factorBase, Weight: 1, Value: s.scores[i]}}
	}
	return factors
}

// finite reports the first of column that is not a finite number.
func finite(column []float64) error {
	for i, v := range column {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("%v for candidate %d: %w", v, i, ErrInvalid)
		}
	}
	return nil
}

// lacks notes on page what failed of a, and says so in the log.
func (w *Windows) lacks(ctx context.Context, page *Window, a *ask) {
	for _, err := range a.causes {
		w.logger.ErrorContext(ctx, "a page came without a part of it", "err", err)
	}
	page.Missing = append(page.Missing, a.missing...)
	page.Degraded = len(page.Missing) > 0
}
