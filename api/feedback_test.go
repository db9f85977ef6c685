package api_test

import (
	"fmt"
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vitrine.dev/api"
	"vitrine.dev/recommend"
)

type feedbackList struct {
	Items []struct{ Kind, ID, Feedback string }
}

func (s *site) feedback(who header) (got []string) {
	s.t.Helper()
	for _, f := range into[feedbackList](s.do("GET", "/v1/feedback", nil, who).is(200)).Items {
		got = append(got, f.Feedback+" "+f.Kind+" "+f.ID)
	}
	return got
}

func TestFeedbackIsGivenListedAndTakenBack(t *testing.T) {
	s := open(t)
	pick := s.publish(s.expert("mei", "home"), pickOf("1")).ID
	ann := s.token(t, "ann", api.ScopeWindowRead)
	give := func(kind, id, what string) {
		t.Helper()
		s.do("PUT", "/v1/feedback/"+kind+"/"+url.PathEscape(id), object{"kind": what}, ann).is(204)
		s.clock.advance(time.Minute)
	}
	give("pick", pick, "not_interested")
	give("expert", "mei", "more")
	give("topic", "home/tea", "mute")
	give("partner", "jd", "not_interested")
	give("expert", "mei", "not_interested")
	give("topic", "home/tea", "mute")
	want := []string{"not_interested expert mei", "not_interested partner jd", "mute topic home/tea", "not_interested pick " + pick}
	if diff := cmp.Diff(want, s.feedback(ann)); diff != "" {
		t.Errorf("feedback (-want +got):\n%s", diff)
	}
	if n := s.engine.counted(pick, recommend.ActHide); n != 1 {
		t.Errorf("%d readers hide it, want one", n)
	}
	for range 2 {
		s.do("DELETE", "/v1/feedback/pick/"+pick, nil, ann).is(204)
		s.do("DELETE", "/v1/feedback/topic/home%2Ftea", nil, ann).is(204)
	}
	if diff := cmp.Diff(want[:2], s.feedback(ann)); diff != "" {
		t.Errorf("feedback after taking two back (-want +got):\n%s", diff)
	}
	if n := s.engine.counted(pick, recommend.ActHide); n != 0 {
		t.Errorf("%d readers hide it, want none", n)
	}
	give("topic", "home/tea", "mute")
	s.do("DELETE", "/v1/feedback", nil, ann).is(204)
	if got := s.feedback(ann); len(got) != 0 {
		t.Errorf("feedback %v after the reset, want none", got)
	}
	for path, code := range map[string]string{"pick/none": "not-found", "expert/none": "not-found", "topic/none": "topic-unknown", "partner/none": "not-found", "shop/none": "not-found"} {
		s.do("PUT", "/v1/feedback/"+path, object{"kind": "more"}, ann).problem(404, code)
	}
	s.do("PUT", "/v1/feedback/pick/"+pick, object{"kind": "love"}, ann).problem(422, "validation")
	s.do("PUT", "/v1/feedback/pick/"+pick, object{}, ann).problem(422, "validation")
}

func TestAReportIsOpenUntilARulingAnswersIt(t *testing.T) {
	w, v := newWorld(t), &vault{names: make(map[string]string)}
	s := w.open(t, w.veiled(t, v))
	mei := s.expert("mei", "home")
	pick, other := s.publish(mei, pickOf("1")).ID, s.publish(mei, pickOf("2")).ID
	report := func(who, pick string) string {
		t.Helper()
		r := s.do("POST", "/v1/reports", object{
			"target": object{"kind": "pick", "id": pick}, "category": "undisclosed_ad", "rule_ids": []string{"undisclosed-ad"}, "text": "他收了钱。",
		}, s.token(t, who, api.ScopeWindowRead)).is(202)
		return into[struct{ ID string }](r).ID
	}
	id := report("annabelle", pick)
	if again := report("annabelle", pick); again != id {
		t.Errorf("the second report is %s, want the first, %s", again, id)
	}
	report("bartholomew", pick)
	report("annabelle", other)
	if n := s.engine.counted(pick, recommend.ActReport); n != 2 {
		t.Errorf("%d readers reported it, want two", n)
	}
	list := func() (targets []string) {
		t.Helper()
		for path := "/v1/reports?limit=1"; path != ""; {
			r := s.do("GET", path, nil, s.moderator()).is(200)
			for _, x := range into[struct{ Items []recommend.Report }](r).Items {
				if x.Expert != "mei" || x.Category != "undisclosed_ad" || x.Text != "他收了钱。" || x.Reader == "" {
					t.Errorf("report %+v lacks what was said", x)
				}
				targets = append(targets, x.Target)
			}
			path = nextLink(r)
		}
		return targets
	}
	if diff := cmp.Diff([]string{"pick:" + pick, "pick:" + pick, "pick:" + other}, list()); diff != "" {
		t.Errorf("reports (-want +got):\n%s", diff)
	}
	s.do("POST", "/v1/rulings", object{"target": object{"kind": "pick", "id": pick}, "action": "hold", "rule": "undisclosed-ad"}, s.moderator()).is(200)
	if diff := cmp.Diff([]string{"pick:" + other}, list()); diff != "" {
		t.Errorf("reports after a ruling (-want +got):\n%s", diff)
	}
	w.engine.unnamed(t, "annabelle", "bartholomew")
	ann := s.token(t, "annabelle", api.ScopeWindowRead)
	s.do("GET", "/v1/reports", nil, ann).problem(403, "insufficient-scope")
	s.do("GET", "/v1/reports?cursor=x", nil, s.moderator()).problem(400, "cursor-invalid")
	target := object{"kind": "pick", "id": other}
	long := make([]rune, 1001)
	for i := range long {
		long[i] = '长'
	}
	for name, tt := range map[string]struct {
		body   object
		status int
		code   string
	}{
		"no category":         {object{"target": target}, 422, "validation"},
		"an unknown category": {object{"target": target, "category": "ugly"}, 422, "validation"},
		"no target":           {object{"category": "spam"}, 404, "not-found"},
		"an unknown target":   {object{"target": object{"kind": "pick", "id": "none"}, "category": "spam"}, 404, "not-found"},
		"an unknown rule":     {object{"target": target, "category": "spam", "rule_ids": []string{"none"}}, 422, "rule-unknown"},
		"too long a text":     {object{"target": object{"kind": "expert", "id": "mei"}, "category": "spam", "text": string(long)}, 422, "validation"},
	} {
		t.Run(name, func(t *testing.T) {
			s.in(t).do("POST", "/v1/reports", tt.body, ann).problem(tt.status, tt.code)
		})
	}
}

func TestOnlyWhoWentToACheckoutComplainsOfIt(t *testing.T) {
	s := open(t)
	pick := s.publish(s.expert("mei", "home"), pickOf("1")).ID
	click := recommend.Click{ID: "c1", Reader: "ann", Pick: pick, Expert: "mei", Product: "taobao:1", At: s.clock.now()}
	s.engine.plant(t, recommend.Ref{Kind: recommend.KindReader, ID: "ann"}, recommend.Reader{
		ID: "ann", Clicks: []recommend.Clicked{{ID: "c1", Pick: pick, Expert: "mei", Product: "taobao:1", At: s.clock.now()}},
	})
	s.engine.plant(t, recommend.Ref{Kind: recommend.KindOrder, ID: "o1"}, recommend.Order{ID: "o1", Lines: []recommend.OrderLine{{Partner: "taobao", Line: "1", Click: &click}}})
	ann, bob := s.token(t, "ann", api.ScopeWindowRead), s.token(t, "bob", api.ScopeWindowRead)
	for _, of := range []string{"click_id c1", "order_ref o1"} {
		var field, id string
		_, _ = fmt.Sscan(of, &field, &id)
		body := object{field: id, "kind": "refund_refused", "text": "Three weeks and no answer."}
		first := into[object](s.do("POST", "/v1/complaints", body, ann).is(202))
		if again := into[object](s.do("POST", "/v1/complaints", body, ann).is(202)); again["id"] != first["id"] {
			t.Errorf("the second complaint is %v, want the first, %v", again["id"], first["id"])
		}
		s.do("POST", "/v1/complaints", body, bob).problem(403, "not-yours")
	}
	s.do("POST", "/v1/complaints", object{"click_id": "c2", "kind": "other"}, ann).problem(403, "not-yours")
	s.do("POST", "/v1/complaints", object{"order_ref": "o2", "kind": "other"}, ann).problem(403, "not-yours")
	s.do("POST", "/v1/complaints", object{"kind": "other"}, ann).problem(422, "validation")
	s.do("POST", "/v1/complaints", object{"click_id": "c1", "order_ref": "o1", "kind": "other"}, ann).problem(422, "validation")
	s.do("POST", "/v1/complaints", object{"click_id": "c1", "kind": "sad"}, ann).problem(422, "validation")
	got := into[struct{ Items []recommend.Report }](s.do("GET", "/v1/reports", nil, s.moderator()).is(200)).Items
	if len(got) != 2 || got[0].Target != "click:c1" || got[1].Target != "order:o1" || got[0].Expert != "mei" {
		t.Errorf("reports %+v, want both complaints", got)
	}
}
