package api

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"vitrine.dev/recommend"
)

// meters are the measures of a Server. Labels are of bounded sets: route
// templates, methods, statuses, problem codes.
type meters struct {
	requests *prometheus.HistogramVec
	inFlight prometheus.Gauge
	problems *prometheus.CounterVec
	waits    *prometheus.HistogramVec
	replays  prometheus.Counter
}

// newMeters registers meters with r. The series of known labels are there from the
// start: a rate sees the first of them.
func newMeters(r prometheus.Registerer, types problemTypes) (*meters, error) {
	m := &meters{
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "http_request_duration_seconds", Help: "Time from the first byte of a request to the last of its answer.",
			Buckets: []float64{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10},
		}, []string{"route", "method", "status"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "http_requests_in_flight", Help: "Requests being served now.",
		}),
		problems: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "vitrine_problems_total", Help: "Answers with problem details.",
		}, []string{"code"}),
		waits: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "vitrine_write_visible_seconds", Help: "Time from an append until its effect could be read; outcome pending: not within the wait.",
			Buckets: []float64{0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2},
		}, []string{"topic", "outcome"}),
		replays: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "vitrine_idempotent_replays_total", Help: "Requests answered from an earlier one with the same key.",
		}),
	}
	for code := range types {
		m.problems.WithLabelValues(code)
	}
	for _, topic := range []string{recommend.TopicPicks, recommend.TopicCatalog, recommend.TopicActions, recommend.TopicOrders, recommend.TopicRulings} {
		m.waits.WithLabelValues(topic, "visible")
		m.waits.WithLabelValues(topic, "pending")
	}
	return m, errors.Join(r.Register(m.requests), r.Register(m.inFlight), r.Register(m.problems), r.Register(m.waits), r.Register(m.replays))
}

func (m *meters) request(c *call, took time.Duration) {
	status := c.Writer.Status()
	if c.route == nil || status != http.StatusOK {
		observe(m.requests.WithLabelValues(c.template(), c.method(), strconv.Itoa(status)), took.Seconds(), c.exemplar())
		return
	}
	good := c.route.good.Load()
	if good == nil { // a series begins with the first request
		o := m.requests.WithLabelValues(c.template(), c.method(), strconv.Itoa(status))
		good = &o
		c.route.good.Store(good)
	}
	observe(*good, took.Seconds(), c.exemplar())
}

func (m *meters) visible(topic string, took time.Duration, pending bool) {
	outcome := "visible"
	if pending {
		outcome = "pending"
	}
	m.waits.WithLabelValues(topic, outcome).Observe(took.Seconds())
}

// method is one of a few, so that a foreign one makes no new series.
func (c *call) method() string {
	switch m := c.Request.Method; m {
	case http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return m
	}
	return "other"
}

func (s *Server) metrics(c *call) error {
	promhttp.HandlerFor(s.Gatherer, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError, EnableOpenMetrics: true}).ServeHTTP(c.Writer, c.Request)
	return nil
}
