package api_test

import (
	"encoding/json"
	"errors"

	"vitrine.dev/recommend"
)

// decidePick folds one event of an expert.
func (e *engine) decidePick(ev recommend.Event, changed map[recommend.Ref]any) error {
	state := recommend.Ref{Kind: recommend.KindPublisher, ID: ev.Key}
	pub := &recommend.Publisher{Expert: ev.Key}
	e.load(state, pub)
	if pub.Seen.Has(ev) {
		return nil
	}
	var of struct {
		ID   string
		Base int64
	}
	if err := json.Unmarshal(ev.Data, &of); err != nil {
		return err
	}
	ref := recommend.Ref{Kind: recommend.KindPick, ID: of.ID}
	pick := new(recommend.Pick)
	e.load(ref, pick)
	if ev.Type != recommend.TypePickPublished {
		entry := pub.Entry(of.ID)
		if entry == nil {
			return errors.New("no such pick")
		}
		if of.Base != 0 && of.Base != entry.Revision {
			pick.Refused = &recommend.RefusedChange{Event: ev.ID, Problems: []recommend.Problem{{Code: "precondition-failed", Message: "it moved on"}}}
			pub.Seen.Add(ev)
			changed[ref], changed[state] = pick, pub
			return nil
		}
	}
	var err error
	switch ev.Type {
	case recommend.TypePickPublished:
		pick, err = e.foldPublish(ev, pub)
	case recommend.TypePickEdited:
		err = e.foldEdit(ev, pub, pick)
	case recommend.TypePickWithdrawn:
		entry := pub.Entry(of.ID)
		entry.Was, entry.State, entry.WithdrawnAt = entry.State, recommend.PickWithdrawn, ev.Time
		entry.Revision++
		pick.State, pick.WithdrawnAt, pick.Revision, pick.Event, pick.Refused = entry.State, ev.Time, entry.Revision, ev.ID, nil
	case recommend.TypePickRestored:
		entry := pub.Entry(of.ID)
		entry.State, entry.Was = entry.Was, ""
		entry.Revision++
		pick.State, pick.Revision, pick.Event, pick.Refused = entry.State, entry.Revision, ev.ID, nil
	}
	if err != nil {
		return err
	}
	pub.Seen.Add(ev)
	changed[ref], changed[state] = pick, pub
	return nil
}

func (e *engine) caseOf(ev recommend.Event, pub *recommend.Publisher, content recommend.PickContent) recommend.Case {
	scene := e.world.Scene()
	c := recommend.Case{
		Policy: scene.Policy, Links: scene.Partners.Links(), Publisher: pub, Content: content, At: ev.Time, Appended: ev.Appended,
	}
	var x recommend.Expert
	if e.load(recommend.Ref{Kind: recommend.KindExpert, ID: ev.Key}, &x) {
		c.Expert = &x
	}
	return c
}

func (e *engine) foldPublish(ev recommend.Event, pub *recommend.Publisher) (*recommend.Pick, error) {
	p := decodeEvent[recommend.PublishedPick](ev)
	c := e.caseOf(ev, pub, p.PickContent)
	c.PickID = p.ID
	v := recommend.Judge(c)
	if err := v.Refusal(); err != nil {
		return nil, err
	}
	pub.Record(c, &v)
	pick := recommend.NewPick(&p, &v, ev.ID)
	return &pick, nil
}

func (e *engine) foldEdit(ev recommend.Event, pub *recommend.Publisher, pick *recommend.Pick) error {
	p := decodeEvent[recommend.EditedPick](ev)
	c := e.caseOf(ev, pub, p.Content())
	c.Edit = pub.Entry(p.ID)
	v := recommend.Judge(c)
	if err := v.Refusal(); err != nil {
		return err
	}
	pick.Edit(&p, &v, c.Edit.RecordEdit(c, &v), ev.ID)
	return nil
}
