package ingest

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"vitrine.dev/recommend"
)

// mostTraced is how many events of a batch have spans at most. Traces are
// samples: a batch is folded as fast as ever, whatever asks to be traced.
const mostTraced = 16

// A tracer makes the spans of events whose traceparent says that they are
// traced: "fold TOPIC", a child of the append, from the moment the batch was
// taken up until the event was durable, and below it "bulk", the call of the
// store that made it so. An event that changes nothing has no bulk. All of them
// are made afterwards, so that folding does not know of them. They name topic,
// partition and offset, never what is in the event, nor its key.
//
// A nil tracer makes none. It belongs to one lane and is not safe for
// concurrent use; calls of the store follow one another.
type tracer struct {
	trace.Tracer

	began  time.Time     // when the batch was taken up
	events []tracedEvent // of it, in order
	puts   []tracedPut
}

// A tracedEvent goes on from parent.
type tracedEvent struct {
	*item
	parent trace.SpanContext
}

// A tracedPut is a call of the store with the states of traced events.
type tracedPut struct {
	began, ended time.Time
	docs         int
	made         []tracedEvent // which it made durable
}

func newTracer(t trace.Tracer) *tracer {
	if t == nil {
		return nil
	}
	return &tracer{Tracer: t}
}

// begin takes up a batch.
func (t *tracer) begin(ctx context.Context, items []item) {
	if t == nil {
		return
	}
	t.began, t.events, t.puts = time.Now(), t.events[:0], t.puts[:0]
	for i := range items {
		it := &items[i]
		if !sampled(it.event.Traceparent) {
			continue
		}
		from := propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{headerTraceparent: it.event.Traceparent})
		parent := trace.SpanContextFromContext(from)
		if !parent.IsRemote() || !parent.IsSampled() {
			continue
		}
		if t.events = append(t.events, tracedEvent{it, parent}); len(t.events) == mostTraced {
			return
		}
	}
}

// sampled reports, at little cost, whether a traceparent may be of a trace that is
// kept.
func sampled(traceparent string) bool {
	const size, flags = 55, 53 // of version 00
	if len(traceparent) < size {
		return false
	}
	f, err := strconv.ParseUint(traceparent[flags:size], 16, 8)
	return err == nil && trace.TraceFlags(f).IsSampled()
}

// holding returns the traced events whose states are among docs; state tells
// where that of an event is.
func (t *tracer) holding(docs []recommend.Document, state func(*item) recommend.Ref) (held []tracedEvent) {
	if t == nil || len(t.events) == 0 {
		return nil
	}
	for _, it := range t.events {
		ref := state(it.item)
		if slices.ContainsFunc(docs, func(d recommend.Document) bool { return d.Ref == ref && d.Version >= it.event.Offset }) {
			held = append(held, it)
		}
	}
	return held
}

// pass has what an event causes go on from where it does.
func (t *tracer) pass(it *item, caused []recommend.Event) {
	if t == nil || !sampled(it.event.Traceparent) {
		return
	}
	for i := range caused {
		caused[i].Traceparent = it.event.Traceparent
	}
}

// put takes down a call of the store that succeeded.
func (t *tracer) put(began time.Time, docs int, made []tracedEvent) {
	if len(made) > 0 {
		t.puts = append(t.puts, tracedPut{began, time.Now(), docs, made})
	}
}

// end makes the spans of what is durable, the first events of the batch.
func (t *tracer) end(ctx context.Context, topic string, durable []item) {
	if t == nil || len(durable) == 0 {
		return
	}
	last := durable[len(durable)-1].msg.Offset
	t.events = slices.DeleteFunc(t.events, func(it tracedEvent) bool { return it.msg.Offset > last })
	for _, it := range t.events {
		t.span(trace.ContextWithRemoteSpanContext(ctx, it.parent), topic, it)
	}
}

func (t *tracer) span(ctx context.Context, topic string, it tracedEvent) {
	ended := time.Now()
	at := slices.IndexFunc(t.puts, func(p tracedPut) bool {
		return slices.ContainsFunc(p.made, func(made tracedEvent) bool { return made.item == it.item })
	})
	if at >= 0 {
		ended = t.puts[at].ended
	}
	ctx, fold := t.Start(ctx, "fold "+topic, trace.WithSpanKind(trace.SpanKindConsumer), trace.WithTimestamp(t.began), trace.WithAttributes(
		semconv.MessagingSystemKafka, semconv.MessagingOperationName("fold"), semconv.MessagingOperationTypeProcess,
		semconv.MessagingDestinationName(topic), semconv.MessagingDestinationPartitionID(strconv.Itoa(it.msg.Partition)),
		semconv.MessagingKafkaOffset(int(it.msg.Offset)), attribute.String("vitrine.outcome", outcomeNames[it.became()]),
	))
	if at >= 0 && it.became() == outcomeApplied {
		p := t.puts[at]
		_, bulk := t.Start(ctx, "bulk", trace.WithSpanKind(trace.SpanKindClient), trace.WithTimestamp(p.began),
			trace.WithAttributes(attribute.Int("vitrine.documents", p.docs)))
		bulk.End(trace.WithTimestamp(p.ended))
	}
	fold.End(trace.WithTimestamp(ended))
}

// exemplar is what a measure of the batch that ended points to.
func (t *tracer) exemplar() prometheus.Labels {
	if t == nil {
		return nil
	}
	return exemplar(t.events)
}

// exemplar is what a measure of events points to, nil when none is traced.
func exemplar(traced []tracedEvent) prometheus.Labels {
	if len(traced) == 0 {
		return nil
	}
	return prometheus.Labels{"trace_id": traced[0].parent.TraceID().String()}
}

// observe adds a figure, with an exemplar when there is one.
func observe(o prometheus.Observer, figure float64, exemplar prometheus.Labels) {
	if e, ok := o.(prometheus.ExemplarObserver); ok && exemplar != nil {
		e.ObserveWithExemplar(figure, exemplar)
		return
	}
	o.Observe(figure)
}
