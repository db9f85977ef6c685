package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"

	"vitrine.dev/recommend"
)

// A long poll is answered as soon as there is anything; pollWait only says how
// often an idle partition asks again. A lane holds two fetches in memory, of
// fetchBytes each; a broker sends at least one record batch, however large.
const (
	pollWait   = 500 * time.Millisecond
	fetchBytes = 1 << 20
)

// A source reads one partition in order. It asks the broker itself, and not
// through a [kafka.Reader], because the reader hides what a fold must know:
// that the log has lost what was not read yet, or is shorter than what was.
type source struct {
	client    *client
	topic     string // on the broker
	partition int
	next      int64         // offset of the next message; kafka.FirstOffset at first
	wait      time.Duration // for a message to come; pollWait when 0
}

// fetch returns the messages that follow the last ones, and the offset that
// the next message appended gets. None is no error: nothing came for a while.
// An error that wraps ErrConflict does not mend itself.
func (s *source) fetch(ctx context.Context) (ms []kafka.Message, end int64, err error) {
	if s.next < 0 {
		if s.next, err = s.first(ctx); err != nil {
			return nil, 0, err
		}
	}
	wait := s.wait
	if wait <= 0 {
		wait = pollWait
	}
	rctx, cancel := context.WithTimeout(ctx, wait+requestTimeout)
	defer cancel()
	res, err := s.client.Fetch(rctx, &kafka.FetchRequest{
		Topic: s.topic, Partition: s.partition, Offset: s.next,
		MinBytes: 1, MaxBytes: fetchBytes, MaxWait: wait,
	})
	switch {
	case err != nil:
		return nil, 0, unavailable("fetch", err)
	case errors.Is(res.Error, kafka.OffsetOutOfRange):
		return nil, 0, s.outOfRange(ctx)
	case res.Error != nil:
		return nil, 0, unavailable("fetch", res.Error)
	}
	ms, err = s.read(res.Records)
	if err != nil {
		return nil, 0, unavailable("read records", err)
	}
	return ms, res.HighWatermark, nil
}

func (s *source) extent(ctx context.Context) (extent, error) {
	all, err := s.client.extents(ctx, s.topic)
	if err != nil {
		return extent{}, err
	}
	x, ok := all[s.topic][s.partition]
	if !ok {
		return extent{}, unavailable("fetch", kafka.UnknownTopicOrPartition)
	}
	return x, nil
}

func (s *source) first(ctx context.Context) (int64, error) {
	x, err := s.extent(ctx)
	return x.first, err
}

// outOfRange finds out why the broker does not have the next offset.
func (s *source) outOfRange(ctx context.Context) error {
	x, err := s.extent(ctx)
	if err != nil {
		return err
	}
	switch at := s.next; {
	case at < x.first:
		s.next = x.first
		return fmt.Errorf("events %d to %d were removed before they were folded: %w", at, x.first-1, recommend.ErrConflict)
	case at > x.end:
		return fmt.Errorf("the log ends at %d but was folded up to %d: restore it, or rebuild the documents: %w",
			x.end, at, recommend.ErrConflict)
	}
	return unavailable("fetch", kafka.OffsetOutOfRange)
}

// read copies the messages out of a response and moves next past it. A
// response begins with the whole batch that next is in, so it can hold
// messages from before; and it can hold control batches, which carry offsets
// and no message.
func (s *source) read(records kafka.RecordReader) ([]kafka.Message, error) {
	batches := []protocol.RecordReader{records}
	if stream, ok := records.(*protocol.RecordStream); ok {
		batches = stream.Records
	}
	var ms []kafka.Message
	for _, b := range batches {
		_, control := b.(*protocol.ControlBatch)
		for {
			r, err := b.ReadRecord()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return ms, err
			}
			m, err := s.message(r)
			if err != nil {
				return ms, err
			}
			if m.Offset < s.next {
				continue
			}
			s.next = m.Offset + 1
			if !control {
				ms = append(ms, m)
			}
		}
	}
	return ms, nil
}

// message copies a record, whose bytes belong to the response.
func (s *source) message(r *protocol.Record) (kafka.Message, error) {
	key, kerr := readBytes(r.Key)
	value, verr := readBytes(r.Value)
	return kafka.Message{
		Topic: s.topic, Partition: s.partition, Offset: r.Offset, Time: r.Time,
		Key: key, Value: value, Headers: r.Headers,
	}, errors.Join(kerr, verr)
}

func readBytes(b protocol.Bytes) ([]byte, error) {
	if b == nil {
		return nil, nil
	}
	defer b.Close()
	return protocol.ReadAll(b)
}
