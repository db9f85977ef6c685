package ingest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/segmentio/kafka-go"

	"vitrine.dev/recommend"
)

// A Layout says how topics are made.
type Layout struct {
	// Partitions of a topic by its name, where it differs from Default.
	Partitions map[string]int
	// Default is the number of partitions of a topic; 3 when 0.
	Default int
	// Replication is the number of copies of each partition; 1 when 0.
	Replication int
}

func (l Layout) partitions(topic string) int {
	if n := l.Partitions[topic]; n > 0 {
		return n
	}
	if l.Default > 0 {
		return l.Default
	}
	return 3
}

// A LayoutError names topics whose partitions are not those of the layout.
// They are left as they are: the partition decides where a key's events lie
// and so the versions of its documents, which is why another number of
// partitions takes a rebuild into new topics.
type LayoutError struct {
	Topics map[string]int // partitions that the topic has
}

// Error names the topics.
func (e *LayoutError) Error() string {
	parts := make([]string, 0, len(e.Topics))
	for t, n := range e.Topics {
		parts = append(parts, fmt.Sprintf("%s has %d", t, n))
	}
	slices.Sort(parts)
	return "partitions are fixed at creation, a change needs a rebuild: " + strings.Join(parts, ", ")
}

// deadMax is the largest record of the dead-letter topic: whatever another
// topic took fits, with what is told about it.
const deadMax = "2097152"

// Ensure creates the topics of the log that are missing and returns once
// writers can find all of them. It is safe to run in several processes at
// once. Topics that exist with another number of partitions are left as they
// are and reported as a [*LayoutError], after the others were created; it is
// for the caller to go on or not. Other errors wrap [recommend.ErrUnavailable].
func Ensure(ctx context.Context, cluster Cluster, l Layout) error {
	c := cluster.client()
	defer c.close()
	names := recommend.Topics()
	for i, t := range names {
		names[i] = cluster.topic(t)
	}
	have, err := c.partitions(ctx, names...)
	if err != nil {
		return fmt.Errorf("ensure topics: %w", err)
	}
	var missing []kafka.TopicConfig
	for _, t := range recommend.Topics() {
		if _, ok := have[cluster.topic(t)]; !ok {
			missing = append(missing, l.config(cluster, t))
		}
	}
	if err := c.create(ctx, missing); err != nil {
		return fmt.Errorf("ensure topics: %w", err)
	}
	if have, err = c.await(ctx, names); err != nil {
		return fmt.Errorf("ensure topics: %w", err)
	}
	wrong := map[string]int{}
	for _, t := range recommend.Topics() {
		if n := have[cluster.topic(t)]; n != l.partitions(t) {
			wrong[t] = n
		}
	}
	if len(wrong) > 0 {
		return &LayoutError{Topics: wrong}
	}
	return nil
}

// Partitions returns how many partitions a topic of package recommend has. The
// error wraps [recommend.ErrUnavailable], or [recommend.ErrNotFound] when there
// is no such topic.
func Partitions(ctx context.Context, cluster Cluster, topic string) (int, error) {
	c := cluster.client()
	defer c.close()
	name := cluster.topic(topic)
	n, err := c.partitions(ctx, name)
	if err == nil && n[name] == 0 {
		err = recommend.ErrNotFound
	}
	if err != nil {
		return 0, fmt.Errorf("partitions of %s: %w", topic, err)
	}
	return n[name], nil
}

func (l Layout) config(cluster Cluster, topic string) kafka.TopicConfig {
	cfg := kafka.TopicConfig{
		Topic:             cluster.topic(topic),
		NumPartitions:     l.partitions(topic),
		ReplicationFactor: max(l.Replication, 1),
		ConfigEntries: []kafka.ConfigEntry{
			{ConfigName: "cleanup.policy", ConfigValue: "delete"},
			{ConfigName: "retention.ms", ConfigValue: "-1"},
			{ConfigName: "retention.bytes", ConfigValue: "-1"},
		},
	}
	add := func(name, value string) {
		cfg.ConfigEntries = append(cfg.ConfigEntries, kafka.ConfigEntry{ConfigName: name, ConfigValue: value})
	}
	if l.Replication > 1 {
		// Acks of all replicas mean those in sync: never fewer than all but one.
		add("min.insync.replicas", strconv.Itoa(l.Replication-1))
	}
	if topic == recommend.TopicDead {
		add("max.message.bytes", deadMax)
	}
	return cfg
}

// create makes topics. That another process was faster is no error.
func (c *client) create(ctx context.Context, topics []kafka.TopicConfig) error {
	if len(topics) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	res, err := c.CreateTopics(ctx, &kafka.CreateTopicsRequest{Topics: topics})
	if err != nil {
		return unavailable("create topics", err)
	}
	for t, err := range res.Errors {
		if err != nil && !errors.Is(err, kafka.TopicAlreadyExists) {
			return unavailable("create "+t, err)
		}
	}
	return nil
}

// await polls until every one of topics can be seen and each of their
// partitions has a leader, for a broker answers before the others know.
func (c *client) await(ctx context.Context, topics []string) (map[string]int, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for attempt := 0; ; attempt++ {
		have, err := c.extents(ctx, topics...)
		if err == nil && len(have) == len(topics) {
			n := make(map[string]int, len(have))
			for t, ps := range have {
				n[t] = len(ps)
			}
			return n, nil
		}
		if stop := pause(ctx, backoff(min(attempt, 3))); stop != nil {
			return nil, unavailable("wait for topics", errors.Join(stop, err))
		}
	}
}
