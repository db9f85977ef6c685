package web

import (
	"encoding/json"
	"fmt"
	"net/http"

	"vitrine.dev/recommend"
)

// A desk is a page for experts: either who sits at it, or the gate to it.
type desk struct {
	Expert  *recommend.Expert // nil unless the visitor is a verified expert
	Persons []person          // whom one can act as, in a demo
}

// publishBody is what the publisher shows.
type publishBody struct {
	desk
	Topics   []chip // the topics the expert may publish on
	Policy   *recommend.Policy
	Partners string // names by id, as JSON, for the preview
}

// A person is somebody a demo offers to act as.
type person struct {
	ID, Name, Bio string
	Topics        []string // labels
}

// desk finds out who sits at it.
func (q *request) desk() (d desk, err error) {
	if q.who.Expert {
		if d.Expert, err = q.expert(q.who.ID); err != nil {
			return d, err
		}
	}
	if d.Expert != nil && d.Expert.Verified {
		return d, nil
	}
	d.Expert = nil
	if q.site.Demo != nil {
		d.Persons, err = q.persons(q.site.Demo.Experts)
	}
	return d, err
}

func (s *site) publish(q *request) error {
	b := publishBody{Policy: s.World.Scene().Policy}
	var err error
	if b.desk, err = q.desk(); err != nil {
		return err
	}
	if b.Expert != nil {
		if b.Partners, err = s.partnerNames(); err != nil {
			return err
		}
		for _, t := range s.Windows.TopicTree(q.lang) {
			if b.Expert.Approved(t.ID) {
				b.Topics = append(b.Topics, chip{ID: t.ID, Label: t.Label})
			}
		}
	}
	title, err := q.words.text("publish.title")
	if err != nil {
		return err
	}
	return q.show(http.StatusOK, "publish", view{
		Title: title, Nav: "publish", Script: "publish.js", Body: b,
		Say: []string{"check.", "hidden.", "limits.name.", "relation.", "state.", "stock."},
	})
}

func (q *request) expert(id string) (*recommend.Expert, error) {
	docs, err := q.site.Store.Get(q.ctx(), recommend.Ref{Kind: recommend.KindExpert, ID: id})
	if err != nil || len(docs) == 0 {
		return nil, err
	}
	e := new(recommend.Expert)
	if err := json.Unmarshal(docs[0].Body, e); err != nil {
		return nil, fmt.Errorf("expert %s: %w", id, err)
	}
	return e, nil
}

func (q *request) persons(ids []string) ([]person, error) {
	refs := make([]recommend.Ref, 0, len(ids))
	for _, id := range ids {
		refs = append(refs, recommend.Ref{Kind: recommend.KindExpert, ID: id})
	}
	docs, err := q.site.Store.Get(q.ctx(), refs...)
	if err != nil {
		return nil, err
	}
	out := make([]person, 0, len(docs))
	for _, d := range docs {
		var e recommend.Expert
		if err := json.Unmarshal(d.Body, &e); err != nil {
			return nil, fmt.Errorf("expert %s: %w", d.ID, err)
		}
		p := person{ID: e.ID, Name: e.Name, Bio: e.Bio}
		for _, t := range e.Topics {
			p.Topics = append(p.Topics, q.topicLabel(t.Topic))
		}
		out = append(out, p)
	}
	return out, nil
}

func (s *site) partnerNames() (string, error) {
	names := make(map[string]string)
	for _, p := range s.World.Scene().Partners.All() {
		names[p.ID] = p.Name
	}
	b, err := json.Marshal(names)
	return string(b), err
}
