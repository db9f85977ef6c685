package api

import (
	"context"
	"net/http"
	"slices"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	oteltrace "go.opentelemetry.io/otel/trace"

	"vitrine.dev/recommend"
)

// Spans are named and labelled as the semantic conventions of OpenTelemetry say,
// https://opentelemetry.io/docs/specs/semconv/, less all that tells of a person:
// no path, query, address or agent is in one, and no id.

// begin opens the span of a request, a child of the one its traceparent names.
// Without a tracer, and for probes and scrapes, the request has a trace all the
// same, and no span.
func (s *Server) begin(c *call) {
	header := c.Request.Header
	if s.Tracer == nil || c.route != nil && c.route.class == classFree {
		c.scope.trace = continueTrace(header.Get("Traceparent"))
		return
	}
	name, attrs := c.method(), []attribute.KeyValue{semconv.HTTPRequestMethodKey.String(semanticMethod(c.method()))}
	if c.route != nil {
		name += " " + c.route.path
		attrs = append(attrs, semconv.HTTPRoute(c.route.path))
	}
	ctx := propagation.TraceContext{}.Extract(c.Request.Context(), propagation.HeaderCarrier(header))
	c.scope.Context, c.spanned = s.Tracer.Start(ctx, name, oteltrace.WithSpanKind(oteltrace.SpanKindServer), oteltrace.WithAttributes(attrs...))
	c.scope.trace = traceOfSpan(c.spanned.SpanContext())
}

// finish closes the span of a request.
func (c *call) finish() {
	if c.spanned == nil {
		return
	}
	status := c.Writer.Status()
	c.spanned.SetAttributes(semconv.HTTPResponseStatusCode(status))
	if status >= http.StatusInternalServerError {
		c.spanned.SetAttributes(semconv.ErrorTypeKey.String(strconv.Itoa(status)))
		c.spanned.SetStatus(codes.Error, "")
	}
	c.spanned.End()
}

// semanticMethod is a method as the conventions name it.
func semanticMethod(method string) string {
	if method == "other" {
		return "_OTHER"
	}
	return method
}

// traceOfSpan is the trace that goes on from a span.
func traceOfSpan(s oteltrace.SpanContext) trace {
	id := s.TraceID().String()
	return trace{id: id, parent: "00-" + id + "-" + s.SpanID().String() + "-" + s.TraceFlags().String()}
}

// exemplar is what a measure of the request points to, nil unless somebody keeps
// its trace.
func (c *call) exemplar() prometheus.Labels {
	if c.spanned == nil || !c.spanned.SpanContext().IsSampled() {
		return nil
	}
	return prometheus.Labels{"trace_id": c.scope.trace.id}
}

// observe adds a figure, with an exemplar when there is one.
func observe(o prometheus.Observer, figure float64, exemplar prometheus.Labels) {
	if e, ok := o.(prometheus.ExemplarObserver); ok && exemplar != nil {
		e.ObserveWithExemplar(figure, exemplar)
		return
	}
	o.Observe(figure)
}

// A tracedLog has a span of every append that a traced request makes; what folds
// the events goes on from it.
type tracedLog struct {
	recommend.Log
	tracer oteltrace.Tracer
}

// Append implements [recommend.Log].
func (l tracedLog) Append(ctx context.Context, topic string, events ...recommend.Event) ([]recommend.Position, error) {
	if !oteltrace.SpanContextFromContext(ctx).IsSampled() {
		return l.Log.Append(ctx, topic, events...)
	}
	ctx, span := l.tracer.Start(ctx, "append "+topic, oteltrace.WithSpanKind(oteltrace.SpanKindProducer), oteltrace.WithAttributes(
		semconv.MessagingSystemKafka, semconv.MessagingOperationName("append"), semconv.MessagingOperationTypeSend,
		semconv.MessagingDestinationName(topic), semconv.MessagingBatchMessageCount(len(events)),
	))
	defer span.End()
	parent := traceOfSpan(span.SpanContext()).parent
	events = slices.Clone(events) // they are the caller's
	for i := range events {
		events[i].Traceparent = parent
	}
	at, err := l.Log.Append(ctx, topic, events...)
	if err != nil {
		span.SetStatus(codes.Error, "") // what went wrong is in the log; it may name an event
	}
	return at, err
}
