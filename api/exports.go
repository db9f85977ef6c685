package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"vitrine.dev/exports"
	"vitrine.dev/recommend"
)

// An exportView is what is told of an export.
type exportView struct {
	ID       string           `json:"id"`
	Dataset  string           `json:"dataset"`
	Format   string           `json:"format"`
	State    exports.State    `json:"state"`
	Created  time.Time        `json:"created_at"`
	Started  time.Time        `json:"started_at,omitzero"`
	Finished time.Time        `json:"finished_at,omitzero"`
	Expires  time.Time        `json:"expires_at,omitzero"` // result and export are deleted then
	AsOf     time.Time        `json:"as_of"`               // pinned when it was asked for
	Request  json.RawMessage  `json:"request"`
	Rows     int64            `json:"rows"`  // 0 until it is done
	Bytes    int64            `json:"bytes"` // so far
	About    *exports.About   `json:"about,omitempty"`
	Download *exportDownload  `json:"download,omitempty"`
	Error    *exports.Failure `json:"error,omitempty"`
}

// An exportDownload is where the result is, for anybody who has the link.
type exportDownload struct {
	URL     string    `json:"url"`
	Expires time.Time `json:"expires_at"`
	Type    string    `json:"content_type"`
	SHA256  string    `json:"sha256"`
}

func (s *Server) exportOf(j *exports.Job) *exportView {
	v := &exportView{
		ID: j.ID, Dataset: j.Dataset, Format: j.Format, State: j.State, Created: j.Created, Started: j.Started, Finished: j.Finished, Expires: j.Expires,
		AsOf: j.Request.AsOf.UTC(), Request: j.Asked, Rows: j.Rows, Bytes: j.Bytes, About: j.About, Error: j.Why,
	}
	if j.State == exports.Done {
		v.Download = &exportDownload{URL: s.linkOf(j), Expires: j.Expires.Truncate(time.Second), Type: typeOf(j.Format), SHA256: j.Digest}
	}
	return v
}

// exporting refuses where there is no directory for exports.
func (s *Server) exporting() error {
	if s.Exports != nil {
		return nil
	}
	r := refuse(codeExportsOff, "")
	r.errors = []recommend.Problem{{Code: codeExportsOff, Message: "this process has no directory for exports", Fix: "start it with --exports DIR, a directory that all processes of the API share"}}
	return r
}

// startExport puts an export into the queue.
func (s *Server) startExport(c *call) error {
	if err := s.exporting(); err != nil {
		return err
	}
	ask, err := c.exportAsk()
	if err != nil {
		return err
	}
	// A repeat, on whatever process, names the same job.
	id := derive("x", c.eventID("export"))
	j, err := s.Exports.Accept(id, c.who.Subject, *ask)
	switch {
	case errors.Is(err, exports.ErrFull):
		const soon = 30 * time.Second
		return refuse(codeQuota, "too many exports wait for their turn").with("violated-policies", []string{"exports-waiting"}).after(soon)
	case errors.Is(err, exports.ErrCrowded):
		const later = 10 * time.Minute
		return refuse(codeQuota, "too many exports are kept: delete some").with("violated-policies", []string{"exports-kept"}).after(later)
	case err != nil:
		return err
	}
	c.private()
	c.Header("Location", "/v1/exports/"+j.ID)
	return c.json(http.StatusAccepted, s.exportOf(j))
}

// exports lists the caller's own, the latest first.
func (s *Server) exports(c *call) error {
	if err := s.exporting(); err != nil {
		return err
	}
	jobs, err := s.Exports.List(c.who.Subject)
	if err != nil {
		return err
	}
	page, err := paged(c, "exports", jobs, func(j *exports.Job) string { return j.ID })
	if err != nil {
		return err
	}
	out := list[*exportView]{Items: make([]*exportView, len(page.Items)), NextCursor: page.NextCursor}
	for i, j := range page.Items {
		out.Items[i] = s.exportOf(j)
	}
	c.private()
	c.next(out.NextCursor)
	return c.json(http.StatusOK, out)
}

// exportState tells how far an export is.
func (s *Server) exportState(c *call) error {
	if err := s.exporting(); err != nil {
		return err
	}
	j, err := s.Exports.Get(c.Param("id"), c.who.Subject)
	if err != nil {
		return s.noExport(c, err)
	}
	c.private()
	if !j.Over() {
		c.Header("Retry-After", "1")
	}
	return c.json(http.StatusOK, s.exportOf(j))
}

// deleteExport takes an export back, with its result.
func (s *Server) deleteExport(c *call) error {
	if err := s.exporting(); err != nil {
		return err
	}
	if err := s.Exports.Delete(c.Param("id"), c.who.Subject); err != nil {
		return s.noExport(c, err)
	}
	c.private()
	c.Status(http.StatusNoContent)
	c.Writer.WriteHeaderNow()
	return nil
}

func (s *Server) noExport(c *call, err error) error {
	if errors.Is(err, recommend.ErrNotFound) {
		return notFound("export", c.Param("id"))
	}
	return err
}
