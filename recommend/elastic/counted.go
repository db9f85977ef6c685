package elastic

import (
	"encoding/json"
	"fmt"
	"hash/fnv"

	"vitrine.dev/recommend"
)

// Names of what journeys are counted by.
const (
	readerField = "reader"
	firstField  = "first" // an object that holds when a pair took each step first
	lastField   = "last"  // and one for when it did last
	apartField  = "apart" // why it is counted apart, a [recommend.Class]; nothing for most
	drawField   = "draw"  // of the reader, below drawn, as good as luck
	kindsField  = "kinds" // bits of the steps in path that it took
	spanField   = "span"  // see [journeyRow]
)

// drawn is how many lots there are for readers. Those below a number are a part
// of all, and those between two are few enough to have a bucket each.
const drawn = 4096

// path are the steps that most pairs take in this order.
var path = [...]string{
	recommend.ActImpression, recommend.ActOpen, recommend.ActBookmark, recommend.ActCart,
	recommend.ActCheckout, recommend.ActPurchase, recommend.ActSettle, recommend.ActRefund,
}

// crooked is the span of a journey that did not take the steps of path in their
// order: longer than any.
const crooked = 1 << 62

// counted names the fields that documents of k are counted by. They lie beside
// the body, as columns: times in milliseconds as numbers, which scripts read
// faster than dates.
func counted(k recommend.Kind) map[string]field {
	word, number := field{Type: typeKeyword, IgnoreAbove: maxID}, field{Type: "long", Index: new(false)}
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
			"reader": word, "pick": word, "expert": word, "source": word, "arm": word, apartField: word,
			drawField: {Type: "short"}, kindsField: {Type: "short", Index: new(false)}, spanField: {Type: "long"},
			firstField: times(true), lastField: times(false),
		}
	case recommend.KindExposure:
		return map[string]field{
			"pick": word, "source": word, "arm": word, "hour": {Type: "long"}, "shown": number, "over": number, "unproven": number, "own": number, "bots": number,
		}
	case recommend.KindPick, recommend.KindProduct, recommend.KindPublisher, recommend.KindReader, recommend.KindRuling, recommend.KindExpert,
		recommend.KindPulse, recommend.KindReport, recommend.KindOrder, recommend.KindEarning, recommend.KindSignal, recommend.KindModel:
	}
	return nil
}

// A journeyRow is what is counted of a journey.
type journeyRow struct {
	Reader string           `json:"reader,omitempty"`
	Pick   string           `json:"pick,omitempty"`
	Expert string           `json:"expert,omitempty"`
	Source string           `json:"source,omitempty"`
	Arm    string           `json:"arm,omitempty"`
	Apart  recommend.Class  `json:"apart,omitempty"`
	Draw   uint32           `json:"draw"`
	First  map[string]int64 `json:"first,omitempty"`
	Last   map[string]int64 `json:"last,omitempty"`
	// Kinds has a bit for each step of path that was taken, and Span is the time
	// from the first of them to the last, in milliseconds, of the first time each
	// was taken; crooked where these are not in the order of path. By both a
	// journey is counted without a look at its times: of most questions that is
	// nearly all journeys.
	Kinds uint8 `json:"kinds"`
	Span  int64 `json:"span"`
}

func rowOf(j *recommend.Journey) *journeyRow {
	r := &journeyRow{
		Reader: j.Reader, Pick: j.Pick, Expert: j.Expert, Source: j.Source, Arm: j.Arm, Apart: j.Class(), Draw: lot(j.Reader),
		First: make(map[string]int64, len(j.Steps)), Last: make(map[string]int64, len(j.Steps)),
	}
	for kind, step := range j.Steps {
		r.First[kind], r.Last[kind] = step.First.UnixMilli(), step.Last.UnixMilli()
	}
	var begun, before int64
	for i, kind := range path {
		at, ok := r.First[kind]
		switch {
		case !ok:
			continue
		case r.Kinds == 0:
			begun = at
		case at < before:
			r.Span = crooked
		}
		r.Kinds |= 1 << i
		before = at
	}
	if r.Span != crooked {
		r.Span = before - begun
	}
	return r
}

// lot is the lot of a reader.
func lot(reader string) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(reader))
	sum := h.Sum32()
	return (sum ^ sum>>16) % drawn
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
	Bots     int64  `json:"bots"`
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
		row = rowOf(&j)
	default:
		var e recommend.Exposure
		if err := recommend.UnmarshalZero(doc.Body, &e); err != nil || e.Pick == "" {
			return []byte("{"), nil //nolint:nilerr // none of ours, see above
		}
		row = exposureRow{
			Pick: e.Pick, Source: e.Source, Arm: e.Arm, Hour: e.Hour.UnixMilli(),
			Shown: e.Shown, Over: e.Over, Unproven: e.Unproven, Own: e.Own, Bots: e.Bots,
		}
	}
	head, err := json.Marshal(row)
	if err != nil {
		return nil, fmt.Errorf("encode what is counted: %w", err)
	}
	head[len(head)-1] = ','
	return head, nil
}
