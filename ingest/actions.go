package ingest

import (
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
	r.ID = e.Key
	out := Outcome{Changed: true}
	switch v := decoded.(type) {
	case *recommend.ErasedReader:
		out.Leaves = erasures(e.Key, r.Erase(earlier(v.At, e.Appended)))
		return out, nil
	case *recommend.DeclaredReader:
		if err := r.TakeDeclared(v, e.Time.UTC()); err != nil {
			return Outcome{}, err
		}
	case *recommend.Action:
		effects, err := r.Act(v, recommend.Acting{Rules: &s.Policy.Reader, Appended: e.Appended, Trusted: e.Trusted, Event: e.ID})
		if err != nil {
			return Outcome{}, err
		}
		out.Leaves = actionLeaves{action: v, event: e, proven: s.proven(v.Window, e)}.of(effects)
	}
	r.Seen.Add(e)
	return out, nil
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
