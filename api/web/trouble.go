package web

import (
	"context"
	"errors"
	"net/http"

	"vitrine.dev/recommend"
)

// errNowhere is the error of an address that has no page.
var errNowhere = errors.New("no such page")

func nowhere(q *request) error {
	if q.Method != http.MethodGet && q.Method != http.MethodHead {
		http.Error(q.w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
		return nil
	}
	return errNowhere
}

// trouble is what a page of an error says.
type trouble struct {
	status int
	Kind   string // the messages "trouble.<Kind>.…"
	Reason string // why something is gone, in words
	Link   string // where to go instead
}

func (q *request) troubleOf(err error) trouble {
	var (
		gone *recommend.GoneError
		rule *recommend.Refusal
	)
	switch {
	case errors.As(err, &gone):
		reason := q.words.or("", "hidden."+string(gone.Reason))
		return trouble{status: http.StatusGone, Kind: "gone", Reason: reason, Link: "/"}
	case errors.As(err, &rule):
		switch rule.Code() {
		case "cursor-expired", "cursor-invalid":
			return trouble{status: http.StatusGone, Kind: "expired", Link: q.with("cursor", "")}
		case "topic-unknown":
			return trouble{status: http.StatusNotFound, Kind: "missing", Link: "/"}
		}
		return trouble{status: http.StatusBadRequest, Kind: "request", Link: q.URL.Path}
	case errors.Is(err, errNowhere), errors.Is(err, recommend.ErrNotFound):
		return trouble{status: http.StatusNotFound, Kind: "missing", Link: "/"}
	case errors.Is(err, recommend.ErrInvalid):
		return trouble{status: http.StatusBadRequest, Kind: "request", Link: "/"}
	case errors.Is(err, recommend.ErrUnavailable), errors.Is(err, context.DeadlineExceeded):
		return trouble{status: http.StatusServiceUnavailable, Kind: "away", Link: q.URL.RequestURI()}
	}
	return trouble{status: http.StatusInternalServerError, Kind: "broken", Link: "/"}
}

// fail answers with a page about err: the one place where errors end.
func (q *request) fail(err error) {
	t := q.troubleOf(err)
	if t.status >= http.StatusInternalServerError && !errors.Is(err, context.Canceled) {
		q.site.Logger.ErrorContext(q.ctx(), "page failed", "path", q.URL.Path, "err", err)
	}
	q.w.Header().Set("Cache-Control", "private, no-store")
	if t.status == http.StatusServiceUnavailable {
		q.w.Header().Set("Retry-After", "2")
	}
	title, terr := q.words.text("trouble." + t.Kind + ".title")
	if terr == nil {
		terr = q.show(t.status, "trouble", view{Title: title, Body: t})
	}
	if terr == nil {
		return
	}
	q.site.Logger.ErrorContext(q.ctx(), "page about an error failed", "err", terr)
	http.Error(q.w, http.StatusText(t.status), t.status)
}
