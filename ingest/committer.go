package ingest

import (
	"context"
	"sync"
	"time"
)

// commitInterval is the least time between two commits of a group. A broker
// that syncs pays for each; what a late commit costs is events delivered again
// after a crash.
const commitInterval = 50 * time.Millisecond

// A committer commits the offsets of a generation's partitions, all of them
// with one request. It has a goroutine of its own, because kafka-go's
// connection to a group's coordinator spins while several wait for answers,
// and so that folding goes on meanwhile.
type committer struct {
	topic  string // on the broker
	commit func(map[string]map[int]int64) error

	mu      sync.Mutex
	pending map[int]int64
	wake    chan struct{}
}

func newCommitter(topic string, commit func(map[string]map[int]int64) error) *committer {
	return &committer{topic: topic, commit: commit, pending: map[int]int64{}, wake: make(chan struct{}, 1)}
}

// add has the events of a partition before offset committed.
func (c *committer) add(partition int, offset int64) {
	c.mu.Lock()
	c.pending[partition] = offset
	c.mu.Unlock()
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// run commits what is added until ctx ends, and once more then. It returns at
// once when a commit fails: the generation is over.
func (c *committer) run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return c.flush()
		case <-c.wake:
		}
		if err := c.flush(); err != nil {
			return err
		}
		_ = pause(ctx, commitInterval)
	}
}

func (c *committer) flush() error {
	c.mu.Lock()
	offsets := c.pending
	c.pending = map[int]int64{}
	c.mu.Unlock()
	if len(offsets) == 0 {
		return nil
	}
	return c.commit(map[string]map[int]int64{c.topic: offsets})
}
