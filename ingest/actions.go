package ingest

import (
	"errors"
	"time"

	"vitrine.dev/recommend"
)

// Actions folds vitrine.actions: the state of a reader is a reader document;
// pulses, exposures, journeys and reports are leaves. Pulses and exposures
// count of one partition each, so that every document has one writer.
func Actions() Folder {
	return Rules[recommend.Reader]{
		Topic: recommend.TopicActions, Kind: recommend.KindReader, Check: checkAction, Decide: decideAction,
	}.Folder()
}

func checkAction(e recommend.Event) (any, error) {
	switch e.Type {
	case recommend.TypeReaderDeclared:
		d := new(recommend.DeclaredReader)
		if err := decode(e, d); err != nil {
			return nil, err
		}
		if err := d.Validate(); err != nil {
			return nil, err
		}
		return d, ownKey(e, d.ID)
	case recommend.TypeReaderErased:
		d := new(recommend.ErasedReader)
		if err := decode(e, d); err != nil {
			return nil, err
		}
		if err := d.Validate(); err != nil {
			return nil, err
		}
		return d, ownKey(e, d.ID)
	case recommend.TypeActed:
		a := new(recommend.Action)
		if err := decode(e, a); err != nil {
			return nil, err
		}
		if err := a.Validate(); err != nil {
			return nil, err
		}
		return a, ownKey(e, a.Reader)
	}
	return nil, unknownType(e)
}

func decideAction(s Scene, r *recommend.Reader, e recommend.Event, decoded any) (Outcome, error) {
	if !r.Erased.IsZero() { // taken, and nothing comes of it
		return Outcome{Changed: true}, nil
	}
	if r.Seen.Has(e) {
		return Outcome{Duplicate: true}, nil
	}
	out, before := Outcome{Changed: true}, r.Refused
	var err error
	switch v := decoded.(type) {
	case *recommend.ErasedReader:
		r.ID = e.Key
		out.Leaves = erasures(e.Key, r.Erase(earlier(v.At, e.Appended)))
		return out, nil
	case *recommend.DeclaredReader:
		err = r.TakeDeclared(v, e.Time.UTC())
	case *recommend.Action:
		var effects recommend.Effects
		if err := counted(&out, s, r, v, e); err != nil {
			return Outcome{}, err
		}
		effects, err = r.Act(v, recommend.Acting{Rules: &s.Policy.Reader, Dose: &s.Policy.Dose, Appended: e.Appended, Trusted: e.Trusted, Event: e.ID})
		proven := s.proven(v.Window, e)
		out.Leaves = actionLeaves{action: v, event: e, proven: proven}.of(effects)
		if err == nil {
			out.Leaves = append(out.Leaves, armLeaves(e.Partition, r.TallyArms(v, &effects, proven, s.Policy))...)
		}
	}
	if refusal, ok := errors.AsType[*recommend.Refusal](err); ok && outrun(e, refusal) {
		r.ID, r.Refused = e.Key, &recommend.RefusedChange{Event: e.ID, Problems: refusal.Problems}
		return Outcome{Changed: true}, nil // not seen: it may come again when there is room
	}
	if err != nil {
		return Outcome{}, err
	}
	if r.Refused == before && before != nil && before.Event == e.ID {
		r.Refused = nil // this time it is taken
	}
	r.ID = e.Key
	r.Seen.Add(e)
	return out, nil
}

// outrun reports whether an event of the API found no room left. There was some
// when the API looked, so another one was faster: that is no fault of its
// producer's, who waits to be told.
func outrun(e recommend.Event, refusal *recommend.Refusal) bool {
	if e.Source != recommend.SourceAPI {
		return false
	}
	switch refusal.Code() {
	case "too-many", "quantity-limit":
		return true
	}
	return false
}

// proven reports whether the event's reader was given the window. What comes
// from this installation is believed.
func (s Scene) proven(window string, e recommend.Event) bool {
	return e.Trusted || s.Proves == nil || window != "" && s.Proves(window, e.Key)
}

func earlier(a, b time.Time) time.Time {
	if !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
