package api

import (
	"net/url"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestQueriesAreReadAsByTheLibrary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		raw := rapid.StringMatching(`([a-c;&=%+2Fcursor]{0,3}=?[a-z%2F+;=é]{0,4}&?){0,7}`).Draw(t, "raw")
		u := &url.URL{Path: "/v1/window", RawQuery: raw}
		var q query
		q.read(u)
		c := &call{query: q}
		want := u.Query()
		for name, values := range want {
			if got := c.QueryArray(name); !slices.Equal(got, values) {
				t.Fatalf("%q: %s is %q, want %q", raw, name, got, values)
			}
		}
		link, ok := q.next(u, "a+b")
		want.Set("cursor", "a+b")
		if w := "<" + (&url.URL{Path: u.Path, RawQuery: want.Encode()}).String() + `>; rel="next"`; ok && link != w {
			t.Fatalf("%q: Link %s, want %s", raw, link, w)
		}
	})
}
