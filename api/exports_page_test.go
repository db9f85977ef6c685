package api_test

import (
	"encoding/csv"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"vitrine.dev/analytics"
	"vitrine.dev/api"
	"vitrine.dev/exports"
)

// openFiling opens a process that counts, exports and shows pages.
func openFiling(t *testing.T, change ...func(*exports.Config)) (*site, *exports.Desk) {
	t.Helper()
	return openExportingAnd(t, paged(t), change...)
}

// asks are the files that a page offers to make.
func asks(page string) (asks []string) {
	for _, m := range regexp.MustCompile(`<option value="(\{[^"]*)"`).FindAllStringSubmatch(page, -1) {
		asks = append(asks, html.UnescapeString(m[1]))
	}
	return asks
}

func TestAnAnalystMakesFilesOnAPageWithoutScripts(t *testing.T) {
	s, desk := openFiling(t)
	s.visited(s.stock(3), 8)
	ana := s.visit("ana", api.ScopeMetricsRead)
	page := ana.page("/analytics?days=7&by=expert&model=split", 200)
	const back = "/analytics?by=expert&days=7&model=split&said="
	if n := len(asks(page)); n != len(exports.Datasets()) || !strings.Contains(page, "None of yours so far") {
		t.Fatalf("%d files can be made, want one of each of %v", n, exports.Datasets())
	}
	for i, ask := range asks(page) {
		page = ana.page("/analytics?days=7&by=expert&model=split", 200)
		sent := url.Values{"ask": {ask}, "format": {[]string{"csv", "ndjson"}[i%2]}}
		ana.send(page, "/v1/exports", sent).leads(back + "pending#files")
		ana.send(page, "/v1/exports", sent).leads(back + "pending#files") // pressed twice
	}
	if page = ana.page("/analytics", 200); !strings.Contains(page, "Waits") || !strings.Contains(page, "Look again") {
		t.Error("the page does not say that files are being made")
	}
	for range exports.Datasets() {
		if err := desk.Work(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	page = ana.page("/analytics", 200)
	links := regexp.MustCompile(`<a href="(/v1/exports/[^"]+)" download>([^<]+)</a>`).FindAllStringSubmatch(page, -1)
	if len(links) != len(exports.Datasets()) || strings.Contains(page, "Look again") {
		t.Fatalf("%d files, want one of each", len(links))
	}
	for _, l := range links {
		if body := s.do("GET", html.UnescapeString(l[1]), nil).is(200).body; len(body) == 0 { // by the link alone
			t.Errorf("%s is empty", l[2])
		} else if l[2] == "Funnel, broken down · CSV" {
			rows, err := csv.NewReader(strings.NewReader(string(body))).ReadAll()
			if err != nil || len(rows) < 9 || !strings.Contains(string(body), "impression") || !strings.Contains(string(body), "refunded") {
				t.Errorf("%v, %d rows of the funnel, want its eight steps for each expert: %s", err, len(rows), body)
			}
		}
	}
	if other := s.visit("eve", api.ScopeMetricsRead).page("/analytics", 200); strings.Contains(other, links[0][1]) {
		t.Error("somebody else is shown the link")
	}

	good := asks(page)[0]
	for said, sent := range map[string]url.Values{
		"body-malformed": {"ask": {"{"}, "format": {"csv"}},
		"validation":     {"ask": {`{"dataset":"funnel","steps":["open"],"window":"1d","colour":"red"}`}, "format": {"csv"}},
	} {
		ana.send(page, "/v1/exports", sent).leads("/analytics?by=source&days=30&model=last&said=" + said + "#files")
	}
	ana.send(page, "/v1/exports", url.Values{"ask": {good}, "format": {"xml"}, "idempotency_key": {"other"}}).leads("/analytics?by=source&days=30&model=last&said=validation#files")
	ana.send(page, "/v1/exports", url.Values{"ask": {good}, "format": {"csv"}}, header{"Sec-Fetch-Site", "cross-site"}).problem(403, "cross-site-request")
	s.visit("ann", api.ScopeWindowRead).send(page, "/v1/exports", url.Values{"ask": {good}, "format": {"csv"}}).leads("/analytics?said=insufficient-scope#files")
}

// TestAFileThatFindsNoRoomCanBeAskedForAgain is of the same page sent again: a
// refusal for now is no answer to keep.
func TestAFileThatFindsNoRoomCanBeAskedForAgain(t *testing.T) {
	s, desk := openFiling(t, func(c *exports.Config) { c.Queue = 1 })
	ana := s.visit("ana", api.ScopeMetricsRead)
	page, later := ana.page("/analytics", 200), ana.page("/analytics", 200)
	sent := url.Values{"ask": {`{"dataset":"picks"}`}, "format": {"csv"}}
	ana.send(page, "/v1/exports", sent).leads("/analytics?by=source&days=30&model=last&said=pending#files")
	ana.send(later, "/v1/exports", sent).leads("/analytics?by=source&days=30&model=last&said=quota-exceeded#files")
	if page = ana.page("/analytics?said=quota-exceeded", 200); !strings.Contains(page, "Too many files") {
		t.Error("the page does not say why there is no file")
	}
	if err := desk.Work(t.Context()); err != nil {
		t.Fatal(err)
	}
	ana.send(later, "/v1/exports", sent).leads("/analytics?by=source&days=30&model=last&said=pending#files")
}

func TestWhereNoFilesAreMadeThePageOffersNone(t *testing.T) {
	w := newWorld(t)
	s := w.open(t, func(c *api.Config) {
		c.Analyst = &analytics.Analyst{Counts: w.engine, Picks: c.Windows.(analytics.Picks), Now: w.clock.now}
		paged(t)(c)
	})
	if page := s.visit("ana", api.ScopeMetricsRead).page("/analytics", http.StatusOK); strings.Contains(page, "/v1/exports") || !strings.Contains(page, "Funnel") {
		t.Error("the page offers files that nobody makes, or shows no figures")
	}
}
