package elastic

import (
	"encoding/json"
	"fmt"

	"vitrine.dev/recommend"
)

// Names of the objects that hold when a pair took each step first and last.
const (
	firstField = "first"
	lastField  = "last"
)

// counted names the fields that documents of k are counted by. They lie beside
// the body, as columns: times in milliseconds as numbers, which scripts read
// faster than dates.
func counted(k recommend.Kind) map[string]field {
	word, flag, number := field{Type: typeKeyword, IgnoreAbove: maxID}, field{Type: "boolean"}, field{Type: "long", Index: new(false)}
	times := func(indexed bool) field {
		steps := field{Properties: make(map[string]field)}
		for _, kind := range recommend.JourneySteps() {
			steps.Properties[kind] = field{Type: "long", Index: new(indexed)}
		}
		return steps
	}
	switch k {
	case recommend.KindJourney:
		return map[string]field{
			"reader": word, "pick": word, "expert": word, "source": word, "arm": word, "unproven": flag, "own": flag,
			firstField: times(true), lastField: times(false),
		}
	case recommend.KindExposure:
		return map[string]field{
			"pick": word, "source": word, "arm": word, "hour": {Type: "long"}, "shown": number, "over": number, "unproven": number, "own": number,
		}
	case recommend.KindPick, recommend.KindProduct, recommend.KindPublisher, recommend.KindReader, recommend.KindRuling, recommend.KindExpert,
		recommend.KindPulse, recommend.KindReport, recommend.KindOrder, recommend.KindEarning, recommend.KindSignal, recommend.KindModel:
	}
	return nil
}

// A journeyRow is what is counted of a journey.
type journeyRow struct {
	Reader   string           `json:"reader,omitempty"`
	Pick     string           `json:"pick,omitempty"`
	Expert   string           `json:"expert,omitempty"`
	Source   string           `json:"source,omitempty"`
	Arm      string           `json:"arm,omitempty"`
	Unproven bool             `json:"unproven"` // and not his own: a reader is counted apart once
	Own      bool             `json:"own"`
	First    map[string]int64 `json:"first,omitempty"`
	Last     map[string]int64 `json:"last,omitempty"`
}

// An exposureRow is what is counted of an exposure.
type exposureRow struct {
	Pick     string `json:"pick"`
	Source   string `json:"source,omitempty"`
	Arm      string `json:"arm,omitempty"`
	Hour     int64  `json:"hour"`
	Shown    int64  `json:"shown"`
	Over     int64  `json:"over"`
	Unproven int64  `json:"unproven"`
	Own      int64  `json:"own"`
}

// countedHead returns the start of doc's envelope: what it is counted by. What
// is none of ours, or nothing to count, has nothing of that.
func countedHead(doc recommend.Document) ([]byte, error) {
	var row any
	switch doc.Kind {
	case recommend.KindJourney:
		var j recommend.Journey
		if err := recommend.UnmarshalZero(doc.Body, &j); err != nil || j.Erased {
			return []byte("{"), nil //nolint:nilerr // none of ours, see above
		}
		r := journeyRow{
			Reader: j.Reader, Pick: j.Pick, Expert: j.Expert, Source: j.Source, Arm: j.Arm, Unproven: j.Unproven && !j.Own, Own: j.Own,
			First: make(map[string]int64, len(j.Steps)), Last: make(map[string]int64, len(j.Steps)),
		}
		for kind, step := range j.Steps {
			r.First[kind], r.Last[kind] = step.First.UnixMilli(), step.Last.UnixMilli()
		}
		row = r
	default:
		var e recommend.Exposure
		if err := recommend.UnmarshalZero(doc.Body, &e); err != nil || e.Pick == "" {
			return []byte("{"), nil //nolint:nilerr // none of ours, see above
		}
		row = exposureRow{Pick: e.Pick, Source: e.Source, Arm: e.Arm, Hour: e.Hour.UnixMilli(), Shown: e.Shown, Over: e.Over, Unproven: e.Unproven, Own: e.Own}
	}
	head, err := json.Marshal(row)
	if err != nil {
		return nil, fmt.Errorf("encode what is counted: %w", err)
	}
	head[len(head)-1] = ','
	return head, nil
}
