package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
	"golang.org/x/time/rate"
)

// tracerName is the scope of our spans.
const tracerName = "vitrine.dev"

// flushFor bounds how long a stop waits for a collector to take the last spans.
const flushFor = 5 * time.Second

// openTracing returns what makes spans, nil unless the environment names a
// collector, and what hands over the last of them. All the rest is read from the
// environment by the SDK and its exporter, which speaks OTLP over HTTP:
// https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/.
//
// Spans wait in a queue of a bounded length (OTEL_BSP_MAX_QUEUE_SIZE); those that
// find it full are lost, and nothing ever waits for the collector but the end of
// close, for as long as --drain says and 5 s at most.
func openTracing(ctx context.Context, cfg *config, getenv func(string) string) (tracer trace.Tracer, closer func(context.Context), err error) {
	named := getenv("OTEL_EXPORTER_OTLP_ENDPOINT") != "" || getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") != ""
	if !named || getenv("OTEL_SDK_DISABLED") == "true" || getenv("OTEL_TRACES_EXPORTER") == "none" {
		return nil, func(context.Context) {}, nil
	}
	seldom := rate.Sometimes{Interval: time.Minute}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) {
		seldom.Do(func() { cfg.logger.WarnContext(ctx, "tracing: spans are lost, nothing else is", "err", err) })
	}))
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("tracing: %w", err)
	}
	who, err := resource.New(ctx, resource.WithTelemetrySDK(), resource.WithAttributes(semconv.ServiceName("vitrine")), resource.WithFromEnv())
	if err != nil && !errors.Is(err, resource.ErrPartialResource) {
		return nil, nil, errors.Join(fmt.Errorf("tracing: %w", err), exporter.Shutdown(ctx))
	}
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithResource(who))
	cfg.logger.InfoContext(ctx, "tracing")
	return provider.Tracer(tracerName), func(ctx context.Context) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), min(cfg.Drain, flushFor))
		defer cancel()
		if err := provider.Shutdown(ctx); err != nil {
			cfg.logger.WarnContext(ctx, "tracing: the last spans are lost", "err", err)
		}
	}, nil
}
