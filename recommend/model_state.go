package recommend

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"
)

// A LearnedModel is what is served and what was before: the body of the [KindModel]
// document with the id [ModelKey]. The rows beside it are [ModelRows].
type LearnedModel struct {
	// By, Sequence, Epoch, MadeAt and Offsets are those of the last publication
	// that is complete, see [Learned].
	By       string    `json:"by,omitempty"`
	Sequence int64     `json:"sequence"`
	Epoch    int64     `json:"epoch,omitempty"`
	MadeAt   time.Time `json:"made_at"`
	Offsets  []int64   `json:"offsets,omitempty"`
	// Staged is the publication of which some parts have come; Dropped are those
	// that were begun and never completed.
	Staged  *Staged  `json:"staged,omitempty"`
	Dropped []Staged `json:"dropped,omitempty"`
	// Surfaces are by name.
	Surfaces map[string]*SurfaceModel `json:"surfaces,omitempty"`
	// History holds what people ruled, oldest first, at most 50.
	History []RuledModel `json:"history,omitempty"`
	Seen    Seen         `json:"seen,omitempty"` // rulings and loads
}

// A Staged names a publication that is not complete.
type Staged struct {
	By       string    `json:"by"`
	Sequence int64     `json:"sequence"`
	Parts    int       `json:"parts,omitempty"` // that have come
	At       time.Time `json:"at,omitzero"`     // when it was made
}

func (s Staged) same(o Staged) bool { return s.By == o.By && s.Sequence == o.Sequence }

// A SurfaceModel is what one surface is scored by.
type SurfaceModel struct {
	Latest int64 `json:"latest"` // version that was learned or loaded last
	// Pinned is the version that is served until it is unpinned; 0: the latest.
	Pinned int64 `json:"pinned,omitempty"`
	// Back counts how often somebody took the weights back, and BackTo is the
	// version that the learner is to go on from then. Followed is the Back that it
	// has heard of; State and what it publishes are from before until it has.
	Back     int64 `json:"back,omitempty"`
	BackTo   int64 `json:"back_to,omitempty"`
	Followed int64 `json:"followed,omitempty"`
	// State is the learner's own.
	State json.RawMessage `json:"state,omitempty"`
	// Versions are those that can be served, the oldest first. Besides the
	// latest there are ten at most, which lie the further apart the older they are.
	Versions []ModelVersion `json:"versions"`
}

// A ModelVersion is a model of one surface that can be served.
type ModelVersion struct {
	Version  int64     `json:"version"`
	MadeAt   time.Time `json:"made_at"`
	Doubtful bool      `json:"doubtful,omitempty"`
	Lists    int64     `json:"lists,omitempty"`
	Loss     float64   `json:"loss,omitempty"`
	// Again is the older version that this one repeats, because somebody took the
	// weights back to it.
	Again int64 `json:"again,omitempty"`
	// Weights of a linear model. Without weights and without trees it is the
	// prior of the policy.
	Weights []ModelWeight `json:"weights,omitempty"`
	// Trees is the version with which the trees came that lie in the document
	// [TreesID].
	Trees int64 `json:"trees,omitempty"`
}

const (
	maxVersions   = 10 // besides the latest
	maxDropped    = 50
	maxModelRules = 50
)

// Surface is what is known of a surface, nil when nothing is.
func (m *LearnedModel) Surface(s Surface) *SurfaceModel { return m.Surfaces[s.String()] }

func (m *LearnedModel) surface(name string) *SurfaceModel {
	if m.Surfaces == nil {
		m.Surfaces = make(map[string]*SurfaceModel)
	}
	if m.Surfaces[name] == nil {
		m.Surfaces[name] = new(SurfaceModel)
	}
	return m.Surfaces[name]
}

// Serving is the version to be served: the pinned one, or the latest. It is nil
// when nothing was learned or loaded.
func (s *SurfaceModel) Serving() *ModelVersion {
	if s == nil {
		return nil
	}
	if v := s.Version(s.Pinned); v != nil {
		return v
	}
	return s.Version(s.Latest)
}

// Version is the version with a number, nil when it is not kept.
func (s *SurfaceModel) Version(n int64) *ModelVersion {
	for i := range s.Versions {
		if s.Versions[i].Version == n {
			return &s.Versions[i]
		}
	}
	return nil
}

// Take takes a part of a publication in. Duplicate says that it was here
// before. It is a [*Refusal] when l does not follow what was learned before:
// its trainer was passed by another. After an error m is as it was.
func (m *LearnedModel) Take(l *Learned) (duplicate bool, err error) {
	part := Staged{By: l.By, Sequence: l.Sequence, Parts: l.Part + 1, At: l.MadeAt.UTC()}
	staged := m.Staged != nil && m.Staged.same(part)
	switch {
	case l.Sequence == m.Sequence && l.By == m.By, staged && l.Part < m.Staged.Parts:
		return true, nil
	case l.Sequence != m.Sequence+1, slices.ContainsFunc(m.Dropped, part.same):
		return false, Refuse(Problem{
			Code: "model-stale", Pointer: "/sequence",
			Message: fmt.Sprintf("publication %d does not follow %d", l.Sequence, m.Sequence), Fix: "read the present state and go on from there",
		})
	case l.Part > 0 && (!staged || l.Part != m.Staged.Parts):
		return false, Refuse(Problem{Code: "model-parts", Pointer: "/part", Message: fmt.Sprintf("part %d comes without those before", l.Part), Fix: "publish all parts again"})
	case l.Epoch != m.Epoch && l.Epoch != l.Sequence:
		return false, Refuse(Problem{
			Code: "model-epoch", Pointer: "/epoch",
			Message: fmt.Sprintf("epoch %d is neither %d nor this publication", l.Epoch, m.Epoch), Fix: "read the present state and go on from there",
		})
	}
	if err := m.offsetsFollow(l); err != nil {
		return false, err
	}
	if m.Staged != nil && !staged {
		m.drop(*m.Staged)
	}
	m.Staged = &part
	if l.Last() {
		m.complete(l)
	}
	return false, nil
}

// offsetsFollow refuses offsets from before those of the same epoch.
func (m *LearnedModel) offsetsFollow(l *Learned) error {
	if !l.Last() || l.Epoch != m.Epoch {
		return nil
	}
	back := len(l.Offsets) < len(m.Offsets)
	for p := range min(len(l.Offsets), len(m.Offsets)) {
		back = back || l.Offsets[p] < m.Offsets[p]
	}
	if !back {
		return nil
	}
	return Refuse(Problem{Code: "model-stale", Pointer: "/offsets", Message: "the offsets lie before those of the last publication", Fix: "read the present state and go on from there"})
}

func (m *LearnedModel) drop(s Staged) {
	s.Parts, s.At = 0, time.Time{}
	m.Dropped = append(m.Dropped, s)
	if n := len(m.Dropped) - maxDropped; n > 0 {
		m.Dropped = slices.Delete(m.Dropped, 0, n)
	}
}

func (m *LearnedModel) complete(l *Learned) {
	m.By, m.Sequence, m.Epoch, m.MadeAt, m.Staged = l.By, l.Sequence, l.Epoch, l.MadeAt.UTC(), nil
	m.Offsets = slices.Clone(l.Offsets)
	for _, name := range sortedKeys(l.Surfaces) {
		w := l.Surfaces[name]
		s := m.surface(name)
		if w.Back != s.Back {
			continue // learned on from weights that somebody took back
		}
		s.Followed, s.State = w.Back, slices.Clone(w.State)
		s.add(ModelVersion{MadeAt: l.MadeAt.UTC(), Doubtful: w.Doubtful, Lists: w.Lists, Loss: w.Loss, Weights: slices.Clone(w.Weights)})
	}
}

// add makes v the latest version.
func (s *SurfaceModel) add(v ModelVersion) {
	if last := s.Version(s.Latest); last != nil && last.Doubtful && s.Pinned != s.Latest {
		s.Versions = slices.DeleteFunc(s.Versions, func(o ModelVersion) bool { return o.Version == s.Latest })
	}
	s.Latest++
	v.Version = s.Latest
	s.Versions = append(s.Versions, v)
	for len(s.Versions) > maxVersions+1 {
		at := s.closest()
		s.Versions = slices.Delete(s.Versions, at, at+1)
	}
}

// closest is the version whose neighbours are closest together for their age,
// of those that may go. The oldest goes last.
func (s *SurfaceModel) closest() int {
	at, best := 0, math.Inf(1)
	for i := range len(s.Versions) - 1 {
		if v := &s.Versions[i]; v.Version == s.Pinned || v.Trees > 0 {
			continue
		}
		if d := s.spacing(i); d < best {
			at, best = i, d
		}
	}
	return at
}

// spacing is the time between the neighbours of a version as a share of their
// age, up to 1.
func (s *SurfaceModel) spacing(i int) float64 {
	if i == 0 {
		return 1
	}
	before, after, now := s.Versions[i-1].MadeAt, s.Versions[i+1].MadeAt, s.Versions[len(s.Versions)-1].MadeAt
	return after.Sub(before).Seconds() / max(1+now.Sub(before).Seconds(), 1)
}

// TreesID is the id of the document that holds the trees loaded last for a
// surface.
func TreesID(s Surface) string { return "trees:" + s.String() }

// A ModelTrees is the body of the document [TreesID].
type ModelTrees struct {
	Version int64           `json:"version"` // of the surface
	Trees   json.RawMessage `json:"trees"`   // as LightGBM dumps them
}
