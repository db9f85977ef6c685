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
	joinPause         = time.Second // the most that is added to it while joining fails
	endsInterval      = 5 * time.Second
	giveUpPause       = time.Second // before a partition that cannot go on is assigned again
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
		return nil // told to stop before the topic was there
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
	// the group. The WaitGroup catches those of a generation that had ended
	// before they were started: kafka-go starts them and does not wait.
	var generations sync.WaitGroup
	defer generations.Wait()
	defer func() { _ = cg.Close() }() // it returns nil always
	for failed := 0; ; {
		gen, err := cg.Next(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, kafka.RebalanceInProgress):
			continue
		case err != nil:
			r.Logger.WarnContext(ctx, "joining the group", "topic", f.Topic, "err", err)
			_ = pause(ctx, min(r.Backoff(failed), joinPause))
			failed++
			continue
		}
		failed = 0
		if len(gen.Assignments[r.Cluster.topic(f.Topic)]) == 0 {
			r.Logger.InfoContext(ctx, "no partition left for this process", "topic", f.Topic)
			continue
		}
		generations.Add(1)
		gen.Start(func(ended context.Context) {
			defer generations.Done()
			ctx, cancel := context.WithCancel(ctx)
			defer cancel()
			defer context.AfterFunc(ended, cancel)()
			r.generation(ctx, gen, f)
		})
	}
}

// generation folds the partitions assigned until ctx ends or one of them
// cannot go on; the group then assigns all again, from what was committed.
func (r *running) generation(ctx context.Context, gen *kafka.Generation, f Folder) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	name := r.Cluster.topic(f.Topic)
	commits := newCommitter(name, gen.CommitOffsets)
	folded, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var partitions, committing sync.WaitGroup
	committing.Go(func() {
		if err := commits.run(folded); err != nil {
			r.Logger.WarnContext(ctx, "commit", "topic", f.Topic, "err", err)
			cancel()
		}
	})
	for _, a := range gen.Assignments[name] {
		r.Logger.InfoContext(ctx, "partition assigned", "topic", f.Topic, "partition", a.ID, "offset", a.Offset)
		r.Metrics.of(f.Topic).rebalanced()
		if r.Duties != nil {
			partitions.Go(func() { r.duty(ctx, f.Topic, a.ID) })
		}
		partitions.Go(func() {
			defer cancel()
			r.partition(ctx, commits, f, a)
		})
	}
	partitions.Wait()
	stop()
	committing.Wait()
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

// partition folds a partition until ctx ends or it cannot go on.
func (r *running) partition(ctx context.Context, commits *committer, f Folder, a kafka.PartitionAssignment) {
	work, cancel := lingering(ctx, drainTimeout)
	defer cancel()
	p := &progress{topic: f.Topic, partition: a.ID}
	r.Metrics.hold(p)
	defer r.Metrics.release(p)
	log := r.Logger.With("topic", f.Topic, "partition", a.ID)
	l := r.lane(ctx, f)
	src := &source{client: r.client, topic: r.Cluster.topic(f.Topic), partition: a.ID, next: a.Offset}
	fetches, halt := r.fetching(ctx, src, log)
	defer halt()
	done := int64(-1) // events before it are folded
	for got := range fetches {
		ms, end := got.ms, got.end
		if ctx.Err() != nil {
			return
		}
		if len(ms) > 0 {
			l.taken = ms[len(ms)-1].Offset
		}
		for len(ms) > 0 && ctx.Err() == nil {
			p.note(ms[0].Offset, end, ms[0].Time)
			n, err := r.batch(work, l, ms)
			if n > 0 {
				done = ms[n-1].Offset + 1
				commits.add(a.ID, done)
			}
			if err != nil {
				log.InfoContext(ctx, "partition given up", "err", err)
				_ = pause(ctx, giveUpPause)
				return
			}
			ms = ms[n:]
		}
		// The marks of transactions have offsets too, and are no messages.
		if len(ms) == 0 && done < got.next {
			done = got.next
			commits.add(a.ID, done)
		}
		p.note(max(done, 0), end, time.Time{})
	}
}

// fetched is what one fetch brought; next is the offset that the next asks for.
type fetched struct {
	ms        []kafka.Message
	end, next int64
}

// fetching reads ahead of the folding, by one fetch: a further one waits until
// that has been taken. The channel is closed when ctx ends, or by halt, which
// waits for it.
func (r *running) fetching(ctx context.Context, src *source, log *slog.Logger) (_ <-chan fetched, halt func()) {
	ctx, cancel := context.WithCancel(ctx)
	out := make(chan fetched)
	go func() {
		defer close(out)
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
			select {
			case out <- fetched{ms, end, src.next}:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out, func() {
		cancel()
		for range out { // until it is closed
		}
	}
}

// batch folds messages as the lane's fold does.
func (r *running) batch(ctx context.Context, l *lane, ms []kafka.Message) (n int, err error) {
	for i := range ms {
		ms[i].Topic = l.folder.Topic
	}
	began := time.Now()
	n, err = l.fold(ctx, ms)
	if n > 0 {
		l.meter.batched(time.Since(began), l.traces.exemplar())
	}
	return n, err
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
		folder: f, store: r.Store, log: r.Log, dead: r.Dead, scene: r.Scene, clicks: r.Clicks, proves: r.Proves, codec: r.Codec,
		now: r.Now, logger: r.Logger, meter: r.Metrics.of(f.Topic), traces: newTracer(r.Tracer), size: r.BatchSize, beside: aside,
		over:    func() bool { return ctx.Err() != nil },
		refresh: r.Refresh,
		catchUp: func(topic string) error { return r.catchUp(ctx, topic) },
		pause:   func(attempt int) error { return pause(ctx, r.Backoff(attempt)) },
		states:  newRecent[string](statePriceOf), made: newRecent[recommend.Ref](leafPriceOf), caughtUp: map[string]int64{},
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
