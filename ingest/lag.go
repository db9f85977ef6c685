package ingest

import (
	"context"
	"fmt"

	"vitrine.dev/recommend"
)

// DefaultGroup begins the names of the consumer groups that fold the log: the
// group of a topic is DefaultGroup, a hyphen and the topic.
const DefaultGroup = "vitrine-ingest"

func (c Cluster) group(base, topic string) string {
	if base == "" {
		base = DefaultGroup
	}
	return c.Prefix + base + "-" + topic
}

// A PartitionLag is how far a partition has been folded.
type PartitionLag struct {
	Topic     string
	Partition int
	Committed int64 // offset of the next event to fold; the oldest there is when nothing was folded
	End       int64 // offset that the next event appended gets
}

// Events is the number of events not yet folded.
func (l PartitionLag) Events() int64 { return max(l.End-l.Committed, 0) }

// Lag returns the lag of the groups that fold topics (all but the dead
// letters when none are given), topic by topic. Group is [DefaultGroup] when empty.
func Lag(ctx context.Context, cluster Cluster, group string, topics ...string) ([]PartitionLag, error) {
	c := cluster.client()
	defer c.close()
	if len(topics) == 0 {
		topics = recommend.Topics()
		topics = topics[:len(topics)-1]
	}
	var out []PartitionLag
	for _, t := range topics {
		lag, err := c.lag(ctx, cluster, group, t)
		if err != nil {
			return nil, err
		}
		out = append(out, lag...)
	}
	return out, nil
}

// lag reads the ends before the commits, so that none is negative by a race.
func (c *client) lag(ctx context.Context, cluster Cluster, group, topic string) ([]PartitionLag, error) {
	name := cluster.topic(topic)
	extents, err := c.extents(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("lag of %s: %w", topic, err)
	}
	n := len(extents[name])
	committed, err := c.committed(ctx, cluster.group(group, topic), name, n)
	if err != nil {
		return nil, fmt.Errorf("lag of %s: %w", topic, err)
	}
	out := make([]PartitionLag, n)
	for p, x := range extents[name] {
		at, ok := committed[p]
		if !ok {
			at = x.first
		}
		out[p] = PartitionLag{Topic: topic, Partition: p, Committed: at, End: x.end}
	}
	return out, nil
}
