package api

import (
	"net/http"
	"strconv"
	"strings"
	"sync"

	"vitrine.dev/recommend"
)

// window is a reader's ranked page.
func (s *Server) window(c *call) error {
	req, err := c.windowRequest()
	if err != nil {
		return err
	}
	req.Cursor = c.Query("cursor")
	if req.Limit, err = c.limit(); err != nil {
		return err
	}
	factors, err := c.flag("explain")
	if err != nil {
		return err
	}
	req.Brief = !factors
	if s.World.Scene().Policy.Dose.Windows {
		req.Admit = s.admit(c, req.Reader)
	}
	w, err := s.Windows.Window(c.ctx(), req)
	if err != nil {
		return fresh(c, err)
	}
	c.private()
	c.next(w.NextCursor)
	c.experiment(w.Arm)
	return c.page(explained(w, factors))
}

// pages are the memory that pages are encoded in.
var pages = sync.Pool{New: func() any { return new([]byte) }}

// page answers with w.
func (c *call) page(w *recommend.Window) error {
	const most = 1 << 20 // bytes, of a page whose memory is used again
	memory, _ := pages.Get().(*[]byte)
	b, err := w.AppendJSON((*memory)[:0])
	if err != nil {
		return err
	}
	err = c.raw(http.StatusOK, jsonType, b)
	if cap(b) <= most {
		*memory = b
		pages.Put(memory)
	}
	return err
}

// windowRequest is what shapes a window.
func (c *call) windowRequest() (req recommend.WindowRequest, err error) {
	req.Lang = c.lang
	if req.Reader, err = c.reader(); err != nil {
		return req, err
	}
	const mostTopics, mostExcluded = 20, 100
	if req.Topics, err = c.several("topic", mostTopics, recommend.ValidTopic); err != nil {
		return req, err
	}
	if req.Exclude, err = c.several("exclude_ids", mostExcluded, recommend.ValidID); err != nil {
		return req, err
	}
	if seed, given := c.GetQuery("seed"); given {
		if req.Seed, err = strconv.ParseUint(seed, 10, 64); err != nil {
			return req, invalidQuery("seed", "not a whole number", "give 0 to 18446744073709551615, or leave it out")
		}
	}
	req.IncludeSeen, err = c.flag("include_seen")
	return req, err
}

// flag is a parameter that is true or false; false without it.
func (c *call) flag(name string) (bool, error) {
	switch v, given := c.GetQuery(name); {
	case !given, v == "false":
		return false, nil
	case v == "true":
		return true, nil
	}
	return false, invalidQuery(name, "neither true nor false", "give true or false")
}

// experiment says which arms the answer was made in.
func (c *call) experiment(arm string) {
	if arm != "" {
		c.Header("X-Experiment", arm)
	}
}

// several is a parameter that may be given several times, or once with commas.
func (c *call) several(name string, most int, valid func(string) bool) ([]string, error) {
	var out []string
	for _, group := range c.QueryArray(name) {
		for s := range strings.SplitSeq(group, ",") {
			if s = strings.TrimSpace(s); s == "" {
				continue
			}
			if !valid(s) {
				return nil, invalidQuery(name, strconv.Quote(shorten(s))+" has not the right form", "give ids as other answers name them")
			}
			out = append(out, s)
		}
	}
	if len(out) > most {
		return nil, invalidQuery(name, strconv.Itoa(len(out))+" values", "give at most "+strconv.Itoa(most))
	}
	return out, nil
}

// fresh adds to the refusal of a cursor where the first page is.
func fresh(c *call, err error) error {
	r := c.server.refusalOf(err)
	if r.code != "cursor-expired" && r.code != "cursor-invalid" {
		return err
	}
	q := c.Request.URL.Query()
	q.Del("cursor")
	first := *c.Request.URL
	first.RawQuery = q.Encode()
	return r.with("fresh_start", first.RequestURI()).head("Link", "<"+first.RequestURI()+`>; rel="first"`)
}
