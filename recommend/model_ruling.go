package recommend

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Actions of a [RuledModel].
const (
	ModelRollback = "rollback" // serve an older version, pinned, and go on learning from it
	ModelPin      = "pin"      // serve one version whatever is learned
	ModelUnpin    = "unpin"    // serve the latest again
)

// A RuledModel is the value of a [TypeModelRuled] event: somebody decided what
// a surface is scored by.
type RuledModel struct {
	Surface string `json:"surface"`
	Action  string `json:"action"`
	// Version of rollback, 0 for the prior, and of pin, 0 for what is served now.
	Version int64     `json:"version,omitempty"`
	Text    string    `json:"text"` // why
	By      string    `json:"by"`   // the moderator or operator
	At      time.Time `json:"at"`
}

// Validate reports what is wrong with the form of r as a [*Refusal].
func (r *RuledModel) Validate() error {
	var ps []Problem
	if _, ok := SurfaceNamed(r.Surface); !ok {
		ps = append(ps, surfaceProblem(r.Surface, "/surface"))
	}
	if actions := []string{ModelRollback, ModelPin, ModelUnpin}; !slices.Contains(actions, r.Action) {
		ps = append(ps, invalid("/action", fmt.Sprintf("%q cannot be done to a model", clip(r.Action)), "use one of "+strings.Join(actions, ", ")))
	}
	if r.Version < 0 || r.Action == ModelUnpin && r.Version != 0 {
		ps = append(ps, invalid("/version", fmt.Sprintf("version %d", r.Version), "name a version that is kept; none when unpinning"))
	}
	ps = append(ps, saidBy(r.Text, r.By, r.At)...)
	return Refuse(ps...)
}

// saidBy checks the reason, author and time of a decision about models.
func saidBy(text, by string, at time.Time) []Problem {
	ps := append(idProblem(by, "/by"), timeProblem(at, "/at")...)
	if strings.TrimSpace(text) == "" || len(text) > 4000 {
		ps = append(ps, invalid("/text", "no reason, or one of more than 4000 bytes", "say why, in a sentence or two"))
	}
	return ps
}

// Rule decides what is served of a surface. It is a [*Refusal] when the version
// is not kept; then m is as it was.
func (m *LearnedModel) Rule(r *RuledModel) error {
	s := m.Surfaces[r.Surface]
	if s == nil {
		s = new(SurfaceModel)
	}
	v := s.Version(r.Version)
	if r.Version == 0 {
		v = s.Serving()
		if r.Action == ModelRollback || v == nil {
			v = new(ModelVersion) // the prior
		}
	}
	if v == nil {
		return Refuse(Problem{
			Code: "model-version", Pointer: "/version", Message: fmt.Sprintf("version %d of %s is not kept", r.Version, r.Surface), Fix: "name one that vitrine train show lists",
		})
	}
	s = m.surface(r.Surface)
	switch r.Action {
	case ModelRollback:
		again := *v
		again.Again, again.MadeAt, again.Doubtful = v.Version, r.At.UTC(), false
		s.add(again)
		s.Pinned = s.Latest
		s.Back++
		s.BackTo = s.Latest
	case ModelPin:
		if v.Version == 0 { // the prior becomes a version that can be pinned
			s.add(ModelVersion{MadeAt: r.At.UTC()})
			v = s.Version(s.Latest)
		}
		s.Pinned = v.Version
	case ModelUnpin:
		s.Pinned = 0
	}
	m.note(*r)
	return nil
}

func (m *LearnedModel) note(r RuledModel) {
	r.At = r.At.UTC()
	m.History = append(m.History, r)
	if n := len(m.History) - maxModelRules; n > 0 {
		m.History = slices.Delete(m.History, 0, n)
	}
}
