package recommend

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// mostExperiments run at the same time.
const mostExperiments = 5

// fixedRules of the section window are the same in every arm: cursors and
// requests rely on them.
func fixedRules() []string { return []string{"default_limit", "max_limit", "length", "cursor_for"} }

// sourceNames are the candidate sources that an arm may be without. Those that
// fill a window up are not among them.
func sourceNames() []string {
	return []string{sourceResume, sourceInterest, sourceFollow, sourceCircle, sourceSimilar, sourcePopular}
}

// validateExperiments checks the experiments and reads what their arms change.
func (p *Policy) validateExperiments() []error {
	var errs []error
	if n := len(p.Experiments); n > mostExperiments {
		errs = append(errs, fmt.Errorf("experiments: %d, %d are run at the same time", n, mostExperiments))
	}
	salts, ids := make(map[string]bool), make(map[string]bool)
	changed := make(map[string]string) // by what is changed: the experiment that does
	for i := range p.Experiments {
		e := &p.Experiments[i]
		at := fmt.Sprintf("experiments[%d] %s", i, e.ID)
		bad := func(format string, args ...any) {
			errs = append(errs, fmt.Errorf(at+": "+format, args...))
		}
		if !namePattern.MatchString(e.ID) || ids[e.ID] {
			bad("the id is not 1 to 32 of small letters, digits, '.', '_' and '-', or comes twice")
		}
		if salts[e.salt()] {
			bad("its salt is that of another experiment: both would deal readers alike")
		}
		ids[e.ID], salts[e.salt()] = true, true
		if err := e.validateTime(); err != nil {
			bad("%w", err)
		}
		for _, s := range e.Surfaces {
			if _, ok := SurfaceNamed(s); !ok {
				bad("surfaces: there is no %q", s)
			}
		}
		for _, what := range e.changes() {
			if other, ok := changed[what]; ok && other != e.ID {
				bad("%s is changed by %s too", what, other)
			}
			changed[what] = e.ID
		}
		errs = append(errs, p.validateArms(e, at)...)
	}
	return errs
}

// Bounds of the time that an experiment is planned for.
const (
	shortestExperiment = 24 * time.Hour
	longestExperiment  = 366 * 24 * time.Hour
)

func (e *Experiment) validateTime() error {
	if e.Until.IsZero() {
		return nil
	}
	if e.From.IsZero() {
		return errors.New("until is without a from: what is planned begins at a time as well")
	}
	if d := e.Until.Sub(e.From); d < shortestExperiment || d > longestExperiment {
		return fmt.Errorf("until %s is not one to 366 days after from", e.Until.Format(time.RFC3339))
	}
	return nil
}

// changes are what the arms of e change, each once.
func (e *Experiment) changes() []string {
	all := make(map[string]bool)
	for i := range e.Arms {
		for name := range e.Arms[i].Weights {
			all["the weight of "+name] = true
		}
		for name := range e.Arms[i].Mix {
			all["window."+name] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

func (p *Policy) validateArms(e *Experiment, at string) []error {
	var errs []error
	sum := 0.0
	names := make(map[string]bool)
	if len(e.Arms) < 2 {
		errs = append(errs, fmt.Errorf("%s: an experiment has two arms or more", at))
	}
	for i := range e.Arms {
		a := &e.Arms[i]
		at := at + ": arm " + a.Name
		if !namePattern.MatchString(a.Name) || names[a.Name] {
			errs = append(errs, fmt.Errorf("%s: the name is not 1 to 32 of small letters, digits, '.', '_' and '-', or comes twice", at))
		}
		names[a.Name] = true
		if !(a.Share >= 0 && a.Share <= 1) {
			errs = append(errs, fmt.Errorf("%s: share %v is not between 0 and 1", at, a.Share))
		}
		sum += a.Share
		errs = append(errs, a.validate(p, at)...)
	}
	if !(math.Abs(sum-1) < 1e-9) {
		errs = append(errs, fmt.Errorf("%s: the shares add up to %v, not 1", at, sum))
	}
	return errs
}

// validate checks what a changes of p, and reads it.
func (a *Arm) validate(p *Policy, at string) []error {
	var errs []error
	for _, s := range a.SourcesOff {
		if !slices.Contains(sourceNames(), s) {
			errs = append(errs, fmt.Errorf("%s: sources_off: %q is none of %s", at, s, strings.Join(sourceNames(), ", ")))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(a.Weights)) {
		known := slices.ContainsFunc(Features(), func(f Feature) bool { return f.Name == name })
		if v := a.Weights[name]; !known || !(math.Abs(v) <= 1000) {
			errs = append(errs, fmt.Errorf("%s: weights: %s is no feature, or %v not between -1000 and 1000", at, name, v))
		}
	}
	if len(a.Mix) == 0 {
		return errs
	}
	changes, rules, err := a.rules(p)
	if err != nil {
		return append(errs, fmt.Errorf("%s: mix: %w", at, err))
	}
	with := *p
	with.Experiments, with.Window = nil, rules
	if err := with.validate(); err != nil {
		return append(errs, fmt.Errorf("%s: mix: %w", at, err))
	}
	a.changes = changes
	return errs
}

// rules are the window rules of p under the arm's Mix, and what differs.
func (a *Arm) rules(p *Policy) ([]ruleChange, WindowRules, error) {
	rules := p.Window
	text, err := yaml.Marshal(a.Mix)
	if err != nil {
		return nil, rules, err
	}
	dec := yaml.NewDecoder(strings.NewReader(string(text)))
	dec.KnownFields(true)
	if err := dec.Decode(&rules); err != nil {
		return nil, rules, err
	}
	var changes []ruleChange
	v := reflect.ValueOf(rules)
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("yaml"), ",")
		if _, given := a.Mix[name]; !given {
			continue
		}
		if slices.Contains(fixedRules(), name) {
			return nil, rules, fmt.Errorf("%s is the same in every arm", name)
		}
		changes = append(changes, ruleChange{i, v.Field(i)})
	}
	return changes, rules, nil
}
