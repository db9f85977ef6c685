package api_test

import (
	"html"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"vitrine.dev/api"
	"vitrine.dev/api/web"
)

// paged has a process show pages, too.
func paged(t *testing.T) func(*api.Config) {
	t.Helper()
	return func(c *api.Config) {
		now, keys := c.Now, c.Keys
		var err error
		c.Pages, err = web.New(web.Config{
			Windows: c.Windows.(web.Windows), Store: c.Store, World: c.World, Analyst: c.Analyst, Now: now, Ask: api.Ask,
			Session: func(r *http.Request) (string, []string, bool) { return keys.Session(r, now()) },
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// A person looks at pages and sends their forms, without scripts.
type person struct {
	*site
	plain  *http.Client // pages are not in the contract; what forms are answered is
	cookie header
}

// visit is a browser with a session that has scopes.
func (s *site) visit(sub string, scopes ...string) *person {
	own, stay := *s, func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	own.client = &http.Client{Transport: s.client.Transport, CheckRedirect: stay}
	return &person{&own, &http.Client{CheckRedirect: stay}, header{"Cookie", "vitrine_session=" + strings.TrimPrefix(s.token(s.t, sub, scopes...).value, "Bearer ")}}
}

// page is what the person sees.
func (p *person) page(path string, status int) string {
	p.t.Helper()
	reading := *p.site
	reading.client = p.plain
	return string(reading.do("GET", path, nil, p.cookie, header{"Accept", "text/html"}, header{"Accept-Language", "en"}).is(status).body)
}

// send sends the form of a page that goes to action, with what was filled in,
// and returns where it leads.
func (p *person) send(page, action string, filled url.Values, more ...header) *reply {
	p.t.Helper()
	_, form, ok := strings.Cut(page, `action="`+action+`"`)
	if !ok {
		p.t.Fatalf("the page has no form for %s", action)
	}
	form, _, _ = strings.Cut(form, "</form>")
	fields := make(url.Values)
	for _, m := range regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)">`).FindAllStringSubmatch(form, -1) {
		fields.Set(m[1], html.UnescapeString(m[2]))
	}
	maps.Copy(fields, filled)
	return p.do("POST", action, fields.Encode(), append([]header{
		p.cookie, {"Content-Type", "application/x-www-form-urlencoded"}, {"Sec-Fetch-Site", "same-origin"}, {"Accept", "text/html"},
	}, more...)...)
}

// leads is where an answer leads to.
func (r *reply) leads(to string) {
	r.t.Helper()
	if got := r.is(http.StatusSeeOther).header.Get("Location"); got != to {
		r.t.Errorf("leads to %q, want %q", got, to)
	}
}
