package ranking_test

import (
	"bytes"
	"encoding/json"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"vitrine.dev/ranking"
)

func TestALearnerGoesOnInAnotherProcess(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(rapid.Uint64().Draw(t, "seed"), 1, -1, .3)
		pace := rapid.SampledFrom([]ranking.Pace{choicePace(), clickPace()}).Draw(t, "pace")
		priors := w.priors()
		priors[2].Scale = rapid.Float64Range(.01, 3).Draw(t, "scale")
		one, stop := ranking.NewSoftmax(priors, pace), rapid.IntRange(0, 40).Draw(t, "stop")
		two := ranking.NewSoftmax(priors, pace)
		for n := range 60 {
			x := w.features(5)
			target := w.choose(x)
			one.Learn(x, target, nil, nil)
			two.Learn(x, target, nil, nil)
			if n == stop {
				state := encode(t, two)
				two = ranking.NewSoftmax(priors, pace)
				if err := json.Unmarshal(state, two); err != nil {
					t.Fatal(err)
				}
			}
		}
		if a, b := encode(t, one), encode(t, two); !bytes.Equal(a, b) {
			t.Fatalf("got %s, want %s", b, a)
		}
	})
}

func encode(t rapid.TB, v any) []byte {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestAStateOfOtherFeaturesIsTakenOverByName(t *testing.T) {
	w := newWorld(1, 1, -1, 2)
	old := ranking.NewSoftmax(w.priors(), clickPace())
	for range 200 {
		x := w.features(5)
		old.Learn(x, w.choose(x), nil, nil)
	}
	s := ranking.NewSoftmax([]ranking.Prior{
		{Name: "new", Weight: .5, Scale: 1},
		{Name: "f1", Weight: 7, Scale: 1},
		{Name: "f2", Weight: 3, Scale: 1, Fixed: true},
	}, clickPace())
	if err := json.Unmarshal(encode(t, old), s); err != nil {
		t.Fatal(err)
	}
	got := weights(s.Linear(), "new", "f1", "f2", "f0")
	want := []float64{.5, weights(old.Linear(), "f1")[0], 3, 0}
	if !cmp.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if s.Lists() != 200 {
		t.Errorf("got %d lists, want 200", s.Lists())
	}
}

// TestAScaleMayChangeBetweenVersions: weights are raw and stay, and the sums of
// squares are counted anew in the scale of the new version.
func TestAScaleMayChangeBetweenVersions(t *testing.T) {
	w := newWorld(2, 1)
	learners := make([]*ranking.Softmax, 2)
	for k, scale := range []float64{1, 4} {
		learners[k] = ranking.NewSoftmax([]ranking.Prior{{Name: "f0", Scale: scale}}, ranking.Pace{Rate: .1 * scale})
	}
	one, two := learners[0], learners[1]
	for range 50 {
		x := w.features(5)
		one.Learn(x, w.choose(x), nil, nil)
	}
	if err := json.Unmarshal(encode(t, one), two); err != nil {
		t.Fatal(err)
	}
	for range 50 {
		x := w.features(5)
		target := w.choose(x)
		one.Learn(x, target, nil, nil)
		two.Learn(x, target, nil, nil)
	}
	// A scale of 4 makes gradients a quarter and AdaGrad forgets about it; the
	// rate times 4, over the scale, is the same step again.
	if got, want := weights(two.Linear(), "f0")[0], weights(one.Linear(), "f0")[0]; math.Abs(got-want) > 1e-9 {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestABadStateChangesNothing(t *testing.T) {
	for name, state := range map[string]string{
		"no JSON":         `{"lists":`,
		"another type":    `{"features":{"f0":1}}`,
		"too large":       `{"features":[{"name":"f0","live":1e999}]}`,
		"negative sum":    `{"lists":9,"features":[{"name":"f0","live":1,"squares":-1,"scale":1}]}`,
		"no scale":        `{"lists":9,"features":[{"name":"f0","live":1}]}`,
		"negative count":  `{"lists":-1}`,
		"no variance":     `{"lists":9,"features":[{"name":"f0","live":1,"scale":1,"variance":-2}]}`,
		"negative number": `{"lists":9,"features":[{"name":"f0","live":1,"scale":1,"seen":-2}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			s := ranking.NewSoftmax([]ranking.Prior{{Name: "f0", Scale: 1}}, choicePace())
			before := encode(t, s)
			if err := s.UnmarshalJSON([]byte(state)); err == nil {
				t.Error("got no error")
			}
			if after := encode(t, s); !bytes.Equal(after, before) {
				t.Errorf("got %s, want %s", after, before)
			}
		})
	}
}

func FuzzSoftmaxState(f *testing.F) {
	f.Add([]byte(`{"lists":2,"features":[{"name":"f0","live":1e308,"mean":-1e308,"squares":1,"scale":1e-300,"variance":1e308,"seen":3}]}`))
	f.Add([]byte(`{"features":[{"name":"f1","squares":1e308,"scale":1e300,"seen":9223372036854775807}]}`))
	f.Fuzz(func(t *testing.T, state []byte) {
		w := newWorld(1, 1, -1)
		for _, pace := range []ranking.Pace{choicePace(), clickPace()} {
			s := ranking.NewSoftmax(w.priors(), pace)
			if s.UnmarshalJSON(state) != nil {
				continue
			}
			for range 3 {
				x := w.features(3)
				s.Learn(x, w.choose(x), nil, nil)
			}
			encode(t, s) // fails on what is no number
		}
	})
}
