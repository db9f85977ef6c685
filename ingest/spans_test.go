package ingest_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"vitrine.dev/ingest"
	"vitrine.dev/recommend"
)

// newTracer returns a tracer and what it traced.
func newTracer(t testing.TB) (*tracetest.SpanRecorder, trace.Tracer) {
	t.Helper()
	spans := tracetest.NewSpanRecorder()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans))
	t.Cleanup(func() { _ = provider.Shutdown(context.WithoutCancel(t.Context())) })
	return spans, provider.Tracer("test")
}

// traced is e as a request of trace n caused it.
func traced(e recommend.Event, n int, flags string) recommend.Event {
	e.Traceparent = fmt.Sprintf("00-%032x-%016x-%s", n, n, flags)
	return e
}

// story is what spans say: name, trace, parent (a span's name, or the id of a
// remote one) and outcome.
func story(spans []sdktrace.ReadOnlySpan) (out []string) {
	names := map[trace.SpanID]string{}
	for _, s := range spans {
		names[s.SpanContext().SpanID()] = s.Name()
	}
	for _, s := range spans {
		parent := names[s.Parent().SpanID()]
		if parent == "" {
			parent = strings.TrimLeft(s.Parent().SpanID().String(), "0")
		}
		line := fmt.Sprintf("%s/%s/%s", strings.TrimLeft(s.SpanContext().TraceID().String(), "0"), parent, s.Name())
		for _, a := range s.Attributes() {
			if a.Key == "vitrine.outcome" {
				line = fmt.Sprint(line, " ", a.Value.AsString())
			}
		}
		out = append(out, line)
	}
	return out
}

func TestFoldsGoOnFromTheAppend(t *testing.T) {
	spans, tracer := newTracer(t)
	s := newScripted(never)
	s.Trace(tracer)
	again := traced(testEvent("private-b", 2, told{N: 2}), 5, "01")
	s.fold(t, records(t, 0,
		traced(testEvent("private-a", 0, told{N: 1}), 1, "01"),
		traced(testEvent("private-a", 1, told{N: 2}), 2, "00"),
		again,
		testEvent("private-c", 3, told{N: 2}),
		traced(testEvent("private-d", 4, told{N: -1}), 3, "01"),
		again,
	))
	want := []string{
		"1/fold vitrine.picks/bulk", "1/1/fold vitrine.picks applied",
		"5/fold vitrine.picks/bulk", "5/5/fold vitrine.picks applied",
		"3/3/fold vitrine.picks dead",
		"5/5/fold vitrine.picks duplicate",
	}
	if diff := cmp.Diff(want, story(spans.Ended())); diff != "" {
		t.Errorf("spans differ (-want +got):\n%s", diff)
	}
	for i, span := range spans.Ended() {
		if strings.Contains(fmt.Sprint(span.Attributes(), span.Name(), span.Events()), "private") {
			t.Errorf("span %s tells the key: %v", span.Name(), span.Attributes())
		}
		if span.Name() == "bulk" {
			fold := spans.Ended()[i+1]
			if span.StartTime().Before(fold.StartTime()) || span.EndTime().After(fold.EndTime()) || !span.EndTime().After(span.StartTime()) {
				t.Errorf("the bulk %v to %v is not within its fold, %v to %v", span.StartTime(), span.EndTime(), fold.StartTime(), fold.EndTime())
			}
		}
	}
}

// What is written in several batches, and refused on the way, is traced once.
func TestEveryTracedEventHasOneFold(t *testing.T) {
	spans, tracer := newTracer(t)
	s := newScripted(never)
	s.Trace(tracer)
	s.Stream(2, false)
	var events []recommend.Event
	var want []string
	for i := range 9 {
		d := told{N: i}
		if i == 4 {
			d.Note = "poison" // the store refuses its leaf for good
		}
		events = append(events, traced(testEvent(fmt.Sprint("k", i), i, d), i+1, "01"))
		switch i {
		case 2, 3: // their states went with the leaves of the next batch, of which all but one were taken
			want = append(want, fmt.Sprintf("%d/%d/fold vitrine.picks skipped", i+1, i+1))
		case 4:
			want = append(want, "5/5/fold vitrine.picks dead")
		default:
			want = append(want, fmt.Sprintf("%d/fold vitrine.picks/bulk", i+1), fmt.Sprintf("%d/%d/fold vitrine.picks applied", i+1, i+1))
		}
	}
	s.fold(t, records(t, 0, events...))
	if diff := cmp.Diff(want, story(spans.Ended())); diff != "" {
		t.Errorf("spans differ (-want +got):\n%s", diff)
	}
}

func TestABatchHasSixteenTracedEventsAtMost(t *testing.T) {
	spans, tracer := newTracer(t)
	s := newScripted(never)
	s.Trace(tracer)
	var events []recommend.Event
	for i := range 100 {
		events = append(events, traced(testEvent("k", i, told{N: i}), i+1, "01"))
	}
	s.fold(t, records(t, 0, events...))
	if n := len(spans.Ended()); n != 2*16 {
		t.Errorf("%d spans, want a fold and a bulk of each of 16", n)
	}
	if diff := cmp.Diff(upTo(100), numbers(t, s.store, "k")); diff != "" {
		t.Errorf("numbers differ (-want +got):\n%s", diff)
	}
}

// A traceparent is whatever a foreign producer wrote.
func TestBadTraceparentsAreFoldedWithoutSpans(t *testing.T) {
	spans, tracer := newTracer(t)
	s := newScripted(never)
	s.Trace(tracer)
	var events []recommend.Event
	for i, bad := range []string{
		"01", strings.Repeat("0", 55), strings.Repeat("1", 55), "00-" + strings.Repeat("0", 32) + "-00f067aa0ba902b7-01",
		"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0g", "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
	} {
		e := testEvent("k", i, told{N: i})
		e.Traceparent = bad
		events = append(events, e)
	}
	s.fold(t, records(t, 0, events...))
	if got := spans.Ended(); len(got) > 0 {
		t.Errorf("spans %v", story(got))
	}
	if diff := cmp.Diff(upTo(len(events)), numbers(t, s.store, "k")); diff != "" {
		t.Errorf("numbers differ (-want +got):\n%s", diff)
	}
}

// A keptLog keeps what is appended.
type keptLog struct{ events []recommend.Event }

func (l *keptLog) Append(_ context.Context, _ string, events ...recommend.Event) ([]recommend.Position, error) {
	l.events = append(l.events, events...)
	return make([]recommend.Position, len(events)), nil
}

func TestWhatATracedEventCausesIsOfItsTrace(t *testing.T) {
	_, tracer := newTracer(t)
	w, log := newWorld(), &keptLog{}
	l := ingest.NewLane(testFolder(recommend.TopicPicks), w.store, log, hand{w, func() fate { return succeeds }})
	l.Hooks(func(string) error { return nil }, func(int) error { return errors.New("asked to wait") })
	l.Trace(tracer)
	sampled, not := traced(testEvent("a", 0, told{N: 1, Note: "tell"}), 1, "01"), traced(testEvent("b", 1, told{N: 1, Note: "tell"}), 2, "00")
	if _, err := l.Fold(t.Context(), records(t, 0, sampled, not)); err != nil {
		t.Fatal(err)
	}
	if len(log.events) != 2 || log.events[0].Traceparent != sampled.Traceparent || log.events[1].Traceparent != "" {
		t.Errorf("caused: %+v", log.events)
	}
}

func TestFoldsHaveExemplars(t *testing.T) {
	spans, tracer := newTracer(t)
	cluster := newCluster(t, 1)
	p := newPublisher(t, cluster)
	store := newMemStore()
	reg := prometheus.NewRegistry()
	c := newConsumer(t, cluster, store, p, recommend.TopicPicks)
	metrics, err := ingest.NewMetrics(reg)
	if err != nil {
		t.Fatal(err)
	}
	c.Metrics, c.Tracer = metrics, tracer
	appendAll(t, p, recommend.TopicPicks, traced(testEvent("a", 0, told{N: 0}), 7, "01"))
	stop := start(t, c)
	await(t, "the spans of the event", func() bool { return len(spans.Ended()) == 2 })
	await(t, "the measure of the batch", func() bool { return exemplars(t, reg)["vitrine_ingest_batch_seconds"] != "" })
	stop()
	want := fmt.Sprintf("%032x", 7)
	if diff := cmp.Diff(map[string]string{"vitrine_ingest_batch_seconds": want, "vitrine_ingest_put_seconds": want}, exemplars(t, reg)); diff != "" {
		t.Errorf("exemplars differ (-want +got):\n%s", diff)
	}
}

// exemplars returns the trace that each measure points to.
func exemplars(t *testing.T, reg prometheus.Gatherer) map[string]string {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			for _, b := range m.GetHistogram().GetBucket() {
				for _, l := range b.GetExemplar().GetLabel() {
					out[f.GetName()] = l.GetValue()
				}
			}
		}
	}
	return out
}
