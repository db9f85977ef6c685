package api_test

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vitrine.dev/api"
	"vitrine.dev/recommend"
)

func TestGivenPicksAreOrderedForTheirReader(t *testing.T) {
	s := open(t)
	mei := s.expert("mei", "home", "outdoor")
	tea := s.publish(mei, pickOf("1", "home")).ID
	tent := s.publish(mei, pickOf("2", "outdoor")).ID
	ann := s.token(t, "ann", api.ScopeWindowRead)
	s.do("PUT", "/v1/me/interests", object{"interests": []object{{"topic": "home", "weight": 1}}}, ann).is(200)

	w := into[recommend.Window](s.do("POST", "/v1/rank", object{"picks": []string{tent, "none", tea, tent}, "seed": 3}, ann).is(200))
	if got, want := picksOf(w.Items), []string{tea, tent}; !slices.Equal(got, want) {
		t.Errorf("order %v, want %v", got, want)
	}
	if diff := cmp.Diff([]recommend.LeftOut{{Pick: "none", Reason: recommend.LeftUnknown}}, w.LeftOut); diff != "" {
		t.Errorf("left out (-want +got):\n%s", diff)
	}
	if w.Items[0].Factors != nil {
		t.Error("factors nobody asked for")
	}

	w = into[recommend.Window](s.do("POST", "/v1/rank", object{"picks": []string{tent, tea}, "limit": 1, "explain": true}, ann).is(200))
	if len(w.Items) != 1 || w.Items[0].Pick != tea || len(w.LeftOut) != 0 {
		t.Fatalf("got %+v, want the best card alone", w)
	}
	addsUp(t, &w.Items[0])

	feed := s.token(t, "feed", api.ScopeWindowAny)
	for reader, want := range map[string]string{"ann": tea, "bob": tent} {
		w := into[recommend.Window](s.do("POST", "/v1/rank", object{"picks": []string{tea, tent}, "reader": reader}, feed).is(200))
		if got := w.Items[0].Pick; reader == "ann" && got != want {
			t.Errorf("%s has %s first, want %s", reader, got, want)
		}
	}
	s.do("POST", "/v1/rank", object{"picks": []string{tea}, "reader": "bob"}, ann).problem(403, "insufficient-scope")
	s.do("POST", "/v1/rank", object{"picks": []string{tea}}).problem(401, "unauthorized")

	// An impression in the window of an order counts like any other.
	seen := object{"actions": []object{{"kind": "impression", "pick": tea, "window": w.ID, "position": 0}}}
	if r := into[struct{ Accepted, Flagged int }](s.do("POST", "/v1/actions", seen, ann).is(202)); r.Accepted != 1 || r.Flagged != 0 {
		t.Errorf("got %+v, want the impression taken", r)
	}
}

func TestAnOrderSaysWhatItLeavesOut(t *testing.T) {
	s := open(t)
	mei, bo := s.expert("mei", "home"), s.expert("bo", "home")
	older, newer := s.publish(mei, pickOf("1", "home")).ID, s.publish(bo, pickOf("1", "home")).ID
	muted, less := s.publish(mei, pickOf("2", "home")).ID, s.publish(mei, pickOf("3", "home")).ID
	gone := s.publish(mei, pickOf("4", "home")).ID
	s.do("DELETE", "/v1/picks/"+gone, nil, mei, ifMatch(`"r1"`)).is(200)
	ann := s.token(t, "ann", api.ScopeWindowRead)
	s.do("PUT", "/v1/mutes/pick/"+muted, nil, ann).is(200)
	s.do("PUT", "/v1/feedback/pick/"+less, object{"kind": "not_interested"}, ann).is(204)

	all := []string{older, newer, muted, less, gone, "x"}
	w := into[recommend.Window](s.do("POST", "/v1/rank", object{"picks": all}, ann).is(200))
	if len(w.Items) != 1 {
		t.Fatalf("got %v, want one card of the one product left", picksOf(w.Items))
	}
	other := older
	if w.Items[0].Pick == older {
		other = newer
	}
	want := map[string]string{other: recommend.LeftSame, muted: recommend.LeftMuted, less: recommend.LeftLess, gone: string(recommend.HiddenWithdrawn), "x": recommend.LeftUnknown}
	got := make(map[string]string)
	for _, l := range w.LeftOut {
		got[l.Pick] = l.Reason
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("left out (-want +got):\n%s", diff)
	}
	own := into[recommend.Window](s.do("POST", "/v1/rank", object{"picks": []string{muted}}, mei).is(200))
	if diff := cmp.Diff([]recommend.LeftOut{{Pick: muted, Reason: recommend.LeftOwn}}, own.LeftOut); diff != "" {
		t.Errorf("left out of one's own order (-want +got):\n%s", diff)
	}
}

func TestAnOrderIsRefusedWithPointers(t *testing.T) {
	s := open(t)
	ann := s.token(t, "ann", api.ScopeWindowAny)
	many := make([]string, 1001)
	for i := range many {
		many[i] = fmt.Sprintf("%064d", i)
	}
	for name, c := range map[string]struct {
		body    any
		pointer string
	}{
		"no picks":        {object{}, "/picks"},
		"an empty list":   {object{"picks": []string{}}, "/picks"},
		"too many":        {object{"picks": many}, "/picks"},
		"no id":           {object{"picks": []string{"a", "!"}}, "/picks/1"},
		"limit 0":         {object{"picks": []string{"a"}, "limit": 0}, "/limit"},
		"a high limit":    {object{"picks": []string{"a"}, "limit": 1001}, "/limit"},
		"a negative seed": {object{"picks": []string{"a"}, "seed": -1}, "/seed"},
		"no reader":       {object{"picks": []string{"a"}, "reader": "!"}, "/reader"},
		"a misspelling":   {object{"pics": []string{"a"}}, "/pics"},
	} {
		t.Run(name, func(t *testing.T) {
			s := s.in(t)
			p := s.do("POST", "/v1/rank", c.body, ann).problem(422, "validation")
			if at := p["errors"].([]any)[0].(object)["pointer"]; at != c.pointer {
				t.Errorf("pointer %v, want %s", at, c.pointer)
			}
		})
	}
	s.do("POST", "/v1/rank", object{"picks": many[:1000]}, ann).is(200)
	s.do("POST", "/v1/rank", `{"picks":["`+strings.Repeat("a", 128<<10)+`"]}`, ann).problem(413, "body-too-large")
}

func TestFactorsComeWhenAskedFor(t *testing.T) {
	s := open(t)
	s.stock(3)
	ann := s.token(t, "ann", api.ScopeWindowRead)
	for _, it := range into[recommend.Window](s.do("GET", "/v1/window", nil, ann).is(200)).Items {
		if len(it.Factors) > 0 {
			t.Errorf("%s has factors nobody asked for", it.Pick)
		}
	}
	w := into[recommend.Window](s.do("GET", "/v1/window?explain=true", nil, ann).is(200))
	for i := range w.Items {
		addsUp(t, &w.Items[i])
	}
	s.do("GET", "/v1/window?explain=yes", nil, ann).problem(400, "validation")
}

func addsUp(t *testing.T, it *recommend.Item) {
	t.Helper()
	sum := 0.0
	for _, f := range it.Factors {
		sum += f.Weight * f.Value
	}
	if len(it.Factors) == 0 || math.Abs(sum-it.Score) > 1e-6 {
		t.Errorf("%s: %d factors add up to %v, the score is %v", it.Pick, len(it.Factors), sum, it.Score)
	}
}

func picksOf(items []recommend.Item) []string {
	var ids []string
	for _, it := range items {
		ids = append(ids, it.Pick)
	}
	return ids
}

func TestTheArmOfAWindowIsOnItsActions(t *testing.T) {
	s := open(t)
	p, err := recommend.ParsePolicy([]byte("experiments: [{id: order, arms: [{name: a, share: 1, weights: {trust: 1}}, {name: b, share: 0}]}]"))
	if err != nil {
		t.Fatal(err)
	}
	s.stock(2)
	ann := s.token(t, "ann", api.ScopeWindowRead)
	before := into[recommend.Window](s.do("GET", "/v1/window", nil, ann).is(200))
	s.world.world.SetPolicy(t.Context(), p)
	r := s.do("GET", "/v1/window", nil, ann).is(200)
	w := into[recommend.Window](r)
	if got := r.header.Get("X-Experiment"); got != "order:a" || w.Arm != got {
		t.Errorf("X-Experiment %q, arm %q, want order:a", got, w.Arm)
	}
	r = s.do("POST", "/v1/rank", object{"picks": []string{w.Items[0].Pick}}, ann).is(200)
	if got := r.header.Get("X-Experiment"); got != "order:a" {
		t.Errorf("X-Experiment %q of an order, want order:a", got)
	}
	act := func(window, arm string) object {
		a := object{"kind": "open", "pick": w.Items[0].Pick, "window": window}
		if arm != "" {
			a["arm"] = arm
		}
		return a
	}
	sent := []object{act(w.ID, ""), act(w.ID, "order:b"), act(before.ID, "order:a"), act("made-up", "order:a"), act("", "order:a")}
	s.do("POST", "/v1/actions", object{"actions": sent}, ann).is(202)
	s.engine.mu.Lock()
	defer s.engine.mu.Unlock()
	var got []string
	for _, e := range s.engine.log[recommend.TopicActions] {
		var a recommend.Action
		if err := json.Unmarshal(e.Data, &a); err != nil {
			t.Fatal(err)
		}
		got = append(got, a.Arm)
	}
	if diff := cmp.Diff([]string{"order:a", "order:a", "", "", ""}, got); diff != "" {
		t.Errorf("arms on the log (-want +got):\n%s", diff)
	}
}
