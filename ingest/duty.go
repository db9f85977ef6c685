package ingest

import (
	"context"
	"fmt"
	"runtime/debug"

	"github.com/segmentio/kafka-go"
)

// A Duty is a partition held by this process.
type Duty struct {
	Topic      string
	Partition  int
	Partitions int // of the topic
}

// Holds reports whether events of key are in the partition.
func (d Duty) Holds(key string) bool { return PartitionOf(key, d.Partitions) == d.Partition }

// PartitionOf is the partition, of n, that a [Publisher] appends events of key to.
func PartitionOf(key string, n int) int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return kafka.Murmur2Balancer{Consistent: true}.Balance(kafka.Message{Key: []byte(key)}, all...)
}

// duty does what the holder of a partition is to do until ctx ends. One that
// panics begins again.
func (r *running) duty(ctx context.Context, topic string, partition int) {
	for attempt := 0; ctx.Err() == nil; attempt++ {
		n, err := r.client.partitions(ctx, r.Cluster.topic(topic))
		if err == nil && n[r.Cluster.topic(topic)] > partition {
			if r.perform(ctx, Duty{Topic: topic, Partition: partition, Partitions: n[r.Cluster.topic(topic)]}) {
				return
			}
		}
		_ = pause(ctx, r.Backoff(attempt))
	}
}

func (r *running) perform(ctx context.Context, d Duty) (done bool) {
	defer func() {
		if p := recover(); p != nil {
			r.Logger.ErrorContext(ctx, "a duty panicked", "topic", d.Topic, "partition", d.Partition,
				"err", fmt.Sprintf("panic of %T", p), "stack", string(debug.Stack()))
		}
	}()
	r.Duties(ctx, d)
	return true
}
