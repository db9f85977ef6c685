package exports

import "github.com/prometheus/client_golang/prometheus"

// metrics count what becomes of jobs here.
type metrics struct {
	jobs    *prometheus.CounterVec
	waiting prometheus.Gauge
}

func newMetrics(r prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		jobs:    prometheus.NewCounterVec(prometheus.CounterOpts{Name: "vitrine_exports_total", Help: "Exports of analysts that ended in this process, by outcome."}, []string{"outcome"}),
		waiting: prometheus.NewGauge(prometheus.GaugeOpts{Name: "vitrine_exports_waiting", Help: "Exports that wait or are made, as this process last saw."}),
	}
	for _, outcome := range []State{Done, Failed} { // so that a rate sees the first
		m.jobs.WithLabelValues(string(outcome))
	}
	if r == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.jobs, m.waiting} {
		if err := r.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}
