package ingest

import (
	"encoding/json"
	"fmt"
	"time"

	"vitrine.dev/recommend"
)

// actionLeaves makes the leaves of one action.
type actionLeaves struct {
	action *recommend.Action
	event  recommend.Event
	proven bool // the reader was given the window, or named none
}

func (x actionLeaves) of(e recommend.Effects) []Leaf {
	var leaves []Leaf
	for _, c := range e.Counts {
		leaves = append(leaves, changing(recommend.KindPulse, recommend.PulseID(c.Pick, x.event.Partition), func(p *recommend.Pulse) { p.Add(c) }))
	}
	if e.Shown != nil {
		leaves = append(leaves, x.exposure(e.Shown))
	}
	for _, s := range e.Steps {
		leaves = append(leaves, x.journey(s))
	}
	if r := e.Report; r != nil {
		r.ID, r.Reader = recommend.ReportID(x.event.Key, r.Target), x.event.Key
		leaves = append(leaves, changing(recommend.KindReport, r.ID, func(old *recommend.Report) { *old = *r }))
	}
	return append(leaves, erasures(x.event.Key, e)...)
}

// exposure counts an impression. Anybody can make a source up; so it is told
// apart only where the window is one that the reader was given.
func (x actionLeaves) exposure(s *recommend.Shown) Leaf {
	a, hour := x.action, s.At.Truncate(time.Hour)
	source, arm := a.Source, a.Arm
	if !x.proven {
		source, arm = "", ""
	}
	id := recommend.ExposureID(hour, a.Pick, source, arm, x.event.Partition)
	return changing(recommend.KindExposure, id, func(e *recommend.Exposure) {
		e.Hour, e.Pick, e.Source, e.Arm = hour, a.Pick, source, arm
		switch {
		case s.Own:
			e.Own++
			return
		case s.Bot:
			e.Bots++
			return
		case s.Over:
			e.Over++
			return
		}
		e.Shown++
		if x.unproven() {
			e.Unproven++
		}
		if x.proven && a.Propensity > 0 && a.Propensity < 1 {
			e.Chance += a.Propensity
			e.Drawn++
		}
		if a.Position != nil {
			e.Position += int64(*a.Position)
		}
	})
}

// armLeaves count in the arms of experiments.
func armLeaves(partition int, more []recommend.ArmTally) []Leaf {
	leaves := make([]Leaf, 0, len(more))
	for _, t := range more {
		leaves = append(leaves, changing(recommend.KindExposure, recommend.ArmTallyID(t.Arm, partition), func(sum *recommend.ArmTally) { sum.Add(t) }))
	}
	return leaves
}

// unproven reports whether the action names a window that was not made for its
// reader.
func (x actionLeaves) unproven() bool { return x.action.Window != "" && !x.proven }

func (x actionLeaves) journey(s recommend.Stepped) Leaf {
	a, key := x.action, x.event.Key
	return changing(recommend.KindJourney, recommend.JourneyID(key, s.Pick), func(j *recommend.Journey) {
		if j.Reader == "" { // it begins, maybe again
			*j = recommend.Journey{Reader: key, Pick: s.Pick}
			if s.Pick == a.Pick {
				j.Window, j.Unproven, j.Source, j.Arm, j.Position = a.Window, x.unproven(), a.Source, a.Arm, a.Position
			}
			if !s.Seen.IsZero() {
				j.Step(recommend.ActImpression, s.Seen)
			}
		}
		if s.Expert != "" {
			j.Expert = s.Expert
		}
		j.Own = j.Own || a.Own && s.Pick == a.Pick
		j.Bot = j.Bot || a.Bot
		j.Step(s.Kind, s.At)
	})
}

// erasures leave nothing of the journeys and reports named.
func erasures(reader string, e recommend.Effects) []Leaf {
	leaves := make([]Leaf, 0, len(e.Forgotten)+len(e.Targets))
	for _, pick := range e.Forgotten {
		leaves = append(leaves, erasure(recommend.KindJourney, recommend.JourneyID(reader, pick)))
	}
	for _, target := range e.Targets {
		leaves = append(leaves, erasure(recommend.KindReport, recommend.ReportID(reader, target)))
	}
	return leaves
}

func erasure(kind recommend.Kind, id string) Leaf {
	return Leaf{Ref: recommend.Ref{Kind: kind, ID: id}, Apply: func(json.RawMessage) (json.RawMessage, error) {
		return json.RawMessage(`{"erased":true}`), nil
	}}
}

// changing is the leaf that changes the T that a document holds, the zero T when
// there is none.
func changing[T any](kind recommend.Kind, id string, change func(*T)) Leaf {
	decoded := func(was any, old json.RawMessage) (any, error) {
		v, ok := was.(*T)
		if !ok {
			v = new(T)
			if old != nil {
				if err := recommend.UnmarshalZero(old, v); err != nil {
					return nil, fmt.Errorf("%s: %w", kind, err)
				}
			}
		}
		change(v)
		return v, nil
	}
	return Leaf{Ref: recommend.Ref{Kind: kind, ID: id}, decoded: decoded, Apply: func(old json.RawMessage) (json.RawMessage, error) {
		v, err := decoded(nil, old)
		if err != nil {
			return nil, err
		}
		return marshal(v)
	}}
}
