package ingest

import (
	"encoding/json"

	"vitrine.dev/recommend"
)

// Models folds vitrine.models: the state says what is served of every surface,
// the rows of a product or topic are a leaf each.
func Models() Folder {
	return Rules[recommend.LearnedModel]{
		Topic: recommend.TopicModels, Kind: recommend.KindModel, Check: checkModel, Decide: decideModel,
	}.Folder()
}

func checkModel(e recommend.Event) (any, error) {
	var v interface{ Validate() error }
	switch e.Type {
	case recommend.TypeModelLearned:
		v = new(recommend.Learned)
	case recommend.TypeModelRuled:
		v = new(recommend.RuledModel)
	case recommend.TypeModelLoaded:
		v = new(recommend.LoadedModel)
	default:
		return nil, unknownType(e)
	}
	if err := decode(e, v); err != nil {
		return nil, err
	}
	if err := v.Validate(); err != nil {
		return nil, err
	}
	return v, ownKey(e, recommend.ModelKey)
}

func decideModel(_ Scene, state *recommend.LearnedModel, e recommend.Event, decoded any) (Outcome, error) {
	if l, ok := decoded.(*recommend.Learned); ok {
		return decideLearned(state, l)
	}
	if state.Seen.Has(e) {
		return Outcome{Duplicate: true}, nil
	}
	out := Outcome{Changed: true}
	switch v := decoded.(type) {
	case *recommend.RuledModel:
		if err := state.Rule(v); err != nil {
			return Outcome{}, err
		}
	case *recommend.LoadedModel:
		out.Leaves = []Leaf{treesLeaf(v, state.Load(v))}
	}
	state.Seen.Add(e)
	return out, nil
}

// treesLeaf holds the trees loaded last for a surface.
func treesLeaf(l *recommend.LoadedModel, version int64) Leaf {
	surface, _ := recommend.SurfaceNamed(l.Surface)
	return Leaf{
		Ref: recommend.Ref{Kind: recommend.KindModel, ID: recommend.TreesID(surface)},
		Apply: func(json.RawMessage) (json.RawMessage, error) {
			return marshal(recommend.ModelTrees{Version: version, Trees: l.Trees})
		},
	}
}

func decideLearned(state *recommend.LearnedModel, l *recommend.Learned) (Outcome, error) {
	duplicate, err := state.Take(l)
	if err != nil || duplicate {
		return Outcome{Duplicate: duplicate}, err
	}
	out := Outcome{Changed: true}
	for _, c := range state.Rows(l) {
		out.Leaves = append(out.Leaves, Leaf{Ref: recommend.Ref{Kind: recommend.KindModel, ID: c.ID}, Apply: c.Apply})
	}
	return out, nil
}
