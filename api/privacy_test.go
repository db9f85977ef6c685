package api_test

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vitrine.dev/api"
	"vitrine.dev/recommend"
)

func TestPersonalisationIsTurnedOffAndOn(t *testing.T) {
	s := open(t)
	ann := s.token(t, "ann", api.ScopeWindowRead)
	setting := func() any {
		return into[object](s.do("GET", "/v1/me/privacy", nil, ann).is(200))["personalisation"]
	}
	if got := setting(); got != "on" {
		t.Errorf("personalisation %v at first, want on", got)
	}
	for _, want := range []string{"off", "off", "on"} {
		s.do("PUT", "/v1/me/privacy", object{"personalisation": want}, ann).is(200)
		if got := setting(); got != want {
			t.Errorf("personalisation %v, want %s", got, want)
		}
	}
	if n := len(s.engine.events(recommend.TopicActions)); n != 2 {
		t.Errorf("%d events, want two: one for each change", n)
	}
	s.do("PUT", "/v1/me/privacy", object{"personalisation": "perhaps"}, ann).problem(422, "validation")
	s.do("PUT", "/v1/me/privacy", object{}, ann).problem(422, "validation")
}

func TestWithoutPersonalisationNothingIsLearned(t *testing.T) {
	s := open(t)
	pick := s.publish(s.expert("mei", "home"), pickOf("1")).ID
	ann := s.token(t, "ann", api.ScopeWindowRead)
	s.do("PUT", "/v1/me/privacy", object{"personalisation": "off"}, ann).is(200)
	if got := s.did(ann, object{"id": "a", "kind": "open", "pick": pick}); got.Accepted != 1 || got.Pending {
		t.Errorf("got %+v, want it taken", got)
	}
	s.do("PUT", "/v1/bookmarks/"+pick, nil, ann).is(201)
	if n := s.engine.counted(pick, recommend.ActOpen) + s.engine.counted(pick, recommend.ActBookmark); n != 0 {
		t.Errorf("the pulse counts %d, want nothing", n)
	}
}

// lived makes a reader who has done everything, and returns his picks.
func (s *site) lived(mei, who header) (one, two string) {
	s.t.Helper()
	items := []string{strconv.Itoa(len(s.engine.docs)), strconv.Itoa(len(s.engine.docs) + 1)}
	one, two = s.stocked(mei, items[0], 9), s.stocked(mei, items[1], 9)
	s.priced(items[0], 9900, 9)
	s.do("PUT", "/v1/me/interests", object{"interests": []object{{"topic": "home", "weight": 1}}}, who).is(200)
	s.do("PUT", "/v1/follows/mei", nil, who).is(200)
	s.do("PUT", "/v1/feedback/topic/food", object{"kind": "mute"}, who).is(204)
	s.do("PUT", "/v1/feedback/pick/"+two, object{"kind": "not_interested"}, who).is(204)
	s.did(who, object{"kind": "impression", "pick": one}, object{"kind": "open", "pick": one})
	s.do("PUT", "/v1/bookmarks/"+one, nil, who).is(201)
	s.do("POST", "/v1/cart/items", add(one, 2), who).is(201)
	s.do("POST", "/v1/reports", object{"target": object{"kind": "pick", "id": two}, "category": "spam", "text": "a secret of mine"}, who).is(202)
	return one, two
}

func exported(r *reply) map[string][]string {
	got := make(map[string][]string)
	for l := range strings.Lines(string(r.body)) {
		var v struct {
			Type string
			Data json.RawMessage
		}
		if err := json.Unmarshal([]byte(l), &v); err != nil {
			r.t.Errorf("line %q: %v", l, err)
		}
		got[v.Type] = append(got[v.Type], string(v.Data))
	}
	return got
}

func TestAnExportHoldsEverythingOfTheReaderAndNothingOfOthers(t *testing.T) {
	w, v := newWorld(t), &vault{names: make(map[string]string)}
	s := w.open(t, w.veiled(t, v))
	ann, bob := s.token(t, "annabelle", api.ScopeWindowRead), s.token(t, "bartholomew", api.ScopeWindowRead)
	one, two := s.lived(s.expert("mei", "home"), ann)
	s.do("PUT", "/v1/bookmarks/"+two, nil, bob).is(201)
	s.do("POST", "/v1/reports", object{"target": object{"kind": "pick", "id": two}, "category": "fraud", "text": "said by another"}, bob).is(202)
	r := s.do("GET", "/v1/me/export", nil, ann).is(200)
	got := exported(r)
	counts := make(map[string]int)
	for kind, all := range got {
		counts[kind] = len(all)
	}
	want := map[string]int{"profile": 1, "follow": 1, "feedback": 2, "bookmark": 1, "cart_line": 1, "journey": 2, "report": 1}
	if diff := cmp.Diff(want, counts); diff != "" {
		t.Errorf("lines (-want +got):\n%s\n%s", diff, r.body)
	}
	text := string(r.body)
	for _, has := range []string{"annabelle", one, two, "a secret of mine", `"open"`} {
		if !strings.Contains(text, has) {
			t.Errorf("the export lacks %q:\n%s", has, text)
		}
	}
	for _, not := range []string{"bartholomew", "said by another", v.all()["annabelle"], v.all()["bartholomew"]} {
		if strings.Contains(text, not) {
			t.Errorf("the export names %q:\n%s", not, text)
		}
	}
	if empty := exported(s.do("GET", "/v1/me/export", nil, s.token(t, "nobody", api.ScopeWindowRead)).is(200)); len(empty) != 1 || len(empty["profile"]) != 1 {
		t.Errorf("export %v of somebody nothing is known of, want an empty profile", empty)
	}
}

func TestAnErasedReaderIsNowhere(t *testing.T) {
	w, v := newWorld(t), &vault{names: make(map[string]string)}
	s, other := w.open(t, w.veiled(t, v)), w.open(t, w.veiled(t, v))
	mei := s.expert("mei", "home")
	guest := into[struct{ Token, Sub string }](s.do("POST", "/v1/guests", nil).is(201))
	for subject, who := range map[string]header{"annabelle": s.token(t, "annabelle", api.ScopeWindowRead), guest.Sub: as(guest.Token)} {
		one, _ := s.lived(mei, who)
		other.do("GET", "/v1/cart", nil, who).is(200) // the name is cached there too
		name := v.all()[subject]
		for _, s := range []*site{s, s, other} {
			if got := into[object](s.do("DELETE", "/v1/me", nil, who).is(202)); got["erased"] != true {
				t.Errorf("got %v, want it erased", got)
			}
		}
		if left, ok := v.all()[subject]; ok {
			t.Errorf("the name %q is left", left)
		}
		w.engine.forgot(t, name, "a secret of mine")
		for _, s := range []*site{s, other} {
			if got := exported(s.do("GET", "/v1/me/export", nil, who).is(200)); len(got) != 1 {
				t.Errorf("export %v, want an empty profile", got)
			}
		}
		other.do("PUT", "/v1/bookmarks/"+one, nil, who).is(201)
		if again := v.all()[subject]; again == "" || again == name {
			t.Errorf("name %q afterwards, want a new one", again)
		}
		if got := into[bookmarkList](s.do("GET", "/v1/bookmarks", nil, who).is(200)).Items; len(got) != 1 {
			t.Errorf("bookmarks %v, want the new one", got)
		}
		w.engine.unnamed(t, subject)
	}
	s.do("DELETE", "/v1/me", nil, s.token(t, "nobody", api.ScopeWindowRead)).is(202)
	s.do("DELETE", "/v1/me", nil).problem(401, "unauthorized")
}

// forgot fails the test when a document says more of a reader than that he was
// erased.
func (e *engine) forgot(t *testing.T, name string, words ...string) {
	t.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	for ref, d := range e.docs {
		text := string(d.Body)
		if ref.Kind == recommend.KindReader && ref.ID == name {
			if strings.Contains(text, "bookmarks") || strings.Contains(text, "traces") || strings.Contains(text, "seen") {
				t.Errorf("%s holds %s", ref, text)
			}
			continue
		}
		for _, w := range append(words, name) {
			if strings.Contains(ref.ID+text, w) {
				t.Errorf("%s holds %q: %s", ref, w, text)
			}
		}
	}
}
