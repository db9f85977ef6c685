package api_test

import (
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"vitrine.dev/api"
	"vitrine.dev/recommend"
)

type bookmarkList struct {
	Items []struct {
		Pick    string
		At      time.Time
		Item    *recommend.Item
		Removed *recommend.RemovedPick
	}
	NextCursor string `json:"next_cursor"`
}

// counted is how many readers the pulse of pick counts of a kind.
func (e *engine) counted(pick, kind string) (n int64) {
	for part := range max(1, e.parts) {
		var p recommend.Pulse
		if e.body(recommend.Ref{Kind: recommend.KindPulse, ID: recommend.PulseID(pick, part)}, &p) {
			n += p.Readers[kind]
		}
	}
	return n
}

func TestAHundredBookmarksAtOnceAreOne(t *testing.T) {
	w := newWorld(t)
	a, b := w.open(t), w.open(t)
	pick := a.publish(a.expert("mei", "home"), pickOf("1")).ID
	ann := w.token(t, "ann", api.ScopeWindowRead)
	var wg sync.WaitGroup
	statuses := make([]int, 100)
	for i := range statuses {
		s := []*site{a, b}[i%2]
		wg.Go(func() {
			r, err := s.try("PUT", "/v1/bookmarks/"+pick, nil, ann)
			if err != nil {
				t.Error(err)
				return
			}
			statuses[i] = r.status
		})
	}
	wg.Wait()
	created := 0
	for i, status := range statuses {
		switch status {
		case 201:
			created++
		case 200:
		default:
			t.Errorf("request %d answered %d, want 200 or 201", i, status)
		}
	}
	if created == 0 || created > 2 {
		t.Errorf("%d requests made it, want one on each process at most", created)
	}
	ids := make(map[string]bool)
	for _, ev := range w.engine.events(recommend.TopicActions) {
		ids[ev.ID] = true
	}
	if len(ids) != 1 {
		t.Errorf("%d different events, want one", len(ids))
	}
	if n := w.engine.counted(pick, recommend.ActBookmark); n != 1 {
		t.Errorf("the pulse counts %d readers, want one", n)
	}
	if got := into[bookmarkList](b.do("GET", "/v1/bookmarks", nil, ann).is(200)).Items; len(got) != 1 || got[0].Item == nil || !got[0].Item.Bookmarked {
		t.Errorf("bookmarks %+v, want the one with its card", got)
	}
}

func TestABookmarkIsASettledState(t *testing.T) {
	s := open(t)
	pick := s.publish(s.expert("mei", "home"), pickOf("1")).ID
	ann := s.token(t, "ann", api.ScopeWindowRead)
	path := "/v1/bookmarks/" + pick
	s.do("DELETE", path, nil, ann).is(204)
	for range 2 {
		first := into[object](s.do("PUT", path, nil, ann).is(201))
		if first["bookmarked"] != true || first["pick"] != pick || first["pending"] != false || first["at"] == nil {
			t.Errorf("got %v, want it bookmarked", first)
		}
		if again := into[object](s.do("PUT", path, nil, ann).is(200)); again["at"] != first["at"] {
			t.Errorf("bookmarked at %v, want %v still", again["at"], first["at"])
		}
		s.do("DELETE", path, nil, ann).is(204)
		s.do("DELETE", path, nil, ann).is(204)
	}
	if n := len(s.engine.events(recommend.TopicActions)); n != 4 {
		t.Errorf("%d events, want 4: no event without a change", n)
	}
	if n := s.engine.counted(pick, recommend.ActBookmark); n != 0 {
		t.Errorf("the pulse counts %d readers, want none any more", n)
	}
	s.do("PUT", "/v1/bookmarks/nothing", nil, ann).problem(404, "not-found")
	s.do("PUT", "/v1/bookmarks/no%20id", nil, ann).problem(404, "not-found")
	s.do("DELETE", "/v1/bookmarks/nothing", nil, ann).is(204)
}

func TestBookmarksOutliveTheirPicks(t *testing.T) {
	s := open(t)
	mei := s.expert("mei", "home")
	var picks []string
	ann := s.token(t, "ann", api.ScopeWindowRead)
	for i := range 3 {
		picks = append(picks, s.publish(mei, pickOf(strconv.Itoa(i+1))).ID)
		s.do("PUT", "/v1/bookmarks/"+picks[i], nil, ann).is(201)
		s.clock.advance(time.Minute)
	}
	s.list(line("2", s.clock.now().Format(time.RFC3339), "")).is(200)
	s.do("POST", "/v1/rulings", object{"target": object{"kind": "pick", "id": picks[1]}, "action": "remove", "rule": "spam"}, s.moderator()).is(200)
	var got []string
	path := "/v1/bookmarks?limit=2"
	for path != "" {
		r := s.do("GET", path, nil, ann).is(200)
		for _, b := range into[bookmarkList](r).Items {
			got = append(got, b.Pick)
			if gone := b.Pick == picks[1]; gone != (b.Removed != nil) || gone == (b.Item != nil) {
				t.Errorf("bookmark %+v, want a card or why there is none", b)
			} else if gone && (b.Removed.Title != "Kettle 2" || b.Removed.Reason != recommend.HiddenRemoved) {
				t.Errorf("removed %+v, want its title and why", b.Removed)
			}
		}
		path = nextLink(r)
	}
	if want := []string{picks[2], picks[1], picks[0]}; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("bookmarks %v, want %v", got, want)
	}
	s.do("PUT", "/v1/bookmarks/"+picks[1], nil, ann).is(200) // it is kept already
	bob := s.token(t, "bob", api.ScopeWindowRead)
	s.do("PUT", "/v1/bookmarks/"+picks[1], nil, bob).problem(410, "pick-removed")
	s.do("GET", "/v1/bookmarks?cursor=nonsense", nil, ann).problem(400, "cursor-invalid")
}

func TestNoMoreBookmarksAreKeptThanThePolicySays(t *testing.T) {
	s := open(t)
	pick := s.publish(s.expert("mei", "home"), pickOf("1")).ID
	r := recommend.Reader{ID: "ann"}
	for i := range 2000 {
		r.Bookmarks = append(r.Bookmarks, recommend.Bookmark{Pick: fmt.Sprint("p", i), At: s.clock.now()})
	}
	s.engine.plant(t, recommend.Ref{Kind: recommend.KindReader, ID: "ann"}, r)
	ann := s.token(t, "ann", api.ScopeWindowRead)
	if p := s.do("PUT", "/v1/bookmarks/"+pick, nil, ann).problem(422, "too-many"); p["limit"] != 2000.0 {
		t.Errorf("got %v, want the bound", p)
	}
	s.do("DELETE", "/v1/bookmarks/p7", nil, ann).is(204)
	s.do("PUT", "/v1/bookmarks/"+pick, nil, ann).is(201)
}

func TestABookmarkMayBePending(t *testing.T) {
	s := open(t, func(c *api.Config) { c.Wait = 20 * time.Millisecond })
	pick := s.publish(s.expert("mei", "home"), pickOf("1")).ID
	ann := s.token(t, "ann", api.ScopeWindowRead)
	s.engine.mu.Lock()
	s.engine.stalled = true
	s.engine.mu.Unlock()
	for range 3 {
		if got := into[object](s.do("PUT", "/v1/bookmarks/"+pick, nil, ann).is(202)); got["pending"] != true {
			t.Errorf("got %v, want it pending", got)
		}
	}
	s.do("DELETE", "/v1/bookmarks/"+pick, nil, ann).is(202)
	s.engine.resume(t)
	if got := into[bookmarkList](s.do("GET", "/v1/bookmarks", nil, ann).is(200)).Items; len(got) != 0 {
		t.Errorf("bookmarks %v, want none: it was taken back before it could be read", got)
	}
	s.do("PUT", "/v1/bookmarks/"+pick, nil, ann).is(201)
	if n := s.engine.counted(pick, recommend.ActBookmark); n != 1 {
		t.Errorf("the pulse counts %d readers, want one", n)
	}
}
