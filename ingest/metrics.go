package ingest

import (
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics are the figures of a consumer, for Prometheus:
//
//	vitrine_ingest_events_total{topic,outcome}      outcome: applied, duplicate, skipped, dead
//	vitrine_ingest_batch_seconds{topic}             of one batch, until durable
//	vitrine_ingest_put_seconds{topic}               of one bulk of documents, as the store took or refused it
//	vitrine_ingest_wait_seconds{topic}              waits for another topic to be folded
//	vitrine_ingest_retries_total{topic}             attempts that an engine failed
//	vitrine_ingest_rebalances_total{topic}          assignments of partitions
//	vitrine_ingest_lag_events{topic,partition}      not yet folded, of the partitions held here
//	vitrine_ingest_oldest_seconds{topic,partition}  age of the oldest event not yet folded
//
// A nil *Metrics counts nothing.
type Metrics struct {
	events     *prometheus.CounterVec
	batch      *prometheus.HistogramVec
	put        *prometheus.HistogramVec
	wait       *prometheus.HistogramVec
	retries    *prometheus.CounterVec
	rebalances *prometheus.CounterVec
	lag        *prometheus.Desc
	oldest     *prometheus.Desc

	mu    sync.Mutex
	held  map[*progress]struct{} // of the partitions held now
	clock func() time.Time
}

// NewMetrics registers the metrics of a consumer with reg.
func NewMetrics(reg prometheus.Registerer) (*Metrics, error) {
	opts := func(name, help string) prometheus.Opts {
		return prometheus.Opts{Namespace: "vitrine", Subsystem: "ingest", Name: name, Help: help}
	}
	histogram := func(name, help string, buckets []float64) *prometheus.HistogramVec {
		return prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: "vitrine", Subsystem: "ingest", Name: name, Help: help, Buckets: buckets,
		}, []string{"topic"})
	}
	m := &Metrics{
		events: prometheus.NewCounterVec(prometheus.CounterOpts(opts("events_total", "Events taken from the log, by what became of them.")),
			[]string{"topic", "outcome"}),
		batch: histogram("batch_seconds", "Time to fold a batch, until it is durable.", prometheus.ExponentialBuckets(.001, 2, 14)),
		put:   histogram("put_seconds", "Time of a call of the store to take documents, failed ones included.", prometheus.ExponentialBuckets(.0005, 2, 15)),
		wait:  histogram("wait_seconds", "Time a batch waited for another topic.", prometheus.ExponentialBuckets(.01, 3, 9)),
		retries: prometheus.NewCounterVec(prometheus.CounterOpts(opts("retries_total", "Calls of an engine that failed and are tried again.")),
			[]string{"topic"}),
		rebalances: prometheus.NewCounterVec(prometheus.CounterOpts(opts("rebalances_total", "Assignments of partitions to this process.")),
			[]string{"topic"}),
		lag: prometheus.NewDesc("vitrine_ingest_lag_events", "Events not yet folded, of the partitions held here.",
			[]string{"topic", "partition"}, nil),
		oldest: prometheus.NewDesc("vitrine_ingest_oldest_seconds", "Age of the oldest event taken up and not yet folded, 0 when there is none.",
			[]string{"topic", "partition"}, nil),
		held:  map[*progress]struct{}{},
		clock: time.Now,
	}
	for _, c := range []prometheus.Collector{m.events, m.batch, m.put, m.wait, m.retries, m.rebalances, m} {
		if err := reg.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// Describe implements [prometheus.Collector] for the figures by partition.
func (m *Metrics) Describe(ch chan<- *prometheus.Desc) {
	ch <- m.lag
	ch <- m.oldest
}

// Collect implements [prometheus.Collector].
func (m *Metrics) Collect(ch chan<- prometheus.Metric) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.clock()
	for p := range m.held {
		partition := strconv.Itoa(p.partition)
		next, end, oldest := p.read()
		age := 0.0
		if !oldest.IsZero() {
			age = max(now.Sub(oldest).Seconds(), 0)
		}
		ch <- prometheus.MustNewConstMetric(m.lag, prometheus.GaugeValue, float64(max(end-next, 0)), p.topic, partition)
		ch <- prometheus.MustNewConstMetric(m.oldest, prometheus.GaugeValue, age, p.topic, partition)
	}
}

// A progress is where the folding of a partition stands.
type progress struct {
	topic     string
	partition int

	mu     sync.Mutex
	next   int64     // first offset not folded
	end    int64     // offset that the next event gets
	oldest time.Time // when the event at next was appended; zero when not known
}

func (p *progress) read() (next, end int64, oldest time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.next, p.end, p.oldest
}

func (p *progress) note(next, end int64, oldest time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.next, p.end, p.oldest = next, max(end, p.end), oldest
}

func (p *progress) noteEnd(end int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.end = max(end, p.end)
}

func (m *Metrics) hold(p *progress) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.held[p] = struct{}{}
}

func (m *Metrics) release(p *progress) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.held, p)
}

// The outcomes of events.
const (
	outcomeApplied = iota
	outcomeDuplicate
	outcomeSkipped // the state held it already
	outcomeDead
	outcomes
)

var outcomeNames = [outcomes]string{"applied", "duplicate", "skipped", "dead"} //nolint:gochecknoglobals // never changes

// A topicMeter is the metrics of one topic; a nil one counts nothing.
type topicMeter struct {
	events              [outcomes]prometheus.Counter
	batch, put, wait    prometheus.Observer
	retries, rebalances prometheus.Counter
}

// of returns the metrics of a topic, all of which there are from then on.
func (m *Metrics) of(topic string) *topicMeter {
	if m == nil {
		return nil
	}
	t := &topicMeter{
		batch: m.batch.WithLabelValues(topic), put: m.put.WithLabelValues(topic), wait: m.wait.WithLabelValues(topic),
		retries: m.retries.WithLabelValues(topic), rebalances: m.rebalances.WithLabelValues(topic),
	}
	for i, outcome := range outcomeNames {
		t.events[i] = m.events.WithLabelValues(topic, outcome)
	}
	return t
}

func (t *topicMeter) count(it *item) {
	if t != nil {
		t.events[it.became()].Inc()
	}
}

// became is the outcome of a decided item.
func (it *item) became() int {
	switch {
	case it.death() != nil:
		return outcomeDead
	case it.held:
		return outcomeSkipped
	case it.outcome.Duplicate:
		return outcomeDuplicate
	}
	return outcomeApplied
}

func (t *topicMeter) batched(d time.Duration, exemplar prometheus.Labels) {
	if t != nil {
		observe(t.batch, d.Seconds(), exemplar)
	}
}

func (t *topicMeter) stored(d time.Duration, exemplar prometheus.Labels) {
	if t != nil {
		observe(t.put, d.Seconds(), exemplar)
	}
}

func (t *topicMeter) waited(d time.Duration) {
	if t != nil {
		t.wait.Observe(d.Seconds())
	}
}

func (t *topicMeter) retried() {
	if t != nil {
		t.retries.Inc()
	}
}

func (t *topicMeter) rebalanced() {
	if t != nil {
		t.rebalances.Inc()
	}
}

// partitions returns the partitions held now, by topic.
func (m *Metrics) partitions() map[string][]*progress {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := map[string][]*progress{}
	for p := range m.held {
		out[p.topic] = append(out[p.topic], p)
	}
	return out
}
