package recommend

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"vitrine.dev/ranking"
	"vitrine.dev/recommend/link"
)

// ModelKey is the key of every event of vitrine.models and the id of the
// document that says what is served, a [LearnedModel]. One key, so that whatever was
// learned by some offset of the actions changes in one step.
const ModelKey = "learned"

// A Learned is the value of a [TypeModelLearned] event: what a trainer learned
// since the last one. What is too large for one event comes in several parts,
// and counts once the last of them is folded.
//
// It holds nothing of readers: weights of features, and figures of products and
// topics.
type Learned struct {
	// By names the run of the trainer, Sequence the publication: one more than
	// the one it follows. A trainer that was passed by another is told so by it.
	By       string    `json:"by"`
	Sequence int64     `json:"sequence"`
	Part     int       `json:"part,omitempty"` // from 0
	Parts    int       `json:"parts"`
	MadeAt   time.Time `json:"made_at"`
	// Epoch is the sequence of the publication with which learning began anew:
	// rows of earlier ones are void. 0 is the first.
	Epoch int64 `json:"epoch,omitempty"`
	// Offsets, of the last part, are those of the next action to be learned
	// from, by partition of vitrine.actions.
	Offsets []int64 `json:"offsets,omitempty"`
	// Surfaces, of the last part, are the weights that have changed.
	Surfaces map[string]LearnedWeights `json:"surfaces,omitempty"`
	Rows     []LearnedRow              `json:"rows,omitempty"`
}

// LearnedWeights are the weights of one surface.
type LearnedWeights struct {
	// Weights are those to be served.
	Weights []ModelWeight `json:"weights"`
	// State is what the learner needs to go on from here, its own affair.
	State json.RawMessage `json:"state,omitempty"`
	// Back is that of [SurfaceModel] as far as the learner has followed it.
	Back int64 `json:"back,omitempty"`
	// Doubtful weights are served, and not kept to go back to.
	Doubtful bool    `json:"doubtful,omitempty"`
	Lists    int64   `json:"lists,omitempty"` // learned from
	Loss     float64 `json:"loss,omitempty"`  // mean on lists held out, in nats
	// Fallbacks counts how often the weights were taken back by themselves.
	Fallbacks int64 `json:"fallbacks,omitempty"`
}

// A ModelWeight is the weight of one feature.
type ModelWeight struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
}

// A LearnedRow is what one family of figures knows of a product or a topic.
type LearnedRow struct {
	Family string `json:"family"`
	Of     string `json:"of"`            // "product:jd:1" or "topic:home/kitchen"
	Row    []byte `json:"row,omitempty"` // empty: nothing any more
}

// Families of rows, and what they are of.
const (
	FamilyLists  = "lists"  // products: [ranking.Lists]
	FamilyTopics = "topics" // topics: [ranking.Lists]
	FamilyPairs  = "pairs"  // products: [ranking.Pairs]
	FamilyNear   = "near"   // products: [ranking.Together]
	FamilyFit    = "fit"    // products: [ranking.Neighbours]
	FamilyRates  = "rates"  // products: [ranking.Rates]

	FamilyTopicRates = "topic_rates" // topics: [ranking.Rates]
)

const (
	ofProduct = "product:"
	ofTopic   = "topic:"
)

// ProductRows and TopicRows name the documents of rows of a product and of a
// topic, as [LearnedRow.Of] does.
func ProductRows(key string) string { return ofProduct + key }

// TopicRows is [ProductRows] of a topic.
func TopicRows(topic string) string { return ofTopic + topic }

// RowsOf is the product key or the topic that the rows with an id are of; ok is
// false for another id.
func RowsOf(id string) (name string, topic, ok bool) {
	if key, found := strings.CutPrefix(id, ofProduct); found {
		return key, false, true
	}
	name, topic = strings.CutPrefix(id, ofTopic)
	return name, topic, topic
}

// Bounds of what is learned.
const (
	maxParts       = 100_000
	maxPartitions  = 10_000
	maxWeights     = 1_000
	maxWeight      = 1e6
	maxFeatureName = 100
	maxRow         = 128 << 10
	maxModelState  = 200 << 10
)

// Validate reports what is wrong with the form of l as a [*Refusal].
func (l *Learned) Validate() error {
	ps := append(idProblem(l.By, "/by"), timeProblem(l.MadeAt, "/made_at")...)
	if l.Sequence < 1 {
		ps = append(ps, invalid("/sequence", fmt.Sprintf("%d is no sequence", l.Sequence), "count publications from 1"))
	}
	if l.Parts < 1 || l.Parts > maxParts || l.Part < 0 || l.Part >= l.Parts {
		ps = append(ps, invalid("/part", fmt.Sprintf("part %d of %d", l.Part, l.Parts), "count parts from 0"))
	}
	if l.Epoch < 0 || l.Epoch > l.Sequence {
		ps = append(ps, invalid("/epoch", fmt.Sprintf("%d lies after %d", l.Epoch, l.Sequence), "give the sequence of the publication that began anew"))
	}
	if !l.Last() && (len(l.Surfaces) > 0 || len(l.Offsets) > 0) {
		ps = append(ps, invalid("/surfaces", "weights or offsets before the last part", "put them into the last part"))
	}
	if len(l.Offsets) > maxPartitions || slices.ContainsFunc(l.Offsets, func(o int64) bool { return o < 0 }) {
		ps = append(ps, invalid("/offsets", "no offsets", "give one offset from 0 for every partition"))
	}
	for _, name := range sortedKeys(l.Surfaces) {
		w := l.Surfaces[name]
		ps = append(ps, w.problems(name)...)
	}
	for i := range l.Rows {
		if p, bad := l.Rows[i].problem(fmt.Sprintf("/rows/%d", i)); bad {
			ps = append(ps, p)
			break // a thousand more would say the same
		}
	}
	return Refuse(ps...)
}

// Last reports whether l completes its publication.
func (l *Learned) Last() bool { return l.Part == l.Parts-1 }

func (w *LearnedWeights) problems(surface string) []Problem {
	at := "/surfaces/" + surface
	if _, ok := SurfaceNamed(surface); !ok {
		return []Problem{surfaceProblem(surface, "/surfaces")}
	}
	var ps []Problem
	if len(w.Weights) == 0 || len(w.Weights) > maxWeights {
		ps = append(ps, invalid(at+"/weights", fmt.Sprintf("%d weights", len(w.Weights)), "give one for every feature"))
	}
	seen := make(map[string]bool, len(w.Weights))
	for _, f := range w.Weights {
		if f.Name == "" || len(f.Name) > maxFeatureName || seen[f.Name] {
			ps = append(ps, invalid(at+"/weights", fmt.Sprintf("%q is no name of one feature", clip(f.Name)), "name every feature once"))
			break
		}
		if !(math.Abs(f.Value) <= maxWeight) { // nor is what is not a number
			ps = append(ps, invalid(at+"/weights", fmt.Sprintf("%q weighs %g", f.Name, f.Value), "give numbers between -1e6 and 1e6"))
			break
		}
		seen[f.Name] = true
	}
	if w.Lists < 0 || w.Fallbacks < 0 || math.IsNaN(w.Loss) || math.IsInf(w.Loss, 0) || w.Loss < 0 {
		ps = append(ps, invalid(at+"/loss", "lists or loss out of range", "give what was counted"))
	}
	if len(w.State) > maxModelState {
		ps = append(ps, invalid(at+"/state", fmt.Sprintf("%d bytes", len(w.State)), fmt.Sprintf("keep it below %d", maxModelState)))
	}
	return ps
}

func (r *LearnedRow) problem(at string) (Problem, bool) {
	name, topic, ok := RowsOf(r.Of)
	if ok && topic {
		ok = ValidTopic(name)
	} else if ok {
		_, _, err := link.ParseKey(name)
		ok = err == nil
	}
	if !ok {
		return invalid(at+"/of", fmt.Sprintf("%q is no product or topic", clip(r.Of)), "write product:KEY or topic:ID"), true
	}
	if len(r.Row) > maxRow {
		return invalid(at+"/row", fmt.Sprintf("%d bytes", len(r.Row)), fmt.Sprintf("keep it below %d", maxRow)), true
	}
	if topic != (r.Family == FamilyTopics || r.Family == FamilyTopicRates) {
		return invalid(at+"/family", fmt.Sprintf("%q is no family of rows of %s", clip(r.Family), clip(r.Of)), "see the schema"), true
	}
	err := checkRow(r.Family, r.Row)
	if err != nil {
		return invalid(at+"/row", err.Error(), "send rows as package ranking writes them"), true
	}
	return Problem{}, false
}

// checkRow reads a row as whoever serves it would.
func checkRow(family string, row []byte) error {
	nobody := func(string) int32 { return -1 }
	if families := []string{FamilyLists, FamilyTopics, FamilyRates, FamilyTopicRates, FamilyPairs, FamilyNear, FamilyFit}; len(row) == 0 && slices.Contains(families, family) {
		return nil
	}
	switch family {
	case FamilyLists:
		return new(ranking.Lists).SetRow(-1, row)
	case FamilyTopics:
		return new(ranking.Lists).SetTopicRow(-1, row)
	case FamilyRates, FamilyTopicRates:
		return new(ranking.Rates).SetRow(-1, row)
	case FamilyPairs:
		return new(ranking.Pairs).SetRow(-1, row, nobody)
	case FamilyNear:
		return new(ranking.Together).SetRow(-1, row, nobody)
	case FamilyFit:
		return new(ranking.Neighbours).SetRow(-1, row, nobody)
	}
	return fmt.Errorf("%q is no family of rows", clip(family))
}

func invalid(pointer, message, fix string) Problem {
	return Problem{Code: "validation", Pointer: pointer, Message: message, Fix: fix}
}

func surfaceProblem(surface, pointer string) Problem {
	return Problem{Code: "surface-unknown", Pointer: pointer, Message: fmt.Sprintf("%q is no surface", clip(surface)), Fix: "use one of " + strings.Join(surfaceNames(), ", ")}
}

func surfaceNames() []string {
	names := make([]string, 0, surfaces)
	for _, s := range Surfaces() {
		names = append(names, s.String())
	}
	return names
}
