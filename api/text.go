package api

import (
	"strings"

	"github.com/maypok86/otter/v2"
	"golang.org/x/text/language"
)

// A text is a sentence in the languages the service speaks.
type text struct{ en, zh string }

func (t text) in(lang string) string {
	if lang == "zh" {
		return t.zh
	}
	return t.en
}

// languages chooses between the languages the service speaks; English is what
// nobody asked for.
type languages struct {
	matcher language.Matcher
	known   *otter.Cache[string, string] // by Accept-Language: browsers send few, and each takes microseconds to read
}

func newLanguages() (*languages, error) {
	known, err := otter.New(&otter.Options[string, string]{MaximumSize: 1_000})
	return &languages{language.NewMatcher([]language.Tag{language.English, language.Chinese}), known}, err
}

func (l *languages) close() { l.known.StopAllGoroutines() }

// of is "zh" or "en": what the lang parameter says, else what Accept-Language
// prefers.
func (l *languages) of(c *call) string {
	if lang := c.Query("lang"); lang == "zh" || lang == "en" {
		return lang
	}
	accept := c.Request.Header.Get("Accept-Language")
	const most = 200 // a browser's is under 100; parsing costs by length
	if accept == "" || len(accept) > most {
		return "en"
	}
	if lang, ok := l.known.GetIfPresent(accept); ok {
		return lang
	}
	lang := l.preferred(accept)
	l.known.Set(strings.Clone(accept), lang)
	return lang
}

// preferred is what accept prefers of the two.
func (l *languages) preferred(accept string) string {
	tags, _, err := language.ParseAcceptLanguage(accept)
	if err != nil {
		return "en"
	}
	if _, i, confidence := l.matcher.Match(tags...); i == 1 && confidence > language.No {
		return "zh"
	}
	return "en"
}
