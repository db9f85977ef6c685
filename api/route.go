package api

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
)

// repeats says what a route does with an Idempotency-Key.
type repeats int

const (
	unkeyed   repeats = iota // ignores it
	keyed                    // honours it
	mustKeyed                // needs it
)

// media is what a route takes as body.
type media int

const (
	noBody media = iota
	jsonBody
	ndjsonBody
	webhookBody // JSON, and larger
	formBody    // as pages without scripts send
)

const (
	jsonLimit    = 64 << 10
	webhookLimit = 1 << 20
	ndjsonLimit  = 4 << 20
)

// A route is one method of one address.
type route struct {
	method string
	path   string // as gin writes it
	scope  string // "": anybody
	or     string // another scope that will do; "" for none
	class  class
	body   media
	limit  int64 // of the body, in bytes; 0 is that of its kind
	keys   repeats
	form   *form // how pages use it; nil: they do not
	slow   bool  // it counts what may be a lot: it has four times the time
	serve  func(*call) error
	good   *atomic.Pointer[prometheus.Observer] // of answers with 200, once there was one
}

// routes are all addresses of the API. openapi.yaml lists the same; a test
// compares.
func (s *Server) routes() []route {
	const get, post, put, patch, del = http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete
	rs := []route{
		{method: post, path: "/v1/picks", scope: ScopePicksWrite, class: classWrite, body: jsonBody, keys: mustKeyed, serve: s.publish},
		{method: post, path: "/v1/posts", scope: ScopePicksWrite, class: classWrite, body: jsonBody, keys: mustKeyed, serve: s.post},
		{method: post, path: "/v1/picks/check", scope: ScopePicksWrite, class: classQuery, body: jsonBody, serve: s.check},
		{method: get, path: "/v1/picks/:id", class: classRead, serve: s.pick},
		{method: patch, path: "/v1/picks/:id", scope: ScopePicksWrite, class: classWrite, body: jsonBody, keys: keyed, serve: s.edit},
		{method: del, path: "/v1/picks/:id", scope: ScopePicksWrite, class: classWrite, keys: keyed, serve: s.withdraw},
		{method: post, path: "/v1/picks/:id/restore", scope: ScopePicksWrite, class: classWrite, keys: keyed, serve: s.restore},
		{method: get, path: "/v1/picks/:id/versions", scope: ScopePicksWrite, class: classRead, serve: s.versions},
		{method: get, path: "/v1/me/picks", scope: ScopePicksWrite, class: classRead, serve: s.myPicks},
		{method: get, path: "/v1/me/limits", scope: ScopePicksWrite, class: classRead, serve: s.myLimits},

		{method: get, path: "/v1/window", scope: ScopeWindowRead, class: classRead, serve: s.window},
		{method: get, path: "/v1/picks/:id/why", scope: ScopeWindowRead, class: classQuery, serve: s.why},
		{method: post, path: "/v1/rank", scope: ScopeWindowRead, class: classRead, body: jsonBody, limit: rankLimit, serve: s.rank},
		{method: get, path: "/v1/window/insertions", scope: ScopeWindowRead, class: classRead, serve: s.insertions},
		{method: get, path: "/v1/me/dose", scope: ScopeWindowRead, class: classRead, serve: s.dose},
		{method: put, path: "/v1/me/dose", scope: ScopeWindowRead, class: classWrite, body: jsonBody, keys: keyed, serve: s.setDose},
		{method: post, path: "/v1/me/dose", scope: ScopeWindowRead, class: classWrite, body: formBody, serve: s.chooseDose},
		{method: get, path: "/v1/me/interests", scope: ScopeWindowRead, class: classRead, serve: s.interests},
		{method: put, path: "/v1/me/interests", scope: ScopeWindowRead, class: classWrite, body: jsonBody, keys: keyed, serve: s.declare},
		{method: get, path: "/v1/follows", scope: ScopeWindowRead, class: classRead, serve: s.follows},
		{method: put, path: "/v1/follows/:expert", scope: ScopeWindowRead, class: classWrite, keys: keyed, serve: s.follow},
		{method: del, path: "/v1/follows/:expert", scope: ScopeWindowRead, class: classWrite, keys: keyed, serve: s.unfollow},
		{method: get, path: "/v1/mutes", scope: ScopeWindowRead, class: classRead, serve: s.mutes},
		{method: put, path: "/v1/mutes/:kind/:id", scope: ScopeWindowRead, class: classWrite, keys: keyed, serve: s.mute},
		{method: del, path: "/v1/mutes/:kind/:id", scope: ScopeWindowRead, class: classWrite, keys: keyed, serve: s.unmute},

		{method: post, path: "/v1/actions", scope: ScopeWindowRead, class: classWrite, body: jsonBody, limit: batchLimit, keys: keyed, serve: s.actions},
		{method: get, path: "/v1/bookmarks", scope: ScopeWindowRead, class: classRead, serve: s.bookmarks},
		{method: put, path: "/v1/bookmarks/:pick", scope: ScopeWindowRead, class: classWrite, keys: keyed, serve: s.bookmark},
		{method: del, path: "/v1/bookmarks/:pick", scope: ScopeWindowRead, class: classWrite, keys: keyed, serve: s.unbookmark},
		{method: get, path: "/v1/cart", scope: ScopeWindowRead, class: classRead, serve: s.cart},
		{method: post, path: "/v1/cart/items", scope: ScopeWindowRead, class: classWrite, body: jsonBody, keys: keyed, serve: s.addToCart},
		{method: patch, path: "/v1/cart/items/:line", scope: ScopeWindowRead, class: classWrite, body: jsonBody, keys: keyed, serve: s.setLine},
		{method: del, path: "/v1/cart/items/:line", scope: ScopeWindowRead, class: classWrite, keys: keyed, serve: s.removeLine},
		{method: post, path: "/v1/cart/merge", scope: ScopeWindowRead, class: classWrite, body: jsonBody, keys: keyed, serve: s.mergeCart},
		{method: get, path: "/v1/feedback", scope: ScopeWindowRead, class: classRead, serve: s.feedback},
		{method: del, path: "/v1/feedback", scope: ScopeWindowRead, class: classWrite, keys: keyed, serve: s.resetFeedback},
		{method: put, path: "/v1/feedback/:kind/:id", scope: ScopeWindowRead, class: classWrite, body: jsonBody, keys: keyed, serve: s.setFeedback},
		{method: del, path: "/v1/feedback/:kind/:id", scope: ScopeWindowRead, class: classWrite, keys: keyed, serve: s.unsetFeedback},
		{method: get, path: "/v1/reports", scope: ScopeModerate, class: classRead, serve: s.reports},
		{method: post, path: "/v1/reports", scope: ScopeWindowRead, class: classWrite, body: jsonBody, keys: keyed, serve: s.denounce},
		{method: post, path: "/v1/complaints", scope: ScopeWindowRead, class: classWrite, body: jsonBody, keys: keyed, serve: s.complain},
		{method: get, path: "/v1/me/privacy", scope: ScopeWindowRead, class: classRead, serve: s.privacy},
		{method: put, path: "/v1/me/privacy", scope: ScopeWindowRead, class: classWrite, body: jsonBody, keys: keyed, serve: s.setPrivacy},
		{method: get, path: "/v1/me/export", scope: ScopeWindowRead, class: classQuery, serve: s.export},
		{method: del, path: "/v1/me", scope: ScopeWindowRead, class: classWrite, serve: s.erase},

		{method: get, path: "/v1/topics", class: classRead, serve: s.topics},
		{method: get, path: "/v1/search", class: classQuery, serve: s.search},
		{method: get, path: "/v1/experts/:id", class: classRead, serve: s.expert},
		{method: get, path: "/v1/experts/:id/window", class: classRead, serve: s.storefront},
		{method: get, path: "/v1/products/:key", class: classRead, serve: s.product},
		{method: get, path: "/v1/partners", class: classRead, serve: s.partners},
		{method: get, path: "/v1/policy", class: classRead, serve: s.policy},
		{method: get, path: "/v1/experiments", scope: ScopeMetricsRead, class: classQuery, serve: s.experiments},
		{method: get, path: "/v1/metrics/funnel", scope: ScopeMetricsRead, class: classQuery, slow: true, serve: s.funnel},
		{method: get, path: "/v1/metrics/series", scope: ScopeMetricsRead, class: classQuery, slow: true, serve: s.series},
		{method: get, path: "/v1/metrics/money", scope: ScopeMetricsRead, class: classQuery, slow: true, serve: s.money},
		{method: get, path: "/v1/metrics/retention", scope: ScopeMetricsRead, class: classQuery, slow: true, serve: s.retention},
		{method: get, path: "/v1/metrics/top", scope: ScopeMetricsRead, class: classQuery, slow: true, serve: s.top},
		{method: get, path: "/v1/metrics/signals", scope: ScopeMetricsRead, or: ScopeModerate, class: classQuery, serve: s.signalFigures},
		{method: get, path: "/v1/signals", scope: ScopeModerate, or: ScopeMetricsRead, class: classQuery, serve: s.signals},
		{method: get, path: "/v1/signals/:id", scope: ScopeModerate, or: ScopeMetricsRead, class: classRead, serve: s.signal},
		{method: post, path: "/v1/signals/:id/resolve", scope: ScopeModerate, class: classWrite, body: jsonBody, keys: keyed, form: signalForm(), serve: s.resolveSignal},
		{method: get, path: "/v1/exports", scope: ScopeMetricsRead, class: classRead, serve: s.exports},
		{method: post, path: "/v1/exports", scope: ScopeMetricsRead, class: classWrite, body: jsonBody, keys: keyed, form: exportForm(), serve: s.startExport},
		{method: get, path: "/v1/exports/:id", scope: ScopeMetricsRead, class: classRead, serve: s.exportState},
		{method: del, path: "/v1/exports/:id", scope: ScopeMetricsRead, class: classWrite, keys: keyed, serve: s.deleteExport},
		{method: get, path: "/v1/exports/:id/data", class: classQuery, serve: s.download},
		{method: get, path: "/v1/ranking", class: classRead, serve: s.ranking},

		{method: post, path: "/v1/catalog/batch", scope: ScopeCatalogWrite, class: classWrite, body: ndjsonBody, keys: keyed, serve: s.catalog},
		{method: post, path: "/v1/rulings", scope: ScopeModerate, class: classWrite, body: jsonBody, keys: keyed, serve: s.rule},
		{method: post, path: "/v1/experts", scope: ScopeModerate, class: classWrite, body: jsonBody, keys: keyed, serve: s.verifyExpert},
		{method: post, path: "/v1/partners", scope: ScopeModerate, class: classWrite, body: jsonBody, keys: keyed, serve: s.registerPartner},

		{method: get, path: "/v1/picks/:id/middle", class: classRead, serve: s.middle},
		{method: post, path: "/v1/clickouts", scope: ScopeWindowRead, class: classWrite, body: jsonBody, keys: mustKeyed, serve: s.clickout},
		{method: post, path: "/v1/cart/checkout", scope: ScopeWindowRead, class: classWrite, body: jsonBody, keys: mustKeyed, serve: s.checkout},
		{method: post, path: "/v1/partners/:id/orders", class: classWrite, body: webhookBody, serve: s.webhook},
		{method: post, path: "/v1/orders/batch", scope: ScopeOrdersWrite, class: classWrite, body: ndjsonBody, keys: keyed, serve: s.orders},
		{method: get, path: "/v1/me/earnings", scope: ScopePicksWrite, class: classRead, serve: s.earnings},
		{method: get, path: "/v1/me/payout", scope: ScopePicksWrite, class: classRead, serve: s.payout},
		{method: put, path: "/v1/me/payout", scope: ScopePicksWrite, class: classWrite, body: jsonBody, serve: s.setPayout}, // no key: nothing of the body is to be remembered
		{method: post, path: "/v1/earnings/rulings", scope: ScopeModerate, class: classWrite, body: jsonBody, keys: keyed, serve: s.ruleEarning},

		{method: post, path: "/v1/guests", class: classGuest, serve: s.guest},
		{method: get, path: "/v1/session", class: classRead, serve: s.session},
		{method: post, path: "/v1/session", class: classGuest, body: jsonBody, serve: s.logIn},
		{method: del, path: "/v1/session", class: classGuest, serve: s.logOut},
	}
	if s.Demo {
		rs = append(rs, route{method: post, path: "/v1/demo/tokens", class: classGuest, body: jsonBody, serve: s.demoToken})
	}
	return append(rs,
		route{method: get, path: "/livez", serve: s.livez},
		route{method: get, path: "/readyz", serve: s.readyz},
		route{method: get, path: "/startupz", serve: s.startupz},
		route{method: get, path: "/metrics", serve: s.metrics},
		route{method: get, path: "/openapi.json", serve: s.openapiJSON},
		route{method: get, path: "/openapi.yaml", serve: s.openapiYAML},
		route{method: get, path: "/docs/problems/:slug", serve: s.problemPage},
		route{method: get, path: "/.well-known/jwks.json", serve: s.jwks},
	)
}

// route builds the engine.
func (s *Server) route() (*gin.Engine, error) {
	gin.SetMode(gin.ReleaseMode) // gin's own log goes to standard output
	e := gin.New()
	e.RedirectTrailingSlash, e.HandleMethodNotAllowed = false, true
	e.UseEscapedPath, e.UnescapePathValues = true, true // a topic's id may be a segment: home%2Fkitchen
	if err := e.SetTrustedProxies(s.TrustedProxies); err != nil {
		return nil, err
	}
	for _, r := range s.routes() {
		r.good = new(atomic.Pointer[prometheus.Observer])
		e.Handle(r.method, r.path, s.handler(&r, r.serve))
	}
	e.NoMethod(s.handler(nil, func(c *call) error {
		return refuse(codeMethod, c.Request.Method+" is not among the methods of this address").
			head("Allow", strings.Join(s.methods(c.Request.URL.EscapedPath()), ", "))
	}))
	e.NoRoute(s.handler(nil, s.elsewhere))
	return e, nil
}

// methods lists those of the address that path names. /v1/picks/check is an
// address of its own, though the router would take it for a pick's too.
func (s *Server) methods(path string) (methods []string) {
	segments := strings.Split(path, "/")
	fewest := len(segments) + 1
	for _, r := range s.routes() {
		params, ok := fitsPath(strings.Split(r.path, "/"), segments)
		switch {
		case !ok || params > fewest:
		case params < fewest:
			fewest, methods = params, append(methods[:0], r.method)
		default:
			methods = append(methods, r.method)
		}
	}
	return methods
}

// fitsPath reports whether a path has the form of a template, and how many
// parameters that has.
func fitsPath(template, path []string) (params int, ok bool) {
	if len(template) != len(path) {
		return 0, false
	}
	for i, t := range template {
		switch {
		case strings.HasPrefix(t, ":"):
			params++
		case t != path[i]:
			return 0, false
		}
	}
	return params, true
}

// elsewhere serves what is not of the API.
func (s *Server) elsewhere(c *call) error {
	path := c.Request.URL.Path
	if s.Pages == nil || path == "/v1" || strings.HasPrefix(path, "/v1/") {
		return refuse(codeNotFound, "no such address")
	}
	c.Status(http.StatusOK) // gin has put 404 there
	w := &pageWriter{ResponseWriter: c.Writer, html: strings.Contains(c.Request.Header.Get("Accept"), "text/html")}
	s.Pages.ServeHTTP(w, c.Request.WithContext(context.WithValue(c.ctx(), callKey{}, c)))
	switch {
	case w.status == 0:
		return nil
	case w.status == http.StatusMethodNotAllowed:
		return refuse(codeMethod, c.Request.Method+" is not among the methods of this address")
	case w.status < http.StatusInternalServerError:
		return &refusal{code: codeNotFound, status: w.status, detail: "no such address"}
	}
	return refuse(codeInternal, "")
}

// pageWriter holds back errors of the pages that are no pages themselves, so
// that problem details can take their place.
type pageWriter struct {
	gin.ResponseWriter
	html   bool
	status int // held back; 0 when the answer went out
}

// WriteHeader decides.
func (w *pageWriter) WriteHeader(status int) {
	if status >= http.StatusBadRequest && (!w.html || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html")) {
		w.status = status
		for _, name := range []string{"Content-Type", "Content-Length", "Content-Encoding", "Etag", "Last-Modified"} {
			w.Header().Del(name)
		}
		return
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write swallows what belongs to a status held back.
func (w *pageWriter) Write(b []byte) (int, error) {
	if w.status != 0 {
		return len(b), nil
	}
	return w.ResponseWriter.Write(b)
}

// WriteString swallows like Write.
func (w *pageWriter) WriteString(s string) (int, error) {
	if w.status != 0 {
		return len(s), nil
	}
	return w.ResponseWriter.WriteString(s)
}
