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

// An Extent is how many records a scan goes through.
type Extent struct {
	Topic     string
	Partition int
	First     int64 // offset of the oldest record
	End       int64 // offset that the next record gets
}

// ScanInOrder calls each with every event of topics up to where they were
// written when it began, in the order in which they were appended; at equal
// times as topics are ordered. Begun is told what there is before the first.
// Records that are no events are left out. An error of each ends it.
func (c Cluster) ScanInOrder(ctx context.Context, codec Codec, topics []string, begun func([]Extent), each func(recommend.Event) error) error {
	broker := c.client()
	defer broker.close()
	m := &merger{codec: codec}
	var extents []Extent
	for _, topic := range topics {
		name := c.topic(topic)
		all, err := broker.extents(ctx, name)
		if err != nil {
			return fmt.Errorf("scan %s: %w", topic, err)
		}
		for p := range len(all[name]) {
			x := all[name][p]
			extents = append(extents, Extent{topic, p, x.first, x.end})
			m.add(topic, &source{client: broker, topic: name, partition: p, next: x.first}, x.end)
		}
	}
	begun(extents)
	for {
		e, err := m.next(ctx)
		if err != nil || e == nil {
			return err
		}
		if e.Type == "" {
			continue
		}
		if err := each(*e); err != nil {
			return err
		}
	}
}

// A merger reads partitions to their ends, the earliest event first.
type merger struct {
	codec Codec
	parts []mergedPart
}

type mergedPart struct {
	topic  string
	source *source
	end    int64
	heads  []recommend.Event
}

func (m *merger) add(topic string, s *source, end int64) {
	m.parts = append(m.parts, mergedPart{topic: topic, source: s, end: end})
}

// next is the earliest event, without a type where the record is none; nil at
// the end.
func (m *merger) next(ctx context.Context) (*recommend.Event, error) {
	var first *mergedPart
	for i := range m.parts {
		p := &m.parts[i]
		if err := p.fill(ctx, m.codec); err != nil {
			return nil, err
		}
		if len(p.heads) > 0 && (first == nil || p.heads[0].Appended.Before(first.heads[0].Appended)) {
			first = p
		}
	}
	if first == nil {
		return nil, nil //nolint:nilnil // there is none
	}
	e := &first.heads[0]
	first.heads = first.heads[1:]
	return e, nil
}

func (p *mergedPart) fill(ctx context.Context, codec Codec) error {
	for len(p.heads) == 0 && p.source.next < p.end {
		ms, _, err := p.source.fetch(ctx)
		if err != nil {
			return fmt.Errorf("scan %s: %w", p.topic, err)
		}
		for _, m := range ms {
			if m.Offset >= p.end {
				break
			}
			e, err := codec.Decode(m)
			if err != nil {
				e = recommend.Event{Appended: m.Time.UTC()}
			}
			e.Topic, e.Partition, e.Offset = p.topic, m.Partition, m.Offset
			p.heads = append(p.heads, e)
		}
	}
	return nil
}
