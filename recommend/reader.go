package recommend

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"
)

// A DeclaredReader is the value of a [TypeReaderDeclared] event.
type DeclaredReader struct {
	ID string `json:"id"`
	// Interests replaces the declared interests when present; weights 0 to 1.
	Interests map[string]float64 `json:"interests,omitzero"`
	// Follows adds to the experts followed.
	Follows []string  `json:"follows,omitempty"`
	At      time.Time `json:"at,omitzero"`

	Extra map[string]json.RawMessage `json:"-"`
}

// MaxInterests is how many interests a reader may declare.
const MaxInterests = 50

// Validate reports what is wrong with the form of d as a [*Refusal].
func (d *DeclaredReader) Validate() error {
	ps := idProblem(d.ID, "/id")
	ps = append(ps, interestProblems(d.Interests)...)
	if len(d.Follows) > maxFollows {
		return Refuse(append(ps, Problem{Code: "validation", Pointer: "/follows", Message: fmt.Sprintf("%d follows, %d allowed", len(d.Follows), maxFollows), Fix: "send fewer"})...)
	}
	for i, id := range d.Follows {
		ps = append(ps, idProblem(id, fmt.Sprintf("/follows/%d", i))...)
	}
	return Refuse(ps...)
}

func interestProblems(interests map[string]float64) []Problem {
	var ps []Problem
	if len(interests) > MaxInterests {
		return []Problem{{Code: "validation", Pointer: "/interests", Message: fmt.Sprintf("%d interests, %d allowed", len(interests), MaxInterests), Fix: "keep the strongest"}}
	}
	for _, t := range slices.Sorted(maps.Keys(interests)) {
		if w := interests[t]; !ValidTopic(t) {
			ps = append(ps, Problem{Code: "validation", Pointer: "/interests", Message: fmt.Sprintf("%q is not a topic id", clip(t)), Fix: "use an id listed by GET /v1/topics"})
		} else if !(w >= 0 && w <= 1) {
			ps = append(ps, Problem{Code: "validation", Pointer: "/interests/" + t, Message: fmt.Sprintf("weight %v", w), Fix: "give a weight from 0 to 1"})
		}
	}
	return ps
}

// A Reader is what the service knows about who looks at windows: the body of
// a [KindReader] document.
type Reader struct {
	ID        string     `json:"id"`
	Interests []Interest `json:"interests,omitempty"` // by topic
	Follows   []Since    `json:"follows,omitempty"`   // experts, latest last
	Mutes     []Mute     `json:"mutes,omitempty"`     // latest last
	Feedback  []Feedback `json:"feedback,omitempty"`  // less or more of something, latest last
	Bookmarks []Bookmark `json:"bookmarks,omitempty"` // latest last
	Cart      Cart       `json:"cart,omitzero"`
	Clicks    []Clicked  `json:"clicks,omitempty"`  // ways to checkouts in the last 90 days, latest last, at most 200
	Reports   []Reported `json:"reports,omitempty"` // open ones, latest last, at most 1,000
	// Impersonal says that windows are made without the reader: nothing is
	// learned from what he does.
	Impersonal bool `json:"impersonal,omitempty"`
	// Traces tell, by pick, what the reader has done with it and what has been
	// counted of that. See [Trace].
	Traces Traces `json:"traces,omitempty"`
	// History is what the reader did of late, repeats included.
	History History `json:"history,omitempty"`
	Seen    Seen    `json:"seen,omitempty"`
	// Arms are those of experiments that he was served in, at most 20.
	Arms []ReaderArm `json:"arms,omitempty"`
	// Dose is what he was given among other things.
	Dose Dose `json:"dose,omitzero"`
	// Refused is the last event that changed nothing because another one was
	// faster, so that whoever appended it learns why.
	Refused *RefusedChange `json:"refused,omitempty"`
	// Erased is when the reader had himself forgotten. Nothing else is left
	// then, and no later event brings anything back.
	Erased time.Time `json:"erased,omitzero"`

	Extra map[string]json.RawMessage `json:"-"`
}

// An Interest is a topic a reader cares about.
type Interest struct {
	Topic  string  `json:"topic"`
	Weight float64 `json:"weight"` // 0 to 1
	Source string  `json:"source"` // "declared"
}

// Since is an id and when it was added.
type Since struct {
	ID string    `json:"id"`
	At time.Time `json:"at"`
}

// A Mute keeps everything of an object out of a reader's windows.
type Mute struct {
	Kind string    `json:"kind"` // pick, expert, topic or partner
	ID   string    `json:"id"`
	At   time.Time `json:"at"`
}

// Follow adds expert; following twice is following once.
func (r *Reader) Follow(expert string, at time.Time) bool {
	if slices.ContainsFunc(r.Follows, func(s Since) bool { return s.ID == expert }) {
		return false
	}
	r.Follows = append(r.Follows, Since{expert, at})
	return true
}

// FollowAll adds experts, as many calls of Follow would.
func (r *Reader) FollowAll(experts []string, at time.Time) {
	known := make(map[string]bool, len(r.Follows)+len(experts))
	for _, s := range r.Follows {
		known[s.ID] = true
	}
	for _, x := range experts {
		if !known[x] {
			known[x] = true
			r.Follows = append(r.Follows, Since{x, at})
		}
	}
}

// Unfollow removes expert.
func (r *Reader) Unfollow(expert string) bool {
	n := len(r.Follows)
	r.Follows = slices.DeleteFunc(r.Follows, func(s Since) bool { return s.ID == expert })
	return len(r.Follows) < n
}

// Mute adds an object; muting twice is muting once.
func (r *Reader) Mute(m Mute) bool {
	if r.Muted(m.Kind, m.ID) {
		return false
	}
	r.Mutes = append(r.Mutes, m)
	return true
}

// Unmute removes an object.
func (r *Reader) Unmute(kind, id string) bool {
	n := len(r.Mutes)
	r.Mutes = slices.DeleteFunc(r.Mutes, func(m Mute) bool { return m.Kind == kind && m.ID == id })
	return len(r.Mutes) < n
}

// Muted reports whether the object is muted.
func (r *Reader) Muted(kind, id string) bool {
	return slices.ContainsFunc(r.Mutes, func(m Mute) bool { return m.Kind == kind && m.ID == id })
}

// TakeDeclared applies a declaration that came at at. The error is a
// [*Refusal], too-many, and changes nothing.
func (r *Reader) TakeDeclared(d *DeclaredReader, at time.Time) error {
	if !r.Erased.IsZero() {
		return nil
	}
	if len(r.Follows)+len(d.Follows) > maxFollows {
		return tooMany("/follows", maxFollows)
	}
	if d.Interests != nil {
		r.Declare(d.Interests)
	}
	r.FollowAll(d.Follows, at)
	r.Keep(d)
	return nil
}

// Declare replaces the declared interests; a weight of 0 leaves a topic out.
func (r *Reader) Declare(interests map[string]float64) {
	r.Interests = slices.DeleteFunc(r.Interests, func(i Interest) bool { return i.Source == "declared" })
	for topic, w := range interests {
		if w > 0 {
			r.Interests = append(r.Interests, Interest{Topic: topic, Weight: w, Source: "declared"})
		}
	}
	slices.SortFunc(r.Interests, func(a, b Interest) int {
		switch {
		case a.Topic < b.Topic:
			return -1
		case a.Topic > b.Topic:
			return 1
		}
		return 0
	})
}

// Keep adds the unknown fields of a declaration to r's own.
func (r *Reader) Keep(d *DeclaredReader) { r.Extra = mergeExtra(r.Extra, d.Extra) }

// Declared is what r declared: the event that would make a new reader so.
func (r *Reader) Declared() DeclaredReader {
	d := DeclaredReader{ID: r.ID, Interests: make(map[string]float64), Extra: r.Extra}
	for _, i := range r.Interests {
		if i.Source == "declared" {
			d.Interests[i.Topic] = i.Weight
		}
	}
	for _, f := range r.Follows {
		d.Follows = append(d.Follows, f.ID)
	}
	return d
}

type declaredFields DeclaredReader

// MarshalJSON writes the known fields, then the unknown ones by name.
func (d DeclaredReader) MarshalJSON() ([]byte, error) {
	return marshalExtra(declaredFields(d), d.Extra)
}

// UnmarshalJSON keeps unknown fields in Extra.
func (d *DeclaredReader) UnmarshalJSON(b []byte) error {
	var f declaredFields
	extra, err := unmarshalExtra(b, &f)
	if err != nil {
		return err
	}
	*d = DeclaredReader(f)
	d.Extra = extra
	return nil
}

type readerFields Reader

// MarshalJSON writes the known fields, then the unknown ones by name.
func (r Reader) MarshalJSON() ([]byte, error) { return marshalExtra(readerFields(r), r.Extra) }

// UnmarshalJSON keeps unknown fields in Extra.
func (r *Reader) UnmarshalJSON(b []byte) error {
	var f readerFields
	extra, err := unmarshalExtra(b, &f)
	if err != nil {
		return err
	}
	*r = Reader(f)
	r.Extra = extra
	return nil
}
