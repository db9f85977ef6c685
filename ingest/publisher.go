package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/segmentio/kafka-go"

	"vitrine.dev/recommend"
)

// PublisherConfig says how a Publisher writes. Only Cluster is needed.
type PublisherConfig struct {
	Cluster Cluster
	Codec   Codec
	// Now is the producer's clock, which gives events their Appended time;
	// time.Now when nil.
	Now    func() time.Time
	Logger *slog.Logger // of the writer's retries; none when nil
}

// A Publisher appends events to the log. It implements [recommend.Log] and is
// safe for concurrent use; concurrent appends share requests to the broker.
//
// The partition of an event is that which Java's producers choose for its key
// (murmur2), so that foreign producers keep the order of a key too.
type Publisher struct {
	cluster Cluster
	codec   Codec
	now     func() time.Time
	writer  *kafka.Writer
	close   func()
}

// NewPublisher returns a Publisher. It connects when it is first used.
func NewPublisher(cfg PublisherConfig) *Publisher {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	t := newTransport()
	return &Publisher{
		cluster: cfg.Cluster,
		codec:   cfg.Codec,
		now:     cfg.Now,
		close:   t.CloseIdleConnections,
		writer: &kafka.Writer{
			Addr:         kafka.TCP(cfg.Cluster.Brokers...),
			Transport:    t,
			Balancer:     kafka.Murmur2Balancer{Consistent: true},
			RequiredAcks: kafka.RequireAll,
			Compression:  kafka.Snappy,
			// The first event of a batch waits this long for company. Acks of
			// all replicas take longer, and while one batch is under way the
			// next one fills.
			BatchTimeout:    time.Millisecond,
			BatchSize:       batchEvents,
			BatchBytes:      batchBytes,
			ReadTimeout:     requestTimeout,
			WriteTimeout:    requestTimeout,
			WriteBackoffMin: 20 * time.Millisecond,
			WriteBackoffMax: time.Second,
			Completion:      settle,
			ErrorLogger:     writerLog(cfg.Logger),
		},
	}
}

// A batch of messages must fit in what a broker takes in one piece
// (message.max.bytes) even if it does not compress.
const (
	batchEvents = 250
	batchBytes  = 1_040_000
)

// A slot is where a message's position goes once the broker has it.
type slot struct {
	at  *recommend.Position
	set bool
}

// settle notes the positions of a batch. The writer calls it before it
// releases those who wait for the batch.
func settle(ms []kafka.Message, err error) {
	if err != nil {
		return
	}
	for _, m := range ms {
		if s, ok := m.WriterData.(*slot); ok {
			s.at.Partition, s.at.Offset, s.set = m.Partition, m.Offset, true
		}
	}
}

// Append implements [recommend.Log]. It refuses all events when one of them
// is malformed, before any is written. When ctx ends first, events may still
// be written later. Give it a context with a deadline: without one it waits
// for a broker that is away through all retries, about a minute.
func (p *Publisher) Append(ctx context.Context, topic string, events ...recommend.Event) ([]recommend.Position, error) {
	ms := make([]kafka.Message, len(events))
	for i, e := range events {
		if e.Appended.IsZero() {
			e.Appended = p.now()
		}
		m, err := p.codec.Encode(e)
		if err != nil {
			return nil, fmt.Errorf("append %s of key %s to %s: %w", e.Type, e.Key, topic, err)
		}
		ms[i] = m
	}
	at, err := p.write(ctx, topic, ms)
	if err != nil {
		return nil, fmt.Errorf("append to %s: %w", topic, err)
	}
	return at, nil
}

// write sends messages as they are.
func (p *Publisher) write(ctx context.Context, topic string, ms []kafka.Message) ([]recommend.Position, error) {
	if len(ms) == 0 {
		return nil, nil
	}
	at := make([]recommend.Position, len(ms))
	slots := make([]slot, len(ms))
	for i := range ms {
		at[i].Topic = topic
		slots[i].at = &at[i]
		ms[i].Topic = p.cluster.topic(topic)
		ms[i].WriterData = &slots[i]
	}
	if err := p.writer.WriteMessages(ctx, ms...); err != nil {
		return nil, writeError(err)
	}
	for i := range slots {
		if !slots[i].set {
			return nil, unavailable("write", errors.New("the broker told no offset"))
		}
	}
	return at, nil
}

// writeError tells what is wrong with a message from what is wrong with the
// broker.
func writeError(err error) error {
	if each, ok := errors.AsType[kafka.WriteErrors](err); ok {
		for _, e := range each {
			if e != nil {
				err = e
				break
			}
		}
	}
	var large kafka.MessageTooLargeError
	switch {
	case errors.As(err, &large), errors.Is(err, kafka.MessageSizeTooLarge):
		return recommend.Refuse(problem(CodeTooLarge, "the event is larger than the topic takes"))
	case errors.Is(err, kafka.InvalidTimestamp):
		return recommend.Refuse(problem(CodeBadTime, "the broker does not take the time of the producer's clock"))
	case errors.Is(err, io.ErrClosedPipe):
		return unavailable("write", errors.New("the publisher is closed"))
	}
	return unavailable("write", err)
}

// Close waits for writes under way and lets the broker go. Appends fail
// afterwards.
func (p *Publisher) Close() error {
	err := p.writer.Close()
	p.close()
	return err
}

func writerLog(l *slog.Logger) kafka.Logger {
	if l == nil {
		return nil
	}
	return kafka.LoggerFunc(func(format string, args ...any) {
		l.Warn("log writer", "detail", fmt.Sprintf(format, args...))
	})
}
