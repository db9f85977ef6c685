package ingest

import (
	"fmt"
	"time"

	"vitrine.dev/recommend"
)

// Actions folds vitrine.actions: the state of a reader is a reader document
// with interests, follows and mutes.
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

// Bounds of what one reader document lists.
const (
	maxFollows = 20_000
	maxMutes   = 5_000
	actionSkew = 24 * time.Hour
)

func decideAction(_ Scene, r *recommend.Reader, e recommend.Event, decoded any) (Outcome, error) {
	if r.Seen.Has(e) {
		return Outcome{Duplicate: true}, nil
	}
	switch v := decoded.(type) {
	case *recommend.DeclaredReader:
		if len(r.Follows)+len(v.Follows) > maxFollows {
			return Outcome{}, tooMany("/follows", maxFollows)
		}
		if v.Interests != nil {
			r.Declare(v.Interests)
		}
		r.FollowAll(v.Follows, e.Time.UTC())
		r.Keep(v)
	case *recommend.Action:
		if v.At.Sub(e.Appended) > actionSkew && !e.Trusted {
			return Outcome{}, recommend.Refuse(recommend.Problem{Code: "clock-skew", Pointer: "/at", Message: "more than a day in the future", Fix: "set the client's clock"})
		}
		if err := act(r, v); err != nil {
			return Outcome{}, err
		}
	}
	r.ID = e.Key
	r.Seen.Add(e)
	return Outcome{Changed: true}, nil
}

func act(r *recommend.Reader, a *recommend.Action) error {
	kind, id := a.Object()
	at := a.At.UTC()
	switch a.Kind {
	case recommend.ActFollow:
		if len(r.Follows) >= maxFollows {
			return tooMany("/expert", maxFollows)
		}
		r.Follow(id, at)
	case recommend.ActUnfollow:
		r.Unfollow(id)
	case recommend.ActMute:
		if len(r.Mutes) >= maxMutes {
			return tooMany("/"+kind, maxMutes)
		}
		r.Mute(recommend.Mute{Kind: kind, ID: id, At: at})
	case recommend.ActUnmute:
		r.Unmute(kind, id)
	}
	return nil
}

func tooMany(pointer string, most int) error {
	return recommend.Refuse(recommend.Problem{Code: "too-many", Pointer: pointer, Message: fmt.Sprintf("at most %d are kept", most), Fix: "remove some first"})
}
