package ingest

import (
	"context"
	"fmt"

	"vitrine.dev/recommend"
)

// Scan calls each with every event of topic up to where it was written when
// Scan began, partition by partition, in order within one. Records that are no
// events, which the dead letters hold, are left out. An error of each ends it.
func Scan(ctx context.Context, cluster Cluster, codec Codec, topic string, each func(recommend.Event) error) error {
	c := cluster.client()
	defer c.close()
	name := cluster.topic(topic)
	extents, err := c.extents(ctx, name)
	if err != nil {
		return fmt.Errorf("scan %s: %w", topic, err)
	}
	for p := range len(extents[name]) {
		src := &source{client: c, topic: name, partition: p, next: extents[name][p].first}
		for src.next < extents[name][p].end {
			ms, _, err := src.fetch(ctx)
			if err != nil {
				return fmt.Errorf("scan %s: %w", topic, err)
			}
			for _, m := range ms {
				e, err := codec.Decode(m)
				if err != nil {
					continue
				}
				e.Topic = topic
				if err := each(e); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
