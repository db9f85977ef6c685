package ingest

import (
	"encoding/json"
	"errors"
	"fmt"

	"vitrine.dev/recommend"
)

// decode reads the data of e into v and says in the event's own terms what
// does not fit.
func decode(e recommend.Event, v any) error {
	err := recommend.UnmarshalZero(e.Data, v)
	if err == nil {
		return nil
	}
	p := recommend.Problem{Code: "bad-data", Message: "data does not have the shape of " + e.Type, Fix: "see the schema of " + e.Type}
	if te, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && te.Field != "" {
		p.Pointer = "/" + te.Field
		p.Message = fmt.Sprintf("%s is a %s, not what %s has there", te.Field, te.Value, e.Type)
	}
	return recommend.Refuse(p)
}

// ownKey refuses an event whose key is not the one its data belongs to: it may
// lie in another partition than the other events of that key.
func ownKey(e recommend.Event, want string) error {
	if e.Key == want {
		return nil
	}
	return recommend.Refuse(recommend.Problem{
		Code: "wrong-key", Message: fmt.Sprintf("record key is %q, the data belongs to %q", e.Key, want), Fix: "produce the record with the key " + want,
	})
}

func unknownType(e recommend.Event) error {
	return recommend.Refuse(recommend.Problem{
		Code: "unknown-type", Message: fmt.Sprintf("type %q is not folded from %s", e.Type, e.Topic), Fix: "use a type and version this topic knows",
	})
}

func marshal(v any) (json.RawMessage, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode document: %w", err)
	}
	return b, nil
}
