package api

import (
	"net/url"
	"slices"
	"strings"
)

// A query is the parameters of an address, read once and without copies where
// nothing is escaped: gin and net/url make maps of them each time.
type query struct {
	pairs []pair
	room  [8]pair
}

type pair struct{ name, value string }

// read takes in the query of u as [url.URL.Query] does: what is malformed is
// left out.
func (q *query) read(u *url.URL) {
	const many = 1_000 // then the library decides, which bounds them
	if strings.Count(u.RawQuery, "&") >= many {
		for name, values := range u.Query() {
			for _, v := range values {
				q.pairs = append(q.pairs, pair{name, v})
			}
		}
		return
	}
	q.pairs = q.room[:0]
	for rest := u.RawQuery; rest != ""; {
		var text string
		text, rest, _ = strings.Cut(rest, "&")
		if text == "" || strings.Contains(text, ";") {
			continue
		}
		name, value, _ := strings.Cut(text, "=")
		name, err := url.QueryUnescape(name)
		if err != nil {
			continue
		}
		if value, err = url.QueryUnescape(value); err == nil {
			q.pairs = append(q.pairs, pair{name, value})
		}
	}
}

// GetQuery is the first value of a parameter, and whether it is given.
func (c *call) GetQuery(name string) (value string, given bool) {
	for i := range c.query.pairs {
		if c.query.pairs[i].name == name {
			return c.query.pairs[i].value, true
		}
	}
	return "", false
}

// Query is the first value of a parameter, "" without one.
func (c *call) Query(name string) string {
	value, _ := c.GetQuery(name)
	return value
}

// QueryArray is all values of a parameter.
func (c *call) QueryArray(name string) (values []string) {
	for i := range c.query.pairs {
		if c.query.pairs[i].name == name {
			values = append(values, c.query.pairs[i].value)
		}
	}
	return values
}

// next is a Link to u with another cursor, as [url.Values.Encode] writes the
// parameters; ok is false for an address that is not as simple as most.
func (q *query) next(u *url.URL, cursor string) (link string, ok bool) {
	if u.RawPath != "" || len(q.pairs) >= len(q.room) || !strings.HasPrefix(u.Path, "/v1/") {
		return "", false
	}
	var room [len(q.room)]pair
	pairs := room[:0]
	for _, p := range q.pairs {
		if p.name != "cursor" {
			pairs = append(pairs, p)
		}
	}
	pairs = append(pairs, pair{"cursor", cursor})
	slices.SortStableFunc(pairs, func(a, b pair) int { return strings.Compare(a.name, b.name) })
	const usual = 512
	b := append(append(make([]byte, 0, usual), '<'), u.EscapedPath()...)
	for i, p := range pairs {
		b = append(b, "?&"[min(i, 1)])
		b = append(append(append(b, url.QueryEscape(p.name)...), '='), url.QueryEscape(p.value)...)
	}
	return string(append(b, `>; rel="next"`...)), true
}
