package api_test

import (
	"fmt"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vitrine.dev/api"
	"vitrine.dev/recommend"
)

type interests struct {
	Interests []recommend.Interest
	Pending   bool
}

func TestDeclaredInterestsShapeTheNextWindow(t *testing.T) {
	s := open(t)
	mei := s.expert("mei", "home", "food", "outdoor")
	s.publish(mei, pickOf("1", "home/tea"))
	liked := s.publish(mei, pickOf("2", "outdoor"))
	s.publish(mei, pickOf("3", "food"))
	ann := s.token(t, "ann", api.ScopeWindowRead)
	r := s.do("PUT", "/v1/me/interests", object{"interests": []object{{"topic": "outdoor", "weight": 1}, {"topic": "home/tea", "weight": 0.2}}}, ann).is(200)
	want := []recommend.Interest{{Topic: "home/tea", Weight: 0.2, Source: "declared"}, {Topic: "outdoor", Weight: 1, Source: "declared"}}
	if diff := cmp.Diff(want, into[interests](r).Interests); diff != "" {
		t.Errorf("interests (-want +got):\n%s", diff)
	}
	w := into[recommend.Window](s.do("GET", "/v1/window", nil, ann).is(200))
	if len(w.Items) == 0 || w.Items[0].Pick != liked.ID {
		t.Fatalf("window %+v, want %s first", w.Items, liked.ID)
	}
	get := s.do("GET", "/v1/me/interests", nil, ann).is(200)
	s.do("GET", "/v1/me/interests", nil, ann, header{"If-None-Match", get.header.Get("ETag")}).is(304)
	s.do("PUT", "/v1/me/interests", object{"interests": into[object](get)["interests"]}, ann).is(200)
	s.do("PUT", "/v1/me/interests", object{"interests": []object{}}, ann).is(200)
	if got := into[interests](s.do("GET", "/v1/me/interests", nil, ann)).Interests; len(got) != 0 {
		t.Errorf("interests %v after an empty list, want none", got)
	}
}

func TestInterestsThatAreNotValidAreRefused(t *testing.T) {
	s := open(t)
	ann := s.token(t, "ann", api.ScopeWindowRead)
	many := make([]object, 51)
	for i := range many {
		many[i] = object{"topic": fmt.Sprint("t", i), "weight": 1}
	}
	for name, tt := range map[string]struct {
		list    any
		pointer string
	}{
		"a weight over 1":  {[]object{{"topic": "home", "weight": 1.5}}, "/interests/0/weight"},
		"a wrong topic":    {[]object{{"topic": "home", "weight": 1}, {"topic": "Home!", "weight": 1}}, "/interests/1/topic"},
		"a topic twice":    {[]object{{"topic": "home", "weight": 1}, {"topic": "home", "weight": 1}}, "/interests/1/topic"},
		"too many":         {many, "/interests"},
		"an object":        {object{"home": 1}, "/interests"},
		"an unknown field": {[]object{{"topic": "home", "wieght": 1}}, "/interests/0/wieght"},
		"none":             {nil, "/interests"},
	} {
		t.Run(name, func(t *testing.T) {
			s := s.in(t)
			r := s.do("PUT", "/v1/me/interests", object{"interests": tt.list}, ann)
			p := r.problem(422, "validation")
			if !slices.ContainsFunc(faults(p), func(f object) bool { return f["pointer"] == tt.pointer }) {
				t.Errorf("no error at %s\n%s", tt.pointer, r.body)
			}
		})
	}
	s.do("PUT", "/v1/me/interests", object{}, ann).problem(422, "validation")
}

func TestFollowingIsASettledState(t *testing.T) {
	s := open(t)
	for _, id := range []string{"mei", "jun", "lin"} {
		s.expert(id, "home")
	}
	ann := s.token(t, "ann", api.ScopeWindowRead)
	for _, id := range []string{"mei", "jun", "mei", "lin"} {
		if got := into[object](s.do("PUT", "/v1/follows/"+id, nil, ann).is(200)); got["following"] != true {
			t.Errorf("got %v, want following", got)
		}
		s.clock.advance(time.Minute)
	}
	if n := len(s.engine.events(recommend.TopicActions)); n != 3 {
		t.Errorf("%d events, want 3: following twice is following once", n)
	}
	type page struct {
		Items []struct {
			Expert recommend.ExpertCard
			At     time.Time
		}
	}
	var got []string
	path := "/v1/follows?limit=2"
	for path != "" {
		r := s.do("GET", path, nil, ann).is(200)
		for _, f := range into[page](r).Items {
			got = append(got, f.Expert.Name)
		}
		path = nextLink(r)
	}
	if diff := cmp.Diff([]string{"LIN", "JUN", "MEI"}, got); diff != "" {
		t.Errorf("follows (-want +got):\n%s", diff)
	}
	profile := into[recommend.ExpertProfile](s.do("GET", "/v1/experts/mei", nil, ann).is(200))
	if !profile.Following {
		t.Error("the profile does not know that ann follows mei")
	}
	s.do("DELETE", "/v1/follows/mei", nil, ann).is(200)
	s.do("DELETE", "/v1/follows/mei", nil, ann).is(200)
	s.do("PUT", "/v1/follows/mei", nil, ann).is(200)
	if n := len(s.engine.events(recommend.TopicActions)); n != 5 {
		t.Errorf("%d events, want 5: back again is a new follow", n)
	}
	s.do("PUT", "/v1/follows/nobody", nil, ann).problem(404, "not-found")
	s.do("PUT", "/v1/follows/no%20id", nil, ann).problem(404, "not-found")
}

func TestWhatIsMutedLeavesTheWindow(t *testing.T) {
	s := open(t)
	mei, jun := s.expert("mei", "home"), s.expert("jun", "home")
	a := s.publish(mei, pickOf("1", "home/tea"))
	b := s.publish(jun, pickOf("2", "home"))
	ann := s.token(t, "ann", api.ScopeWindowRead)
	window := func() (ids []string) {
		for _, it := range into[recommend.Window](s.do("GET", "/v1/window", nil, ann).is(200)).Items {
			ids = append(ids, it.Pick)
		}
		slices.Sort(ids)
		return ids
	}
	both := []string{a.ID, b.ID}
	slices.Sort(both)
	for _, m := range []struct{ kind, id, left string }{
		{"pick", a.ID, b.ID},
		{"expert", "jun", a.ID},
		{"topic", "home/tea", b.ID},
	} {
		path := "/v1/mutes/" + m.kind + "/" + url.PathEscape(m.id)
		if got := into[object](s.do("PUT", path, nil, ann).is(200)); got["muted"] != true || got["id"] != m.id {
			t.Errorf("got %v, want %s muted", got, m.id)
		}
		if diff := cmp.Diff([]string{m.left}, window()); diff != "" {
			t.Errorf("window without %s %s (-want +got):\n%s", m.kind, m.id, diff)
		}
		list := into[struct{ Items []recommend.Mute }](s.do("GET", "/v1/mutes", nil, ann).is(200))
		if len(list.Items) != 1 || list.Items[0].ID != m.id {
			t.Errorf("mutes %v, want %s", list.Items, m.id)
		}
		s.do("DELETE", path, nil, ann).is(200)
	}
	if diff := cmp.Diff(both, window()); diff != "" {
		t.Errorf("window at the end (-want +got):\n%s", diff)
	}
	s.do("PUT", "/v1/mutes/partner/taobao", nil, ann).is(200)
	if got := window(); len(got) != 0 {
		t.Errorf("window %v, want nothing of taobao", got)
	}
	for _, path := range []string{"pick/none", "expert/none", "topic/none", "partner/none", "shop/none", "topic/No%20Topic"} {
		if got := s.do("PUT", "/v1/mutes/"+path, nil, ann).status; got != 404 {
			t.Errorf("muting %s answered %d, want 404", path, got)
		}
	}
}

func TestAReadersWriteMayBePending(t *testing.T) {
	s := open(t, func(c *api.Config) { c.Wait = 20 * time.Millisecond })
	s.expert("mei", "home")
	ann := s.token(t, "ann", api.ScopeWindowRead)
	s.engine.mu.Lock()
	s.engine.stalled = true
	s.engine.mu.Unlock()
	for path, body := range map[string]any{
		"/v1/follows/mei": nil, "/v1/mutes/expert/mei": nil, "/v1/me/interests": object{"interests": []object{{"topic": "home", "weight": 1}}},
	} {
		if got := into[object](s.do("PUT", path, body, ann).is(202)); got["pending"] != true {
			t.Errorf("%s: got %v, want it pending", path, got)
		}
	}
	s.engine.resume(t)
	if got := into[interests](s.do("GET", "/v1/me/interests", nil, ann)).Interests; len(got) != 1 {
		t.Errorf("interests %v, want them there in the end", got)
	}
}

func TestARepeatedReadersWriteWithAKeyIsOneEvent(t *testing.T) {
	w := newWorld(t)
	brief := func(c *api.Config) { c.Wait = 20 * time.Millisecond }
	a, b := w.open(t, brief), w.open(t, brief)
	ann := w.token(t, "ann", api.ScopeWindowRead)
	body := object{"interests": []object{{"topic": "home", "weight": 1}}}
	a.do("PUT", "/v1/me/interests", body, ann, key("a")).is(200)
	b.do("PUT", "/v1/me/interests", object{"interests": []object{}}, ann).is(200)
	b.do("PUT", "/v1/me/interests", body, ann, key("a")).is(200) // the network was slow to repeat it
	if got := into[interests](a.do("GET", "/v1/me/interests", nil, ann)).Interests; len(got) != 0 {
		t.Errorf("interests %v, want the later declaration to stand", got)
	}
}
