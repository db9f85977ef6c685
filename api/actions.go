package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"vitrine.dev/recommend"
)

// How many actions are taken at once, and how long ago they may have been.
const (
	mostActions = 500
	actionSkew  = 24 * time.Hour
	batchLimit  = 1 << 20
)

// An actionLine is one action of a batch, as it came.
type actionLine struct {
	ID       string  `json:"id"`
	Reader   string  `json:"reader"` // with window:any
	Kind     string  `json:"kind"`
	Pick     string  `json:"pick"`
	Expert   string  `json:"expert"`
	Topic    string  `json:"topic"`
	Partner  string  `json:"partner"`
	At       *string `json:"at"`
	Window   string  `json:"window"`
	Position *int    `json:"position"`
	Source   string  `json:"source"`
	Arm      string  `json:"arm"`
	// Propensity is that of the card.
	Propensity *float64 `json:"propensity"`
	// Bot says, with window:any, that a robot did it.
	Bot *bool `json:"bot"`
}

// A rejectedAction is one that was not taken.
type rejectedAction struct {
	Index   int    `json:"index"` // from 0
	Code    string `json:"code"`
	Pointer string `json:"pointer,omitempty"`
	Message string `json:"message"`
	Fix     string `json:"fix,omitempty"`
}

type actionsAnswer struct {
	Accepted  int              `json:"accepted"`
	Duplicate int              `json:"duplicate"` // known by their ids
	Rejected  []rejectedAction `json:"rejected"`
	// Flagged are accepted, and name a window that was not made for the reader.
	Flagged int  `json:"flagged"`
	Pending bool `json:"pending"`
}

// An actionBatch is a request with many actions.
type actionBatch struct {
	s     *Server
	c     *call
	wait  bool
	robot bool // who asks is one
	lines []batchLine
	names map[string]*batchReader // by subject
	out   actionsAnswer
}

type batchLine struct {
	index   int
	subject string
	action  recommend.Action
}

// A batchReader is one of the readers of a batch.
type batchReader struct {
	name string
	seen recommend.Seen
	last recommend.Event
	at   recommend.Position
}

// actions takes what readers did, up to 500 at once, with a verdict for each.
func (s *Server) actions(c *call) error {
	b := &actionBatch{s: s, c: c, wait: true, robot: c.robot(), names: make(map[string]*batchReader), out: actionsAnswer{Rejected: []rejectedAction{}}}
	switch v, given := c.GetQuery("wait"); {
	case !given, v == "true":
	case v == "false":
		b.wait = false
	default:
		return invalidQuery("wait", "neither true nor false", "give true or false")
	}
	if err := b.read(); err != nil {
		return err
	}
	if err := b.meet(); err != nil {
		return err
	}
	if err := b.look(); err != nil {
		return err
	}
	if err := b.append(); err != nil {
		return err
	}
	slices.SortStableFunc(b.out.Rejected, func(x, y rejectedAction) int { return x.Index - y.Index })
	c.private()
	return c.json(http.StatusAccepted, b.out)
}

// read sorts the lines into those of the right form and the others.
func (b *actionBatch) read() error {
	var shape struct {
		Actions *[]any `json:"actions"`
	}
	if err := b.c.decode(&shape); err != nil {
		return err
	}
	var raw struct {
		Actions []json.RawMessage `json:"actions"`
	}
	if err := json.Unmarshal(b.c.body, &raw); err != nil {
		return refuse(codeBadBody, "not a list of actions")
	}
	switch n := len(raw.Actions); {
	case n == 0:
		return recommend.Refuse(recommend.Problem{Code: codeValidation, Pointer: "/actions", Message: "no action", Fix: "send 1 to " + strconv.Itoa(mostActions)})
	case n > mostActions:
		return refuse(codeTooLarge, fmt.Sprintf("%d actions, %d are taken at once", n, mostActions))
	}
	for i, text := range raw.Actions {
		l, err := b.line(i, text)
		if err != nil {
			b.reject(i, err)
			continue
		}
		b.lines = append(b.lines, l)
	}
	return nil
}

// reject notes why the line at index is not taken.
func (b *actionBatch) reject(index int, err error) {
	r := b.s.refusalOf(err)
	out := rejectedAction{Index: index, Code: b.s.types.of(r.code).slug, Message: r.detail}
	if len(r.errors) > 0 {
		p := r.errors[0]
		out.Code, out.Message, out.Fix = p.Code, p.Message, p.Fix
		if p.Pointer != "" {
			out.Pointer = fmt.Sprintf("/actions/%d%s", index, p.Pointer)
		}
	}
	b.out.Rejected = append(b.out.Rejected, out)
}

// line reads one action and judges its form.
func (b *actionBatch) line(index int, text []byte) (batchLine, error) {
	var in actionLine
	if err := decodeStrict(text, &in); err != nil {
		return batchLine{}, err
	}
	l := batchLine{index: index, subject: b.c.who.Subject}
	if in.Reader != "" && in.Reader != l.subject {
		if !b.c.who.Has(ScopeWindowAny) {
			return l, recommend.Refuse(recommend.Problem{Code: codeScope, Pointer: "/reader", Message: "the token is of another reader", Fix: "use a token with window:any"})
		}
		if !recommend.ValidID(in.Reader) {
			return l, recommend.Refuse(recommend.Problem{Code: codeValidation, Pointer: "/reader", Message: "not an id", Fix: "give the reader's id"})
		}
		l.subject = in.Reader
	}
	now := b.c.now()
	at := now
	if in.At != nil {
		t, err := time.Parse(time.RFC3339, *in.At)
		if err != nil {
			return l, recommend.Refuse(recommend.Problem{Code: codeValidation, Pointer: "/at", Message: "not a time", Fix: "give RFC 3339, such as 2026-11-23T08:00:00Z"})
		}
		at = t.UTC()
	}
	if in.ID != "" && !recommend.ValidID(in.ID) {
		return l, recommend.Refuse(recommend.Problem{Code: codeValidation, Pointer: "/id", Message: "not an id", Fix: "give 1 to 64 of letters, digits, '.', '_', '~' and '-', or leave it out"})
	}
	l.action = recommend.Action{
		ID: in.ID, Kind: in.Kind, Pick: in.Pick, Expert: in.Expert, Topic: in.Topic, Partner: in.Partner, At: at,
		Window: in.Window, Position: in.Position, Source: in.Source, Arm: in.Arm,
	}
	if p := in.Propensity; p != nil {
		if !(*p > 0 && *p <= 1) {
			return l, recommend.Refuse(recommend.Problem{Code: codeValidation, Pointer: "/propensity", Message: fmt.Sprintf("propensity %v", *p), Fix: "give that of the card, above 0 and at most 1"})
		}
		l.action.Propensity = *p
	}
	if in.Bot != nil {
		if !b.c.who.Has(ScopeWindowAny) {
			return l, recommend.Refuse(recommend.Problem{Code: codeScope, Pointer: "/bot", Message: "of one reader it is told by the User-Agent", Fix: "leave bot out, or use a token with window:any"})
		}
		l.action.Bot = *in.Bot
	}
	return l, b.judge(l.action, now)
}

// judge refuses what is not told here, and what has not the form of an action.
func (b *actionBatch) judge(a recommend.Action, now time.Time) error {
	switch a.Kind {
	case recommend.ActPurchase, recommend.ActRefund, recommend.ActSettle:
		return recommend.Refuse(recommend.Problem{Code: "purchase-unproven", Pointer: "/kind", Message: "purchases, settlements and refunds are told by the partner's orders", Fix: "report the order instead"})
	case recommend.ActImpression, recommend.ActOpen, recommend.ActShare, recommend.ActHide, recommend.ActUnhide, recommend.ActMore:
	default:
		return recommend.Refuse(recommend.Problem{Code: codeValidation, Pointer: "/kind", Message: "no kind that is told here", Fix: "use impression, open, share, hide, unhide or more; the others have addresses of their own"})
	}
	if off := a.At.Sub(now); off > actionSkew || off < -actionSkew {
		return recommend.Refuse(recommend.Problem{Code: "clock-skew", Pointer: "/at", Message: "more than a day away from now", Fix: "set the client's clock, and send actions within a day"})
	}
	if kind, _ := a.Object(); kind == "" {
		return recommend.Refuse(recommend.Problem{Code: codeValidation, Pointer: "/pick", Message: a.Kind + " without an object", Fix: "name a pick, expert, topic or partner"})
	}
	a.ID, a.Reader = "id", "reader" // given by us
	return a.Validate()
}

// meet finds the names of the readers and which events they have had. Of their
// documents no more is read: they can be long.
func (b *actionBatch) meet() error {
	var subjects []string
	for _, l := range b.lines {
		if b.names[l.subject] == nil {
			b.names[l.subject] = &batchReader{}
			subjects = append(subjects, l.subject)
		}
	}
	for again := false; len(subjects) > 0; again = true {
		ctx := b.c.ctx()
		names, err := b.s.Pseudonyms.MakeAll(ctx, subjects)
		if err != nil {
			return err
		}
		refs := make([]recommend.Ref, len(subjects))
		for i, subject := range subjects {
			refs[i] = readerRef(names[subject])
		}
		docs, err := b.s.documents(ctx, refs...)
		if err != nil {
			return err
		}
		var erased []string
		for _, subject := range subjects {
			var r struct {
				Seen   recommend.Seen `json:"seen"`
				Erased time.Time      `json:"erased"`
			}
			if _, err := body(docs, readerRef(names[subject]), &r); err != nil {
				return err
			}
			b.names[subject].name, b.names[subject].seen = names[subject], r.Seen
			if !r.Erased.IsZero() && !again {
				erased = append(erased, subject)
				if err := b.s.Pseudonyms.Destroy(ctx, subject, names[subject]); err != nil {
					return err
				}
			}
		}
		subjects = erased
	}
	return nil
}

// look keeps the lines whose objects exist, and completes them.
func (b *actionBatch) look() error {
	refs := make(map[recommend.Ref]bool)
	for i := range b.lines {
		kind, id := b.lines[i].action.Object()
		switch kind {
		case recommend.TargetPick:
			refs[recommend.Ref{Kind: recommend.KindPick, ID: id}] = true
		case recommend.TargetExpert:
			refs[recommend.Ref{Kind: recommend.KindExpert, ID: id}] = true
		}
	}
	wanted := make([]recommend.Ref, 0, len(refs))
	for ref := range refs {
		wanted = append(wanted, ref)
	}
	slices.SortFunc(wanted, recommend.Ref.Compare)
	docs, err := b.s.documents(b.c.ctx(), wanted...)
	if err != nil {
		return err
	}
	picks := make(map[string]*recommend.Pick)
	known := b.lines[:0]
	for _, l := range b.lines {
		if err := b.complete(&l.action, docs, picks); err != nil {
			if b.s.refusalOf(err).code == codeInternal {
				return err
			}
			b.reject(l.index, err)
			continue
		}
		known = append(known, l)
	}
	b.lines = known
	return nil
}

// complete adds to an action on a pick whose it is and what it leads to.
func (b *actionBatch) complete(a *recommend.Action, docs map[recommend.Ref]recommend.Document, picks map[string]*recommend.Pick) error {
	kind, id := a.Object()
	switch kind {
	case recommend.TargetPick:
		p := picks[id]
		if p == nil {
			p = new(recommend.Pick)
			known, err := body(docs, recommend.Ref{Kind: recommend.KindPick, ID: id}, p)
			if err != nil {
				return err
			}
			if !known {
				return recommend.Refuse(recommend.Problem{Code: "pick-unknown", Pointer: "/pick", Message: "no such pick", Fix: "name a pick of a window"})
			}
			picks[id] = p
		}
		a.Expert, a.Product = p.Expert, p.Product
		return nil
	case recommend.TargetExpert:
		if _, ok := docs[recommend.Ref{Kind: recommend.KindExpert, ID: id}]; !ok {
			return recommend.Refuse(recommend.Problem{Code: codeNotFound, Pointer: "/expert", Message: "no such expert"})
		}
		return nil
	}
	if err := b.s.known(b.c, object{kind, id}); err != nil {
		r := b.s.refusalOf(err)
		return recommend.Refuse(recommend.Problem{Code: r.code, Pointer: "/" + kind, Message: r.detail})
	}
	return nil
}

// append appends what is new with one call and waits until it can be read.
func (b *actionBatch) append() error {
	events := make([]recommend.Event, 0, len(b.lines))
	theirs := make([]*batchReader, 0, len(b.lines))
	sent := make(map[string]bool)
	for _, l := range b.lines {
		r := b.names[l.subject]
		a := l.action
		switch {
		case a.ID != "":
			a.ID = derive("a", r.name, a.ID)
		case b.c.key != "":
			a.ID = derive("a", r.name, b.c.template(), b.c.key, b.c.digest, strconv.Itoa(l.index))
		default:
			a.ID = "a" + randomID()
		}
		a.Reader = r.name
		if sent[a.ID] || r.seen.Has(recommend.Event{Source: recommend.SourceAPI, ID: a.ID}) {
			b.out.Duplicate++
			continue
		}
		sent[a.ID] = true
		if a.Window != "" && !b.s.Windows.VerifyWindowID(a.Window, r.name) {
			b.out.Flagged++
		}
		a.Arm = b.s.Windows.ArmOf(a.Window, r.name) // whatever the client says
		a.Own, a.Bot = b.c.ownPick(a.Expert), a.Bot || b.robot
		e, err := b.c.event(a.ID, recommend.TypeActed, r.name, a)
		if err != nil {
			return err
		}
		events, theirs = append(events, e), append(theirs, r)
	}
	if b.out.Accepted = len(events); len(events) == 0 {
		return nil
	}
	at, err := b.s.Log.Append(b.c.ctx(), recommend.TopicActions, events...)
	if err != nil {
		return fmt.Errorf("actions: %w", err)
	}
	for i, r := range theirs {
		r.last, r.at = events[i], at[i]
	}
	if b.out.Pending = true; b.wait {
		if b.out.Pending, err = b.settle(); err != nil {
			return err
		}
	}
	for _, r := range theirs {
		if b.out.Pending {
			b.s.late.note(r.name, r.at.Offset)
		}
	}
	return nil
}

// settle waits until the document of every reader holds his last action. While
// that of the last in the log does not, nobody else's is read: the others come
// before it, or at about the same time in another partition.
func (b *actionBatch) settle() (pending bool, err error) {
	waiting := make(map[recommend.Ref]*batchReader)
	var refs []recommend.Ref
	var last *batchReader
	for _, r := range b.names {
		if r.last.ID != "" {
			waiting[readerRef(r.name)] = r
			refs = append(refs, readerRef(r.name))
			if last == nil || r.at.Offset > last.at.Offset {
				last = r
			}
		}
	}
	slices.SortFunc(refs, recommend.Ref.Compare)
	ask := func() []recommend.Ref {
		if ref := readerRef(last.name); waiting[ref] != nil {
			return []recommend.Ref{ref}
		}
		return slices.DeleteFunc(slices.Clone(refs), func(ref recommend.Ref) bool { return waiting[ref] == nil })
	}
	return b.s.settle(b.c.ctx(), wait{topic: recommend.TopicActions, refs: refs, ask: ask, done: func(docs map[recommend.Ref]recommend.Document) (bool, error) {
		for ref, r := range waiting {
			doc, ok := docs[ref]
			if !ok {
				continue
			}
			if doc.Version >= r.at.Offset {
				delete(waiting, ref)
				continue
			}
			var d struct {
				Seen recommend.Seen `json:"seen"`
			}
			if err := json.Unmarshal(doc.Body, &d); err != nil {
				return false, errors.Join(recommend.ErrUnavailable, err)
			}
			if d.Seen.Has(r.last) {
				delete(waiting, ref)
			}
		}
		return len(waiting) == 0, nil
	}})
}
