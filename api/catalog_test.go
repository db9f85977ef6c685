package api_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vitrine.dev/api"
	"vitrine.dev/recommend"
)

type batch struct {
	Accepted, Ignored int
	Rejected          []struct {
		Line    int
		Code    string
		Pointer string
	}
	Pending bool
}

// list sends lines as the partner taobao.
func (s *site) list(lines ...string) *reply {
	s.t.Helper()
	return s.do("POST", "/v1/catalog/batch", strings.Join(lines, "\n")+"\n",
		s.token(s.t, "taobao", api.ScopeCatalogWrite), header{"Content-Type", "application/x-ndjson"})
}

func line(item, updated, more string) string {
	return fmt.Sprintf(`{"key":"taobao:%s","title":"Kettle %s","updated_at":%q%s}`, item, item, updated, more)
}

func TestABatchSaysWhatBecameOfEachLine(t *testing.T) {
	s := open(t)
	r := s.list(
		line("1", "2026-11-23T08:00:00Z", `,"price":{"amount":9900,"currency":"CNY"},"stock":3,"colour":"red"`),
		`{"key":"taobao:2"}`,
		`not json`,
		``,
		line("3", "2026-11-23T08:00:00Z", `,"url":"https://item.taobao.com/item.htm?id=4"`),
		line("5", "2026-11-23T07:00:00Z", ``),
		line("5", "2026-11-23T08:00:00Z", `,"url":"https://item.taobao.com/item.htm?id=5"`),
		line("6", "2031-01-01T00:00:00Z", ``),
	).is(200)
	got := into[batch](r)
	var rejected []string
	for _, l := range got.Rejected {
		rejected = append(rejected, fmt.Sprintf("%d %s %s", l.Line, l.Code, l.Pointer))
	}
	if diff := cmp.Diff([]string{"2 validation /title", "3 body-malformed ", "5 url-mismatch /url", "8 clock-skew /updated_at"}, rejected); diff != "" {
		t.Errorf("rejected (-want +got):\n%s", diff)
	}
	if got.Accepted != 2 || got.Ignored != 1 || got.Pending {
		t.Errorf("accepted %d, ignored %d, pending %t; want 2, 1, false", got.Accepted, got.Ignored, got.Pending)
	}
	if events := s.engine.events(recommend.TopicCatalog); len(events) != 2 || events[0].Key != "taobao:1" || !strings.Contains(string(events[0].Data), `"colour":"red"`) {
		t.Errorf("events %+v, want two, with fields that nobody knows", events)
	}
	page := into[recommend.ProductPage](s.do("GET", "/v1/products/taobao:1", nil).is(200))
	if page.Product.Title != "Kettle 1" || page.Product.Price == nil {
		t.Errorf("product %+v, want its facts", page.Product)
	}
}

func TestOlderFactsAreIgnoredAndCounted(t *testing.T) {
	s := open(t)
	s.list(line("1", "2026-11-23T08:00:00Z", "")).is(200)
	for _, updated := range []string{"2026-11-23T08:00:00Z", "2026-11-22T08:00:00Z"} {
		if got := into[batch](s.list(line("1", updated, `,"stock":0`)).is(200)); got.Accepted != 0 || got.Ignored != 1 {
			t.Errorf("facts of %s: got %+v, want them ignored", updated, got)
		}
	}
	if n := len(s.engine.events(recommend.TopicCatalog)); n != 1 {
		t.Errorf("%d events, want 1", n)
	}
}

func TestAPartnerListsItsOwnProductsOnly(t *testing.T) {
	s := open(t)
	s.list(line("1", "2026-11-23T08:00:00Z", ""), `{"key":"jd:1","title":"x","updated_at":"2026-11-23T08:00:00Z"}`).problem(403, "not-yours")
	s.list(line("1", "2026-11-23T08:00:00Z", `,"url":"https://item.jd.com/1.html"`)).problem(403, "not-yours")
	if n := len(s.engine.events(recommend.TopicCatalog)); n != 0 {
		t.Errorf("%d events, want none", n)
	}
	nd := header{"Content-Type", "application/x-ndjson"}
	s.do("POST", "/v1/catalog/batch", line("1", "2026-11-23T08:00:00Z", ""), s.token(t, "nobody", api.ScopeCatalogWrite), nd).problem(403, "not-yours")
	s.do("POST", "/v1/catalog/batch", line("1", "2026-11-23T08:00:00Z", ""), s.token(t, "taobao", api.ScopeWindowRead), nd).problem(403, "insufficient-scope")
	claimed, err := s.keys.Sign(api.Claims{Subject: "bot", Partner: "taobao", Scopes: []string{api.ScopeCatalogWrite}, IssuedAt: s.clock.now(), TTL: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	s.do("POST", "/v1/catalog/batch", line("1", "2026-11-23T08:00:00Z", ""), as(claimed), nd).is(200)
}

func TestABatchHasBounds(t *testing.T) {
	s := open(t)
	many := make([]string, 1001)
	for i := range many {
		many[i] = line(strconv.Itoa(i), "2026-11-23T08:00:00Z", "")
	}
	s.list(many...).problem(413, "body-too-large")
	if got := into[batch](s.list(many[:1000]...).is(200)); got.Accepted != 1000 {
		t.Errorf("accepted %d, want 1000", got.Accepted)
	}
	s.list(strings.Repeat(" ", 5<<20)).problem(413, "body-too-large")
	s.list("").problem(400, "body-malformed")
	s.do("POST", "/v1/catalog/batch", "{}", s.token(t, "taobao", api.ScopeCatalogWrite)).problem(415, "media-type-unsupported")
}
