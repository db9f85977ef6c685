package web

import (
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

//go:embed i18n/*.json
var catalogFiles embed.FS

// languages are those that pages speak; the first is for whoever asks for none.
func languages() []string { return []string{"en", "zh"} }

// langCookie remembers a language chosen on a page.
const langCookie = "vitrine_lang"

// A catalog holds the words of all pages in one language.
type catalog struct {
	lang     string
	messages map[string]message
}

// A message is a sentence with {names} for what is filled in. One is for the
// number one in languages that have it.
type message struct {
	One   string `json:"one,omitempty"`
	Other string `json:"other"`
}

// UnmarshalJSON reads a sentence, or an object of sentences by number.
func (m *message) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		return json.Unmarshal(b, &m.Other)
	}
	type fields message
	return json.Unmarshal(b, (*fields)(m))
}

// MarshalJSON writes what UnmarshalJSON reads.
func (m message) MarshalJSON() ([]byte, error) {
	if m.One == "" {
		return json.Marshal(m.Other)
	}
	type fields message
	return json.Marshal(fields(m))
}

func readCatalog(lang string) (*catalog, error) {
	b, err := catalogFiles.ReadFile("i18n/" + lang + ".json")
	if err != nil {
		return nil, err
	}
	c := &catalog{lang: lang}
	if err := json.Unmarshal(b, &c.messages); err != nil {
		return nil, fmt.Errorf("i18n/%s.json: %w", lang, err)
	}
	return c, nil
}

// text fills the message key with args, which are names and values in turn.
// The number that decides about singular is the one named n.
func (c *catalog) text(key string, args ...any) (string, error) {
	pattern, err := c.pattern(key, args)
	if err != nil {
		return "", err
	}
	return fill(pattern, args, c.show), nil
}

// html is text with the values of type template.HTML left as they are and
// everything else escaped.
func (c *catalog) html(key string, args ...any) (template.HTML, error) {
	pattern, err := c.pattern(key, args)
	if err != nil {
		return "", err
	}
	filled := fill(template.HTMLEscapeString(pattern), args, func(v any) string {
		if h, ok := v.(template.HTML); ok {
			return string(h)
		}
		return template.HTMLEscapeString(c.show(v))
	})
	return template.HTML(filled), nil //nolint:gosec // pattern and values were escaped above
}

// or is text, or fallback where there is no such message: for keys that end in
// a name which newer versions may add to.
func (c *catalog) or(fallback, key string, args ...any) string {
	s, err := c.text(key, args...)
	if err != nil {
		return fallback
	}
	return s
}

func (c *catalog) pattern(key string, args []any) (string, error) {
	m, ok := c.messages[key]
	if !ok {
		return "", fmt.Errorf("no message %q in %s", key, c.lang)
	}
	if m.One != "" {
		for i := 0; i+1 < len(args); i += 2 {
			if args[i] == "n" && (args[i+1] == 1 || args[i+1] == int64(1)) {
				return m.One, nil
			}
		}
	}
	return m.Other, nil
}

func fill(pattern string, args []any, show func(any) string) string {
	pairs := make([]string, 0, len(args))
	for i := 0; i+1 < len(args); i += 2 {
		pairs = append(pairs, fmt.Sprintf("{%v}", args[i]), show(args[i+1]))
	}
	return strings.NewReplacer(pairs...).Replace(pattern)
}

// show writes a value as people of both languages do.
func (c *catalog) show(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case int:
		return grouped(strconv.Itoa(v))
	case int64:
		return grouped(strconv.FormatInt(v, 10))
	}
	return fmt.Sprint(v)
}

// ours is the half of a text such as "English / 中文" that is in the catalog's
// language; a text in one language only is whole.
func (c *catalog) ours(text string) string {
	a, b, ok := strings.Cut(text, " / ")
	if !ok || textLang(a) == textLang(b) {
		return text
	}
	if textLang(a) == c.lang {
		return a
	}
	return b
}

// under returns the messages whose keys start with one of prefixes, for a
// page's script.
func (c *catalog) under(prefixes ...string) map[string]message {
	out := make(map[string]message)
	for key := range maps.Keys(c.messages) {
		if slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(key, p) }) {
			out[key] = c.messages[key]
		}
	}
	return out
}

// language is what the lang parameter says, else the cookie, else what the
// browser asks for.
func language(r *http.Request) string {
	if lang := r.URL.Query().Get("lang"); slices.Contains(languages(), lang) {
		return lang
	}
	if c, err := r.Cookie(langCookie); err == nil && slices.Contains(languages(), c.Value) {
		return c.Value
	}
	return accepted(r.Header.Get("Accept-Language"))
}

// accepted picks from an Accept-Language header. Browsers list languages best
// first; weights that say otherwise are honoured.
func accepted(header string) string {
	best, weight := languages()[0], 0.0
	for part := range strings.SplitSeq(header, ",") {
		tag, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		base, _, _ := strings.Cut(strings.ToLower(tag), "-")
		if !slices.Contains(languages(), base) {
			continue
		}
		q := 1.0
		if s, ok := strings.CutPrefix(strings.TrimSpace(params), "q="); ok {
			var err error
			if q, err = strconv.ParseFloat(s, 64); err != nil {
				continue
			}
		}
		if q > weight {
			best, weight = base, q
		}
	}
	return best
}
