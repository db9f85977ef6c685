package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"vitrine.dev/recommend"
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
	state := recommend.Ref{Kind: recommend.KindPublisher, ID: b.expert}
	publisher, version := recommend.Publisher{}, int64(-1)
	w := wait{topic: recommend.TopicPicks, refs: append(b.refs(), state)}
	w.done = func(docs map[recommend.Ref]recommend.Document) (bool, error) {
		if _, err := b.recognise(docs); err != nil {
			return false, err
		}
		if d, ok := docs[state]; ok && d.Version != version { // it lists many picks: read it when it changed
			publisher, version = recommend.Publisher{}, d.Version
			if _, err := body(docs, state, &publisher); err != nil {
				return false, err
			}
		}
		if b.outrun(&publisher) || !b.readable() && version >= at[len(at)-1].Offset {
			return false, errNotTaken
		}
		return b.readable() && !slices.ContainsFunc(b.ids, func(id string) bool { return publisher.Entry(id) == nil }), nil
	}
	pending, err := b.s.settle(ctx, w)
	if pending || errors.Is(err, errNotTaken) {
		return b.lost(ctx, !pending)
	}
	return err
}

// readable reports whether every pick has been read.
func (b *bundle) readable() bool { return !slices.Contains(b.picks, nil) }

// outrun reports whether another pick of one of the products got in first.
func (b *bundle) outrun(p *recommend.Publisher) bool {
	for i := range b.verdicts {
		if b.picks[i] != nil {
			continue
		}
		if rival := p.LivePickOf(b.verdicts[i].Link.Key()); rival != nil && rival.Pick != b.ids[i] {
			return true
		}
	}
	return false
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
