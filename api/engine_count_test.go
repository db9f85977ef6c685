package api_test

import (
	"context"

	"vitrine.dev/recommend"
)

// each goes through what was folded.
func (e *engine) each(_ context.Context, kind recommend.Kind, f func(recommend.Document) error) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	for ref, d := range e.docs {
		if ref.Kind != kind {
			continue
		}
		if err := f(d); err != nil {
			return err
		}
	}
	return nil
}
