package recommend

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// ModelRows are the rows of one product or topic: the body of a [KindModel]
// document with the id [ProductRows] or [TopicRows].
type ModelRows struct {
	Epoch int64             `json:"epoch,omitempty"` // rows of another than that of the [LearnedModel] are void
	Rows  map[string][]byte `json:"rows,omitempty"`  // by family
	// Staged are rows of a publication that was not complete when this was
	// written. They count once it is.
	Staged *StagedRows `json:"staged,omitempty"`
}

// StagedRows are rows of a publication.
type StagedRows struct {
	Staged
	Epoch int64             `json:"epoch,omitempty"`
	Rows  map[string][]byte `json:"rows"`
}

// Settled are the rows by family that count beside m, nil for none.
func (r *ModelRows) Settled(m *LearnedModel) map[string][]byte {
	c := ModelRows{Epoch: r.Epoch, Rows: maps.Clone(r.Rows), Staged: r.Staged}
	c.settle(m.Sequence, m.Dropped)
	if c.Epoch != m.Epoch {
		return nil
	}
	return c.Rows
}

// settle takes staged rows in if their publication is complete, and drops them
// if it was never completed. Completed are all up to a sequence, but those
// dropped.
func (r *ModelRows) settle(completed int64, dropped []Staged) {
	s := r.Staged
	if s == nil || s.Sequence > completed && !slices.ContainsFunc(dropped, s.same) {
		return
	}
	r.Staged = nil
	if !slices.ContainsFunc(dropped, s.same) {
		r.merge(s.Epoch, s.Rows)
	}
}

// merge takes rows in, which void those of an older epoch.
func (r *ModelRows) merge(epoch int64, rows map[string][]byte) {
	if r.Epoch != epoch || r.Rows == nil {
		r.Epoch, r.Rows = epoch, make(map[string][]byte, len(rows))
	}
	for family, row := range rows {
		if len(row) == 0 {
			delete(r.Rows, family)
		} else {
			r.Rows[family] = row
		}
	}
}

// take takes the rows of a part in, staged until the last part comes.
func (r *ModelRows) take(l *Learned, rows map[string][]byte) {
	if l.Last() {
		r.merge(l.Epoch, rows)
		return
	}
	if r.Staged == nil {
		r.Staged = &StagedRows{Staged: Staged{By: l.By, Sequence: l.Sequence}, Epoch: l.Epoch, Rows: make(map[string][]byte, len(rows))}
	}
	maps.Copy(r.Staged.Rows, rows)
}

// A RowsChange is what a part changes in one document of rows.
type RowsChange struct {
	ID    string
	Apply func(old json.RawMessage) (json.RawMessage, error)
}

// Rows are the changes that l makes in documents of rows, in the order of their
// ids. [LearnedModel.Take] has to have taken l first.
func (m *LearnedModel) Rows(l *Learned) []RowsChange {
	byID := make(map[string]map[string][]byte)
	for _, row := range l.Rows {
		if byID[row.Of] == nil {
			byID[row.Of] = make(map[string][]byte, 3)
		}
		byID[row.Of][row.Family] = row.Row
	}
	completed, dropped := m.Sequence, slices.Clone(m.Dropped)
	changes := make([]RowsChange, 0, len(byID))
	for _, id := range sortedKeys(byID) {
		changes = append(changes, RowsChange{ID: id, Apply: func(old json.RawMessage) (json.RawMessage, error) {
			var r ModelRows
			if old != nil {
				if err := json.Unmarshal(old, &r); err != nil {
					return nil, fmt.Errorf("rows of %s: %w", clip(id), err)
				}
			}
			r.settle(completed, dropped)
			r.take(l, byID[id])
			return json.Marshal(r)
		}})
	}
	return changes
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
