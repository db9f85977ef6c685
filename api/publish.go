package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"vitrine.dev/recommend"
	"vitrine.dev/recommend/link"
)

// A placed pick is what publishing answers.
type placed struct {
	ID string `json:"id"`
	// State is "pending" until the pick can be read, then that of the pick.
	State         string              `json:"state"`
	Pending       bool                `json:"pending"`
	Checks        []recommend.Check   `json:"checks"`
	DeferredUntil time.Time           `json:"deferred_until,omitzero"`
	Pick          *recommend.PickView `json:"pick,omitempty"`
	PolicyVersion string              `json:"policy_version"`
}

const statePending = "pending"

// publish takes one pick.
func (s *Server) publish(c *call) error {
	var content recommend.PickContent
	if err := c.decode(&content); err != nil {
		return err
	}
	b := s.bundle(c, []recommend.PickContent{content})
	if err := b.place(); err != nil {
		return err
	}
	p, err := b.answer(0)
	if err != nil {
		return err
	}
	c.Header("Location", "/v1/picks/"+p.ID)
	if p.Pick != nil {
		c.Header("ETag", revisionTag(p.Pick.Revision))
	}
	return c.json(http.StatusAccepted, p)
}

// A bundle is the picks of one request on their way into the log. Their ids
// derive from caller, route and key, so that a repeat on any process is the
// same bundle.
type bundle struct {
	s        *Server
	c        *call
	expert   string
	contents []recommend.PickContent
	ids      []string
	events   []string
	scene    *recommend.Scene

	verdicts []recommend.Verdict // none when the bundle was known before
	picks    []*recommend.Pick   // those that can be read
}

func (s *Server) bundle(c *call, contents []recommend.PickContent) *bundle {
	b := &bundle{s: s, c: c, expert: c.who.Subject, contents: contents, scene: s.World.Scene()}
	for i := range contents {
		b.ids = append(b.ids, derive("p", c.scopedKey(), strconv.Itoa(i)))
		b.events = append(b.events, c.eventID(strconv.Itoa(i)))
	}
	b.picks = make([]*recommend.Pick, len(contents))
	return b
}

// place judges the bundle, appends it, and waits until it can be read.
func (b *bundle) place() error {
	ctx := b.c.ctx()
	defer b.s.experts.take(ctx, b.expert, b.s.Wait)()
	desk, err := b.s.desk(ctx, b.scene, b.expert, b.refs(), b.contents...)
	if err != nil {
		return err
	}
	known, err := b.recognise(desk.docs)
	if err != nil {
		return err
	}
	if known == len(b.ids) {
		b.c.replayed()
		return nil
	}
	now := b.c.now()
	if known == 0 { // else it was accepted, and a crash cut the append short
		if err := b.judge(desk, now); err != nil {
			return err
		}
	}
	events := make([]recommend.Event, 0, len(b.ids))
	for i, content := range b.contents {
		e, err := b.c.event(b.events[i], recommend.TypePickPublished, b.expert, recommend.PublishedPick{
			ID: b.ids[i], Expert: b.expert, PickContent: content, PublishedAt: now, Request: b.c.digest,
		})
		if err != nil {
			return err
		}
		events = append(events, e)
	}
	positions, err := b.s.Log.Append(ctx, recommend.TopicPicks, events...)
	if err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	return b.settle(ctx, positions)
}

func (b *bundle) refs() []recommend.Ref {
	refs := make([]recommend.Ref, len(b.ids))
	for i, id := range b.ids {
		refs[i] = recommend.Ref{Kind: recommend.KindPick, ID: id}
	}
	return refs
}

// recognise counts the picks that exist already, made by this very request.
func (b *bundle) recognise(docs map[recommend.Ref]recommend.Document) (known int, err error) {
	for i, ref := range b.refs() {
		var p recommend.Pick
		ok, err := body(docs, ref, &p)
		if err != nil {
			return 0, err
		}
		if !ok {
			continue
		}
		if p.Request != b.c.digest || p.Expert != b.expert {
			return 0, keyReused()
		}
		b.picks[i] = &p
		known++
	}
	return known, nil
}

// judge applies the rules to each pick, counting those before it. Over a
// limit, the first pick is refused; those bundled with it queue behind it as
// the limits allow, like picks of producers that write to the log directly.
func (b *bundle) judge(d *desk, now time.Time) error {
	var refused []recommend.Problem
	var over *refusal
	for i, content := range b.contents {
		cs := d.open(content, now)
		cs.PickID = b.ids[i]
		v := recommend.Judge(cs)
		if p := quota(&v); p != nil && i == 0 {
			over = b.s.overQuota(b.c, d, p)
		}
		at := ""
		if len(b.contents) > 1 {
			at = "/picks/" + strconv.Itoa(i)
		}
		for _, p := range failures(&v) {
			p.Pointer = at + p.Pointer
			refused = append(refused, p)
		}
		d.publisher.Record(cs, &v)
		b.verdicts = append(b.verdicts, v)
	}
	switch {
	case len(refused) > 0:
		return b.s.types.refuseAll(refused).with("policy_version", b.scene.Policy.Version)
	case over != nil:
		return over
	}
	return nil
}

var errNotTaken = errors.New("the fold took another event first")

// settle waits until every pick can be read and counts for the next one.
func (b *bundle) settle(ctx context.Context, at []recommend.Position) error {
	publisher := recommend.Ref{Kind: recommend.KindPublisher, ID: b.expert}
	w := wait{topic: recommend.TopicPicks, refs: append(b.refs(), publisher)}
	w.done = func(docs map[recommend.Ref]recommend.Document) (bool, error) {
		if _, err := b.recognise(docs); err != nil {
			return false, err
		}
		state, folded := docs[publisher]
		folded = folded && state.Version >= at[len(at)-1].Offset
		for i := range b.ids {
			if b.picks[i] == nil {
				if folded {
					return false, errNotTaken
				}
				return false, nil
			}
		}
		if folded {
			return true, nil
		}
		var p recommend.Publisher // a repeat of an event changes nothing, so no version tells
		if _, err := body(docs, publisher, &p); err != nil {
			return false, err
		}
		for _, id := range b.ids {
			if p.Entry(id) == nil {
				return false, nil
			}
		}
		return true, nil
	}
	pending, err := b.s.settle(ctx, w)
	if pending || errors.Is(err, errNotTaken) {
		return b.lost(ctx, !pending)
	}
	return err
}

// lost finds out why picks cannot be read: another process may have appended
// for the same expert at the same time, so that the fold refused ours.
func (b *bundle) lost(ctx context.Context, folded bool) error {
	d, err := b.s.desk(ctx, b.scene, b.expert, nil, b.contents...)
	if err != nil {
		return nil //nolint:nilerr // the append is durable: pending is the truth
	}
	for i, content := range b.contents {
		if b.picks[i] != nil || d.publisher.Entry(b.ids[i]) != nil {
			continue
		}
		cs := d.open(content, b.c.now())
		cs.PickID = b.ids[i]
		if v := recommend.Judge(cs); v.Has("duplicate-pick") || folded && v.Refusal() != nil {
			return b.s.types.refuseVerdict(&v)
		}
	}
	return nil
}

// answer is what the client is told of pick i.
func (b *bundle) answer(i int) (*placed, error) {
	p := &placed{ID: b.ids[i], State: statePending, Pending: true, Checks: []recommend.Check{}, PolicyVersion: b.scene.Policy.Version}
	if i < len(b.verdicts) {
		p.Checks = b.verdicts[i].Checks
	}
	pick := b.picks[i]
	if pick == nil {
		return p, nil
	}
	p.State, p.Pending, p.DeferredUntil, p.PolicyVersion = string(pick.State), false, pick.DeferredUntil, pick.Policy
	if i >= len(b.verdicts) || b.verdicts[i].State != pick.State { // the fold's word is the last
		p.Checks = checksOf(pick)
	}
	var err error
	p.Pick, err = b.s.ownView(b.c, pick.ID)
	return p, err
}

// ownView is a pick as its expert sees it; nil when it cannot be shown yet.
func (s *Server) ownView(c *call, id string) (*recommend.PickView, error) {
	v, err := s.Windows.Pick(c.ctx(), id, recommend.Viewer{Reader: c.who.Subject, Lang: c.lang})
	if errors.Is(err, recommend.ErrNotFound) || errors.Is(err, recommend.ErrUnavailable) {
		return nil, nil
	}
	return v, err
}

// checksOf are the checks that a pick's document still tells of.
func checksOf(p *recommend.Pick) []recommend.Check {
	checks := make([]recommend.Check, 0, len(p.Problems))
	for i := range p.Problems {
		result := recommend.Held
		if p.State == recommend.PickDeferred {
			result = recommend.Delayed
		}
		checks = append(checks, recommend.Check{Rule: p.Problems[i].Code, Result: result, Problem: &p.Problems[i]})
	}
	return checks
}

// A desk holds what a verdict depends on, as last folded.
type desk struct {
	scene     *recommend.Scene
	docs      map[recommend.Ref]recommend.Document
	expert    *recommend.Expert // nil: never verified
	publisher *recommend.Publisher
}

// desk reads, with one call of the store, what is needed to judge contents,
// and the documents of also.
func (s *Server) desk(ctx context.Context, scene *recommend.Scene, expert string, also []recommend.Ref, contents ...recommend.PickContent) (*desk, error) {
	expertRef := recommend.Ref{Kind: recommend.KindExpert, ID: expert}
	publisherRef := recommend.Ref{Kind: recommend.KindPublisher, ID: expert}
	refs := append([]recommend.Ref{expertRef, publisherRef}, also...)
	d := &desk{scene: scene, publisher: &recommend.Publisher{}}
	for _, content := range contents {
		if l, ok := d.link(content); ok {
			refs = append(refs, recommend.Ref{Kind: recommend.KindProduct, ID: l.Key()})
		}
	}
	var err error
	if d.docs, err = s.documents(ctx, refs...); err != nil {
		return nil, err
	}
	var x recommend.Expert
	known, err := body(d.docs, expertRef, &x)
	if err != nil {
		return nil, err
	}
	if known {
		d.expert = &x
	}
	_, err = body(d.docs, publisherRef, d.publisher)
	return d, err
}

func (d *desk) link(content recommend.PickContent) (link.Link, bool) {
	if content.Link == "" {
		return link.Link{}, false
	}
	l, err := d.scene.Partners.Links().Parse(content.Link)
	return l, err == nil
}

// open puts content before the judge.
func (d *desk) open(content recommend.PickContent, now time.Time) recommend.Case {
	cs := recommend.Case{
		Policy: d.scene.Policy, Links: d.scene.Partners.Links(), Expert: d.expert, Publisher: d.publisher,
		Content: content, At: now, Appended: now,
	}
	if l, ok := d.link(content); ok {
		cs.Partner = d.scene.Partners.State(l.Partner)
		cs.Product = d.product(l.Key())
	}
	return cs
}

// product is what the partner says of key; nil when nothing.
func (d *desk) product(key string) *recommend.Product {
	var p recommend.Product
	if ok, err := body(d.docs, recommend.Ref{Kind: recommend.KindProduct, ID: key}, &p); !ok || err != nil {
		return nil
	}
	return &p
}
