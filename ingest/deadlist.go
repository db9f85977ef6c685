package ingest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/segmentio/kafka-go"

	"vitrine.dev/recommend"
)

// A DeadFilter chooses dead letters. The zero one chooses all.
type DeadFilter struct {
	ID     string    // this one only
	Topic  string    // that the event died in
	Reason string    // such as "not-json"
	Since  time.Time // buried at or after
	Until  time.Time // buried before
	Open   bool      // not redriven
	Limit  int       // at most so many, the oldest; 0 for all
}

func (f DeadFilter) matches(d DeadLetter) bool {
	return (f.ID == "" || f.ID == d.ID()) &&
		(f.Topic == "" || f.Topic == d.Topic) &&
		(f.Reason == "" || f.Reason == d.Reason) &&
		(f.Since.IsZero() || !d.At.Before(f.Since)) &&
		(f.Until.IsZero() || d.At.Before(f.Until)) &&
		(!f.Open || !d.Redriven)
}

// ListDead returns the dead letters that f chooses, the oldest first, without
// their values: Size tells how large those are.
func ListDead(ctx context.Context, cluster Cluster, f DeadFilter) ([]DeadLetter, error) {
	c := cluster.client()
	defer c.close()
	letters, err := c.listDead(ctx, cluster, f)
	if err != nil {
		return nil, fmt.Errorf("list dead letters: %w", err)
	}
	return letters, nil
}

// ShowDead returns the dead letter with that id, with its value. The error
// wraps [recommend.ErrNotFound] when there is none.
func ShowDead(ctx context.Context, cluster Cluster, id string) (DeadLetter, error) {
	c := cluster.client()
	defer c.close()
	var found DeadLetter
	err := c.scanDead(ctx, cluster, func(d DeadLetter) {
		if d.ID() == id {
			found = d
		}
	}, func(redriven string) {
		if redriven == id {
			found.Redriven = true
		}
	})
	if err == nil && found.Topic == "" {
		err = recommend.ErrNotFound
	}
	if err != nil {
		return DeadLetter{}, fmt.Errorf("dead letter %s: %w", id, err)
	}
	return found, nil
}

func (c *client) listDead(ctx context.Context, cluster Cluster, f DeadFilter) ([]DeadLetter, error) {
	all := map[string]DeadLetter{}
	err := c.scanDead(ctx, cluster, func(d DeadLetter) {
		d.Value = nil
		all[d.ID()] = d
	}, func(redriven string) {
		d := all[redriven]
		d.Redriven = true
		all[redriven] = d
	})
	if err != nil {
		return nil, err
	}
	var out []DeadLetter
	for _, d := range all {
		if d.Topic != "" && f.matches(d) {
			out = append(out, d)
		}
	}
	slices.SortFunc(out, func(a, b DeadLetter) int {
		if n := a.At.Compare(b.At); n != 0 {
			return n
		}
		if n := strings.Compare(a.Topic, b.Topic); n != 0 {
			return n
		}
		if a.Partition != b.Partition {
			return a.Partition - b.Partition
		}
		return int(a.Offset - b.Offset)
	})
	if f.Limit > 0 && len(out) > f.Limit {
		out = out[:f.Limit]
	}
	return out, nil
}

// scanDead reads the dead-letter topic as far as it is written now, calling
// letter for each letter and redriven with the id in each marker. The marker
// of a letter comes after it.
func (c *client) scanDead(ctx context.Context, cluster Cluster, letter func(DeadLetter), redriven func(id string)) error {
	name := cluster.topic(recommend.TopicDead)
	extents, err := c.extents(ctx, name)
	if err != nil {
		return err
	}
	if _, ok := extents[name]; !ok {
		return fmt.Errorf("topic %s: %w", name, recommend.ErrNotFound)
	}
	for p, x := range extents[name] {
		src := &source{client: c, topic: name, partition: p, next: x.first}
		for src.next < x.end {
			ms, _, err := src.fetch(ctx)
			if err != nil {
				return err
			}
			for _, m := range ms {
				if id := redrivenID(m); id != "" {
					redriven(id)
				} else if d, ok := readLetter(m); ok {
					letter(d)
				}
			}
		}
	}
	return nil
}

func redrivenID(m kafka.Message) string {
	for _, h := range m.Headers {
		if h.Key == deadRedriven {
			return string(h.Value)
		}
	}
	return ""
}
