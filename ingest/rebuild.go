package ingest

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync/atomic"

	"github.com/segmentio/kafka-go"
	"golang.org/x/sync/errgroup"

	"vitrine.dev/recommend"
	"vitrine.dev/recommend/link"
)

// A Rebuild folds the log anew, from its first event, into a store that was
// empty. It belongs to no consumer group, appends nothing and buries nothing:
// what the events caused in other topics is in the log already, and an event
// in the dead letters changes nothing, as it did when it died.
//
// Topics are folded one after another, in the order of Folders, so that what
// decides about an event in another topic is there. The documents are those of
// the folds at work, bytes and versions, unless the rules or the policy have
// changed since, or what an event was decided by has been ruled otherwise since.
type Rebuild struct {
	Cluster Cluster
	Codec   Codec
	Folders []Folder
	Store   recommend.Store

	// Scene, Refresh, Clicks and Proves are those of a [Consumer], Scene and
	// Refresh made of Store.
	Scene   func() (*recommend.Policy, *link.Registry)
	Refresh func(context.Context) error
	Clicks  *recommend.Clicks
	Proves  func(windowID, pseudonym string) bool

	// Progress is told how many events are folded, of those that Run set out
	// to fold. It may be called by several goroutines at once. Nil when nobody
	// wants to know.
	Progress  func(done, total int64)
	BatchSize int          // 500 when 0
	Logger    *slog.Logger // none when nil

	next map[place]int64 // offset to go on from
	done atomic.Int64
}

// A place is a partition of the log.
type place struct {
	topic     string
	partition int
}

// Run folds up to the end that the log has when it is called; called again it
// goes on from there. The error wraps [recommend.ErrConflict] when the log does
// not begin with its first event any more. After any error the store is of no
// use.
func (r *Rebuild) Run(ctx context.Context) error {
	run, err := r.prepare(ctx)
	if err != nil {
		return fmt.Errorf("rebuild: %w", err)
	}
	defer run.client.close()
	for _, f := range r.Folders {
		if err := run.topic(ctx, f); err != nil {
			return fmt.Errorf("rebuild %s: %w", f.Topic, err)
		}
	}
	return nil
}

// A rebuildRun is one call of Run.
type rebuildRun struct {
	*running
	rebuild *Rebuild
	ends    map[place]int64
	total   int64
	dead    map[string]bool // by id of the letter
}

func (r *Rebuild) prepare(ctx context.Context) (run *rebuildRun, err error) {
	c := Consumer{
		Cluster: r.Cluster, Codec: r.Codec, Folders: r.Folders, Store: r.Store, Log: discard{}, Dead: discard{},
		Scene: r.Scene, Refresh: r.Refresh, Clicks: r.Clicks, Proves: r.Proves, BatchSize: r.BatchSize, Logger: r.Logger,
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	run = &rebuildRun{
		running: &running{Consumer: c.defaults(), client: c.Cluster.client()}, rebuild: r,
		ends: map[place]int64{}, dead: map[string]bool{},
	}
	defer func() {
		if err != nil {
			run.client.close()
		}
	}()
	if r.next == nil {
		r.next = map[place]int64{}
	}
	// The last topic first: what an event refers to lies before the end of its
	// own topic, if that end is read later.
	for _, f := range slices.Backward(r.Folders) {
		name := r.Cluster.topic(f.Topic)
		extents, err := run.client.extents(ctx, name)
		if err != nil {
			return nil, err
		}
		for p, x := range extents[name] {
			if x.first > 0 {
				return nil, fmt.Errorf("events before %d of %s/%d are gone from the log: %w", x.first, f.Topic, p, recommend.ErrConflict)
			}
			run.ends[place{f.Topic, p}] = x.end
			run.total += x.end
		}
	}
	letters, err := run.client.listDead(ctx, r.Cluster, DeadFilter{})
	if err != nil {
		return nil, fmt.Errorf("dead letters: %w", err)
	}
	for _, d := range letters {
		run.dead[d.ID()] = true
	}
	return run, nil
}

// topic folds the partitions of a topic, at the same time.
func (r *rebuildRun) topic(ctx context.Context, f Folder) error {
	if err := r.Refresh(ctx); err != nil {
		return fmt.Errorf("refresh scene: %w", err)
	}
	g, ctx := errgroup.WithContext(ctx)
	reached := map[place]int64{}
	for at, end := range r.ends {
		if at.topic != f.Topic {
			continue
		}
		reached[at] = end
		from := r.rebuild.next[at]
		g.Go(func() error { return r.partition(ctx, f, at.partition, from, end) })
	}
	if err := g.Wait(); err != nil {
		return err
	}
	maps.Copy(r.rebuild.next, reached)
	return nil
}

// partition folds a partition from an offset up to end.
func (r *rebuildRun) partition(ctx context.Context, f Folder, partition int, from, end int64) error {
	l := r.lane(ctx, f)
	l.catchUp = func(string) error { return nil } // it is folded already, or comes after
	src := &source{client: r.client, topic: r.Cluster.topic(f.Topic), partition: partition, next: from}
	for failed := 0; src.next < end; {
		before := src.next
		ms, _, err := src.fetch(ctx)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			logFetch(ctx, r.Logger, src.next, err)
			failed++
			if failed > fetchTries {
				return err
			}
			if err := pause(ctx, r.Backoff(failed)); err != nil {
				return err
			}
			continue
		}
		failed = 0
		if err := r.fold(ctx, l, r.alive(f.Topic, ms, end)); err != nil {
			return err
		}
		r.tell(min(src.next, end) - before)
	}
	return nil
}

// fetchTries is how often a broker that is away is asked again.
const fetchTries = 10

// alive returns those of ms before end that did not die.
func (r *rebuildRun) alive(topic string, ms []kafka.Message, end int64) []kafka.Message {
	return slices.DeleteFunc(ms, func(m kafka.Message) bool {
		letter := DeadLetter{Topic: topic, Partition: m.Partition, Offset: m.Offset}
		return m.Offset >= end || r.dead[letter.ID()]
	})
}

func (r *rebuildRun) fold(ctx context.Context, l *lane, ms []kafka.Message) error {
	if len(ms) > 0 {
		l.taken = ms[len(ms)-1].Offset
	}
	for len(ms) > 0 {
		n, err := r.batch(ctx, l, ms[:min(len(ms), r.BatchSize)])
		if err != nil {
			return err
		}
		ms = ms[n:]
	}
	return nil
}

func (r *rebuildRun) tell(n int64) {
	done := r.rebuild.done.Add(n)
	if r.rebuild.Progress != nil {
		r.rebuild.Progress(done, r.total)
	}
}

// discard takes the events and the letters that the first folding has written.
type discard struct{}

func (discard) Append(context.Context, string, ...recommend.Event) ([]recommend.Position, error) {
	return nil, nil
}

func (discard) Bury(context.Context, ...DeadLetter) error { return nil }
