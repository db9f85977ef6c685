package api

import (
	"context"
	"fmt"
	"strconv"

	"vitrine.dev/recommend"
)

// An actor is the calling reader: whom his token names, the name that his
// events and documents carry, and what is known of him.
type actor struct {
	subject string
	name    string
	recommend.Reader
	version int64 // of his document, -1 when there is none
	behind  bool  // the document lacks events that this process appended
}

// has reports whether a state that the document shows makes a change to it
// needless.
func (a *actor) has(state bool) bool { return state && !a.behind }

func readerRef(name string) recommend.Ref { return recommend.Ref{Kind: recommend.KindReader, ID: name} }

// reading is what is known of a reader, by the id of his tokens; an empty
// reader when that is nothing.
func (s *Server) reading(ctx context.Context, subject string) (*recommend.Reader, error) {
	name, err := s.Pseudonyms.Of(ctx, subject)
	if err != nil || name == "" {
		return &recommend.Reader{}, err
	}
	a := actor{subject: subject, name: name}
	if err := s.meet(ctx, &a); err != nil {
		return nil, err
	}
	if a.Erased.IsZero() {
		return &a.Reader, nil
	}
	return &recommend.Reader{}, s.Pseudonyms.Destroy(ctx, subject, name)
}

// meet reads the document of a.
func (s *Server) meet(ctx context.Context, a *actor) error {
	ref := readerRef(a.name)
	docs, err := s.documents(ctx, ref)
	if err != nil {
		return err
	}
	a.Reader, a.version = recommend.Reader{ID: a.name}, -1
	known, err := body(docs, ref, &a.Reader)
	if err != nil {
		return err
	}
	if known {
		a.version = docs[ref].Version
	}
	a.behind = s.late.behind(a.name, a.version)
	return nil
}

// acting is the calling reader under a name, given to him now if he has none.
func (s *Server) acting(c *call) (*actor, error) {
	a := &actor{subject: c.who.Subject}
	var err error
	if a.name, err = s.Pseudonyms.Make(c.ctx(), a.subject); err != nil {
		return nil, err
	}
	if err := s.meet(c.ctx(), a); err != nil {
		return nil, err
	}
	if a.Erased.IsZero() {
		return a, nil
	}
	return a, s.rename(c.ctx(), a)
}

// rename gives a reader who was erased another name: nothing leads from the
// new one to the old.
func (s *Server) rename(ctx context.Context, a *actor) error {
	if err := s.Pseudonyms.Destroy(ctx, a.subject, a.name); err != nil {
		return err
	}
	name, err := s.Pseudonyms.Make(ctx, a.subject)
	if err != nil {
		return err
	}
	a.name = name
	if err := s.meet(ctx, a); err != nil {
		return err
	}
	if !a.Erased.IsZero() { // without pseudonyms there is no other name
		return refuse(codeGone, "this reader was erased").with("removed_reason", "erased")
	}
	return nil
}

// eventID is that of what the request causes a to do: the same for its repeats
// where it has a key, see [call.eventID], and without a trace of who a is.
func (a *actor) eventID(c *call, parts ...string) string {
	if c.key == "" {
		return c.eventID()
	}
	return derive("e", append([]string{a.name, c.Request.Method, c.template(), c.key, c.digest}, parts...)...)
}

// sameID is eventID for what has to be one event also without a key, when two
// requests saw the same document. While that is behind, the same change may be
// meant again, and is another.
func (a *actor) sameID(c *call, parts ...string) string {
	if c.key != "" || a.behind {
		return a.eventID(c)
	}
	return derive("e", append([]string{a.name, strconv.FormatInt(a.version, 10)}, parts...)...)
}

// cartID is the same for two requests that saw the same cart.
func (a *actor) cartID(c *call, parts ...string) string {
	if c.key != "" {
		return a.eventID(c)
	}
	return derive("e", append([]string{a.name, "cart", strconv.FormatInt(a.Cart.Revision, 10)}, parts...)...)
}

// did reports whether an event of a that this package made is known to have
// been folded.
func (a *actor) did(event string) bool {
	return a.Seen.Has(recommend.Event{Source: recommend.SourceAPI, ID: event})
}

// act appends an action of a and waits until his document, which a then holds,
// has it. What the fold refuses is a [recommend.Refusal].
func (s *Server) act(c *call, a *actor, action recommend.Action) (pending bool, err error) {
	return s.cause(c, a, action.ID, func(name string) (string, any) {
		action.Reader, action.Own, action.Bot = name, c.ownPick(action.Expert), c.robot()
		return recommend.TypeActed, action
	})
}

// cause appends the event that made makes for the name of a. A reader who was
// erased meanwhile does it under his next name.
func (s *Server) cause(c *call, a *actor, id string, made func(name string) (kind string, data any)) (pending bool, err error) {
	for again := false; ; again = true {
		kind, data := made(a.name)
		e, err := c.event(id, kind, a.name, data)
		if err != nil {
			return false, err
		}
		at, err := s.Log.Append(c.ctx(), recommend.TopicActions, e)
		if err != nil {
			return false, fmt.Errorf("%s: %w", kind, err)
		}
		pending, err := s.shown(c, a, e, at[0])
		if pending {
			s.late.note(a.name, at[0].Offset)
		}
		if err != nil || a.Erased.IsZero() {
			return pending, err
		}
		if err := s.rename(c.ctx(), a); err != nil || again {
			return pending, err
		}
	}
}

// shown waits until the document of a holds e, or says that it never will.
func (s *Server) shown(c *call, a *actor, e recommend.Event, at recommend.Position) (pending bool, err error) {
	ref := readerRef(a.name)
	looked := int64(-1) // version at which it was not there
	return s.settle(c.ctx(), wait{
		topic: recommend.TopicActions, refs: []recommend.Ref{ref},
		done: func(docs map[recommend.Ref]recommend.Document) (bool, error) {
			doc, ok := docs[ref]
			if !ok || doc.Version == looked {
				return false, nil
			}
			var r recommend.Reader
			if err := r.UnmarshalJSON(doc.Body); err != nil {
				return false, fmt.Errorf("document %s: %w", ref, err)
			}
			taken := r.Seen.Has(e) || !r.Erased.IsZero()
			if doc.Version < at.Offset && !taken {
				looked = doc.Version
				return false, nil
			}
			switch x := r.Refused; {
			case x != nil && x.Event == e.ID:
				return false, recommend.Refuse(x.Problems...)
			case !taken: // and the reason has given way to another event's
				return false, fmt.Errorf("%w: %s was refused", recommend.ErrUnavailable, e.Type)
			}
			a.Reader, a.version = r, doc.Version
			return true, nil
		},
	})
}
