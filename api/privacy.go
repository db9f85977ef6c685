package api

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"

	"vitrine.dev/recommend"
)

type privacyAnswer struct {
	did
	Personalisation string `json:"personalisation"`
}

const (
	personalisationOn  = "on"
	personalisationOff = "off"
)

func privacyOf(r *recommend.Reader, pending bool) privacyAnswer {
	if r.Impersonal {
		return privacyAnswer{did{pending}, personalisationOff}
	}
	return privacyAnswer{did{pending}, personalisationOn}
}

// privacy says whether windows are made for the caller.
func (s *Server) privacy(c *call) error {
	r, err := s.reading(c.ctx(), c.who.Subject)
	if err != nil {
		return err
	}
	c.private()
	return c.tagged("", privacyOf(r, false))
}

// setPrivacy turns that on and off.
func (s *Server) setPrivacy(c *call) error {
	var in struct {
		Personalisation string `json:"personalisation"`
	}
	if err := c.decode(&in); err != nil {
		return err
	}
	act := map[string]string{personalisationOn: recommend.ActPersonal, personalisationOff: recommend.ActImpersonal}[in.Personalisation]
	if act == "" {
		return recommend.Refuse(recommend.Problem{Code: codeValidation, Pointer: "/personalisation", Message: "neither on nor off", Fix: "give on or off"})
	}
	who, err := s.acting(c)
	if err != nil {
		return err
	}
	pending := false
	if off := act == recommend.ActImpersonal; !who.has(who.Impersonal == off) {
		if pending, err = s.act(c, who, recommend.Action{ID: who.eventID(c), Kind: act, At: c.now()}); err != nil {
			return err
		}
		who.Impersonal = off
	}
	return c.did(pending, privacyOf(&who.Reader, pending))
}

// erase forgets the caller: his documents are emptied, and the name that leads
// to his events is destroyed. It is done when this is answered, or as soon as
// the fold gets there.
func (s *Server) erase(c *call) error {
	answer := func() error {
		c.private()
		return c.json(http.StatusAccepted, struct {
			Erased bool `json:"erased"`
		}{true})
	}
	who := &actor{subject: c.who.Subject}
	var err error
	if who.name, err = s.Pseudonyms.Of(c.ctx(), who.subject); err != nil {
		return err
	}
	if who.name == "" {
		return answer()
	}
	if err := s.meet(c.ctx(), who); err != nil {
		return err
	}
	if who.Erased.IsZero() { // also without a document: an event may be on its way
		e := recommend.ErasedReader{ID: who.name, At: c.now()}
		event, err := c.event(derive("e", who.name, recommend.TypeReaderErased), recommend.TypeReaderErased, who.name, e)
		if err != nil {
			return err
		}
		at, err := s.Log.Append(c.ctx(), recommend.TopicActions, event)
		if err != nil {
			return fmt.Errorf("erase: %w", err)
		}
		if _, err := s.shown(c, who, event, at[0]); err != nil {
			return err
		}
	}
	if err := s.Pseudonyms.Destroy(c.ctx(), who.subject, who.name); err != nil {
		return err
	}
	return answer()
}

// export hands out everything that is held of the caller, a JSON value a line,
// each saying what it is.
func (s *Server) export(c *call) error {
	r, err := s.reading(c.ctx(), c.who.Subject)
	if err != nil {
		return err
	}
	x := exporter{subject: c.who.Subject}
	x.line("profile", map[string]any{
		"id": x.subject, "personalisation": privacyOf(r, false).Personalisation, "interests": listOf(r.Interests).Items,
	})
	if r.Dose.PerDay != nil || len(r.Dose.Given) > 0 {
		x.line("dose", r.Dose)
	}
	each(&x, "follow", r.Follows)
	each(&x, "feedback", feedbackOf(r))
	each(&x, "bookmark", r.Bookmarks)
	each(&x, "cart_line", r.Cart.Lines)
	each(&x, "click", r.Clicks)
	each(&x, "experiment_arm", r.Arms)
	if err := s.exportDocuments(c, r, &x); err != nil {
		return err
	}
	if x.err != nil {
		return x.err
	}
	c.private()
	c.Header("Content-Disposition", `attachment; filename="vitrine-export.ndjson"`)
	return c.raw(http.StatusOK, "application/x-ndjson", x.out.Bytes())
}

// exportDocuments adds what is kept outside of the reader's own document.
func (s *Server) exportDocuments(c *call, r *recommend.Reader, x *exporter) error {
	var refs []recommend.Ref
	for _, pick := range slices.Sorted(maps.Keys(r.Traces)) {
		if r.Traces[pick].Journey {
			refs = append(refs, recommend.Ref{Kind: recommend.KindJourney, ID: recommend.JourneyID(r.ID, pick)})
		}
	}
	for _, rep := range r.Reports {
		refs = append(refs, recommend.Ref{Kind: recommend.KindReport, ID: recommend.ReportID(r.ID, rep.Target)})
	}
	const most = 500
	for some := range slices.Chunk(refs, most) {
		docs, err := s.documents(c.ctx(), some...)
		if err != nil {
			return err
		}
		for _, ref := range some {
			if err := x.document(docs, ref); err != nil {
				return err
			}
		}
	}
	return nil
}

// An exporter writes lines.
type exporter struct {
	subject string
	out     bytes.Buffer
	err     error
}

func (x *exporter) line(kind string, v any) {
	b, err := marshal(struct {
		Type string `json:"type"`
		Data any    `json:"data"`
	}{kind, v})
	x.err = errors.Join(x.err, err)
	x.out.Write(b)
	x.out.WriteByte('\n')
}

func each[T any](x *exporter, kind string, all []T) {
	for _, v := range all {
		x.line(kind, v)
	}
}

// document writes a journey or report under the reader's own id.
func (x *exporter) document(docs map[recommend.Ref]recommend.Document, ref recommend.Ref) error {
	if ref.Kind == recommend.KindJourney {
		var j recommend.Journey
		known, err := body(docs, ref, &j)
		if known {
			j.Reader = x.subject
			x.line("journey", j)
		}
		return err
	}
	var rep recommend.Report
	known, err := body(docs, ref, &rep)
	if known {
		rep.Reader = x.subject
		x.line("report", rep)
	}
	return err
}
