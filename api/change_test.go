package api_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vitrine.dev/api"
	"vitrine.dev/recommend"
)

func TestAnEditNeedsTheLatestRevision(t *testing.T) {
	s := open(t)
	mei := s.expert("mei", "home")
	s.list(line("1", "2027-01-22T08:00:00Z", `,"stock":50`)).is(200)
	p := s.publish(mei, pickOf("1"))
	path := "/v1/picks/" + p.ID
	edit := object{"inventory": 7}
	s.do("PATCH", path, edit, mei).problem(428, "precondition-required")
	tag := s.do("GET", path, nil, mei).is(200).header.Get("ETag")
	r := s.do("PATCH", path, edit, mei, ifMatch(tag)).is(200)
	got := into[published](r)
	if got.Pick == nil || got.Pick.Inventory == nil || *got.Pick.Inventory != 7 || got.Pick.Revision != 2 || got.Pick.EditedAt.IsZero() {
		t.Errorf("got %s, want inventory 7 in revision 2, and when it was edited", r.body)
	}
	if r.header.Get("ETag") != `"r2"` {
		t.Errorf("ETag %q, want \"r2\"", r.header.Get("ETag"))
	}
	stale := s.do("PATCH", path, object{"inventory": 8}, mei, ifMatch(tag))
	stale.problem(412, "precondition-failed")
	if stale.header.Get("ETag") != `"r2"` {
		t.Errorf("ETag of the refusal %q, want \"r2\"", stale.header.Get("ETag"))
	}
	s.do("PATCH", path, edit, mei, ifMatch(tag)).is(200) // the same change again is the same change
	s.do("PATCH", path, object{"inventory": 9}, mei, ifMatch("*")).is(200)
	s.do("PATCH", path, object{"inventory": 9}, mei, ifMatch("nonsense")).problem(412, "precondition-failed")
}

func TestAnEditIsJudged(t *testing.T) {
	s := open(t)
	mei := s.expert("mei", "home")
	p := s.publish(mei, pickOf("1"))
	path := "/v1/picks/" + p.ID
	for name, tt := range map[string]struct {
		edit object
		code string
	}{
		"a short reason":  {object{"reason": "ok"}, "reason-too-short"},
		"an empty reason": {object{"reason": ""}, "validation"},
		"nothing":         {object{}, "validation"},
		"another field":   {object{"expert": "jun"}, "validation"},
		"an unknown shop": {object{"link": "https://shop.example/1"}, "unsupported-channel"},
	} {
		t.Run(name, func(t *testing.T) {
			s := s.in(t)
			s.do("PATCH", path, tt.edit, mei, ifMatch(`"r1"`)).problem(422, tt.code)
		})
	}
	s.do("PATCH", path, object{"topics": []string{"food"}}, mei, ifMatch(`"r1"`)).problem(403, "topic-not-approved")
	if n := len(s.engine.events(recommend.TopicPicks)); n != 1 {
		t.Errorf("%d events, want that of the publication alone", n)
	}
}

func TestAHeldEditKeepsTheOldContentLive(t *testing.T) {
	s := open(t)
	mei := s.expert("mei", "home")
	same := reasonFor("same")
	for _, item := range []string{"1", "2", "3"} {
		c := pickOf(item)
		c["reason"] = same
		s.publish(mei, c)
	}
	p := s.publish(mei, pickOf("4"))
	got := into[published](s.do("PATCH", "/v1/picks/"+p.ID, object{"reason": same}, mei, ifMatch(`"r1"`)).is(200))
	if got.Pick == nil || got.Pick.Reason == same || got.Pick.Pending == nil || got.Pick.Pending.Reason != same {
		t.Fatalf("got %+v, want the old reason live and the new one pending", got.Pick)
	}
	type list struct {
		Items []struct {
			State      string
			Reason     string
			Disclosure recommend.DisclosureOf
		}
	}
	versions := into[list](s.do("GET", "/v1/picks/"+p.ID+"/versions", nil, mei).is(200))
	var states []string
	for _, v := range versions.Items {
		states = append(states, v.State)
		if v.Disclosure.Label == "" {
			t.Error("a version without a label")
		}
	}
	if diff := cmp.Diff([]string{"pending", "live"}, states); diff != "" {
		t.Errorf("versions (-want +got):\n%s", diff)
	}
}

func TestVersionsTellTheHistoryToWhomItConcerns(t *testing.T) {
	s := open(t)
	mei, jun := s.expert("mei", "home"), s.expert("jun", "home")
	p := s.publish(mei, pickOf("1"))
	s.do("PATCH", "/v1/picks/"+p.ID, object{"reason": reasonFor("new")}, mei, ifMatch(`"r1"`)).is(200)
	path := "/v1/picks/" + p.ID + "/versions"
	got := into[struct{ Items []recommend.PickRevision }](s.do("GET", path, nil, mei).is(200))
	if len(got.Items) != 2 || got.Items[0].Reason != reasonFor("new") || got.Items[1].Reason != reasonFor("1") || got.Items[0].Revision != 2 {
		t.Errorf("got %+v, want the new and the old reason", got.Items)
	}
	s.do("GET", path, nil, jun).problem(403, "not-yours")
	s.do("GET", path, nil, s.token(t, "mod", api.ScopeModerate, api.ScopePicksWrite)).is(200)
	s.do("GET", "/v1/picks/none/versions", nil, mei).problem(404, "not-found")
}

func TestAnotherExpertsPickIsNotChanged(t *testing.T) {
	s := open(t)
	mei, jun := s.expert("mei", "home"), s.expert("jun", "home")
	p := s.publish(mei, pickOf("1"))
	s.do("PATCH", "/v1/picks/"+p.ID, object{"inventory": 1}, jun, ifMatch(`"r1"`)).problem(403, "not-yours")
	s.do("DELETE", "/v1/picks/"+p.ID, nil, jun, ifMatch(`"r1"`)).problem(403, "not-yours")
	s.do("DELETE", "/v1/picks/none", nil, jun, ifMatch(`"r1"`)).problem(404, "not-found")
	s.do("DELETE", "/v1/picks/no%20id", nil, jun, ifMatch(`"r1"`)).problem(404, "not-found")
}

func TestAWithdrawnPickComesBackWithinThirtyDays(t *testing.T) {
	s := open(t)
	mei := s.expert("mei", "home")
	p := s.publish(mei, pickOf("1"))
	path := "/v1/picks/" + p.ID
	s.do("DELETE", path, nil, mei).problem(428, "precondition-required")
	gone := into[published](s.do("DELETE", path, nil, mei, ifMatch(`"r1"`)).is(200))
	if gone.State != "withdrawn" {
		t.Errorf("state %q, want withdrawn", gone.State)
	}
	if r := s.do("GET", path, nil).problem(410, "pick-removed"); r["removed_reason"] != "withdrawn" {
		t.Errorf("removed_reason %v, want withdrawn", r["removed_reason"])
	}
	s.do("GET", path, nil, mei).is(200) // its own expert
	s.do("DELETE", path, nil, mei, ifMatch(`"r1"`)).is(200)
	s.do("PATCH", path, object{"inventory": 1}, mei, ifMatch(`"r2"`)).problem(409, "pick-withdrawn")
	back := s.do("POST", path+"/restore", nil, mei).is(200)
	if got := into[published](back); got.State != "published" || back.header.Get("ETag") != `"r3"` {
		t.Errorf("got %s %s, want it published in revision 3", got.State, back.header.Get("ETag"))
	}
	s.do("GET", path, nil).is(200)
	s.do("DELETE", path, nil, mei, ifMatch(`"r3"`)).is(200)
	s.clock.advance(31 * 24 * time.Hour)
	s.do("POST", path+"/restore", nil, mei).problem(409, "undo-expired")
}

func TestRestoringWhatIsRecommendedAgainIsAConflict(t *testing.T) {
	s := open(t)
	mei := s.expert("mei", "home")
	old := s.publish(mei, pickOf("1"))
	s.do("DELETE", "/v1/picks/"+old.ID, nil, mei, ifMatch("*")).is(200)
	s.clock.advance(29*24*time.Hour + 14*time.Hour)
	fresh := into[published](s.do("POST", "/v1/picks", pickOf("1"), mei, key("again")).is(202))
	p := s.do("POST", "/v1/picks/"+old.ID+"/restore", nil, mei).problem(409, "duplicate-pick")
	if p["existing_id"] != fresh.ID {
		t.Errorf("existing_id %v, want %s", p["existing_id"], fresh.ID)
	}
}

func TestOfTwoEditsAtOnceOneWins(t *testing.T) {
	w := newWorld(t)
	a, b := w.open(t), w.open(t)
	mei := a.expert("mei", "home")
	a.list(line("1", "2027-01-22T08:00:00Z", `,"stock":50`)).is(200)
	p := a.publish(mei, pickOf("1"))
	path := "/v1/picks/" + p.ID
	raced := false
	w.engine.before = func() {
		if !raced {
			raced = true
			b.do("PATCH", path, object{"inventory": 1}, mei, ifMatch(`"r1"`)).is(200)
		}
	}
	a.do("PATCH", path, object{"inventory": 2}, mei, ifMatch(`"r1"`)).problem(412, "precondition-failed")
	if v := into[recommend.PickView](a.do("GET", path, nil)); v.Inventory == nil || *v.Inventory != 1 {
		t.Errorf("inventory %v, want that of the first", v.Inventory)
	}
}

func TestMyPicksArePagedLatestFirst(t *testing.T) {
	s := open(t)
	mei := s.expert("mei", "home")
	var want []string
	for _, item := range []string{"1", "2", "3", "4", "5"} {
		want = append([]string{s.publish(mei, pickOf(item)).ID}, want...)
	}
	s.do("DELETE", "/v1/picks/"+want[0], nil, mei, ifMatch("*")).is(200)
	type page struct {
		Items      []recommend.PickView
		NextCursor string `json:"next_cursor"`
	}
	var got []string
	path := "/v1/me/picks?limit=2"
	for path != "" {
		r := s.do("GET", path, nil, mei).is(200)
		p := into[page](r)
		for _, v := range p.Items {
			got = append(got, v.Pick)
		}
		path = nextLink(r)
		if (path == "") != (p.NextCursor == "") {
			t.Fatalf("Link %q with next_cursor %q", path, p.NextCursor)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("picks (-want +got):\n%s", diff)
	}
	withdrawn := into[page](s.do("GET", "/v1/me/picks?state=withdrawn", nil, mei).is(200))
	if len(withdrawn.Items) != 1 || withdrawn.Items[0].Pick != want[0] || withdrawn.Items[0].State != recommend.PickWithdrawn {
		t.Errorf("withdrawn %+v, want %s", withdrawn.Items, want[0])
	}
	latest := into[page](s.do("GET", "/v1/me/picks?limit=1&state=published", nil, mei).is(200))
	s.do("DELETE", "/v1/picks/"+latest.Items[0].Pick, nil, mei, ifMatch("*")).is(200)
	rest := into[page](s.do("GET", "/v1/me/picks?state=published&cursor="+latest.NextCursor, nil, mei).is(200))
	if len(rest.Items) != 3 || rest.Items[0].Pick != want[2] {
		t.Errorf("after a pick that has gone since: %+v, want to go on with %s", rest.Items, want[2])
	}
	jun := s.expert("jun", "home")
	first := into[page](s.do("GET", "/v1/me/picks?limit=2", nil, mei).is(200))
	s.do("GET", "/v1/me/picks?cursor="+first.NextCursor, nil, jun).problem(400, "cursor-invalid")
	s.do("GET", "/v1/me/picks?cursor=x", nil, mei).problem(400, "cursor-invalid")
	s.do("GET", "/v1/me/picks?state=lost", nil, mei).problem(400, "validation")
}

// nextLink is the address of the next page, "" when there is none.
func nextLink(r *reply) string {
	link := r.header.Get("Link")
	if !strings.HasSuffix(link, `; rel="next"`) {
		return ""
	}
	return strings.TrimSuffix(strings.TrimPrefix(link, "<"), `>; rel="next"`)
}

func TestLimitsSayWhatIsLeft(t *testing.T) {
	s := open(t)
	mei := s.expert("mei", "home", "food/tea")
	s.do("POST", "/v1/picks", pickOf("1"), mei, key("a")).is(202)
	got := into[struct {
		PerDay        recommend.Allowance `json:"per_day"`
		NextAllowedAt time.Time           `json:"next_allowed_at"`
		Verified      bool
		Topics        []string
	}](s.do("GET", "/v1/me/limits", nil, mei).is(200))
	if got.PerDay.Remaining != 8 || !got.NextAllowedAt.Equal(s.clock.now().Add(10*time.Minute)) || !got.Verified {
		t.Errorf("got %+v, want 8 left and ten minutes to wait", got)
	}
	if diff := cmp.Diff([]string{"home", "food/tea"}, got.Topics); diff != "" {
		t.Errorf("topics (-want +got):\n%s", diff)
	}
	s.do("GET", "/v1/me/limits", nil, s.token(t, "nobody", api.ScopePicksWrite)).is(200)
}
