package ranking

import (
	"encoding/json"
	"fmt"
)

// softmaxState is a [Softmax] as JSON. Go writes a float64 with as many digits
// as it takes to read the same one back.
type softmaxState struct {
	Counts
	Features []featureState `json:"features"`
}

type featureState struct {
	Name     string  `json:"name"`
	Live     float64 `json:"live"`
	Mean     float64 `json:"mean"`
	Squares  float64 `json:"squares"`
	Scale    float64 `json:"scale"` // the shipped one that squares are counted in
	Variance float64 `json:"variance"`
	Seen     int64   `json:"seen"`
}

// MarshalJSON writes the whole state, except priors and pace: those belong to
// the program.
func (s *Softmax) MarshalJSON() ([]byte, error) {
	state := softmaxState{Counts: s.counts, Features: make([]featureState, len(s.features))}
	for k := range s.features {
		f := &s.features[k]
		state.Features[k] = featureState{
			Name: f.Name, Live: f.live, Mean: f.mean, Squares: f.squares,
			Scale: f.Scale, Variance: f.variance, Seen: f.seen,
		}
	}
	return json.Marshal(state)
}

// UnmarshalJSON goes on where the learner stopped that wrote the state. It is
// for one that [NewSoftmax] made: what the state says of features known by
// name is taken over, unless they are fixed; the others of the priors keep what
// they have, and what else is in the state is dropped. After an error nothing
// has changed.
func (s *Softmax) UnmarshalJSON(data []byte) error {
	var state softmaxState
	if err := json.Unmarshal(data, &state); err != nil {
		return fmt.Errorf("state of a softmax: %w", err)
	}
	if c := state.Counts; min(c.Lists, c.Skipped, c.Rows, c.Steps) < 0 {
		return fmt.Errorf("state of a softmax: negative count in %+v", c)
	}
	known, err := byName(state.Features)
	if err != nil {
		return fmt.Errorf("state of a softmax: %w", err)
	}
	s.counts = state.Counts
	for k := range s.features {
		f := &s.features[k]
		if from, ok := known[f.Name]; ok && !f.Fixed {
			f.take(from, s.pace)
		}
	}
	return nil
}

// byName gives features by name and refuses what no learner writes.
func byName(features []featureState) (map[string]featureState, error) {
	known := make(map[string]featureState, len(features))
	for i, f := range features {
		if f.Squares < 0 || f.Variance < 0 || f.Seen < 0 || f.Scale <= 0 {
			return nil, fmt.Errorf("feature %d (%q) is out of range", i, f.Name)
		}
		known[f.Name] = f
	}
	return known, nil
}

func (f *learned) take(from featureState, p Pace) {
	f.live, f.mean, f.squares = from.Live, from.Mean, from.Squares
	f.variance, f.seen = from.Variance, from.Seen
	if from.Scale != f.Scale && !p.Adapt {
		// The squares are of gradients in the old scale.
		if squares := f.squares * (from.Scale / f.Scale) * (from.Scale / f.Scale); finite(squares) {
			f.squares = squares
		}
	}
}
