package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"vitrine.dev/api/web"
	"vitrine.dev/recommend"
)

// live tells how the process does by its own metrics.
func live(metrics prometheus.Gatherer, now func() time.Time) func() (web.Live, error) {
	return func() (web.Live, error) {
		families, err := metrics.Gather()
		if err != nil {
			return web.Live{}, fmt.Errorf("metrics: %w", err)
		}
		l := web.Live{At: now()}
		for _, f := range families {
			switch name, _ := strings.CutPrefix(f.GetName(), "vitrine_"); name {
			case "windows_kept_total":
				l.Windows = sumOf(f, nil, (*dto.Metric).GetCounter)
			case "ingest_events_total":
				l.Actions = sumOf(f, map[string]string{"topic": recommend.TopicActions, "outcome": "applied"}, (*dto.Metric).GetCounter)
			case "ingest_lag_events":
				l.Lag = sumOf(f, nil, (*dto.Metric).GetGauge)
			case "ingest_oldest_seconds":
				l.Oldest = new(float64)
				for _, m := range f.GetMetric() {
					*l.Oldest = max(*l.Oldest, m.GetGauge().GetValue())
				}
			case "publish_visible_seconds":
				if h := f.GetMetric()[0].GetHistogram(); h.GetSampleCount() > 0 {
					l.Visible = new(h.GetSampleSum() / float64(h.GetSampleCount()))
				}
			}
		}
		return l, nil
	}
}

// sumOf adds up those with all of labels.
func sumOf[T interface{ GetValue() float64 }](f *dto.MetricFamily, labels map[string]string, of func(*dto.Metric) T) *float64 {
	sum := new(float64)
	for _, m := range f.GetMetric() {
		wanted := len(labels)
		for _, l := range m.GetLabel() {
			if v, ok := labels[l.GetName()]; ok && v == l.GetValue() {
				wanted--
			}
		}
		if wanted == 0 {
			*sum += of(m).GetValue()
		}
	}
	return sum
}
