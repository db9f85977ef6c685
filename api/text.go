package api

import (
	"net/http"

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
type languages struct{ matcher language.Matcher }

func newLanguages() languages {
	return languages{language.NewMatcher([]language.Tag{language.English, language.Chinese})}
}

// of is "zh" or "en": what the lang parameter says, else what Accept-Language
// prefers.
func (l languages) of(r *http.Request) string {
	if lang := r.URL.Query().Get("lang"); lang == "zh" || lang == "en" {
		return lang
	}
	accept := r.Header.Get("Accept-Language")
	const most = 200 // a browser's is under 100; parsing costs by length
	if accept == "" || len(accept) > most {
		return "en"
	}
	tags, _, err := language.ParseAcceptLanguage(accept)
	if err != nil {
		return "en"
	}
	if _, i, confidence := l.matcher.Match(tags...); i == 1 && confidence > language.No {
		return "zh"
	}
	return "en"
}
