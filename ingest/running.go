package ingest

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"

	"vitrine.dev/recommend"
)

// Timing of groups. Session is the least that brokers allow by default; a
// member that was killed is given up after it, and the others learn of that
// with their next heartbeat.
const (
	sessionTimeout    = 6 * time.Second
	heartbeatInterval = time.Second
	rebalanceTimeout  = 10 * time.Second
	joinBackoff       = 200 * time.Millisecond
	endsInterval      = 5 * time.Second
)

// running is a Consumer with its defaults and its connections.
type running struct {
	Consumer
	client *client
}

// topic folds one topic in a consumer group of its own, so that a wait or a
// rebalance of one topic holds up no other.
func (r *running) topic(ctx context.Context, f Folder) error {
	if err := r.awaitTopic(ctx, f.Topic); err != nil {
		return nil //nolint:nilerr // told to stop before the topic was there
	}
	cg, err := kafka.NewConsumerGroup(kafka.ConsumerGroupConfig{
		ID:                r.Cluster.group(r.Group, f.Topic),
		Brokers:           r.Cluster.Brokers,
		Topics:            []string{r.Cluster.topic(f.Topic)},
		HeartbeatInterval: heartbeatInterval,
		SessionTimeout:    sessionTimeout,
		RebalanceTimeout:  rebalanceTimeout,
		JoinGroupBackoff:  joinBackoff,
		StartOffset:       kafka.FirstOffset,
	})
	if err != nil {
		return err
	}
	// Close ends the generation, which waits for its partitions, and leaves
	// the group. The WaitGroup catches those that a generation that had just
	// ended was given: kafka-go starts them and does not wait.
	var partitions sync.WaitGroup
	defer partitions.Wait()
	defer cg.Close()
	for {
		gen, err := cg.Next(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, kafka.RebalanceInProgress):
			continue
		case err != nil:
			r.Logger.WarnContext(ctx, "joining the group", "topic", f.Topic, "err", err)
			continue
		}
		for _, a := range gen.Assignments[r.Cluster.topic(f.Topic)] {
			r.Logger.InfoContext(ctx, "partition assigned", "topic", f.Topic, "partition", a.ID, "offset", a.Offset)
			r.Metrics.of(f.Topic).rebalanced()
			partitions.Add(1)
			gen.Start(func(ended context.Context) {
				defer partitions.Done()
				ctx, cancel := context.WithCancel(ctx)
				defer cancel()
				defer context.AfterFunc(ended, cancel)()
				r.partition(ctx, gen, f, a)
			})
		}
	}
}

// awaitTopic waits until the topic exists: a group that subscribes to a topic
// that does not is never assigned it.
func (r *running) awaitTopic(ctx context.Context, topic string) error {
	for attempt := 0; ; attempt++ {
		n, err := r.client.partitions(ctx, r.Cluster.topic(topic))
		if err == nil && len(n) > 0 {
			return nil
		}
		r.Logger.WarnContext(ctx, "waiting for the topic", "topic", topic, "err", err)
		if err := pause(ctx, r.Backoff(attempt)); err != nil {
			return err
		}
	}
}

// partition folds a partition until ctx ends or it cannot go on; the group
// then assigns it again, from what was committed.
func (r *running) partition(ctx context.Context, gen *kafka.Generation, f Folder, a kafka.PartitionAssignment) {
	work, cancel := lingering(ctx, drainTimeout)
	defer cancel()
	l := r.lane(ctx, f)
	p := &progress{topic: f.Topic, partition: a.ID}
	r.Metrics.hold(p)
	defer r.Metrics.release(p)
	src := &source{client: r.client, topic: r.Cluster.topic(f.Topic), partition: a.ID, next: a.Offset}
	log := r.Logger.With("topic", f.Topic, "partition", a.ID)
	for failed := 0; ctx.Err() == nil; {
		ms, end, err := src.fetch(ctx)
		if err != nil {
			if ctx.Err() != nil {
				return
			}
			logFetch(ctx, log, src.next, err)
			_ = pause(ctx, r.Backoff(failed))
			failed++
			continue
		}
		failed = 0
		p.note(src.next-int64(len(ms)), end, time.Time{})
		for i := range ms {
			ms[i].Topic = f.Topic
		}
		if len(ms) > 0 {
			l.taken = ms[len(ms)-1].Offset
		}
		for len(ms) > 0 {
			p.note(ms[0].Offset, end, ms[0].Time)
			began := time.Now()
			n, err := l.fold(work, ms[:min(len(ms), r.BatchSize)])
			if n > 0 {
				if cerr := r.commit(gen, a.ID, ms[n-1].Offset+1); cerr != nil {
					log.WarnContext(ctx, "commit", "offset", ms[n-1].Offset+1, "err", cerr)
					return
				}
				l.meter.batched(time.Since(began))
			}
			ms = ms[n:]
			if err != nil {
				log.InfoContext(ctx, "partition given up", "err", err)
				return
			}
			if ctx.Err() != nil {
				return
			}
		}
		p.note(src.next, end, time.Time{})
	}
}

func (r *running) commit(gen *kafka.Generation, partition int, offset int64) error {
	for topic := range gen.Assignments {
		return gen.CommitOffsets(map[string]map[int]int64{topic: {partition: offset}})
	}
	return nil
}

func logFetch(ctx context.Context, log *slog.Logger, offset int64, err error) {
	level := slog.LevelWarn
	if errors.Is(err, recommend.ErrConflict) {
		level = slog.LevelError
	}
	log.Log(ctx, level, "fetch", "offset", offset, "err", err)
}

// lane returns a lane that stops when ctx ends.
func (r *running) lane(ctx context.Context, f Folder) *lane {
	return &lane{
		folder: f, store: r.Store, log: r.Log, dead: r.Dead, scene: r.Scene, codec: r.Codec,
		now: r.Now, logger: r.Logger, meter: r.Metrics.of(f.Topic),
		refresh: r.Refresh,
		catchUp: func(topic string) error { return r.catchUp(ctx, topic) },
		pause:   func(attempt int) error { return pause(ctx, r.Backoff(attempt)) },
		states:  newStateCache(), caughtUp: map[string]int64{},
	}
}

// watchEnds keeps the ends of the partitions held here fresh for the metrics,
// also while their folding is stuck.
func (r *running) watchEnds(ctx context.Context) error {
	for pause(ctx, endsInterval) == nil {
		held := r.Metrics.partitions()
		topics := make([]string, 0, len(held))
		for t := range held {
			topics = append(topics, r.Cluster.topic(t))
		}
		if len(topics) == 0 {
			continue
		}
		extents, err := r.client.extents(ctx, topics...)
		if err != nil {
			r.Logger.WarnContext(ctx, "reading the ends of partitions", "err", err)
			continue
		}
		for t, ps := range held {
			for _, p := range ps {
				p.noteEnd(extents[r.Cluster.topic(t)][p.partition].end)
			}
		}
	}
	return nil
}
