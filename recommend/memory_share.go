package recommend

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"vitrine.dev/ranking"
)

// A sharedUpTo says up to where the changes of a memory were told.
type sharedUpTo struct {
	lists, topics, rates, topicRates, pairs, together, ridge uint64
	fit                                                      *ranking.Neighbours // that ridge is of
	told                                                     map[int32]bool      // products with rows of fits
	learned                                                  [surfaces]int64     // lists
}

// SetModel serves model on a surface, whatever is learned here; nil serves what
// is learned here, which is the prior where nobody learns.
func (m *Memory) SetModel(s Surface, _ int64, model ranking.Model) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.served[s] = model
	if !alike(m.turned[s], model) {
		m.turned[s] = model
		m.turns[s].Add(1)
	}
}

// alike reports whether two models are linear and no weight of one is far from
// that of the other: a publication of what was learned moves none by as much.
// Taking weights back may not either; then it reaches readers as standings end.
func alike(a, b ranking.Model) bool {
	x, ok := a.(ranking.Linear)
	y, same := b.(ranking.Linear)
	if !ok || !same || len(x.Weights()) != len(y.Weights()) {
		return false
	}
	const far = 1.
	for i, w := range x.Weights() {
		if v := y.Weights()[i]; v.Name != w.Name || math.Abs(v.Value-w.Value) > far {
			return false
		}
	}
	return true
}

// SetRows replaces what is known of a product or a topic by rows of another
// process, see [RowsOf]. An error wraps [ErrInvalid]; rows of other families are
// taken all the same.
func (m *Memory) SetRows(id string, rows map[string][]byte) error {
	name, topic, ok := RowsOf(id)
	if !ok {
		return fmt.Errorf("%w: %q is no product or topic", ErrInvalid, clip(id))
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var errs []error
	for _, family := range sortedKeys(rows) {
		if err := m.setRow(name, topic, family, rows[family]); err != nil {
			errs = append(errs, fmt.Errorf("%w: %s of %s: %w", ErrInvalid, family, clip(id), err))
		}
	}
	return errors.Join(errs...)
}

func (m *Memory) setRow(name string, topic bool, family string, row []byte) error {
	number := func(key string) int32 {
		n, _ := m.products.number(key)
		return n
	}
	if topic {
		n, _ := m.topics.number(name)
		if family == FamilyTopicRates {
			return m.rates.SetTopicRow(n, row)
		}
		return m.lists.SetTopicRow(n, row)
	}
	switch family {
	case FamilyLists:
		return m.lists.SetRow(number(name), row)
	case FamilyRates:
		return m.rates.SetRow(number(name), row)
	case FamilyPairs:
		return m.pairs.SetRow(number(name), row, number)
	case FamilyNear:
		return m.together.SetRow(number(name), row, number)
	case FamilyFit:
		return m.ridge.SetRow(number(name), row, number)
	}
	return fmt.Errorf("%q is no family", clip(family))
}

// ForgetRows drops what is known of products and topics.
func (m *Memory) ForgetRows() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.rates = ranking.Rates{}
	m.lists, m.pairs, m.together, m.ridge = ranking.Lists{}, ranking.Pairs{}, ranking.Together{}, new(ranking.Neighbours)
	learned := m.shared.learned
	m.shared = sharedUpTo{learned: learned}
}

// Resume goes on from the state of a surface that [Memory.Changes] told.
func (m *Memory) Resume(s Surface, state json.RawMessage) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.weights[s].UnmarshalJSON(state); err != nil {
		return err
	}
	m.models[s], m.shared.learned[s] = nil, m.weights[s].Softmax().Lists()
	return nil
}

// Restart goes on from weights of a surface, at the pace that learning has come
// to; none are those of the prior. Features without a weight keep theirs.
func (m *Memory) Restart(s Surface, weights []ModelWeight) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	value := make(map[string]float64)
	for _, p := range priors(s, &m.factors) {
		value[p.Name] = p.Weight
	}
	for _, w := range weights {
		value[w.Name] = w.Value
	}
	state, err := m.weights[s].MarshalJSON()
	if err != nil {
		return err
	}
	if state, err = withWeights(state, value); err != nil {
		return err
	}
	m.models[s] = nil
	return m.weights[s].UnmarshalJSON(state)
}

// withWeights is the state of a [ranking.Guard] whose learner has other weights.
func withWeights(state []byte, value map[string]float64) ([]byte, error) {
	var guard, all map[string]json.RawMessage
	if err := json.Unmarshal(state, &guard); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(guard["softmax"], &all); err != nil {
		return nil, err
	}
	var features []map[string]any
	if err := json.Unmarshal(all["features"], &features); err != nil {
		return nil, err
	}
	for _, f := range features {
		if name, ok := f["name"].(string); ok {
			if v, known := value[name]; known {
				f["live"], f["mean"] = v, v
			}
		}
	}
	var err error
	if all["features"], err = json.Marshal(features); err != nil {
		return nil, err
	}
	if guard["softmax"], err = json.Marshal(all); err != nil {
		return nil, err
	}
	return json.Marshal(guard)
}

// Changes are what was learned here since it was called last, in a fixed order:
// rows of products and topics, and the weights of surfaces by name. There is
// nothing of readers in them. One goroutine calls it.
func (m *Memory) Changes() (rows []LearnedRow, surfaces map[string]LearnedWeights) {
	m.mu.Lock()
	defer m.mu.Unlock()
	name := func(n int32) string { return m.products.ids[n] }
	products := func(family string, items []int32, row func(int32) []byte) {
		for _, n := range items {
			rows = append(rows, LearnedRow{Family: family, Of: ProductRows(name(n)), Row: row(n)})
		}
	}
	topics := func(family string, items []int32, row func(int32) []byte) {
		for _, n := range items {
			rows = append(rows, LearnedRow{Family: family, Of: TopicRows(m.topics.ids[n]), Row: row(n)})
		}
	}
	var items []int32
	items, m.shared.lists = m.lists.Changed(m.shared.lists)
	products(FamilyLists, items, m.lists.Row)
	items, m.shared.topics = m.lists.ChangedTopics(m.shared.topics)
	topics(FamilyTopics, items, m.lists.TopicRow)
	items, m.shared.rates = m.rates.Changed(m.shared.rates)
	products(FamilyRates, items, m.rates.Row)
	items, m.shared.topicRates = m.rates.ChangedTopics(m.shared.topicRates)
	topics(FamilyTopicRates, items, m.rates.TopicRow)
	items, m.shared.pairs = m.pairs.Changed(m.shared.pairs)
	products(FamilyPairs, items, func(n int32) []byte { return m.pairs.Row(n, name) })
	items, m.shared.together = m.together.Changed(m.shared.together)
	products(FamilyNear, items, func(n int32) []byte { return m.together.Row(n, name) })
	products(FamilyFit, m.fitted(), func(n int32) []byte { return m.ridge.Row(n, name) })
	for _, s := range Surfaces() {
		if w, ok := m.changed(s); ok {
			if surfaces == nil {
				surfaces = make(map[string]LearnedWeights)
			}
			surfaces[s.String()] = w
		}
	}
	return slices.DeleteFunc(rows, func(r LearnedRow) bool { return len(r.Row) > maxRow }), surfaces
}

// fitted are the products whose rows of the fit have changed; a new fit changes
// all, and those of the last.
func (m *Memory) fitted() []int32 {
	if m.shared.fit != m.ridge {
		m.shared.fit, m.shared.ridge = m.ridge, 0
	}
	var items []int32
	anew := m.shared.ridge == 0
	items, m.shared.ridge = m.ridge.Changed(m.shared.ridge)
	if anew {
		items = slices.AppendSeq(items, maps.Keys(m.shared.told))
		slices.Sort(items)
		items = slices.Compact(items)
	}
	if m.shared.told == nil {
		m.shared.told = make(map[int32]bool)
	}
	for _, n := range items {
		m.shared.told[n] = true
	}
	return items
}

// changed are the weights of a surface if it learned since it was asked last.
func (m *Memory) changed(s Surface) (LearnedWeights, bool) {
	lists := m.weights[s].Softmax().Lists()
	if lists == m.shared.learned[s] {
		return LearnedWeights{}, false
	}
	state, err := m.weights[s].MarshalJSON()
	if err != nil {
		return LearnedWeights{}, false // a number is none: the last good weights stay
	}
	m.shared.learned[s] = lists
	l := m.weights[s].Linear()
	w := LearnedWeights{State: state, Lists: lists, Loss: max(m.found[s].Current, 0), Fallbacks: m.backs[s]}
	for _, x := range l.Weights() {
		w.Weights = append(w.Weights, ModelWeight{Name: x.Name, Value: x.Value})
	}
	return w, true
}

// A Pupil is a learner together with its memory, as a trainer teaches them.
type Pupil struct {
	*Learner
	*Memory
}

// NewPupil returns a pupil that knows nothing. Its memory is that of windows of
// its own over the shelf of c; background is that of [LearnerConfig].
func NewPupil(c WindowsConfig, background func(func(context.Context))) Pupil {
	c.Memory = NewMemory(c.World.Scene().Policy)
	return Pupil{NewLearner(LearnerConfig{Windows: NewWindows(c), Memory: c.Memory, Logger: c.Logger, Background: background}), c.Memory}
}
