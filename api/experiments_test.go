package api_test

import (
	"fmt"
	"testing"

	"vitrine.dev/api"
	"vitrine.dev/recommend"
)

func TestExperimentsAreCountedByArm(t *testing.T) {
	s := open(t)
	p, err := recommend.ParsePolicy([]byte("experiments: [{id: order, arms: [{name: a, share: 0.5}, {name: b, share: 0.5, weights: {trust: 1}}]}]"))
	if err != nil {
		t.Fatal(err)
	}
	s.stock(2)
	s.world.world.SetPolicy(t.Context(), p)
	type counts struct{ readers, shown, opened, hidden, bookmarked int64 }
	want := make(map[string]counts)
	for i := range 14 {
		reader := s.token(t, fmt.Sprintf("r%d", i), api.ScopeWindowRead)
		w := into[recommend.Window](s.do("GET", "/v1/window", nil, reader).is(200))
		pick := w.Items[0].Pick
		acts := []object{{"kind": "impression", "pick": pick, "window": w.ID}, {"kind": "impression", "pick": w.Items[1].Pick, "window": w.ID}}
		n := want[w.Arm]
		n.readers, n.shown = n.readers+1, n.shown+2
		if i%3 == 0 {
			acts = append(acts, object{"kind": "open", "pick": pick, "window": w.ID})
			n.opened++
		}
		s.do("POST", "/v1/actions", object{"actions": acts}, reader).is(202)
		if i%4 == 0 {
			s.do("PUT", "/v1/feedback/pick/"+pick, object{"kind": "not_interested"}, reader).is(204)
			n.hidden++
		}
		if i%2 == 0 {
			s.do("PUT", "/v1/bookmarks/"+pick, nil, reader).is(201)
			s.do("PUT", "/v1/bookmarks/"+w.Items[1].Pick, nil, reader).is(201)
			n.bookmarked++ // the reader, once
		}
		want[w.Arm] = n
	}
	off := s.token(t, "off", api.ScopeWindowRead)
	s.do("PUT", "/v1/me/privacy", object{"personalisation": "off"}, off).is(200)
	w := into[recommend.Window](s.do("GET", "/v1/window", nil, off).is(200))
	s.do("POST", "/v1/actions", object{"actions": []object{{"kind": "impression", "pick": w.Items[0].Pick, "window": w.ID}}}, off).is(202)

	analyst := s.token(t, "ana", api.ScopeMetricsRead)
	all := into[struct{ Items []recommend.ExperimentReport }](s.do("GET", "/v1/experiments", nil, analyst).is(200)).Items
	if len(all) != 1 || len(all[0].Arms) != 2 || all[0].Complete == "" || all[0].AsOf.IsZero() {
		t.Fatalf("got %+v, want the experiment with its arms", all)
	}
	for _, a := range all[0].Arms {
		want := want["order:"+a.Name]
		if got := (counts{a.Readers, a.Impressions, a.Opens, a.Hides, want.bookmarked}); got != want {
			t.Errorf("arm %s: got %+v, want %+v", a.Name, got, want)
		}
		did := make(map[string]int64)
		for _, m := range a.Metrics {
			did[m.Name] = m.Did
			if m.Difference != nil || m.Rate.N != a.Readers {
				t.Errorf("arm %s: %+v of few readers", a.Name, m)
			}
		}
		if a.Readers >= 5 && (did["open"] != want.opened || did["hide"] != want.hidden || did["bookmark"] != want.bookmarked || len(did) != 10) {
			t.Errorf("arm %s: %v did so, want %+v", a.Name, did, want)
		}
		switch r := a.OpenRate; {
		case a.Readers < 5 && r != nil:
			t.Errorf("arm %s: a rate of %d readers", a.Name, a.Readers)
		case a.Readers >= 5 && (r == nil || r.Low > r.Value || r.Value >= r.High || r.N != a.Readers):
			t.Errorf("arm %s: rate %+v", a.Name, r)
		}
	}
	if c := all[0].Ratio; c.Mismatch || c.P <= 0 {
		t.Errorf("ratio check %+v, want no mismatch", c)
	}
	s.do("GET", "/v1/experiments", nil, off).problem(403, "insufficient-scope")
}
