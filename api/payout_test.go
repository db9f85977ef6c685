package api_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"vitrine.dev/api"
	"vitrine.dev/recommend"
)

type payoutAnswer struct{ Last string }

const account = "DE02 1203 0000 0000 2020 51"

func TestAnAccountIsNeverKeptNorShown(t *testing.T) {
	s, _, _, mei := selling(t)
	if got := into[payoutAnswer](s.do("GET", "/v1/me/payout", nil, mei).is(200)); got.Last != "" {
		t.Errorf("got %+v of somebody who has said nothing", got)
	}
	for range 2 {
		if got := into[payoutAnswer](s.do("PUT", "/v1/me/payout", object{"account": account}, mei).is(200)); got.Last != "2051" {
			t.Errorf("got %+v, want the last characters", got)
		}
	}
	if got := into[payoutAnswer](s.do("GET", "/v1/me/payout", nil, mei).is(200)); got.Last != "2051" {
		t.Errorf("got %+v, want the last characters", got)
	}
	s.do("PUT", "/v1/me/payout", object{"account": " 12-3 "}, mei).problem(422, "validation")
	s.do("PUT", "/v1/me/payout", object{"account": account}, s.token(t, "ann", api.ScopeWindowRead)).problem(403, "insufficient-scope")
	declared := 0
	for _, e := range s.engine.events(recommend.TopicOrders) {
		if e.Type == recommend.TypePayoutDeclared {
			declared++
		}
		if plain := strings.ReplaceAll(account, " ", ""); bytes.Contains(e.Data, []byte(plain[:12])) || bytes.Contains(e.Data, []byte(account[:12])) {
			t.Errorf("the log has the account: %s", e.Data)
		}
	}
	if declared != 1 {
		t.Errorf("%d declarations, want one", declared)
	}
}

func TestTwoExpertsWithOneAccountAreASignal(t *testing.T) {
	s, p, pick, _ := selling(t)
	jun := s.expert("jun", "home")
	mei := s.token(t, "mei", api.ScopePicksWrite, api.ScopeWindowRead)
	s.offer("1", 20000, 5)
	s.do("PUT", "/v1/me/payout", object{"account": account}, mei).is(200)
	mod := s.moderator()
	open := func() (of []string) {
		t.Helper()
		for _, i := range into[signalPage](s.do("GET", "/v1/signals?kind=shared-payout&state=open", nil, mod).is(200)).Items {
			if !i.Lapsed {
				of = append(of, i.Subject.String()+" "+strings.Join(i.Evidence.Experts, "+"))
			}
		}
		return of
	}
	if got := open(); len(got) != 0 {
		t.Errorf("one expert with an account of his own is a signal: %v", got)
	}
	s.do("PUT", "/v1/me/payout", object{"account": strings.ToLower(strings.ReplaceAll(account, " ", "-"))}, jun).is(200)
	if got := open(); len(got) != 2 || !strings.Contains(strings.Join(got, ","), "expert:mei jun+mei") {
		t.Errorf("got %v, want one about each", got)
	}
	token := s.goTo(p, jun, pick)
	s.clock.advance(time.Minute)
	s.push(s.reported("o1", token, "paid", 20000))
	if l := s.earned(mei, "?state=on_hold"); len(l.Items) != 1 || l.Items[0].Reason != "shared-payout" || l.Items[0].HeldUntil.IsZero() {
		t.Errorf("got %+v, want what jun bought held", l.Items)
	}
	page := into[signalPage](s.do("GET", "/v1/signals?subject=line:o1/taobao/1", nil, mod).is(200))
	if text, err := json.Marshal(page); err != nil || len(page.Items) != 1 || strings.Contains(string(text), "jun") {
		t.Errorf("got %s, %v: want a signal that does not name the buyer", text, err)
	}
	s.clock.advance(time.Minute)
	s.do("PUT", "/v1/me/payout", object{"account": "someone@pay.example"}, jun).is(200)
	if got := open(); len(got) != 1 || !strings.HasPrefix(got[0], "line:") {
		t.Errorf("got %v, want the experts' lapsed, and that of the line to stay", got)
	}
	token = s.goTo(p, jun, pick)
	s.clock.advance(time.Minute)
	s.push(s.reported("o2", token, "paid", 20000))
	if l := s.earned(mei, "?state=pending"); len(l.Items) != 1 || l.Items[0].Order != "o2" {
		t.Errorf("got %+v, want an order from another account not held", l.Items)
	}
	if len(s.engine.dead) > 0 {
		t.Errorf("dead letters %v", s.engine.dead)
	}
}
