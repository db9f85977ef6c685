package ingest

import (
	"context"
	"time"
)

// catchUp waits until topic has been folded, by whichever process, as far as
// it is written now. It gives up, which is no error, when there has been no
// progress for Patience although the store answers: then nobody folds that
// topic, or it waits itself.
func (r *running) catchUp(ctx context.Context, topic string) error {
	targets, err := r.ends(ctx, topic)
	if err != nil {
		return err
	}
	const poll = 20 * time.Millisecond
	var best int64
	since := time.Now()
	for attempt := 0; ; {
		behind, sum, err := r.behind(ctx, topic, targets)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			r.Logger.WarnContext(ctx, "waiting for another topic", "topic", topic, "err", err)
			if err := pause(ctx, r.Backoff(attempt)); err != nil {
				return err
			}
			attempt++
			since = time.Now()
			continue
		case !behind:
			return nil
		case sum > best:
			best, since = sum, time.Now()
		case time.Since(since) > r.Patience:
			if once(ctx, r.Store.Check) == nil {
				r.Logger.WarnContext(ctx, "another topic is not being folded: deciding without it", "topic", topic)
				return nil
			}
			since = time.Now()
		}
		attempt = 0
		if err := pause(ctx, poll); err != nil {
			return err
		}
	}
}

// ends returns the extents of topic, waiting for the broker if need be.
func (r *running) ends(ctx context.Context, topic string) (map[int]extent, error) {
	name := r.Cluster.topic(topic)
	for attempt := 0; ; attempt++ {
		all, err := r.client.extents(ctx, name)
		if err == nil {
			return all[name], nil
		}
		r.Logger.WarnContext(ctx, "waiting for another topic", "topic", topic, "err", err)
		if err := pause(ctx, r.Backoff(attempt)); err != nil {
			return nil, err
		}
	}
}

// behind reports whether a partition of topic has not been folded up to its
// target; sum grows with progress.
func (r *running) behind(ctx context.Context, topic string, targets map[int]extent) (behind bool, sum int64, err error) {
	at, err := r.client.committed(ctx, r.Cluster.group(r.Group, topic), r.Cluster.topic(topic), len(targets))
	if err != nil {
		return false, 0, err
	}
	for p, x := range targets {
		folded, ok := at[p]
		if !ok {
			folded = x.first
		}
		sum += folded
		behind = behind || folded < x.end
	}
	return behind, sum, nil
}
