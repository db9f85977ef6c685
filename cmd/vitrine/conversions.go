package main

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"vitrine.dev/recommend"
)

// steps are the ways of a pick to an order and back, by the kind of action.
func steps() map[string]string {
	return map[string]string{
		recommend.ActImpression: "impression", recommend.ActOpen: "open", recommend.ActBookmark: "bookmark", recommend.ActCart: "cart",
		recommend.ActCheckout: "clickout", recommend.ActPurchase: "order", recommend.ActSettle: "settled", recommend.ActRefund: "refund",
	}
}

// conversionCounters count the steps of readers three times over, each by one
// dimension, so that there are no more series than steps by the longest of them.
type conversionCounters struct {
	topic, partner, source *prometheus.CounterVec
	dropped                prometheus.Counter
}

// unknownLabel stands for what is not told, and for what is none of those that
// are counted.
const unknownLabel = "unknown"

func newConversionCounters() conversionCounters {
	vec := func(by, help string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "vitrine", Subsystem: "conversion", Name: by + "_steps_total", Help: help}, []string{"step", by})
	}
	c := conversionCounters{
		topic:   vec("topic", "Steps of readers towards an order, by the top of the pick's first topic."),
		partner: vec("partner", "Steps of readers towards an order, by the partner that sells the product."),
		source:  vec("source", "Steps of readers towards an order, by the source that first brought the pick before the reader."),
		dropped: prometheus.NewCounter(prometheus.CounterOpts{
			Namespace: "vitrine", Subsystem: "conversion", Name: "dropped_total", Help: "Actions that were not counted as steps, for too many came at once.",
		}),
	}
	for _, step := range steps() {
		for _, source := range append(recommend.WindowSources(), unknownLabel) {
			c.source.WithLabelValues(step, source)
		}
		c.partner.WithLabelValues(step, unknownLabel)
		c.topic.WithLabelValues(step, unknownLabel)
	}
	return c
}

// mostRoots bounds the tops of topics that are told apart: experts may name
// topics that no policy lists.
const mostRoots = 50

// conversions count the steps that go into logs, after those have taken them, in
// a goroutine of their own: nobody waits for it. They are for rates and trends. An
// action that is told twice may count twice, and what a crash has not counted is
// not counted; the exact figures are the API's.
type conversions struct {
	counters *conversionCounters
	store    recommend.Store  // of what is not on the shelf
	shelf    *recommend.Shelf // nil: everything is in the store
	world    *recommend.World
	queue    chan []recommend.Event
	roots    map[string]bool // told apart
}

func newConversions(p *process) *conversions {
	const waiting = 1_000 // calls
	return &conversions{
		counters: &p.figures.conversions, store: p.engines.Store, shelf: p.shelf, world: p.world,
		queue: make(chan []recommend.Event, waiting), roots: make(map[string]bool),
	}
}

// A countedLog is a log with the steps counted that it takes.
type countedLog struct {
	recommend.Log
	conversions *conversions
}

// Append implements [recommend.Log].
func (l countedLog) Append(ctx context.Context, topic string, events ...recommend.Event) ([]recommend.Position, error) {
	at, err := l.Log.Append(ctx, topic, events...)
	if err == nil && topic == recommend.TopicActions {
		select {
		case l.conversions.queue <- events:
		default:
			l.conversions.counters.dropped.Add(float64(len(events)))
		}
	}
	return at, err
}

// run counts until ctx ends.
func (c *conversions) run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case events := <-c.queue:
			for i := range events {
				c.count(ctx, &events[i])
			}
		}
	}
}

func (c *conversions) count(ctx context.Context, e *recommend.Event) {
	var a struct { // what is looked at of a [recommend.Action]
		Reader  string `json:"reader"`
		Kind    string `json:"kind"`
		Pick    string `json:"pick"`
		Source  string `json:"source"`
		Product string `json:"product"`
		Bot     bool   `json:"bot"`
	}
	if e.Type != recommend.TypeActed || json.Unmarshal(e.Data, &a) != nil || a.Bot {
		return
	}
	step, ok := steps()[a.Kind]
	if !ok {
		return
	}
	topic, product := c.pick(ctx, a.Pick)
	if a.Product != "" {
		product = a.Product
	}
	if a.Source == "" && a.Kind != recommend.ActImpression && a.Kind != recommend.ActOpen { // those are many, and are told with it
		a.Source = c.brought(ctx, a.Reader, a.Pick)
	}
	c.counters.topic.WithLabelValues(step, c.root(topic)).Inc()
	c.counters.partner.WithLabelValues(step, c.partner(product)).Inc()
	c.counters.source.WithLabelValues(step, sourceLabel(a.Source)).Inc()
}

// pick is the first topic of a pick and the key of its product.
func (c *conversions) pick(ctx context.Context, id string) (topic, product string) {
	if c.shelf != nil {
		if topic, product, ok := c.shelf.About(id); ok {
			return topic, product
		}
	}
	var p recommend.Pick
	if c.read(ctx, recommend.KindPick, id, &p) && len(p.Topics) > 0 {
		topic = p.Topics[0]
	}
	return topic, p.Product
}

// brought is the source that first brought a pick before a reader.
func (c *conversions) brought(ctx context.Context, reader, pick string) string {
	var j recommend.Journey
	c.read(ctx, recommend.KindJourney, recommend.JourneyID(reader, pick), &j)
	return j.Source
}

// read decodes a document into v and reports whether there is one.
func (c *conversions) read(ctx context.Context, kind recommend.Kind, id string, v any) bool {
	docs, err := c.store.Get(ctx, recommend.Ref{Kind: kind, ID: id})
	return err == nil && len(docs) == 1 && json.Unmarshal(docs[0].Body, v) == nil
}

// root is the top of a topic.
func (c *conversions) root(topic string) string {
	root, _, _ := strings.Cut(topic, "/")
	switch {
	case root == "":
		return unknownLabel
	case c.roots[root]:
		return root
	case len(c.roots) >= mostRoots:
		return "other"
	}
	c.roots[root] = true
	return root
}

func (c *conversions) partner(product string) string {
	id, _, _ := strings.Cut(product, ":")
	if c.world.Scene().Partners.Get(id) == nil {
		return unknownLabel
	}
	return id
}

// sourceLabel is a source of windows, whatever clients say.
func sourceLabel(source string) string {
	for _, s := range recommend.WindowSources() {
		if s == source {
			return s
		}
	}
	return unknownLabel
}
