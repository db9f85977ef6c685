package recommend

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"

	"vitrine.dev/ranking"
)

// A Mind takes what was learned, for windows to be made by or for a learner to
// go on from.
type Mind interface {
	// SetRows replaces, by family, what is known of a product or topic, see
	// [RowsOf]. Rows that cannot be read are an error and change nothing.
	SetRows(id string, rows map[string][]byte) error
	// ForgetRows drops all rows: learning began anew.
	ForgetRows()
	// SetModel says what a surface is scored by; nil is the prior.
	SetModel(s Surface, version int64, model ranking.Model)
}

// A ModelFollower hands [KindModel] documents, in whatever order they come, on
// to a Mind. What cannot be read is logged and left out, and the last good stays.
// Its Apply is that of a [Follower]; it is safe for concurrent use.
type ModelFollower struct {
	mind   Mind
	logger *slog.Logger

	mu      sync.Mutex
	version int64 // of the document that model is
	model   LearnedModel
	held    map[string]*ModelRows // rows that do not count yet
	trees   [surfaces]followedTrees
	served  [surfaces]int64 // versions
}

type followedTrees struct {
	version int64
	model   ranking.Model
}

// NewModelFollower returns a follower that has seen nothing yet.
func NewModelFollower(mind Mind, logger *slog.Logger) *ModelFollower {
	return &ModelFollower{mind: mind, logger: logger, version: -1, held: make(map[string]*ModelRows)}
}

// Model is what is served, as it was followed last. The caller must not change it.
func (f *ModelFollower) Model() *LearnedModel {
	f.mu.Lock()
	defer f.mu.Unlock()
	m := f.model
	return &m
}

// Apply takes changed documents. It has no error: a Mind that does not take
// rows goes without them.
func (f *ModelFollower) Apply(ctx context.Context, kind Kind, docs []Document) error {
	if kind != KindModel {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range docs {
		if err := f.apply(ctx, &docs[i]); err != nil {
			f.logger.WarnContext(ctx, "model document left out", "id", docs[i].ID, "err", err)
		}
	}
	return nil
}

func (f *ModelFollower) apply(ctx context.Context, d *Document) error {
	if d.ID == ModelKey {
		return f.state(ctx, d)
	}
	for _, s := range Surfaces() {
		if d.ID == TreesID(s) {
			return f.grow(s, d)
		}
	}
	r := new(ModelRows)
	if err := json.Unmarshal(d.Body, r); err != nil {
		return err
	}
	return f.rows(d.ID, r)
}

// rows hands rows on, or holds them until they count.
func (f *ModelFollower) rows(id string, r *ModelRows) error {
	if r.Epoch > f.model.Epoch || r.Staged != nil && r.Staged.Sequence > f.model.Sequence {
		f.held[id] = r
	} else {
		delete(f.held, id)
	}
	rows := r.Settled(&f.model)
	if rows == nil {
		return nil
	}
	return f.mind.SetRows(id, rows)
}

// state takes what is served.
func (f *ModelFollower) state(ctx context.Context, d *Document) error {
	if d.Version <= f.version {
		return nil
	}
	var m LearnedModel
	if err := json.Unmarshal(d.Body, &m); err != nil {
		return err
	}
	if m.Epoch != f.model.Epoch {
		f.mind.ForgetRows()
	}
	further := m.Sequence != f.model.Sequence
	f.version, f.model = d.Version, m
	f.serve()
	if !further {
		return nil
	}
	for _, id := range sortedKeys(f.held) {
		if err := f.rows(id, f.held[id]); err != nil {
			f.logger.WarnContext(ctx, "model document left out", "id", id, "err", err)
		}
	}
	return nil
}

// grow takes trees that were loaded.
func (f *ModelFollower) grow(s Surface, d *Document) error {
	var t ModelTrees
	if err := json.Unmarshal(d.Body, &t); err != nil {
		return err
	}
	if t.Version <= f.trees[s].version {
		return nil
	}
	model, err := ReadTrees(t.Trees)
	if err != nil {
		return err
	}
	f.trees[s] = followedTrees{t.Version, model}
	f.serve()
	return nil
}

// serve tells the mind what is served now, where that has changed.
func (f *ModelFollower) serve() {
	for _, s := range Surfaces() {
		v := f.model.Surface(s).Serving()
		if v == nil || v.Version == f.served[s] {
			continue
		}
		switch {
		case v.Trees > 0 && v.Trees != f.trees[s].version:
			continue // they are on their way
		case v.Trees > 0:
			f.mind.SetModel(s, v.Version, f.trees[s].model)
		case len(v.Weights) > 0:
			f.mind.SetModel(s, v.Version, v.Linear())
		default:
			f.mind.SetModel(s, v.Version, nil)
		}
		f.served[s] = v.Version
	}
}

// Linear is the linear model of v.
func (v *ModelVersion) Linear() ranking.Linear {
	weights := make([]ranking.Weight, len(v.Weights))
	for i, w := range v.Weights {
		weights[i] = ranking.Weight{Name: w.Name, Value: w.Value}
	}
	return ranking.NewLinear(weights...)
}

// ReadTrees reads a model of trees, as LightGBM dumps them, over the features
// of this version.
func ReadTrees(data []byte) (ranking.Model, error) {
	if len(data) > MaxTrees {
		return nil, fmt.Errorf("%w: %d bytes of trees, %d allowed", ErrInvalid, len(data), MaxTrees)
	}
	trees, err := ranking.ParseTrees(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	known := make(map[string]bool)
	for _, f := range Features() {
		known[f.Name] = true
	}
	for _, name := range trees.Features() {
		if !known[name] {
			return nil, fmt.Errorf("%w: %q is no feature", ErrInvalid, clip(name))
		}
	}
	return trees, nil
}

// MaxTrees is the largest model of trees that can be loaded, in bytes of JSON:
// an event has to hold it.
const MaxTrees = 900_000
