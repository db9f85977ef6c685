package api_test

import (
	"fmt"
	"math"
	"net/url"
	"testing"

	"vitrine.dev/api"
	"vitrine.dev/recommend"
)

func TestACardIsExplained(t *testing.T) {
	w := newWorld(t)
	s, other := w.open(t), w.open(t)
	mei := s.expert("mei", "home", "outdoor")
	s.publish(mei, pickOf("1", "home"))
	liked := s.publish(mei, pickOf("2", "outdoor")).ID
	ann, bob := s.token(t, "ann", api.ScopeWindowRead), s.token(t, "bob", api.ScopeWindowRead)
	s.do("PUT", "/v1/me/interests", object{"interests": []object{{"topic": "outdoor", "weight": 0.5}}}, ann).is(200)
	page := into[recommend.Window](s.do("GET", "/v1/window?seed=4", nil, ann).is(200))
	card := page.Items[0]
	if card.Pick != liked {
		t.Fatalf("first card %s, want %s", card.Pick, liked)
	}
	at := func(more string) string {
		return "/v1/picks/" + liked + "/why?window_id=" + url.QueryEscape(page.ID) + "&seed=4" + more
	}
	for lang, want := range map[string]string{"en": "Because you are interested in Outdoors", "zh": "你感兴趣的「户外」"} {
		y := into[recommend.Why](other.do("GET", at(fmt.Sprintf("&score=%v&lang=%s", card.Score, lang)), nil, ann).is(200))
		sum := 0.0
		for _, f := range y.Factors {
			sum += f.Product
			if f.Sentence == "" || f.About == "" || math.Abs(f.Product-f.Weight*f.Value) > 1e-12 {
				t.Errorf("factor %+v is not explained", f)
			}
		}
		if math.Abs(sum-y.Score) > 1e-6 || math.Abs(y.Score-card.Score) > 1e-6 {
			t.Errorf("factors add up to %v, score %v, shown %v", sum, y.Score, card.Score)
		}
		if y.Changed == nil || *y.Changed || y.Position == nil || *y.Position != 0 || y.CommissionInfluence {
			t.Errorf("got %+v, want the card as it was", y)
		}
		if len(y.Reasons) == 0 || y.Reasons[0] != want || len(y.Interests) != 1 || y.Interests[0].Topic != "outdoor" {
			t.Errorf("reasons %v, interests %v", y.Reasons, y.Interests)
		}
		for _, c := range y.Changes {
			if c.Text == "" {
				t.Errorf("change %+v has no words", c)
			}
		}
	}

	// What it says would change it does.
	y := into[recommend.Why](s.do("GET", at(""), nil, ann).is(200))
	for _, c := range y.Changes {
		if c.Kind == "interests" {
			s.do(c.Call.Method, c.Call.Path, c.Call.Body, ann).is(200)
		}
	}
	y = into[recommend.Why](s.do("GET", at(fmt.Sprintf("&score=%v", card.Score)), nil, ann).is(200))
	if y.Changed == nil || !*y.Changed || len(y.Interests) != 0 {
		t.Errorf("got %+v, want it to say that the score has changed", y)
	}

	s.do("GET", at(""), nil, bob).problem(404, "not-found")
	s.do("GET", "/v1/picks/none/why?seed=4&window_id="+page.ID, nil, ann).problem(404, "not-found")
	s.do("GET", "/v1/picks/"+liked+"/why", nil, ann).problem(400, "validation")
	s.do("GET", at("&score=x"), nil, ann).problem(400, "validation")
	s.do("GET", at("&topic=home"), nil, ann).problem(422, "validation")
	s.do("GET", "/v1/picks/"+liked+"/why?window_id="+page.ID, nil, ann).problem(422, "validation")
	s.do("PUT", "/v1/mutes/pick/"+liked, nil, ann).is(200)
	s.do("GET", at(""), nil, ann).problem(410, "pick-removed")
	ranked := into[recommend.Window](s.do("POST", "/v1/rank", object{"picks": []string{card.Pick}}, bob).is(200))
	s.do("GET", "/v1/picks/"+liked+"/why?window_id="+ranked.ID, nil, bob).problem(422, "validation")
}

func TestTheRankingIsPublic(t *testing.T) {
	s := open(t)
	r := into[recommend.RankingView](s.do("GET", "/v1/ranking?lang=zh", nil).is(200))
	known := make(map[string]bool)
	for _, f := range r.Features {
		known[f.Name] = true
	}
	if len(r.Surfaces) != len(recommend.Surfaces()) || r.CommissionInfluence || r.Commission == "" {
		t.Errorf("got %+v", r)
	}
	for _, surface := range r.Surfaces {
		for _, w := range surface.Weights {
			if !known[w.Feature] {
				t.Errorf("%s has a weight for %s, which is no feature", surface.Name, w.Feature)
			}
		}
	}
}
