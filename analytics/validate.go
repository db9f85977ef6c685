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

// ValidateMoney refuses what [Analyst.MoneyOf] cannot answer, likewise.
func (r *Request) ValidateMoney() error {
	_, err := r.planMoney()
	return err
}

// ValidateRetention refuses what [Analyst.Retain] cannot answer, likewise.
func (r *Request) ValidateRetention() error {
	_, err := r.returns()
	return err
}
