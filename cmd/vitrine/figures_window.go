package main

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"vitrine.dev/recommend"
)

// windowFigures show what windows count themselves.
type windowFigures struct {
	windows                   *recommend.Windows
	kept, stage, offer, cards *prometheus.Desc
}

// measureWindows shows what w counts.
func (s *service) measureWindows(w *recommend.Windows) error {
	desc := func(name, help, label string) *prometheus.Desc {
		return prometheus.NewDesc("vitrine_"+name, help, []string{label}, nil)
	}
	err := s.metrics.Register(&windowFigures{
		windows: w,
		kept: desc("windows_kept_total",
			"Pages of windows by whether they were made of kept scores: hit, overdue (all processors were busy), stale (no longer good), miss (none were kept), bypass (not to be).", "outcome"),
		stage: desc("window_stage_seconds", "Time that pages of windows spent in a stage of their making.", "stage"),
		offer: desc("window_candidates_total", "Candidates of windows, each of the source that offered it first.", "source"),
		cards: desc("window_cards_total", "Cards of windows, by the source of the pick.", "source"),
	})
	if err != nil {
		return fmt.Errorf("metrics: %w", err)
	}
	return nil
}

// Describe implements [prometheus.Collector].
func (f *windowFigures) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{f.kept, f.stage, f.offer, f.cards} {
		ch <- d
	}
}

// Collect implements [prometheus.Collector].
func (f *windowFigures) Collect(ch chan<- prometheus.Metric) {
	counter := func(d *prometheus.Desc, n uint64, label string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), label)
	}
	for _, o := range recommend.KeptOutcomes() {
		counter(f.kept, f.windows.KeptPages(o), o.String())
	}
	for _, s := range recommend.WindowStages() {
		n, took := f.windows.StageTime(s)
		ch <- prometheus.MustNewConstSummary(f.stage, n, took.Seconds(), nil, s.String())
	}
	for _, source := range recommend.WindowSources() {
		offered, shown := f.windows.SourceFigures(source)
		counter(f.offer, offered, source)
		counter(f.cards, shown, source)
	}
}
