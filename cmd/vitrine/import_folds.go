package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"vitrine.dev/ingest"
	"vitrine.dev/recommend"
)

// logEnds are the offsets that the next events of partitions get.
type logEnds map[logPart]int64

type logPart struct {
	topic     string
	partition int
}

func endsOf(lag []ingest.PartitionLag) logEnds {
	ends := make(logEnds, len(lag))
	for _, l := range lag {
		ends[logPart{l.Topic, l.Partition}] = l.End
	}
	return ends
}

// left is how many events before the ends are not folded.
func (e logEnds) left(lag []ingest.PartitionLag) (n int64) {
	for _, l := range lag {
		n += max(e[logPart{l.Topic, l.Partition}]-l.Committed, 0)
	}
	return n
}

// awaitFolds waits until everything appended so far is folded, and returns
// where the log ended then; what others append in the meantime is not waited for.
func (im *importer) awaitFolds(ctx context.Context, consumer *ingest.Consumer) (logEnds, error) {
	var targets logEnds
	var bar *progress
	var total int64
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		lag, err := consumer.Lag(ctx)
		switch {
		case err != nil && !errors.Is(err, recommend.ErrUnavailable):
			return nil, fmt.Errorf("see how far the log is folded: %w", err)
		case err == nil && targets == nil:
			targets = endsOf(lag)
			total = targets.left(lag)
			bar = newProgress(im.out, "folded", total)
		}
		if err == nil {
			left := targets.left(lag)
			if total > 0 {
				bar.set(total - left)
			}
			if left == 0 {
				break
			}
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-tick.C:
		}
	}
	if total > 0 {
		bar.end()
	}
	return targets, nil
}

// reportDead tells of the records that a fold refused.
func (im *importer) reportDead(ctx context.Context, since time.Time) error {
	letters, err := ingest.ListDead(ctx, im.service.engines.Cluster, ingest.DeadFilter{Since: since.Add(-time.Hour)})
	if err != nil {
		return err
	}
	for _, d := range letters {
		id := eventDigest(d.Topic, d.Header("ce_id"))
		at, ok := im.sent[id]
		if !ok || d.Header("ce_source") != importSource || d.Offset < im.ends[logPart{d.Topic, d.Partition}] {
			continue
		}
		delete(im.sent, id)
		im.tallies[at.file].appended--
		im.refuse(at, fmt.Errorf("%s: %s", d.Reason, d.Detail))
	}
	return nil
}
