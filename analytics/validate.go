package analytics

import (
	"slices"

	"vitrine.dev/recommend"
)

// Validate refuses what a funnel cannot answer, by the names of the API, and
// counts nothing.
func (r *Request) Validate() error {
	_, err := r.plan()
	return err
}

// ValidateModel refuses a model of attribution that there is not.
func (r *Request) ValidateModel() error {
	if r.Model != "" && !slices.Contains(Models(), r.Model) {
		return recommend.Refuse(r.badModel())
	}
	return nil
}
