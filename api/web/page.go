package web

import (
	"bytes"
	"compress/gzip"
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"vitrine.dev/recommend"
)

//go:embed templates/*.html
var templateFiles embed.FS

// contentPolicy lets a page load from where it came from and from nowhere
// else; nothing inline runs or styles.
//
// The checkouts of partners at origins may be framed.
func contentPolicy(origins []string) (string, error) {
	frames := "'none'"
	for i, o := range origins {
		o = strings.TrimSuffix(o, "/")
		u, err := url.Parse(o)
		if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.Scheme+"://"+u.Host != o || strings.ContainsAny(o, " ;,'\"*") {
			return "", fmt.Errorf("frame origin %q is not like https://shop.example", o)
		}
		if i == 0 {
			frames = o
		} else {
			frames += " " + o
		}
	}
	return "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
		"font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; frame-src " + frames, nil
}

// A pageSet holds the templates of one language by name.
type pageSet map[string]*template.Template

// shared are the templates that every page can use.
func shared() []string {
	return []string{"layout.html", "cards.html", "acts.html", "gate.html", "signs.html"}
}

func (s *site) parse(lang string) (pageSet, error) {
	words := s.catalogs[lang]
	funcs := template.FuncMap{
		"t": words.text, "th": words.html, "static": s.static.url, "imports": s.static.imports, "lang": textLang,
		"money":   func(m *recommend.Money) string { return money(*m, lang) },
		"ago":     func(t time.Time) (template.HTML, error) { return words.ago(s.Now(), t) },
		"date":    func(t time.Time) template.HTML { return dated(t, lang) },
		"moment":  func(t time.Time) template.HTML { return moment(t, lang) },
		"dict":    dict,
		"span":    words.span,
		"about":   words.about,
		"ours":    words.ours,
		"partner": s.partnerName, "categories": recommend.ReportCategories, "complaints": recommend.ComplaintCategories, "states": earningStates,
		"share":   share,
		"count":   count,
		"size":    size,
		"split":   strings.Fields,
		"percent": func(share float64) string { return fmt.Sprintf("%.0f%%", 100*share) },
	}
	base := template.New("").Funcs(funcs).Option("missingkey=error")
	for _, name := range shared() {
		if err := parseInto(base, name); err != nil {
			return nil, err
		}
	}
	entries, err := templateFiles.ReadDir("templates")
	if err != nil {
		return nil, err
	}
	set := make(pageSet)
	for _, e := range entries {
		t, err := base.Clone()
		if err != nil {
			return nil, err
		}
		if err := parseInto(t, e.Name()); err != nil {
			return nil, err
		}
		set[strings.TrimSuffix(e.Name(), ".html")] = t
	}
	return set, nil
}

// parseInto takes the indentation away: a tenth of a page is blanks otherwise.
func parseInto(t *template.Template, name string) error {
	b, err := templateFiles.ReadFile(path.Join("templates", name))
	if err != nil {
		return err
	}
	lines := bytes.Split(b, []byte("\n"))
	for i := range lines {
		lines[i] = bytes.TrimLeft(lines[i], "\t ")
	}
	if _, err := t.Parse(string(bytes.Join(lines, []byte("\n")))); err != nil {
		return fmt.Errorf("templates/%s: %w", name, err)
	}
	return nil
}

// dict lets a template hand several things to another.
func dict(pairs ...any) (map[string]any, error) {
	m := make(map[string]any, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		name, ok := pairs[i].(string)
		if !ok {
			return nil, fmt.Errorf("dict: %v is no name", pairs[i])
		}
		m[name] = pairs[i+1]
	}
	return m, nil
}

// A request is one page on its way.
type request struct {
	*http.Request
	site   *site
	w      http.ResponseWriter
	lang   string
	words  *catalog
	who    visitor
	labels map[string]string // of topics, made when first asked for
}

func (q *request) ctx() context.Context { return q.Context() }

// fragment reports whether a script asks for the cards alone.
func (q *request) fragment() bool { return q.URL.Query().Get("fragment") == "1" }

// A view is what a page is made of.
type view struct {
	Lang    string
	HTMLTag string // the language as HTML names it
	Title   string
	About   string // for search engines and previews
	Nav     string // the part of the site that this is
	Query   string // what the search box holds
	Path    string
	Langs   map[string]string // this page in each language
	Now     time.Time
	Who     visitor
	Demo    bool
	InCart  int                // pieces in the visitor's cart
	Script  string             // "" is page.js
	Say     []string           // beginnings of the keys of what the script says, beside its own
	Words   map[string]message // for the script
	Body    any
}

// page answers with what serve makes, in the right language and for the right
// person.
func (s *site) page(serve func(*request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		q := &request{Request: r, site: s, w: w, lang: language(r)}
		q.words = s.catalogs[q.lang]
		h := w.Header()
		h.Set("Content-Security-Policy", s.policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "strict-origin-when-cross-origin") // partners see which site sent somebody, not which page
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
		h.Set("Cache-Control", "private, no-cache") // going back shows the page as it was left
		h.Set("Vary", "Accept-Encoding, Accept-Language, Cookie")
		if r.URL.Query().Get("lang") == q.lang {
			http.SetCookie(w, &http.Cookie{ //nolint:gosec // a language is no secret; over plain HTTP it must be kept too
				Name: langCookie, Value: q.lang, Path: "/", MaxAge: 365 * 24 * 3600,
				HttpOnly: true, Secure: r.TLS != nil, SameSite: http.SameSiteLaxMode,
			})
		}
		err := q.recognise() //nolint:contextcheck // the request in q has it
		if err == nil {
			err = serve(q)
		}
		if err != nil {
			q.fail(err) //nolint:contextcheck // the request in q has it
		}
	}
}

// show renders the page named name.
func (q *request) show(status int, name string, v view) error {
	v.Lang, v.HTMLTag, v.Path, v.Now, v.Who = q.lang, q.lang, q.URL.Path, q.site.Now().UTC(), q.who
	if q.lang == "zh" {
		v.HTMLTag = "zh-CN"
	}
	v.Demo = q.site.Demo != nil
	if v.Script == "" {
		v.Script = "page.js"
	}
	v.Langs = q.inLanguages()
	v.Words = q.words.under(append([]string{"js.", "ago."}, v.Say...)...)
	for _, l := range q.cartLines() {
		v.InCart += l.Quantity
	}
	part := "layout"
	if q.fragment() {
		part = "fragment"
	}
	var out bytes.Buffer
	if err := q.site.pages[q.lang][name].ExecuteTemplate(&out, part, v); err != nil {
		return fmt.Errorf("page %s: %w", name, err)
	}
	return q.send(status, out.Bytes())
}

func (q *request) send(status int, body []byte) error {
	h := q.w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", q.lang)
	if takesGzip(q.Request) {
		z, err := gzipped(body, gzip.BestSpeed)
		if err != nil {
			return err
		}
		h.Set("Content-Encoding", "gzip")
		body = z
	}
	answer(q.w, status, body)
	return nil
}

func answer(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client is gone; nobody can be told
}

// inLanguages is the address of this page in every language.
func (q *request) inLanguages() map[string]string {
	m := make(map[string]string)
	for _, lang := range languages() {
		v := q.URL.Query()
		v.Set("lang", lang)
		v.Del("fragment")
		v.Del("said")
		v.Del("cursor") // belongs to answers in one language
		m[lang] = (&url.URL{Path: q.URL.Path, RawPath: q.URL.RawPath, RawQuery: v.Encode()}).String()
	}
	return m
}

// with is the address of this page with one parameter changed; "" removes it.
func (q *request) with(name, value string) string {
	v := q.URL.Query()
	for _, drop := range []string{"fragment", "lang", "cursor", "said"} {
		v.Del(drop)
	}
	v.Set(name, value)
	if value == "" {
		v.Del(name)
	}
	return (&url.URL{Path: q.URL.Path, RawPath: q.URL.RawPath, RawQuery: v.Encode()}).String()
}

// A visitor is who looks at a page.
type visitor struct {
	ID     string // "" is somebody unknown
	Expert bool   // may publish
	Sees   bool   // may see signals of traffic quality
	Reader recommend.Reader
	// Unread is why Reader is empty although there may be something to know.
	Unread error
}

// Keeps reports whether the visitor has bookmarked pick.
func (v *visitor) Keeps(pick string) bool {
	return slices.ContainsFunc(v.Reader.Bookmarks, func(b recommend.Bookmark) bool { return b.Pick == pick })
}

// Follows reports whether the visitor follows expert.
func (v *visitor) Follows(expert string) bool {
	for _, f := range v.Reader.Follows {
		if f.ID == expert {
			return true
		}
	}
	return false
}

// Interest is the declared weight of topic.
func (v *visitor) Interest(topic string) float64 {
	for _, i := range v.Reader.Interests {
		if i.Topic == topic && i.Source == "declared" {
			return i.Weight
		}
	}
	return 0
}

// recognise finds out who looks. What a reader chose is left out when the
// store is away: the page comes all the same.
func (q *request) recognise() error {
	sub, scopes, ok := q.site.Session(q.Request)
	if !ok || sub == "" {
		return nil
	}
	q.who.ID = sub
	for _, s := range scopes {
		q.who.Expert = q.who.Expert || s == "picks:write"
	}
	q.who.Sees = q.sees()
	r, err := q.site.Windows.ReaderOf(q.ctx(), sub)
	switch {
	case errors.Is(err, recommend.ErrUnavailable):
		q.who.Unread = err
		q.site.Logger.WarnContext(q.ctx(), "page made without the reader", "err", err)
	case err != nil:
		return fmt.Errorf("reader of a page: %w", err)
	default:
		q.who.Reader = *r
	}
	return nil
}
