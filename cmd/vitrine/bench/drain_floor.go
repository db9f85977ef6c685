package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	"golang.org/x/sync/errgroup"

	"vitrine.dev/ingest"
	"vitrine.dev/recommend"
)

// What ingest fetches and folds at once, and so the floor.
const fetchedBytes, foldedAtOnce = 1 << 20, 2000

// A filled is a topic with what was folded in it.
type filled struct {
	brokers  []string
	topic    string // on the broker
	parts    int
	messages int
}

// bareFetch reads all partitions of a topic with kafka-go at the same time and
// hands the messages to write, so many at once as ingest folds. It returns how
// long that took.
func (f filled) bareFetch(ctx context.Context, write func(ctx context.Context, messages int) error) (time.Duration, error) {
	t := &kafka.Transport{ClientID: "bench"}
	defer t.CloseIdleConnections()
	client, total := &kafka.Client{Addr: kafka.TCP(f.brokers...), Transport: t}, f.messages
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	counts := make(chan int)
	var g errgroup.Group
	begun := time.Now()
	for p := range f.parts {
		g.Go(func() error {
			err := bareFetchOne(ctx, client, f.topic, p, func(n int) error {
				if err := write(ctx, n); err != nil {
					return err
				}
				counts <- n
				return nil
			})
			if err != nil && ctx.Err() == nil {
				cancel()
				return err
			}
			return nil
		})
	}
	ended := make(chan error, 1)
	go func() {
		ended <- g.Wait()
		close(counts)
	}()
	var took time.Duration
	for n := range counts {
		if total -= n; total <= 0 && took == 0 {
			took = time.Since(begun)
			cancel()
		}
	}
	if err := <-ended; err != nil {
		return 0, fmt.Errorf("floor: %w", err)
	}
	if took == 0 {
		return 0, fmt.Errorf("floor: %d messages are missing", total)
	}
	return took, nil
}

func bareFetchOne(ctx context.Context, client *kafka.Client, topic string, partition int, take func(n int) error) error {
	for next := int64(0); ctx.Err() == nil; {
		res, err := client.Fetch(ctx, &kafka.FetchRequest{
			Topic: topic, Partition: partition, Offset: next, MinBytes: 1, MaxBytes: fetchedBytes, MaxWait: time.Second,
		})
		if err != nil {
			return err
		}
		if res.Error != nil {
			return res.Error
		}
		got, err := bareRead(res.Records, &next)
		if err != nil {
			return err
		}
		for ; got > 0 && ctx.Err() == nil; got -= foldedAtOnce {
			if err := take(min(got, foldedAtOnce)); err != nil {
				return err
			}
		}
	}
	return nil
}

// bareRead reads key and value of every record from next on.
func bareRead(records kafka.RecordReader, next *int64) (n int, err error) {
	for {
		r, err := records.ReadRecord()
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, err
		}
		if r.Offset < *next {
			continue
		}
		for _, b := range []protocol.Bytes{r.Key, r.Value} {
			if b == nil {
				continue
			}
			if _, err := protocol.ReadAll(b); err != nil {
				return n, err
			}
			_ = b.Close()
		}
		*next = r.Offset + 1
		n++
	}
}

// removeTopics deletes the topics of a cluster's prefix.
func removeTopics(ctx context.Context, cluster ingest.Cluster) error {
	t := &kafka.Transport{ClientID: "bench"}
	defer t.CloseIdleConnections()
	client := &kafka.Client{Addr: kafka.TCP(cluster.Brokers...), Transport: t, Timeout: patience}
	names := make([]string, 0, len(recommend.Topics()))
	for _, name := range recommend.Topics() {
		names = append(names, cluster.Prefix+name)
	}
	res, err := client.DeleteTopics(ctx, &kafka.DeleteTopicsRequest{Topics: names})
	if err != nil {
		return fmt.Errorf("delete topics: %w", err)
	}
	for name, err := range res.Errors {
		if err != nil && !errors.Is(err, kafka.UnknownTopicOrPartition) {
			return fmt.Errorf("delete topic %s: %w", name, err)
		}
	}
	return nil
}

// A share deals a list out in proportion to the messages that it was made of.
type share[T any] struct {
	mu       sync.Mutex
	all      []T
	messages int // of all
	taken    int // messages
	dealt    int
}

// of are those that fall to n further messages.
func (s *share[T]) of(n int) []T {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taken += n
	upTo := len(s.all)
	if s.taken < s.messages {
		upTo = len(s.all) * s.taken / s.messages
	}
	from := s.dealt
	s.dealt = max(upTo, from)
	return s.all[from:s.dealt]
}
