package api

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"vitrine.dev/recommend"
)

// revisionTag is the entity tag of a pick's revision. Reads append a digest,
// for they show more than the pick itself; both forms do for If-Match.
func revisionTag(revision int64) string { return `"r` + strconv.FormatInt(revision, 10) + `"` }

// taggedRevision is the revision that an entity tag names.
func taggedRevision(tag string) (int64, bool) {
	tag = strings.TrimSuffix(strings.TrimPrefix(tag, `"r`), `"`)
	tag, _, _ = strings.Cut(tag, "-")
	n, err := strconv.ParseInt(tag, 10, 64)
	return n, err == nil
}

// A change is a request to alter a pick that exists.
type change struct {
	s      *Server
	c      *call
	id     string
	event  string
	pick   *recommend.Pick
	desk   *desk
	done   bool // nothing is left to do
	checks []recommend.Check
}

// editRequest is what PATCH takes; what is left out stays.
type editRequest struct {
	Link         *string                 `json:"link"`
	Reason       *string                 `json:"reason"`
	Topics       []string                `json:"topics"`
	Inventory    *int64                  `json:"inventory"`
	Relationship *recommend.Relationship `json:"relationship"`
	Images       []string                `json:"images"`
}

// edit changes what a pick says. Held by the rules, the old content stays live.
func (s *Server) edit(c *call) error {
	var in editRequest
	if err := c.decode(&in); err != nil {
		return err
	}
	e := recommend.EditedPick{Link: in.Link, Reason: in.Reason, Topics: in.Topics, Inventory: in.Inventory, Relationship: in.Relationship, Images: in.Images}
	if e.Link == nil && e.Reason == nil && e.Topics == nil && e.Inventory == nil && e.Relationship == nil && e.Images == nil {
		return recommend.Refuse(recommend.Problem{Code: codeValidation, Message: "nothing to change", Fix: "name a field to change"})
	}
	defer s.experts.take(c.ctx(), c.who.Subject, s.Wait)()
	ch, err := s.change(c, true, e.Content())
	if err != nil {
		return err
	}
	e.ID, e.Expert, e.At, e.Base = ch.id, c.who.Subject, c.now(), ch.pick.Revision
	if !ch.done {
		if err := ch.judge(&e); err != nil {
			return err
		}
	}
	return ch.apply(recommend.TypePickEdited, e)
}

// withdraw takes a pick back; for 30 days it can be restored.
func (s *Server) withdraw(c *call) error {
	defer s.experts.take(c.ctx(), c.who.Subject, s.Wait)()
	ch, err := s.change(c, true)
	if err != nil {
		return err
	}
	ch.done = ch.done || ch.pick.State == recommend.PickWithdrawn
	return ch.apply(recommend.TypePickWithdrawn, ch.mark())
}

// restore brings a withdrawn pick back.
func (s *Server) restore(c *call) error {
	defer s.experts.take(c.ctx(), c.who.Subject, s.Wait)()
	ch, err := s.change(c, false)
	if err != nil {
		return err
	}
	ch.done = ch.done || ch.pick.State != recommend.PickWithdrawn
	if !ch.done {
		if err := ch.restorable(); err != nil {
			return err
		}
	}
	return ch.apply(recommend.TypePickRestored, ch.mark())
}

// change reads the caller's pick and checks that he saw its latest revision.
func (s *Server) change(c *call, mustMatch bool, content ...recommend.PickContent) (*change, error) {
	id, err := c.id("id", "pick")
	if err != nil {
		return nil, err
	}
	header := c.Request.Header.Get("If-Match")
	if header == "" && mustMatch {
		return nil, refuse(codeNoMatch, "")
	}
	ref := recommend.Ref{Kind: recommend.KindPick, ID: id}
	ch := &change{s: s, c: c, id: id}
	if ch.desk, err = s.desk(c.ctx(), s.World.Scene(), c.who.Subject, []recommend.Ref{ref}, content...); err != nil {
		return nil, err
	}
	pick := new(recommend.Pick)
	found, err := body(ch.desk.docs, ref, pick)
	switch {
	case err != nil:
		return nil, err
	case !found:
		return nil, notFound("pick", id)
	case pick.Expert != c.who.Subject:
		return nil, refuse(codeNotYours, "this pick belongs to another expert")
	}
	ch.pick = pick
	ch.event = c.eventID()
	if c.key == "" { // the same change of the same revision is one, also without a key
		ch.event = derive("e", c.who.Subject, c.Request.Method, id, header, string(c.body))
	}
	if pick.Event == ch.event { // a repeat: the pick carries this very change
		ch.done = true
		c.replayed()
	}
	current := func(tag string) bool {
		n, ok := taggedRevision(tag)
		return ok && n == pick.Revision
	}
	if header != "" && !ch.done && !matchesAny(header, current) {
		return nil, refuse(codeStale, fmt.Sprintf("the pick is at revision %d", pick.Revision)).
			head("ETag", revisionTag(pick.Revision))
	}
	return ch, nil
}

func (ch *change) mark() recommend.PickMark {
	return recommend.PickMark{ID: ch.id, Expert: ch.c.who.Subject, At: ch.c.now(), Base: ch.pick.Revision}
}

// judge applies the rules to an edit.
func (ch *change) judge(e *recommend.EditedPick) error {
	if err := e.Validate(); err != nil {
		return err
	}
	if ch.pick.State == recommend.PickWithdrawn {
		return refuse("pick-withdrawn", "restore the pick before editing it")
	}
	cs := ch.desk.open(e.Content(), e.At)
	cs.PickID, cs.Edit = ch.id, ch.desk.publisher.Entry(ch.id)
	if cs.Edit == nil {
		return fmt.Errorf("edit %s: %w: its publisher does not list it yet", ch.id, recommend.ErrUnavailable)
	}
	v := recommend.Judge(cs)
	if v.Refusal() != nil {
		return ch.s.types.refuseVerdict(&v)
	}
	ch.checks = v.Checks
	return nil
}

// restorable applies the rules of the fold to a restoration.
func (ch *change) restorable() error {
	undo := ch.desk.scene.Policy.Publish.Undo.D()
	if ch.c.now().Sub(ch.pick.WithdrawnAt) > undo {
		return refuse("undo-expired", "the pick was withdrawn at "+ch.pick.WithdrawnAt.Format(time.RFC3339))
	}
	entry := ch.desk.publisher.Entry(ch.id)
	if live := ch.desk.publisher.LivePickOf(ch.pick.Product); live != nil && entry != nil && !entry.Trusted {
		return refuse("duplicate-pick", "you recommend this product in another pick").with("existing_id", live.Pick)
	}
	return nil
}

// apply appends the change and waits for it.
func (ch *change) apply(kind string, data any) error {
	c, ctx := ch.c, ch.c.ctx()
	pending := false
	if !ch.done {
		e, err := c.event(ch.event, kind, c.who.Subject, data)
		if err != nil {
			return err
		}
		at, err := ch.s.Log.Append(ctx, recommend.TopicPicks, e)
		if err != nil {
			return fmt.Errorf("%s: %w", kind, err)
		}
		if pending, err = ch.settle(ctx, at[0]); err != nil {
			return err
		}
	}
	out := placed{ID: ch.id, State: statePending, Pending: pending, Checks: ch.checks, PolicyVersion: ch.desk.scene.Policy.Version}
	if out.Checks == nil {
		out.Checks = []recommend.Check{}
	}
	c.private()
	if pending {
		return c.json(http.StatusAccepted, out)
	}
	out.State, out.DeferredUntil = string(ch.pick.State), ch.pick.DeferredUntil
	var err error
	if out.Pick, err = ch.s.ownView(c, ch.id); err != nil {
		return err
	}
	c.Header("ETag", revisionTag(ch.pick.Revision))
	return c.json(http.StatusOK, out)
}

// settle waits until the pick carries the change, or the fold's reason why not.
func (ch *change) settle(ctx context.Context, at recommend.Position) (pending bool, err error) {
	ref := recommend.Ref{Kind: recommend.KindPick, ID: ch.id}
	state := recommend.Ref{Kind: recommend.KindPublisher, ID: ch.c.who.Subject}
	return ch.s.settle(ctx, wait{
		topic: recommend.TopicPicks, refs: []recommend.Ref{ref, state},
		done: func(docs map[recommend.Ref]recommend.Document) (bool, error) {
			pick := new(recommend.Pick)
			if _, err := body(docs, ref, pick); err != nil {
				return false, err
			}
			if r := pick.Refused; r != nil && r.Event == ch.event {
				return false, recommend.Refuse(r.Problems...)
			}
			if docs[state].Version < at.Offset || docs[ref].Version < at.Offset && pick.Event != ch.event {
				return false, nil
			}
			ch.pick = pick
			return true, nil
		},
	})
}
