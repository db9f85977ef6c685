package api

import "net/http"

const jsonType = "application/json; charset=utf-8"

// fixedHeaders are values that many answers have in common, made once. Nobody
// changes them: what is set anew takes the place of the slice, and what is
// added makes another, for there is no room in these.
type fixedHeaders struct{ noSniff, sameOrigin, deny, private, json []string }

func newFixedHeaders() fixedHeaders {
	return fixedHeaders{
		noSniff: []string{"nosniff"}, sameOrigin: []string{"same-origin"}, deny: []string{"DENY"},
		private: []string{"private, no-store"}, json: []string{jsonType},
	}
}

// own sets a header of this answer alone, in the room that c has for some. name
// is in its canonical form.
func (c *call) own(h http.Header, name, value string) {
	if c.used == len(c.values) {
		h[name] = []string{value}
		return
	}
	c.values[c.used] = value
	h[name] = c.values[c.used : c.used+1 : c.used+1]
	c.used++
}
