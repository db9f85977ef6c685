package ranking

import (
	"encoding/json"
	"fmt"
)

// guardState is a [Guard] and its learner as JSON.
type guardState struct {
	Softmax json.RawMessage `json:"softmax"`
	Periods int64           `json:"periods"`
	Pending int             `json:"pending"`
	Sums    [windows]recent `json:"sums"`
	Rivals  []rivalState    `json:"rivals"`
}

type rivalState struct {
	Lists    int64           `json:"lists"`
	Moved    int64           `json:"moved"`
	Features []featureState  `json:"features"`
	Saved    [windows]recent `json:"saved"`
}

// MarshalJSON writes the whole state of the guard and its learner, except
// priors, pace and rule: those belong to the program.
func (g *Guard) MarshalJSON() ([]byte, error) {
	learner, err := g.softmax.MarshalJSON()
	if err != nil {
		return nil, err
	}
	state := guardState{Softmax: learner, Periods: g.periods, Pending: g.pending, Sums: g.sums, Rivals: make([]rivalState, len(g.rivals))}
	for k, r := range g.rivals {
		state.Rivals[k] = rivalState{Lists: r.lists, Moved: r.moved, Features: g.softmax.describe(r.version), Saved: r.saved}
	}
	return json.Marshal(state)
}

// UnmarshalJSON goes on where the guard stopped that wrote the state, with the
// same care for other features as [Softmax.UnmarshalJSON]. It is for a guard
// that [NewGuard] made. The prior stays the one of the program. After an error
// nothing has changed.
func (g *Guard) UnmarshalJSON(data []byte) error {
	var state guardState
	if err := json.Unmarshal(data, &state); err != nil {
		return fmt.Errorf("state of a guard: %w", err)
	}
	if err := state.check(); err != nil {
		return fmt.Errorf("state of a guard: %w", err)
	}
	rivals := make([]rival, len(state.Rivals))
	for k, r := range state.Rivals {
		known, err := byName(r.Features)
		if err != nil {
			return fmt.Errorf("state of a guard: version %d: %w", k, err)
		}
		if k == 0 {
			known = nil
		}
		rivals[k] = rival{version: g.softmax.revive(known), saved: r.Saved}
		rivals[k].lists, rivals[k].moved = r.Lists, r.Moved
	}
	if err := g.softmax.UnmarshalJSON(state.Softmax); err != nil {
		return fmt.Errorf("state of a guard: %w", err)
	}
	g.periods, g.pending, g.sums, g.rivals = state.Periods, state.Pending, state.Sums, rivals
	return nil
}

// check refuses what no guard writes.
func (s guardState) check() error {
	if s.Periods < 0 || s.Pending < 0 {
		return fmt.Errorf("negative count: periods %d, pending %d", s.Periods, s.Pending)
	}
	if n := len(s.Rivals); n < 1 || n > 1+goodVersions {
		return fmt.Errorf("%d versions, want 1 to %d", n, 1+goodVersions)
	}
	sums := s.Sums[:]
	for k, r := range s.Rivals {
		if r.Moved < 0 || r.Lists < 0 || (r.Lists == 0) != (k == 0) {
			return fmt.Errorf("version %d is out of range: lists %d, moved %d", k, r.Lists, r.Moved)
		}
		sums = append(sums, r.Saved[:]...)
	}
	for _, t := range sums {
		if !t.sound() {
			return fmt.Errorf("out of range: %+v", t)
		}
	}
	return nil
}

// describe gives the features of v names.
func (s *Softmax) describe(v version) []featureState {
	features := make([]featureState, len(v.features))
	for k, f := range v.features {
		p := s.features[k].Prior
		features[k] = featureState{Name: p.Name, Live: f.weight, Mean: f.weight, Squares: f.squares, Scale: p.Scale, Variance: f.variance, Seen: f.seen}
	}
	return features
}

// revive is the version that describe wrote, over the prior.
func (s *Softmax) revive(known map[string]featureState) version {
	fresh := NewSoftmax(s.priors(), s.pace)
	for k := range fresh.features {
		f := &fresh.features[k]
		if from, ok := known[f.Name]; ok && !f.Fixed {
			f.take(from, s.pace)
			f.mean = f.live
		}
	}
	return fresh.version()
}
