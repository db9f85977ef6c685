package api_test

import (
	"html"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"vitrine.dev/api"
)

func TestAModeratorDecidesOnAPageWithoutScripts(t *testing.T) {
	s, p, pick, mei := selling(t, paged(t))
	s.rushed(p, pick, 2)
	mod, analyst := s.visit("ops", api.ScopeModerate), s.visit("ana", api.ScopeMetricsRead)
	open := into[signalPage](s.do("GET", "/v1/signals", nil, s.moderator()).is(200)).Items
	first, second := "/v1/signals/"+open[0].ID+"/resolve", "/v1/signals/"+open[1].ID+"/resolve"
	reason := url.Values{"state": {"dismissed"}, "text": {"The shop's <clock>."}}

	page := mod.page("/signals?kind=fast-order", 200)
	for _, want := range []string{"Order right after the click", "Ordered 0 seconds after the click", "Line 1 of order fasta at", "is held until", `href="/experts/mei"`, `href="/signals"`, first, second} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if page := analyst.page("/signals", 200); strings.Contains(page, "<textarea") || !strings.Contains(page, open[0].ID) {
		t.Error("an analyst may decide, or reads nothing")
	}
	if page := s.visit("ann", api.ScopeWindowRead).page("/signals", 403); strings.Contains(page, open[0].ID) || strings.Contains(page, `href="/signals"`) || !strings.Contains(page, "the scope moderate") {
		t.Error("a reader sees signals, or is not told who does")
	}

	mod.send(page, first, reason, header{"Sec-Fetch-Site", "cross-site"}).problem(403, "cross-site-request")
	analyst.send(page, first, reason).leads("/signals?said=insufficient-scope")
	mod.send(page, first, url.Values{"state": {"open"}}).leads("/signals?kind=fast-order&said=validation")
	mod.send(page, first, url.Values{"state": {"dismissed"}, "if_match": {`"r9"`}}).leads("/signals?kind=fast-order&said=precondition-failed")
	mod.send(page, first, url.Values{"state": {"dismissed"}, "if_match": {""}}).leads("/signals?kind=fast-order&said=precondition-required")
	if l := s.earned(mei, "?state=on_hold"); len(l.Items) != 2 {
		t.Fatalf("%d lines on hold, want both: nothing was decided", len(l.Items))
	}
	mod.send(page, first, reason).leads("/signals?kind=fast-order&said=done")
	if l := s.earned(mei, "?state=pending"); len(l.Items) != 1 || l.Items[0].Entries[len(l.Items[0].Entries)-1].Text != "The shop's <clock>." {
		t.Errorf("got %+v, want one line let go, with the reason", l)
	}
	mod.send(page, second, url.Values{"state": {"upheld"}, "text": {"A script."}, "back": {"state=open&evil=//x&cursor="}}).leads("/signals?cursor=&said=done&state=open")
	if l := s.earned(mei, "?state=on_hold"); len(l.Items) != 1 || !l.Items[0].HeldUntil.IsZero() {
		t.Errorf("got %+v, want one held until a ruling", l)
	}

	page = mod.page("/signals?state=any&said=done", 200)
	for _, want := range []string{"Decided.", "The shop&#39;s &lt;clock&gt;.", "Decided by ops", "until somebody rules", "Holds nothing.", "50.0%", "Decide anew"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if page = mod.page("/signals", 200); strings.Contains(page, open[0].ID) || !strings.Contains(page, "No such signals") {
		t.Error("what is decided waits for a decision")
	}
}

func TestTheSignalsPagePagesAsTheAPIDoes(t *testing.T) {
	s, p, pick, _ := selling(t, paged(t))
	const all = 23
	s.rushed(p, pick, all)
	mod := s.visit("ops", api.ScopeModerate)
	id, next := regexp.MustCompile(`<li class="panel" id="([^"]+)"`), regexp.MustCompile(`rel="next" href="([^"]+)"`)
	seen := make(map[string]bool)
	pages := 0
	for path := "/signals?kind=fast-order"; path != ""; pages++ {
		page := mod.page(path, 200)
		for _, m := range id.FindAllStringSubmatch(page, -1) {
			seen[m[1]] = true
		}
		if path = ""; next.MatchString(page) {
			path = html.UnescapeString(next.FindStringSubmatch(page)[1])
		}
	}
	if len(seen) != all || pages != 2 {
		t.Errorf("%d signals on %d pages, want %d on 2", len(seen), pages, all)
	}
	mod.page("/signals?kind=odd", 400)
	mod.page("/signals?cursor=odd", 410)
	old := s.visit("ops", api.ScopeModerate)
	old.cookie.value = "vitrine_session=of.another.time"
	old.page("/signals", 403)
	page := mod.page("/signals", 200)
	action := regexp.MustCompile(`action="(/v1/signals/[^"]+)"`).FindStringSubmatch(page)[1]
	old.send(page, action, url.Values{"state": {"upheld"}}).leads("/signals?said=unauthorized")
}
