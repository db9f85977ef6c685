package api

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"net/http"
)

//go:embed problem.html
var problemHTML string

// problemPage is the page that a problem's type leads to, in both languages.
func (s *Server) problemPage(c *call) error {
	t, ok := s.types[c.Param("slug")]
	if !ok {
		return notFound("problem", c.Param("slug"))
	}
	page, err := template.New("problem").Parse(problemHTML)
	if err != nil {
		return fmt.Errorf("problem page: %w", err)
	}
	type part struct{ Lang, Title, About string }
	parts := []part{{"en", t.title.en, t.about.en}, {"zh", t.title.zh, t.about.zh}}
	if c.lang == "zh" {
		parts[0], parts[1] = parts[1], parts[0]
	}
	var b bytes.Buffer
	err = page.Execute(&b, struct {
		Lang, Slug, Status string
		Parts              []part
	}{c.lang, t.slug, fmt.Sprintf("%d %s", t.status, http.StatusText(t.status)), parts})
	if err != nil {
		return fmt.Errorf("problem page: %w", err)
	}
	c.Header("Cache-Control", "public, max-age=300")
	c.Header("Vary", "Accept-Language")
	c.Header("Content-Language", c.lang)
	c.Header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
	return c.raw(http.StatusOK, "text/html; charset=utf-8", b.Bytes())
}
