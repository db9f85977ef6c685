package recommend

import (
	"encoding/json"
	"slices"
	"time"
)

// A LoadedModel is the value of a [TypeModelLoaded] event: a model of trees that
// somebody trained elsewhere takes the place of a surface's weights, and is
// pinned.
type LoadedModel struct {
	Surface string          `json:"surface"`
	Trees   json.RawMessage `json:"trees"` // as LightGBM dumps them
	Text    string          `json:"text"`  // what it is and why
	By      string          `json:"by"`
	At      time.Time       `json:"at"`
}

// Validate reports what is wrong with l as a [*Refusal]: its form, trees that
// cannot be read, or features that there are not.
func (l *LoadedModel) Validate() error {
	var ps []Problem
	if _, ok := SurfaceNamed(l.Surface); !ok {
		ps = append(ps, surfaceProblem(l.Surface, "/surface"))
	}
	if _, err := ReadTrees(l.Trees); err != nil {
		ps = append(ps, invalid("/trees", err.Error(), "send what LightGBM's dump_model writes, over the features of this service"))
	}
	return Refuse(append(ps, saidBy(l.Text, l.By, l.At)...)...)
}

// Load makes trees what is served of a surface and returns their version.
func (m *LearnedModel) Load(l *LoadedModel) int64 {
	s := m.surface(l.Surface)
	s.Versions = slices.DeleteFunc(s.Versions, func(v ModelVersion) bool { return v.Trees > 0 }) // only the last trees are kept
	s.add(ModelVersion{MadeAt: l.At.UTC(), Trees: s.Latest + 1})
	s.Pinned = s.Latest
	m.note(RuledModel{Surface: l.Surface, Action: "load", Version: s.Latest, Text: l.Text, By: l.By, At: l.At})
	return s.Latest
}
