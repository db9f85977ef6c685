package recommend

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"vitrine.dev/recommend/link"
)

// PartnerState says how far a partner is trusted now.
type PartnerState string

// The states of a partner.
const (
	PartnerActive    PartnerState = "active"
	PartnerProbation PartnerState = "probation" // shown, and watched
	PartnerPaused    PartnerState = "paused"    // hidden until resumed
	PartnerRemoved   PartnerState = "removed"   // hidden; no new picks
)

func (s PartnerState) valid() bool {
	return slices.Contains([]PartnerState{PartnerActive, PartnerProbation, PartnerPaused, PartnerRemoved}, s)
}

// Open reports whether picks of a partner in this state are shown.
func (s PartnerState) Open() bool { return s == PartnerActive || s == PartnerProbation }

// A Partner is an approved shop platform: an entry of the policy file, or the
// value of a [TypePartnerRegistered] event.
type Partner struct {
	ID         string       `json:"id" yaml:"id"`
	Name       string       `json:"name" yaml:"name"`
	Links      []string     `json:"links" yaml:"links"` // URL templates with {item}; the first is canonical
	State      PartnerState `json:"state" yaml:"state"`
	About      string       `json:"about,omitempty" yaml:"about"`             // one honest line for readers
	AfterSales string       `json:"after_sales,omitempty" yaml:"after_sales"` // returns and warranty in words
	Criteria   []string     `json:"criteria,omitempty" yaml:"criteria"`       // what it was approved for, in words
	Since      time.Time    `json:"since,omitzero" yaml:"since"`              // when it was approved; set by the fold

	Extra map[string]json.RawMessage `json:"-" yaml:"-"`
}

// Validate reports what is wrong with p as a [*Refusal].
func (p *Partner) Validate() error {
	ps := idProblem(p.ID, "/id")
	if p.Name == "" {
		ps = append(ps, Problem{Code: "validation", Pointer: "/name", Message: "missing", Fix: "give the name readers know"})
	}
	if p.State != "" && !p.State.valid() {
		ps = append(ps, Problem{Code: "validation", Pointer: "/state", Message: fmt.Sprintf("%q is no state", clip(string(p.State))), Fix: "use active, probation, paused or removed"})
	}
	if len(ps) == 0 {
		if _, err := link.NewRegistry(p.link()); err != nil {
			ps = append(ps, Problem{Code: "validation", Pointer: "/links", Message: err.Error(), Fix: "give templates such as https://item.example/i/{item}"})
		}
	}
	return Refuse(ps...)
}

// link returns what the link parser needs. A built-in partner has more forms
// of address than templates can say, so its own entry is taken.
func (p *Partner) link() link.Partner {
	for _, b := range link.Builtin() {
		if b.ID == p.ID {
			return b
		}
	}
	return link.Partner{ID: p.ID, Name: p.Name, Links: p.Links}
}

type partnerFields Partner

// MarshalJSON writes the known fields, then the unknown ones by name.
func (p Partner) MarshalJSON() ([]byte, error) { return marshalExtra(partnerFields(p), p.Extra) }

// UnmarshalJSON keeps unknown fields in Extra.
func (p *Partner) UnmarshalJSON(b []byte) error {
	var f partnerFields
	extra, err := unmarshalExtra(b, &f)
	if err != nil {
		return err
	}
	*p = Partner(f)
	p.Extra = extra
	return nil
}
