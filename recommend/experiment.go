package recommend

import (
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"vitrine.dev/ranking"
)

// An Experiment serves readers in several ways at once, to learn which is
// better. A reader is in one arm for as long as salt and shares stay, and which
// one tells nothing of his arm in another experiment.
type Experiment struct {
	ID       string   `json:"id" yaml:"id"`
	Salt     string   `json:"salt,omitempty" yaml:"salt"`         // "" is the id; another one deals readers anew
	Surfaces []string `json:"surfaces,omitempty" yaml:"surfaces"` // none is all
	// From and Until are the time of which is counted what readers do, the end not
	// in it; zero for none. One that has both is planned, and compared as it will
	// be in the end, see [stats.NewPlanned]. Its arms are served before and after
	// as well.
	From  time.Time `json:"from,omitzero" yaml:"from"`
	Until time.Time `json:"until,omitzero" yaml:"until"`
	Arms  []Arm     `json:"arms" yaml:"arms"`
}

// An Arm is one way of serving: what differs from the policy.
type Arm struct {
	Name       string   `json:"name" yaml:"name"`
	Share      float64  `json:"share" yaml:"share"` // of readers, 0 to 1
	SourcesOff []string `json:"sources_off,omitempty" yaml:"sources_off"`
	// Weights take the place of those of the model, by feature.
	Weights map[string]float64 `json:"weights,omitempty" yaml:"weights"`
	// Mix takes the place of rules of the policy's section window, by name.
	Mix map[string]any `json:"mix,omitempty" yaml:"mix"`

	changes []ruleChange // Mix as values
}

// A ruleChange is a value for a field of [WindowRules].
type ruleChange struct {
	field int
	value reflect.Value
}

// on reports whether e is run on a surface.
func (e *Experiment) on(s Surface) bool {
	return len(e.Surfaces) == 0 || slices.Contains(e.Surfaces, s.String())
}

func (e *Experiment) salt() string {
	if e.Salt != "" {
		return e.Salt
	}
	return e.ID
}

// counts reports whether what is done at at is counted.
func (e *Experiment) counts(at time.Time) bool {
	return !at.Before(e.From) && (e.Until.IsZero() || at.Before(e.Until))
}

// counts reports whether what is done at at is counted of an arm such as
// "colour:red". Of an experiment that p does not have any more it is.
func (p *Policy) counts(arm string, at time.Time) bool {
	id, _, _ := strings.Cut(arm, ":")
	i := slices.IndexFunc(p.Experiments, func(e Experiment) bool { return e.ID == id })
	return i < 0 || p.Experiments[i].counts(at)
}

// ArmOf is the arm of a reader, by the pseudonym that his events carry; "" for
// somebody unknown.
func (e *Experiment) ArmOf(reader string) string {
	if a := e.arm(reader); a != nil {
		return a.Name
	}
	return ""
}

// arm deals a reader: by a hash of salt and name, which is as good as luck and
// the same in every process.
func (e *Experiment) arm(reader string) *Arm {
	if reader == "" {
		return nil
	}
	luck := dealt(e.salt(), reader)
	var last *Arm
	for i := range e.Arms {
		a := &e.Arms[i]
		if a.Share <= 0 {
			continue
		}
		if last = a; luck < a.Share {
			return a
		}
		luck -= a.Share
	}
	return last // where rounding left less than 1
}

// dealt is a number from 0 up to 1.
func dealt(salt, reader string) float64 {
	h := sha256.New()
	var size [8]byte
	binary.BigEndian.PutUint64(size[:], uint64(len(salt)))
	h.Write(size[:])
	h.Write([]byte(salt))
	h.Write([]byte(reader))
	return float64(binary.BigEndian.Uint64(h.Sum(nil))>>11) / (1 << 53)
}

// An assignment is the arms that a reader is in, on one surface.
type assignment struct {
	label string // such as "colour:red,order:b"; "" for none
	arms  []*Arm
}

// assign deals a reader to the experiments of a surface.
func (p *Policy) assign(on Surface, reader string) assignment {
	var out assignment
	var names []string
	for i := range p.Experiments {
		e := &p.Experiments[i]
		if !e.on(on) {
			continue
		}
		if a := e.arm(reader); a != nil {
			out.arms = append(out.arms, a)
			names = append(names, e.ID+":"+a.Name)
		}
	}
	out.label = strings.Join(names, ",")
	return out
}

// code is what a window's id tells of its arms: enough to notice that they are
// no longer those of the policy. That of none is 0.
func (a *assignment) code() uint16 {
	if a.label == "" {
		return 0
	}
	return uint16(ranking.Hash(a.label)%(1<<16-1)) + 1
}

// scene is what the window of a reader in these arms looks at.
func (a *assignment) scene(base *Scene) *Scene {
	if len(a.arms) == 0 {
		return base
	}
	if !slices.ContainsFunc(a.arms, func(arm *Arm) bool { return len(arm.changes) > 0 }) {
		return base
	}
	policy := *base.Policy
	for _, arm := range a.arms {
		for _, c := range arm.changes {
			reflect.ValueOf(&policy.Window).Elem().Field(c.field).Set(c.value)
		}
	}
	return &Scene{Policy: &policy, Partners: base.Partners, base: base}
}

// shares leaves out the sources that are off.
func (a *assignment) shares(all []share) []share {
	return slices.DeleteFunc(all, func(s share) bool {
		return slices.ContainsFunc(a.arms, func(arm *Arm) bool { return slices.Contains(arm.SourcesOff, s.name()) })
	})
}

// model is m with the weights of the arms. One of trees has no weights to be
// others and stays as it is.
func (a *assignment) model(m ranking.Model) ranking.Model {
	l, ok := m.(ranking.Linear)
	if !ok {
		return m
	}
	for _, arm := range a.arms {
		for _, name := range slices.Sorted(maps.Keys(arm.Weights)) {
			l = l.With(ranking.Weight{Name: name, Value: arm.Weights[name]})
		}
	}
	return l
}

// ArmOf is the label of the arms that a window was made with, for the reader
// with this pseudonym; "" for a window that was not made for him, was made with
// none, or with arms that the policy does not have any more.
func (w *Windows) ArmOf(window, pseudonym string) string {
	id, ok := w.signer.read(window, pseudonym)
	if !ok {
		return ""
	}
	about := id.about()
	if a := w.world.Scene().Policy.assign(about.on, pseudonym); a.code() == about.arms {
		return a.label
	}
	return ""
}
