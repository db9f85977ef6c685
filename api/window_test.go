package api_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vitrine.dev/api"
	"vitrine.dev/recommend"
)

// stock publishes one pick each of n experts.
func (s *site) stock(n int) (ids []string) {
	s.t.Helper()
	for i := range n {
		id := fmt.Sprintf("x%02d", i)
		s.do("POST", "/v1/experts", object{"id": id, "name": id, "topics": []string{"home"}, "verified": true}, s.moderator()).is(200)
		x := s.token(s.t, id, api.ScopePicksWrite)
		ids = append(ids, into[published](s.do("POST", "/v1/picks", pickOf(strconv.Itoa(100+i)), x, key("k")).is(202)).ID)
	}
	return ids
}

func TestAWindowPagesThroughAllPicksOnAnyProcess(t *testing.T) {
	w := newWorld(t)
	a, b := w.open(t), w.open(t)
	want := a.stock(12)
	ann := w.token(t, "ann", api.ScopeWindowRead)
	var got []string
	path, sites := "/v1/window?limit=5&seed=7", []*site{a, b}
	for i := 0; path != ""; i++ {
		r := sites[i%2].do("GET", path, nil, ann).is(200)
		if cc := r.header.Get("Cache-Control"); cc != "private, no-store" {
			t.Errorf("Cache-Control %q, want private, no-store", cc)
		}
		page := into[recommend.Window](r)
		for _, it := range page.Items {
			if it.Position != len(got) {
				t.Errorf("position %d, want %d", it.Position, len(got))
			}
			got = append(got, it.Pick)
		}
		path = nextLink(r)
		if (path == "") != (page.NextCursor == "") {
			t.Fatalf("Link %q with next_cursor %q", path, page.NextCursor)
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("picks over all pages (-want +got):\n%s", diff)
	}
}

func TestAWindowRefusesWhatItCannotRead(t *testing.T) {
	s := open(t)
	s.stock(3)
	ann := s.token(t, "ann", api.ScopeWindowRead)
	for query, want := range map[string]struct {
		status int
		code   string
	}{
		"limit=0":                {400, "validation"},
		"limit=51":               {400, "validation"},
		"limit=x":                {400, "validation"},
		"limit=":                 {400, "validation"},
		"seed=":                  {400, "validation"},
		"reader=":                {400, "validation"},
		"seed=-1":                {400, "validation"},
		"topic=No+Topic":         {400, "validation"},
		"exclude_ids=%20x%2C%21": {400, "validation"},
		"topic=none":             {404, "topic-unknown"},
		"cursor=x":               {400, "cursor-invalid"},
		"include_seen=1":         {400, "validation"},
		"reader=%21":             {400, "validation"},
		"exclude_ids=" + strings.Repeat("a,", 101): {400, "validation"},
	} {
		t.Run(query[:min(30, len(query))], func(t *testing.T) {
			s := s.in(t)
			s.do("GET", "/v1/window?"+query, nil, ann).problem(want.status, want.code)
		})
	}
}

func TestAWindowLeavesOutWhatItIsToldTo(t *testing.T) {
	s := open(t)
	ids := s.stock(4)
	ann := s.token(t, "ann", api.ScopeWindowRead)
	w := into[recommend.Window](s.do("GET", "/v1/window?exclude_ids="+ids[0]+","+ids[1]+"&topic=home&topic=", nil, ann).is(200))
	if len(w.Items) != 2 || slices.ContainsFunc(w.Items, func(it recommend.Item) bool { return it.Pick == ids[0] || it.Pick == ids[1] }) {
		t.Errorf("items %+v, want the other two", w.Items)
	}
}

func TestWhatWasSeenComesBackWhenItIsAskedFor(t *testing.T) {
	s := open(t)
	ids := s.stock(3)
	ann := s.token(t, "ann", api.ScopeWindowRead)
	s.do("POST", "/v1/actions", object{"actions": []object{{"kind": "impression", "pick": ids[1]}}}, ann).is(202)
	s.clock.advance(time.Second)
	for query, want := range map[string]int{"": 2, "?include_seen=false": 2, "?include_seen=true": 3} {
		if w := into[recommend.Window](s.do("GET", "/v1/window"+query, nil, ann).is(200)); len(w.Items) != want {
			t.Errorf("%q: %d items, want %d", query, len(w.Items), want)
		}
	}
}

func TestACursorBelongsToItsReaderAndTime(t *testing.T) {
	s := open(t)
	s.stock(4)
	ann, bob := s.token(t, "ann", api.ScopeWindowRead), s.token(t, "bob", api.ScopeWindowRead)
	r := s.do("GET", "/v1/window?limit=2&topic=home", nil, ann).is(200)
	next := nextLink(r)
	s.do("GET", next, nil, bob).problem(400, "cursor-invalid")
	p := s.do("GET", strings.Replace(next, "cursor=", "cursor=x", 1), nil, ann).problem(400, "cursor-invalid")
	if p["fresh_start"] != "/v1/window?limit=2&topic=home" {
		t.Errorf("fresh_start %v, want the first page", p["fresh_start"])
	}
	s.clock.advance(31 * time.Minute)
	expired := s.do("GET", next, nil, ann)
	expired.problem(410, "cursor-expired")
	if got, want := expired.header.Get("Link"), `</v1/window?limit=2&topic=home>; rel="first"`; got != want {
		t.Errorf("Link %q, want %q", got, want)
	}
}

func TestOnlyAFeedClientNamesItsReader(t *testing.T) {
	s := open(t)
	mei := s.expert("mei", "home", "outdoor")
	s.publish(mei, pickOf("1", "home"))
	liked := s.publish(mei, pickOf("2", "outdoor"))
	ann := s.token(t, "ann", api.ScopeWindowRead)
	s.do("PUT", "/v1/me/interests", object{"interests": []object{{"topic": "outdoor", "weight": 1}}}, ann).is(200)
	p := s.do("GET", "/v1/window?reader=bob", nil, ann).problem(403, "insufficient-scope")
	if p["required"] != "window:any" {
		t.Errorf("required %v, want window:any", p["required"])
	}
	s.do("GET", "/v1/window?reader=ann", nil, ann).is(200)
	feed := s.token(t, "feed", api.ScopeWindowAny)
	w := into[recommend.Window](s.do("GET", "/v1/window?reader=ann", nil, feed).is(200))
	if len(w.Items) != 2 || w.Items[0].Pick != liked.ID {
		t.Errorf("items %+v, want ann's window", w.Items)
	}
	s.do("GET", "/v1/window", nil, feed).is(200)
	s.do("GET", "/v1/window", nil).problem(401, "unauthorized")
	s.do("GET", "/v1/window", nil, s.token(t, "mei", api.ScopePicksWrite)).problem(403, "insufficient-scope")
	s.do("GET", "/v1/search?reader=ann", nil).problem(401, "unauthorized")
}

func TestAWindowWithoutItsReaderSaysSo(t *testing.T) {
	s := open(t)
	s.stock(2)
	ann := s.token(t, "ann", api.ScopeWindowRead)
	s.engine.mu.Lock()
	s.engine.getErr = recommend.ErrUnavailable
	s.engine.mu.Unlock()
	w := into[recommend.Window](s.do("GET", "/v1/window", nil, ann).is(200))
	if !w.Degraded || len(w.Items) != 2 || !slices.Contains(w.Missing, "reader") {
		t.Errorf("got %+v, want a degraded window that misses the reader", w)
	}
}
