package ingest

import (
	"encoding/json"
	"errors"
	"fmt"

	"vitrine.dev/recommend"
	"vitrine.dev/recommend/link"
)

// Rules fold the events of one topic, as a pure function from the state of
// one key and an event to documents.
//
// The mechanism around them keeps the laws of the log. Every key has one
// state document; everything that decides about an event lies in it. What an
// event changes elsewhere are leaves: each leaf is computed from its own old
// body and the event, never from another leaf. Leaves are written before
// states, and a document whose version is at or past an event's offset
// already holds that event and is left alone. So a crash between any two
// writes, a redelivery, or a second ingester with the same events repeats
// decisions on the same state and changes nothing.
type Rules[S any] struct {
	// Topic is the topic folded.
	Topic string
	// Kind is the kind of the state document; its id is the event's key.
	Kind recommend.Kind
	// Check validates form: that the type is known, the data has the shape of
	// the type, and the key belongs to it. It returns what Decide gets as
	// decoded, or an error that wraps [recommend.ErrInvalid].
	Check func(e recommend.Event) (decoded any, err error)
	// Reads names documents of other topics that Decide looks at. It may be nil.
	Reads func(e recommend.Event, decoded any) []recommend.Ref
	// Decide applies e to state, which is the zero S when the key is new. It
	// changes state only when it returns no error. An error that wraps
	// [recommend.ErrInvalid] sends the event to the dead letters; one that is
	// [*Premature] does so only after the topic it names has been folded as
	// far as it had been written.
	Decide func(s Scene, state *S, e recommend.Event, decoded any) (Outcome, error)
}

// A Scene is what a decision may look at beside its own state.
type Scene struct {
	Policy *recommend.Policy
	Links  *link.Registry
	// Clicks open the tokens of orders; nil opens none.
	Clicks *recommend.Clicks
	// Docs holds those documents of Reads that exist.
	Docs map[recommend.Ref]recommend.Document
	// experts are those that were decoded for events of the same batch, by id.
	experts map[string]*recommend.Expert
	// Proves reports whether the window with an id was made for the reader
	// whose events carry a pseudonym. Nil, every window was.
	Proves func(windowID, pseudonym string) bool
}

// An Outcome says what an event changes.
type Outcome struct {
	// Changed says that the state changed and is to be written at the event's offset.
	Changed bool
	// Duplicate says that the event was recognised as one seen before.
	Duplicate bool
	// Leaves are the other documents that the event changes.
	Leaves []Leaf
	// Appends are events for other topics, by topic, each with an ID derived
	// from this event. They are appended before this event is committed.
	Appends map[string][]recommend.Event
}

// A Leaf is a change of one document that is not the state.
type Leaf struct {
	Ref recommend.Ref
	// Apply returns the new body from the old one, which is nil when there is
	// no such document. It returns nil to leave it as it is. What may refuse an
	// event is checked in Decide and never here: by the time of Apply, later
	// events of the key may have been decided on the state that holds this one.
	Apply func(old json.RawMessage) (json.RawMessage, error)
	// decoded does what Apply does without the bytes between: it changes was,
	// what the leaf's last change made, or what it decodes from old when that
	// is nil. Nil, only Apply will do.
	decoded func(was any, old json.RawMessage) (now any, err error)
}

// Premature is the error of an event that refers to something another topic
// has not (yet) told. Partitions of different topics are read at their own
// pace, so it is a refusal only once Topic has been folded as far as it had
// been written when the event was taken up.
type Premature struct { //nolint:errname // it reads as what it is: too early, not wrong
	Topic string
	Err   error // wraps recommend.ErrInvalid
}

// Error is that of Err.
func (p *Premature) Error() string { return p.Err.Error() }

// Unwrap is Err.
func (p *Premature) Unwrap() error { return p.Err }

// A Folder is Rules with their state type closed over, as a consumer takes
// them.
type Folder struct {
	Topic  string
	Kind   recommend.Kind
	Check  func(e recommend.Event) (any, error)
	Reads  func(e recommend.Event, decoded any) []recommend.Ref
	Load   func(body json.RawMessage) (state any, err error) // nil body: the zero state
	Decide func(s Scene, state any, e recommend.Event, decoded any) (Outcome, error)
	Save   func(state any) (json.RawMessage, error)
}

// Folder closes r.
func (r Rules[S]) Folder() Folder {
	reads := r.Reads
	if reads == nil {
		reads = func(recommend.Event, any) []recommend.Ref { return nil }
	}
	return Folder{
		Topic: r.Topic,
		Kind:  r.Kind,
		Check: r.Check,
		Reads: reads,
		Load: func(body json.RawMessage) (any, error) {
			s := new(S)
			if body == nil {
				return s, nil
			}
			if err := recommend.UnmarshalZero(body, s); err != nil {
				return nil, fmt.Errorf("load %s: %w", r.Kind, err)
			}
			return s, nil
		},
		Decide: func(sc Scene, state any, e recommend.Event, decoded any) (Outcome, error) {
			s, ok := state.(*S)
			if !ok {
				return Outcome{}, errors.New("state of another fold")
			}
			return r.Decide(sc, s, e, decoded)
		},
		Save: marshalState,
	}
}

// A state that codes itself is asked directly: package json would read every
// byte once more, and states can be large.
func marshalState(state any) (json.RawMessage, error) {
	if m, ok := state.(json.Marshaler); ok {
		return m.MarshalJSON()
	}
	return json.Marshal(state)
}
