package ingest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/segmentio/kafka-go"

	"vitrine.dev/recommend"
)

// How long one request to the broker may take. The waits of long polls and
// group joins come on top.
const requestTimeout = 10 * time.Second

// A Cluster says where the log is.
type Cluster struct {
	// Brokers are host:port addresses to start from; any one that answers
	// tells the others.
	Brokers []string
	// Prefix goes before every topic and group name, so that several
	// installations (or tests) share one Kafka: "blue." makes
	// blue.vitrine.picks. Events carry the names without it.
	Prefix string
}

// topic is the name on the broker of a topic of package recommend.
func (c Cluster) topic(name string) string { return c.Prefix + name }

// A client is a connection pool to the cluster. Its background goroutines end
// with close.
type client struct {
	kafka.Client
	transport *kafka.Transport
}

func (c Cluster) client() *client {
	t := newTransport()
	return &client{
		transport: t,
		Client:    kafka.Client{Addr: kafka.TCP(c.Brokers...), Transport: t},
	}
}

// newTransport keeps the metadata young, for kafka-go learns of a moved
// partition leader in no other way.
func newTransport() *kafka.Transport {
	return &kafka.Transport{
		Dial:        (&net.Dialer{Timeout: 3 * time.Second}).DialContext,
		ClientID:    "vitrine",
		MetadataTTL: 2 * time.Second,
	}
}

func (c *client) close() { c.transport.CloseIdleConnections() }

// partitions returns how many partitions each of topics has, by their names
// on the broker. A missing topic is left out.
func (c *client) partitions(ctx context.Context, topics ...string) (map[string]int, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	res, err := c.Metadata(ctx, &kafka.MetadataRequest{Topics: topics})
	if err != nil {
		return nil, unavailable("metadata", err)
	}
	n := make(map[string]int, len(topics))
	for _, t := range res.Topics {
		switch {
		case errors.Is(t.Error, kafka.UnknownTopicOrPartition):
		case t.Error != nil:
			return nil, unavailable("metadata of "+t.Name, t.Error)
		default:
			n[t.Name] = len(t.Partitions)
		}
	}
	return n, nil
}

// An extent is the part of a partition that the broker holds: first is its
// oldest offset, end the offset that the next event gets.
type extent struct{ first, end int64 }

// extents returns that of every partition of topics, by name on the broker
// and partition. Topics that are missing are left out. It asks again while a
// partition has no leader, for a second or so.
func (c *client) extents(ctx context.Context, topics ...string) (map[string]map[int]extent, error) {
	for attempt := 0; ; attempt++ {
		out, err := c.extentsNow(ctx, topics...)
		var k kafka.Error
		if err == nil || attempt == 5 || !errors.As(err, &k) || !k.Temporary() {
			return out, err
		}
		if pause(ctx, backoff(attempt)) != nil {
			return nil, err
		}
	}
}

func (c *client) extentsNow(ctx context.Context, topics ...string) (map[string]map[int]extent, error) {
	counts, err := c.partitions(ctx, topics...)
	if err != nil {
		return nil, err
	}
	req := &kafka.ListOffsetsRequest{Topics: map[string][]kafka.OffsetRequest{}}
	for t, n := range counts {
		for p := range n {
			req.Topics[t] = append(req.Topics[t], kafka.FirstOffsetOf(p), kafka.LastOffsetOf(p))
		}
	}
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	res, err := c.ListOffsets(ctx, req)
	if err != nil {
		return nil, unavailable("list offsets", err)
	}
	out := make(map[string]map[int]extent, len(counts))
	for t, ps := range res.Topics {
		out[t] = make(map[int]extent, len(ps))
		for _, p := range ps {
			if p.Error != nil {
				return nil, unavailable(fmt.Sprintf("list offsets of %s/%d", t, p.Partition), p.Error)
			}
			out[t][p.Partition] = extent{first: p.FirstOffset, end: p.LastOffset}
		}
	}
	return out, nil
}

// committed returns the offsets that group has committed on a topic with n
// partitions; those that it has not are left out.
func (c *client) committed(ctx context.Context, group, topic string, n int) (map[int]int64, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	ps := make([]int, n)
	for i := range ps {
		ps[i] = i
	}
	res, err := c.OffsetFetch(ctx, &kafka.OffsetFetchRequest{GroupID: group, Topics: map[string][]int{topic: ps}})
	if err == nil {
		err = res.Error
	}
	if errors.Is(err, kafka.GroupIdNotFound) {
		return nil, nil // kfake's answer for a group that never committed; Kafka's is no offsets
	}
	if err != nil {
		return nil, unavailable("offsets of "+group, err)
	}
	out := make(map[int]int64, n)
	for _, p := range res.Topics[topic] {
		if p.Error != nil {
			return nil, unavailable("offsets of "+group, p.Error)
		}
		if p.CommittedOffset >= 0 {
			out[p.Partition] = p.CommittedOffset
		}
	}
	return out, nil
}

// unavailable wraps an error of the broker or of the way to it.
func unavailable(what string, err error) error {
	return fmt.Errorf("%s: %w: %w", what, recommend.ErrUnavailable, err)
}
