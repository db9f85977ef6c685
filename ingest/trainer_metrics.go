package ingest

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"vitrine.dev/recommend"
)

// LearningMetrics are the figures of a trainer, for Prometheus:
//
//	vitrine_learning_lag_seconds             age of the next action to learn from, 0 when there is none
//	vitrine_learning_actions_total           actions learned from
//	vitrine_learning_shed_total              actions passed over, for there was no time to learn from all
//	vitrine_learning_sample_ratio            part of the actions that is learned from, 1 for all
//	vitrine_learning_seconds_total           time that took, of one processor
//	vitrine_learning_publications_total      of what was learned
//	vitrine_learning_rows_total              rows of products and topics in them
//	vitrine_learning_lists{surface}          lists learned from, as published; over all runs
//	vitrine_learning_loss{surface}           mean on lists held out, in nats, as published
//	vitrine_learning_version{surface}        the latest
//	vitrine_learning_fallbacks{surface}      times that weights were taken back, by the guard
//
// Only the process that learns has figures other than 0. A nil *LearningMetrics
// counts nothing.
type LearningMetrics struct {
	behind, sample                               prometheus.Gauge
	actions, passed, seconds, publications, rows prometheus.Counter
	lists, loss, version, fallbacks              *prometheus.GaugeVec
}

// NewLearningMetrics registers the metrics of a trainer with reg.
func NewLearningMetrics(reg prometheus.Registerer) (*LearningMetrics, error) {
	opts := func(name, help string) prometheus.Opts {
		return prometheus.Opts{Namespace: "vitrine", Subsystem: "learning", Name: name, Help: help}
	}
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts(opts(name, help)))
	}
	bySurface := func(name, help string) *prometheus.GaugeVec {
		return prometheus.NewGaugeVec(prometheus.GaugeOpts(opts(name, help)), []string{"surface"})
	}
	m := &LearningMetrics{
		behind:       prometheus.NewGauge(prometheus.GaugeOpts(opts("lag_seconds", "Age of the next action to learn from, 0 when there is none."))),
		sample:       prometheus.NewGauge(prometheus.GaugeOpts(opts("sample_ratio", "Part of the actions that is learned from, 1 for all."))),
		passed:       counter("shed_total", "Actions passed over, for there was no time to learn from all."),
		actions:      counter("actions_total", "Actions learned from."),
		seconds:      counter("seconds_total", "Time that learning took, of one processor."),
		publications: counter("publications_total", "Publications of what was learned."),
		rows:         counter("rows_total", "Rows of products and topics published."),
		lists:        bySurface("lists", "Lists learned from, as published, over all runs."),
		loss:         bySurface("loss", "Mean loss on lists held out, in nats, as published; 0 before that."),
		version:      bySurface("version", "Version that was learned or loaded last."),
		fallbacks:    bySurface("fallbacks", "Times that weights were taken back because they had become worse."),
	}
	for _, surface := range recommend.Surfaces() { // 0 until something is published
		for _, v := range []*prometheus.GaugeVec{m.lists, m.loss, m.version, m.fallbacks} {
			v.WithLabelValues(surface.String())
		}
	}
	m.sample.Set(1)
	for _, c := range []prometheus.Collector{m.behind, m.sample, m.actions, m.passed, m.seconds, m.publications, m.rows, m.lists, m.loss, m.version, m.fallbacks} {
		if err := reg.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func (m *LearningMetrics) lag(now, next time.Time) {
	if m == nil {
		return
	}
	age := 0.0
	if !next.IsZero() {
		age = max(now.Sub(next).Seconds(), 0)
	}
	m.behind.Set(age)
}

func (m *LearningMetrics) observed() {
	if m != nil {
		m.actions.Inc()
	}
}

func (m *LearningMetrics) shed() {
	if m != nil {
		m.passed.Inc()
	}
}

func (m *LearningMetrics) sampled(share float64) {
	if m != nil {
		m.sample.Set(share)
	}
}

func (m *LearningMetrics) spent(took time.Duration) {
	if m != nil {
		m.seconds.Add(took.Seconds())
	}
}

func (m *LearningMetrics) published(now *recommend.LearnedModel, surfaces map[string]recommend.LearnedWeights, rows int) {
	if m == nil {
		return
	}
	m.publications.Inc()
	m.rows.Add(float64(rows))
	for name, w := range surfaces {
		m.lists.WithLabelValues(name).Set(float64(w.Lists))
		m.loss.WithLabelValues(name).Set(w.Loss)
		m.fallbacks.WithLabelValues(name).Set(float64(w.Fallbacks))
		m.version.WithLabelValues(name).Set(float64(now.Surfaces[name].Latest))
	}
}
