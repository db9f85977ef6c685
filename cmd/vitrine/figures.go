package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"vitrine.dev/recommend"
)

// figures are what the parts of a process measure for Prometheus that do not do
// so themselves: engines, partners, windows and what readers do. deploy/METRICS.md
// says what each means.
type figures struct {
	store       *prometheus.HistogramVec
	partners    *prometheus.HistogramVec
	published   prometheus.Histogram
	conversions conversionCounters
}

func newFigures(reg prometheus.Registerer) (*figures, error) {
	f := &figures{
		store: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: "vitrine", Name: "store_request_seconds", Help: "Time of a request of this process to the store, beside those of folds.",
			Buckets: prometheus.ExponentialBuckets(.0001, 3, 10), // to 2 s
		}, []string{"operation", "outcome"}),
		partners: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: "vitrine", Name: "partner_call_seconds", Help: "Time of a call of a partner's adapter, refusals to ask included.",
			Buckets: []float64{.005, .02, .05, .1, .2, .4, .8, 1.5, 3, 6, 15},
		}, []string{"partner", "operation", "outcome"}),
		published: prometheus.NewHistogram(prometheus.HistogramOpts{
			Namespace: "vitrine", Name: "publish_visible_seconds", Help: "Time from the publication of a pick until windows of this process can show it.",
			Buckets: []float64{.05, .1, .2, .3, .5, .75, 1, 1.5, 2, 3, 5, 10, 30, 60, 300},
		}),
		conversions: newConversionCounters(),
	}
	for _, c := range []prometheus.Collector{f.store, f.partners, f.published, f.conversions.topic, f.conversions.partner, f.conversions.source, f.conversions.dropped} {
		if err := reg.Register(c); err != nil {
			return nil, fmt.Errorf("metrics: %w", err)
		}
	}
	return f, nil
}

// publishedLately bounds what counts as published now: the log may be folded
// again.
const publishedLately = time.Hour

// visible measures picks that the shelf has just taken and that were published
// lately, each once: at its first revision. One that waits for its time, or for a
// moderator, is not late; nor is one that nobody asked to publish: an import
// tells of earlier times.
func (f *figures) visible(now time.Time, docs []recommend.Document) {
	for _, d := range docs {
		var p struct {
			State       recommend.PickState `json:"state"`
			PublishedAt time.Time           `json:"published_at"`
			Revision    int64               `json:"revision"`
			Request     string              `json:"request"`
		}
		if json.Unmarshal(d.Body, &p) != nil || p.Revision != 1 || p.Request == "" || p.State != recommend.PickPublished {
			continue
		}
		if took := now.Sub(p.PublishedAt); took <= publishedLately {
			f.published.Observe(max(took, 0).Seconds())
		}
	}
}

// watched hands changes on to apply and measures how late picks are.
func (p *process) watched(apply func(context.Context, recommend.Kind, []recommend.Document) error) func(context.Context, recommend.Kind, []recommend.Document) error {
	return func(ctx context.Context, kind recommend.Kind, docs []recommend.Document) error {
		err := apply(ctx, kind, docs)
		if err == nil && kind == recommend.KindPick && p.loaded.Load() {
			p.figures.visible(p.cfg.now(), docs)
		}
		return err
	}
}
