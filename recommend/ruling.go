package recommend

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Target names what a ruling is about, as "kind:id".
type Target struct {
	Kind string `json:"kind"` // "pick", "expert" or "partner"
	ID   string `json:"id"`
}

// String is "kind:id", the key of the rulings topic and the id of the
// [KindRuling] document.
func (t Target) String() string { return t.Kind + ":" + t.ID }

// ParseTarget is the inverse of [Target.String].
func ParseTarget(s string) (Target, bool) {
	kind, id, ok := strings.Cut(s, ":")
	t := Target{Kind: kind, ID: id}
	return t, ok && rulingActions[kind] != nil && ValidID(id)
}

// The targets' kinds.
const (
	TargetPick    = "pick"
	TargetExpert  = "expert"
	TargetPartner = "partner"
)

// Actions of a ruling.
const (
	ActionRemove   = "remove"   // pick: gone from everywhere · partner: no longer approved
	ActionHold     = "hold"     // pick: hidden until released
	ActionRestore  = "restore"  // pick, expert, partner: as if nothing had been ruled
	ActionApprove  = "approve"  // pick: a held pick or edit is released
	ActionLimit    = "limit"    // expert: shown to followers only
	ActionFreeze   = "freeze"   // expert: may not publish
	ActionSuspend  = "suspend"  // expert: may not publish, picks hidden
	ActionPause    = "pause"    // partner: hidden until resumed
	ActionResume   = "resume"   // partner: active again
	ActionProbate  = "probate"  // partner: shown, and watched
	ActionRegister = "register" // partner: approved with its links
	ActionVerify   = "verify"   // expert: verified for topics
)

var rulingActions = map[string][]string{
	TargetPick:    {ActionRemove, ActionHold, ActionApprove, ActionRestore},
	TargetExpert:  {ActionLimit, ActionFreeze, ActionSuspend, ActionRestore},
	TargetPartner: {ActionPause, ActionResume, ActionProbate, ActionRemove, ActionRestore},
}

// A MadeRuling is the value of a [TypeRulingMade] event.
type MadeRuling struct {
	Target Target    `json:"target"`
	Action string    `json:"action"`
	Rule   string    `json:"rule"` // id of the broken rule of the policy
	Text   string    `json:"text"` // what the subject is told
	By     string    `json:"by"`   // moderator, or "policy"
	At     time.Time `json:"at"`

	Extra map[string]json.RawMessage `json:"-"`
}

// Validate reports what is wrong with the form of m as a [*Refusal].
func (m *MadeRuling) Validate() error {
	var ps []Problem
	actions := rulingActions[m.Target.Kind]
	if actions == nil {
		ps = append(ps, Problem{Code: "validation", Pointer: "/target/kind", Message: fmt.Sprintf("%q cannot be ruled on", clip(m.Target.Kind)), Fix: "use pick, expert or partner"})
	} else if !slices.Contains(actions, m.Action) {
		ps = append(ps, Problem{Code: "validation", Pointer: "/action", Message: fmt.Sprintf("%q is no action on a %s", clip(m.Action), m.Target.Kind), Fix: "use one of " + strings.Join(actions, ", ")})
	}
	ps = append(ps, idProblem(m.Target.ID, "/target/id")...)
	if m.Rule == "" {
		ps = append(ps, Problem{Code: "validation", Pointer: "/rule", Message: "missing", Fix: "name the rule of GET /v1/policy that this rests on"})
	}
	if len(m.Text) > 4000 {
		ps = append(ps, Problem{Code: "validation", Pointer: "/text", Message: "longer than 4000 bytes", Fix: "say it shorter"})
	}
	ps = append(ps, timeProblem(m.At, "/at")...)
	return Refuse(ps...)
}

// A Ruling is where a target stands: the body of a [KindRuling] document.
type Ruling struct {
	Target Target `json:"target"`
	// Action is the latest one in force; "" when nothing is ruled.
	Action string    `json:"action,omitempty"`
	Rule   string    `json:"rule,omitempty"`
	Text   string    `json:"text,omitempty"`
	By     string    `json:"by,omitempty"`
	At     time.Time `json:"at"`
	// Partner is the registration of a partner target that is not in the policy file.
	Partner *Partner `json:"partner,omitempty"`
	// History holds the rulings made, oldest first, at most 50.
	History []MadeRuling `json:"history,omitempty"`
	Seen    Seen         `json:"seen,omitempty"`

	Extra map[string]json.RawMessage `json:"-"`
}

// HidesPick reports whether r keeps its pick from everybody.
func (r *Ruling) HidesPick() bool {
	return r != nil && (r.Action == ActionRemove || r.Action == ActionHold)
}

// Releases reports whether r lets a held pick or edit of revision made before it go live.
func (r *Ruling) Releases(asked time.Time) bool {
	return r != nil && r.Action == ActionApprove && !r.At.Before(asked)
}

// PartnerState is what r makes of a partner that stands at base without it.
func (r *Ruling) PartnerState(base PartnerState) PartnerState {
	if r == nil {
		return base
	}
	switch r.Action {
	case ActionPause:
		return PartnerPaused
	case ActionProbate:
		return PartnerProbation
	case ActionRemove:
		return PartnerRemoved
	case ActionResume:
		return PartnerActive
	}
	return base
}

// StandingAfter is what action makes of an expert.
func StandingAfter(action string) Standing {
	switch action {
	case ActionLimit:
		return StandingLimited
	case ActionFreeze:
		return StandingFrozen
	case ActionSuspend:
		return StandingSuspended
	}
	return StandingActive
}

type madeFields MadeRuling

// MarshalJSON writes the known fields, then the unknown ones by name.
func (m MadeRuling) MarshalJSON() ([]byte, error) { return marshalExtra(madeFields(m), m.Extra) }

// UnmarshalJSON keeps unknown fields in Extra.
func (m *MadeRuling) UnmarshalJSON(b []byte) error {
	var f madeFields
	extra, err := unmarshalExtra(b, &f)
	if err != nil {
		return err
	}
	*m = MadeRuling(f)
	m.Extra = extra
	return nil
}

type rulingFields Ruling

// MarshalJSON writes the known fields, then the unknown ones by name.
func (r Ruling) MarshalJSON() ([]byte, error) { return marshalExtra(rulingFields(r), r.Extra) }

// UnmarshalJSON keeps unknown fields in Extra.
func (r *Ruling) UnmarshalJSON(b []byte) error {
	var f rulingFields
	extra, err := unmarshalExtra(b, &f)
	if err != nil {
		return err
	}
	*r = Ruling(f)
	r.Extra = extra
	return nil
}
