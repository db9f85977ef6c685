package api

import (
	"fmt"
	"net/http"
	"slices"

	"vitrine.dev/recommend"
	"vitrine.dev/stats"
)

// A signal is what moderators and analysts see of one.
type signal struct {
	recommend.Signal
	Key  *struct{} `json:"key,omitempty"` // of the log, nobody's affair: hides that of Signal
	ETag string    `json:"etag"`
}

func signalOf(s *recommend.Signal) signal {
	return signal{Signal: *s, ETag: revisionTag(s.Revision)}
}

func signalRef(id string) recommend.Ref { return recommend.Ref{Kind: recommend.KindSignal, ID: id} }

// eachSignal calls each with the signals that changed after since, in the order
// of their last changes, until it returns false; next is where to go on.
func (s *Server) eachSignal(c *call, since recommend.Mark, atOnce int, each func(*recommend.Signal) bool) (next recommend.Mark, more bool, err error) {
	for {
		docs, next, err := s.Store.Changes(c.ctx(), recommend.KindSignal, since, atOnce)
		if err != nil {
			return "", false, err
		}
		full := false
		for _, d := range docs {
			sig := new(recommend.Signal)
			if err := recommend.UnmarshalZero(d.Body, sig); err != nil {
				return "", false, fmt.Errorf("document %s: %w", d.Ref, err)
			}
			full = !each(sig) || full
		}
		if len(docs) == 0 || next == since {
			return next, false, nil
		}
		if since = next; full {
			return next, true, nil
		}
	}
}

// signals lists signals in the order of their last changes.
func (s *Server) signals(c *call) error {
	const look = 200
	kind, state, subject := c.Query("kind"), recommend.SignalState(c.Query("state")), c.Query("subject")
	if kinds := recommend.SignalKinds(); kind != "" && !slices.Contains(kinds, kind) {
		return invalidQuery("kind", "no kind of signal", fmt.Sprintf("give one of %v", kinds))
	}
	if states := recommend.SignalStates(); state != "" && !slices.Contains(states, state) {
		return invalidQuery("state", "no state of a signal", fmt.Sprintf("give one of %v", states))
	}
	limit, err := c.limit()
	if err != nil {
		return err
	}
	if limit == 0 {
		limit = s.World.Scene().Policy.Window.Default
	}
	scope, since := "signals "+kind+" "+string(state)+" "+subject, ""
	if cursor := c.Query("cursor"); cursor != "" {
		if since, err = s.cursors.open(scope, cursor); err != nil {
			return err
		}
	}
	page := listOf[signal](nil)
	for left := limit; ; left = limit - len(page.Items) {
		next, more, err := s.eachSignal(c, recommend.Mark(since), min(look, left), func(sig *recommend.Signal) bool {
			if (kind == "" || sig.Kind == kind) && (state == "" || sig.State == state) && (subject == "" || sig.Subject.String() == subject) {
				page.Items = append(page.Items, signalOf(sig))
			}
			return false // no more at once than there is room for
		})
		if err != nil {
			return err
		}
		since = string(next)
		if !more {
			break
		}
		if len(page.Items) >= limit {
			page.NextCursor = s.cursors.seal(scope, since)
			break
		}
	}
	c.private()
	c.next(page.NextCursor)
	return c.json(http.StatusOK, page)
}

// signal shows one.
func (s *Server) signal(c *call) error {
	sig, err := s.signalNamed(c)
	if err != nil {
		return err
	}
	c.private()
	c.Header("ETag", revisionTag(sig.Revision))
	return c.json(http.StatusOK, signalOf(sig))
}

func (s *Server) signalNamed(c *call) (*recommend.Signal, error) {
	id, err := c.id("id", "signal")
	if err != nil {
		return nil, err
	}
	docs, err := s.documents(c.ctx(), signalRef(id))
	if err != nil {
		return nil, err
	}
	sig := new(recommend.Signal)
	known, err := body(docs, signalRef(id), sig)
	if err == nil && !known {
		err = notFound("signal", id)
	}
	return sig, err
}

type signalResolved struct {
	did
	signal
}

// resolveSignal takes what a moderator found about a signal that he has read.
func (s *Server) resolveSignal(c *call) error {
	var in struct {
		State recommend.SignalState `json:"state"`
		Text  string                `json:"text"`
	}
	if err := c.decode(&in); err != nil {
		return err
	}
	sig, err := s.signalNamed(c)
	if err != nil {
		return err
	}
	r := recommend.SignalResolved{Signal: sig.ID, Key: sig.Key, State: in.State, Text: in.Text, By: c.who.Subject, At: c.now()}
	if err := r.Validate(); err != nil {
		return err
	}
	header := c.Request.Header.Get("If-Match")
	if header == "" {
		return refuse(codeNoMatch, "")
	}
	if sig.State == r.State && sig.By == r.By && sig.Text == r.Text { // a repeat
		c.private()
		c.replayed()
		c.Header("ETag", revisionTag(sig.Revision))
		return c.json(http.StatusOK, signalResolved{signal: signalOf(sig)})
	}
	if !matchesAny(header, func(tag string) bool {
		n, ok := taggedRevision(tag)
		return ok && n == sig.Revision
	}) {
		return refuse(codeStale, fmt.Sprintf("the signal is at revision %d", sig.Revision)).head("ETag", revisionTag(sig.Revision))
	}
	trial := *sig
	if err := trial.Resolve(&r); err != nil {
		return err
	}
	e, err := c.event(c.eventID(), recommend.TypeSignalResolved, r.Key, r)
	if err != nil {
		return err
	}
	at, err := s.Log.Append(c.ctx(), recommend.TopicOrders, e)
	if err != nil {
		return fmt.Errorf("%s: %w", e.Type, err)
	}
	ref := signalRef(sig.ID)
	order := orderRef(r.Key)
	pending, err := s.settle(c.ctx(), wait{topic: recommend.TopicOrders, refs: []recommend.Ref{ref, order}, done: func(docs map[recommend.Ref]recommend.Document) (bool, error) {
		now := new(recommend.Signal)
		if _, err := body(docs, ref, now); err != nil {
			return false, err
		}
		if docs[order].Version < at[0].Offset {
			return false, nil
		}
		sig = now
		return true, nil
	}})
	if err != nil {
		return err
	}
	c.private()
	if pending {
		return c.json(http.StatusAccepted, signalResolved{did{pending}, signalOf(sig)})
	}
	c.Header("ETag", revisionTag(sig.Revision))
	return c.json(http.StatusOK, signalResolved{signal: signalOf(sig)})
}

// A signalFigure is how often signals of a kind were right.
type signalFigure struct {
	Kind      string   `json:"kind"`
	Open      int64    `json:"open"`
	Upheld    int64    `json:"upheld"`
	Dismissed int64    `json:"dismissed"`
	Expired   int64    `json:"expired"`
	Lapsed    int64    `json:"lapsed"` // of all of these, those whose ground was corrected since
	Resolved  int64    `json:"resolved"`
	Precision *float64 `json:"precision"` // upheld of resolved; null of none
	Interval  bounds   `json:"interval"`
}

type bounds struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// signalFigures say how often signals were right, by kind.
func (s *Server) signalFigures(c *call) error {
	const look = 1000
	by := make(map[string]*signalFigure)
	all := make([]signalFigure, len(recommend.SignalKinds()))
	for i, kind := range recommend.SignalKinds() {
		all[i].Kind = kind
		by[kind] = &all[i]
	}
	seen := make(map[string]recommend.Signal) // one that changes meanwhile comes twice
	_, _, err := s.eachSignal(c, "", look, func(sig *recommend.Signal) bool {
		seen[sig.ID] = recommend.Signal{Kind: sig.Kind, State: sig.State, Lapsed: sig.Lapsed}
		return true
	})
	if err != nil {
		return err
	}
	for _, sig := range seen {
		if f := by[sig.Kind]; f != nil {
			f.add(&sig)
		}
	}
	for i := range all {
		f := &all[i]
		share := stats.Share{K: float64(f.Upheld), N: float64(f.Upheld + f.Dismissed)}
		f.Resolved = int64(share.N)
		if share.N > 0 {
			f.Precision = new(share.Rate())
		}
		in := stats.Wilson(share, 0.95)
		f.Interval = bounds{in.Low, in.High}
	}
	c.private()
	return c.json(http.StatusOK, struct {
		Confidence float64        `json:"confidence"`
		Kinds      []signalFigure `json:"kinds"`
	}{0.95, all})
}

func (f *signalFigure) add(s *recommend.Signal) {
	switch s.State {
	case recommend.SignalOpen:
		f.Open++
	case recommend.SignalUpheld:
		f.Upheld++
	case recommend.SignalDismissed:
		f.Dismissed++
	case recommend.SignalExpired:
		f.Expired++
	}
	if s.Lapsed {
		f.Lapsed++
	}
}
