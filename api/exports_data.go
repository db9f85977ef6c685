package api

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"vitrine.dev/exports"
	"vitrine.dev/recommend"
)

func typeOf(format string) string {
	if format == exports.CSV {
		return "text/csv; charset=utf-8; header=present"
	}
	return "application/x-ndjson"
}

// linkOf is the address of a result, good until it is deleted. What makes it
// good is in the query, which no log has.
func (s *Server) linkOf(j *exports.Job) string {
	q := url.Values{"expires": {strconv.FormatInt(j.Expires.Unix(), 10)}, "signature": {s.links.Sign(j.ID, j.Expires)}}
	return s.PublicURL + "/v1/exports/" + j.ID + "/data?" + q.Encode()
}

// download sends a result, whole or in ranges, to whoever has a link.
func (s *Server) download(c *call) error {
	if err := s.exporting(); err != nil {
		return err
	}
	id := c.Param("id")
	switch err := s.links.Check(id, c.Query("expires"), c.Query("signature"), c.now()); {
	case errors.Is(err, exports.ErrExpired):
		return refuse(codeLinkExpired, "")
	case err != nil:
		return refuse(codeLinkInvalid, "")
	}
	j, f, err := s.Exports.Open(id)
	switch {
	case errors.Is(err, recommend.ErrConflict): // made anew after it was deleted
		return notFound("export", id)
	case err != nil:
		return s.noExport(c, err)
	}
	defer func() { _ = f.Close() }() // only read
	c.private()
	h := c.Writer.Header()
	h.Set("Content-Type", typeOf(j.Format))
	h.Set("Content-Disposition", `attachment; filename="vitrine-`+j.Dataset+"-"+j.ID+"."+j.Format+`"`)
	h.Set("ETag", `"`+j.Digest+`"`)
	w := &patientWriter{pageWriter{ResponseWriter: c.Writer}, http.NewResponseController(c.Writer), 2 * s.Timeout}
	http.ServeContent(w, c.Request, "", j.Finished, f)
	switch w.status {
	case 0:
		return nil
	case http.StatusRequestedRangeNotSatisfiable:
		return refuse(codeRange, "the result has "+strconv.FormatInt(j.Bytes, 10)+" bytes")
	case http.StatusPreconditionFailed:
		return refuse(codeStale, "")
	}
	return refuse(codeInternal, "")
}

// A patientWriter gives every piece the time that an answer has else: a
// download takes as long as it takes, as long as it goes on.
type patientWriter struct {
	pageWriter
	control *http.ResponseController
	piece   time.Duration
}

// Write writes a piece.
func (w *patientWriter) Write(b []byte) (int, error) {
	_ = w.control.SetWriteDeadline(time.Now().Add(w.piece)) // without one it ends earlier
	return w.pageWriter.Write(b)
}
