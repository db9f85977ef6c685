package api_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"vitrine.dev/api"
	"vitrine.dev/recommend"
)

func TestAWebhookIsTakenOnlySignedFreshAndOnce(t *testing.T) {
	s, _, _, _ := selling(t)
	const path = "/v1/partners/taobao/orders"
	body := `{"reports":[{"id":"o1","line":"1","amount":{"amount":100,"currency":"CNY"},"state":"paid","at":"2027-01-22T00:00:00Z"}]}`
	good := signedAt(s.clock.now(), body)
	html := "<html><body>Bad gateway</body></html>"
	large := `{"reports":[{"id":"o1","note":"` + strings.Repeat("x", 1<<20) + `"}]}`
	for name, c := range map[string]struct {
		path, body string
		headers    []header
		status     int
		code       string
	}{
		"nothing signed":           {path, body, nil, 401, "signature-invalid"},
		"no signature":             {path, body, good[:1], 401, "signature-invalid"},
		"another body":             {path, body + " ", good, 401, "signature-invalid"},
		"another time":             {path, body, []header{{"Vitrine-Timestamp", "1"}, good[1]}, 401, "signature-invalid"},
		"not hexadecimal":          {path, body, []header{good[0], {"Vitrine-Signature", "v1=zz"}}, 401, "signature-invalid"},
		"an older scheme":          {path, body, []header{good[0], {"Vitrine-Signature", strings.TrimPrefix(good[1].value, "v1=")}}, 401, "signature-invalid"},
		"six minutes ago":          {path, body, signedAt(s.clock.now().Add(-6*time.Minute), body), 401, "signature-invalid"},
		"in six minutes":           {path, body, signedAt(s.clock.now().Add(6*time.Minute), body), 401, "signature-invalid"},
		"a partner without secret": {"/v1/partners/jd/orders", body, good, 404, "not-found"},
		"an unknown partner":       {"/v1/partners/nobody/orders", body, good, 404, "not-found"},
		"HTML":                     {path, html, signedAt(s.clock.now(), html), 400, "body-malformed"},
		"over 1 MiB":               {path, large, signedAt(s.clock.now(), large), 413, "body-too-large"},
		"no reports":               {path, `{"reports":[]}`, signedAt(s.clock.now(), `{"reports":[]}`), 422, "validation"},
		"something else":           {path, `{"level":2}`, signedAt(s.clock.now(), `{"level":2}`), 422, "validation"},
	} {
		t.Run(name, func(t *testing.T) { s.in(t).do("POST", c.path, c.body, c.headers...).problem(c.status, c.code) })
	}
	s.do("POST", path, html, append(signedAt(s.clock.now(), html), header{"Content-Type", "text/html"})...).problem(415, "media-type-unsupported")
	if n := len(s.engine.events(recommend.TopicOrders)); n != 0 {
		t.Fatalf("%d events, want none", n)
	}
	s.engine.logErr = errors.Join(recommend.ErrUnavailable)
	s.do("POST", path, body, good...).problem(503, "retry-later")
	s.engine.logErr = nil // the partner tries again with the same signature
	s.do("POST", path, body, good...).is(202)
	s.do("POST", path, body, good...).problem(409, "webhook-replayed")
	if n := len(s.engine.events(recommend.TopicOrders)); n != 1 {
		t.Errorf("%d events, want one", n)
	}
}

func TestEveryReportHasItsOwnVerdict(t *testing.T) {
	s, _, _, _ := selling(t)
	s.push(s.reported("known", "", "paid", 500))
	euro := func(order string) object {
		o := s.reported(order, "", "paid", 500)
		o["amount"] = object{"amount": 500, "currency": "EUR"}
		return o
	}
	ahead := s.reported("ahead", "", "paid", 500)
	ahead["at"] = s.clock.now().Add(48 * time.Hour).Format(time.RFC3339)
	v := s.push(
		s.reported("good", "", "paid", 500),
		s.reported("foreign", "", "paid", 500, "partner", "jd"),
		s.reported("levels", "", "paid", 500, "referrer_expert", "bob"),
		euro("known"), s.reported("new", "", "paid", 500), euro("new"),
		s.reported("negative", "", "paid", -1), ahead, object{"id": 7},
		s.reported("rich", "", "paid", 500, "commission_bp", "9000"),
	)
	want := map[int]string{1: "not-yours", 2: "multi-level-forbidden", 3: "currency-mismatch", 5: "currency-mismatch", 6: "validation", 7: "clock-skew", 8: "body-malformed", 9: "terms-frozen"}
	if v.Accepted != 2 || len(v.Rejected) != len(want) || v.Pending {
		t.Errorf("got %+v, want two taken and %d not", v, len(want))
	}
	for _, r := range v.Rejected {
		if want[r.Index] != r.Code {
			t.Errorf("report %d: got %s, want %s", r.Index, r.Code, want[r.Index])
		}
	}
	if len(s.engine.dead) > 0 {
		t.Errorf("dead letters %v: the API took what the fold does not", s.engine.dead)
	}
}

func TestOrdersComeAsABatchOfLinesToo(t *testing.T) {
	s, p, pick, mei := selling(t)
	token := s.goTo(p, s.token(t, "ann", api.ScopeWindowRead), pick)
	at := s.clock.now().Format(time.RFC3339)
	text := `{"id":"o1","partner":"taobao","line":"1","token":"` + token + `","amount":{"amount":20000,"currency":"CNY"},"state":"paid","at":"` + at + `","attempt":2}`
	lines := header{"Content-Type", "application/x-ndjson"}
	taobao := s.token(t, "taobao", api.ScopeOrdersWrite)
	if v := into[reportVerdicts](s.do("POST", "/v1/orders/batch", text+"\n\n{\n", taobao, lines).is(202)); v.Accepted != 1 || len(v.Rejected) != 1 {
		t.Errorf("got %+v, want one taken and one not", v)
	}
	s.push(object{"id": "o1", "line": "1", "token": token, "amount": object{"amount": 20000, "currency": "CNY"}, "state": "paid", "at": at})
	events := slices.DeleteFunc(s.engine.events(recommend.TopicOrders), func(e recommend.Event) bool { return e.Type != recommend.TypeOrderReported }) // clicks are told there too
	if len(events) != 2 || events[0].ID != events[1].ID || events[0].Source != events[1].Source {
		t.Errorf("got %d events, want the same twice", len(events))
	}
	if l := s.earned(mei, ""); len(l.Items) != 1 || len(l.Items[0].Entries) != 1 {
		t.Errorf("got %+v, want one entry", l)
	}
	s.do("POST", "/v1/orders/batch", text, s.token(t, "nobody", api.ScopeOrdersWrite), lines).problem(403, "not-yours")
	s.do("POST", "/v1/orders/batch", text, s.token(t, "taobao", api.ScopeCatalogWrite), lines).problem(403, "insufficient-scope")
	s.do("POST", "/v1/orders/batch", "\n", taobao, lines).problem(400, "body-malformed")
}
