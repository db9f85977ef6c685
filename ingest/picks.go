package ingest

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"vitrine.dev/recommend"
)

// Picks folds vitrine.picks: the state of an expert is a publisher document,
// every pick is a leaf.
func Picks() Folder {
	return Rules[recommend.Publisher]{
		Topic: recommend.TopicPicks,
		Kind:  recommend.KindPublisher,
		Check: checkPick,
		Reads: func(_ recommend.Event, decoded any) []recommend.Ref {
			id, expert := pickOf(decoded)
			return []recommend.Ref{{Kind: recommend.KindExpert, ID: expert}, {Kind: recommend.KindPick, ID: id}}
		},
		Decide: decidePick,
	}.Folder()
}

func checkPick(e recommend.Event) (any, error) {
	var (
		v   any
		err error
	)
	switch e.Type {
	case recommend.TypePickPublished:
		p := new(recommend.PublishedPick)
		if err = decode(e, p); err == nil {
			err = p.ValidateIdentity()
		}
		v = p
	case recommend.TypePickEdited:
		p := new(recommend.EditedPick)
		if err = decode(e, p); err == nil {
			err = p.Validate()
		}
		v = p
	case recommend.TypePickWithdrawn, recommend.TypePickRestored:
		p := new(recommend.PickMark)
		if err = decode(e, p); err == nil {
			err = p.Validate()
		}
		v = p
	default:
		return nil, unknownType(e)
	}
	if err != nil {
		return nil, err
	}
	_, expert := pickOf(v)
	return v, ownKey(e, expert)
}

func pickOf(decoded any) (id, expert string) {
	switch p := decoded.(type) {
	case *recommend.PublishedPick:
		return p.ID, p.Expert
	case *recommend.EditedPick:
		return p.ID, p.Expert
	case *recommend.PickMark:
		return p.ID, p.Expert
	}
	return "", ""
}

func decidePick(s Scene, pub *recommend.Publisher, e recommend.Event, decoded any) (Outcome, error) {
	id, expert := pickOf(decoded)
	if pub.Seen.Has(e) {
		return Outcome{Duplicate: true}, nil
	}
	d := pickDecision{scene: s, pub: pub, event: e, ref: recommend.Ref{Kind: recommend.KindPick, ID: id}}
	if doc, ok := s.Docs[recommend.Ref{Kind: recommend.KindExpert, ID: expert}]; ok {
		var err error
		if d.expert, err = s.expert(doc); err != nil {
			return Outcome{}, fmt.Errorf("expert %s: %w", expert, err)
		}
	}
	var (
		out Outcome
		err error
	)
	switch p := decoded.(type) {
	case *recommend.PublishedPick:
		out, err = d.publish(p)
	case *recommend.EditedPick:
		out, err = d.edit(p)
	case *recommend.PickMark:
		out, err = d.mark(p)
	}
	if err != nil || !out.Changed {
		return out, err
	}
	pub.Expert = expert
	// A trusted archive's events are known by their pick.
	if !e.Trusted {
		pub.Seen.Add(e)
	}
	return out, nil
}

// expert decodes the document of an expert, once for all events of a batch:
// nobody changes it.
func (s Scene) expert(doc recommend.Document) (*recommend.Expert, error) {
	if x := s.experts[doc.ID]; x != nil {
		return x, nil
	}
	x := new(recommend.Expert)
	if err := x.UnmarshalJSON(doc.Body); err != nil {
		return nil, err
	}
	if s.experts != nil {
		s.experts[doc.ID] = x
	}
	return x, nil
}

type pickDecision struct {
	scene  Scene
	pub    *recommend.Publisher
	expert *recommend.Expert
	event  recommend.Event
	ref    recommend.Ref
}

func (d *pickDecision) publish(p *recommend.PublishedPick) (Outcome, error) {
	if doc, ok := d.scene.Docs[d.ref]; ok {
		var old recommend.Pick
		if err := old.UnmarshalJSON(doc.Body); err != nil {
			return Outcome{}, fmt.Errorf("pick %s: %w", d.ref.ID, err)
		}
		if old.Expert != p.Expert {
			return Outcome{}, recommend.Refuse(recommend.Problem{
				Code: "pick-id-taken", Pointer: "/id", Message: "another expert's pick has this id", Fix: "choose another id",
			})
		}
		// A document at or past this event may be what this very event made
		// before a crash: only an older one makes it a repeat.
		if doc.Version < d.event.Offset {
			return Outcome{Duplicate: true}, nil
		}
	}
	if d.pub.Entry(p.ID) != nil {
		return Outcome{Duplicate: true}, nil
	}
	c := d.judge(p.PickContent, p.PublishedAt)
	c.PickID = p.ID
	v := recommend.Judge(c)
	if err := refusal(&v); err != nil {
		return Outcome{}, err
	}
	d.pub.Record(c, &v)
	body, err := marshal(recommend.NewPick(p, &v, d.event.ID))
	if err != nil {
		return Outcome{}, err
	}
	return Outcome{Changed: true, Leaves: []Leaf{{Ref: d.ref, Apply: func(old json.RawMessage) (json.RawMessage, error) {
		if old != nil { // another expert's, made at the same time in another partition
			return nil, nil
		}
		return body, nil
	}}}}, nil
}

// judge fills the case of an event.
func (d *pickDecision) judge(content recommend.PickContent, at time.Time) recommend.Case {
	return recommend.Case{
		Policy: d.scene.Policy, Links: d.scene.Links, Expert: d.expert, Publisher: d.pub, Content: content,
		At: d.when(at), Appended: d.event.Appended, Trusted: d.event.Trusted,
	}
}

// when is the time that an event counts from: the one it states, or that of
// the append when it states an earlier one than clocks differ by. A date of
// his own choice would let an expert publish a day's picks at once, slip an
// edit under an approval, or restore what expired.
func (d *pickDecision) when(at time.Time) time.Time {
	if !d.event.Trusted && d.event.Appended.Sub(at) > d.scene.Policy.Publish.ClockSkew.D() {
		return d.event.Appended.UTC()
	}
	return at.UTC()
}

// refusal is the error of a verdict. What another topic may still tell is
// premature until that topic has been folded as far.
func refusal(v *recommend.Verdict) error {
	err := v.Refusal()
	if err == nil {
		return nil
	}
	if slices.ContainsFunc([]string{"expert-not-verified", "topic-not-approved", "unsupported-channel", "publishing-frozen"}, v.Has) {
		return &Premature{Topic: recommend.TopicRulings, Err: err}
	}
	return err
}

func (d *pickDecision) edit(p *recommend.EditedPick) (Outcome, error) {
	entry, err := d.entry(p.ID)
	if err != nil {
		return Outcome{}, err
	}
	if conflict := d.conflict(entry, p.Base); conflict != nil {
		return *conflict, nil
	}
	if entry.State == recommend.PickWithdrawn {
		return Outcome{}, recommend.Refuse(recommend.Problem{Code: "pick-withdrawn", Pointer: "/id", Message: "the pick is withdrawn", Fix: "restore it first"})
	}
	c := d.judge(p.Content(), p.At)
	c.Edit, c.PickID = entry, p.ID
	v := recommend.Judge(c)
	if err := refusal(&v); err != nil {
		return Outcome{}, err
	}
	revision := entry.RecordEdit(c, &v)
	event, edit := d.event.ID, *p
	edit.At = c.At
	return d.changed(func(pick *recommend.Pick) { pick.Edit(&edit, &v, revision, event) }), nil
}

func (d *pickDecision) mark(p *recommend.PickMark) (Outcome, error) {
	entry, err := d.entry(p.ID)
	if err != nil {
		return Outcome{}, err
	}
	if conflict := d.conflict(entry, p.Base); conflict != nil {
		return *conflict, nil
	}
	withdrawn := entry.State == recommend.PickWithdrawn
	if (d.event.Type == recommend.TypePickWithdrawn) == withdrawn {
		// Nothing to do now; it is remembered all the same, for coming again
		// after a later event it must still do nothing.
		return d.changed(func(pick *recommend.Pick) { pick.Event = d.event.ID }), nil
	}
	at := d.when(p.At)
	if ahead := at.Sub(d.event.Appended); ahead > d.scene.Policy.Publish.ClockSkew.D() && !d.event.Trusted {
		return Outcome{}, recommend.Refuse(recommend.Problem{Code: "clock-skew", Pointer: "/at", Message: fmt.Sprintf("%s in the future", ahead.Round(time.Second)), Fix: "set the publisher's clock"})
	}
	if d.event.Type == recommend.TypePickWithdrawn {
		entry.Was, entry.State, entry.WithdrawnAt = entry.State, recommend.PickWithdrawn, at
	} else {
		if at.Sub(entry.WithdrawnAt) > d.scene.Policy.Publish.Undo.D() {
			return Outcome{}, recommend.Refuse(recommend.Problem{Code: "undo-expired", Pointer: "/id", Message: "withdrawn too long ago to be restored", Fix: "publish it anew"})
		}
		if live := d.pub.LivePickOf(entry.Product); live != nil && !entry.Trusted {
			return Outcome{}, recommend.Refuse(recommend.Problem{
				Code: "duplicate-pick", Pointer: "/id", Message: "you recommend this product in another pick", Fix: "withdraw that one first", Details: map[string]any{"existing_id": live.Pick},
			})
		}
		entry.State, entry.Was, entry.WithdrawnAt = entry.Was, "", time.Time{}
	}
	entry.Revision++
	now, event := *entry, d.event.ID
	return d.changed(func(pick *recommend.Pick) { pick.Mark(p, now, event) }), nil
}

func (d *pickDecision) entry(id string) (*recommend.PublishedEntry, error) {
	if e := d.pub.Entry(id); e != nil {
		return e, nil
	}
	return nil, recommend.Refuse(recommend.Problem{Code: "pick-unknown", Pointer: "/id", Message: "this expert has no such pick", Fix: "publish it first, with the same record key"})
}

// conflict is the outcome of a change based on another revision than the
// current one: nothing changes, and the pick tells whoever waits for it.
func (d *pickDecision) conflict(entry *recommend.PublishedEntry, base int64) *Outcome {
	if base == 0 || base == entry.Revision {
		return nil
	}
	refused := &recommend.RefusedChange{Event: d.event.ID, Problems: []recommend.Problem{{
		Code: "precondition-failed", Message: fmt.Sprintf("based on revision %d, the pick is at %d", base, entry.Revision), Fix: "read it again and repeat the change",
	}}}
	out := d.changed(func(pick *recommend.Pick) { pick.Refused = refused })
	return &out
}

func (d *pickDecision) changed(change func(*recommend.Pick)) Outcome {
	expert := d.event.Key
	return Outcome{Changed: true, Leaves: []Leaf{{Ref: d.ref, Apply: func(old json.RawMessage) (json.RawMessage, error) {
		if old == nil {
			return nil, errors.New("publisher lists a pick that has no document")
		}
		var pick recommend.Pick
		if err := pick.UnmarshalJSON(old); err != nil {
			return nil, fmt.Errorf("pick: %w", err)
		}
		if pick.Expert != expert { // see publish: his publisher lists an id that another got
			return nil, nil
		}
		change(&pick)
		return marshal(pick)
	}}}}
}
