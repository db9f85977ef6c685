package ingest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"vitrine.dev/recommend"
)

// recentActions is how many actions are remembered to know a repeat by.
const recentActions = 100_000

// An actionReader reads all partitions of vitrine.actions, as far as they are
// written each time, in the order in which their events were appended.
type actionReader struct {
	codec   Codec
	sources []*source
	heads   [][]recommend.Event // fetched and not returned, by partition
	ends    []int64
	at      []int64 // offset of the next to be observed, by partition
	owed    time.Duration
}

// open begins where the last publication stopped.
func (l *lesson) open(ctx context.Context) (*actionReader, error) {
	name := l.Cluster.topic(recommend.TopicActions)
	extents, err := l.client.extents(ctx, name)
	if err != nil {
		return nil, err
	}
	n := len(extents[name])
	if n == 0 {
		return nil, unavailable("actions", errors.New("no such topic"))
	}
	r := &actionReader{codec: l.Codec, heads: make([][]recommend.Event, n), ends: make([]int64, n), at: make([]int64, n)}
	for p := range n {
		x := extents[name][p]
		at := x.first
		if p < len(l.known.Offsets) {
			at = max(at, l.known.Offsets[p]) // what was trimmed since cannot be learned from
		}
		r.at[p], r.ends[p] = at, x.end
		r.sources = append(r.sources, &source{client: l.client, topic: name, partition: p, next: at, wait: pollActions / time.Duration(n)})
	}
	return r, nil
}

// pollActions is how long a reader waits for actions when there are none.
const pollActions = 500 * time.Millisecond

// next returns actions in the order of their appending, none when none came for
// a while.
func (r *actionReader) next(ctx context.Context) ([]recommend.Event, error) {
	for p, s := range r.sources {
		if len(r.heads[p]) > 0 {
			continue
		}
		ms, end, err := s.fetch(ctx)
		if err != nil {
			return nil, fmt.Errorf("read actions: %w", err)
		}
		r.ends[p] = end
		if len(ms) == 0 {
			r.at[p] = max(r.at[p], s.next)
		}
		for _, m := range ms {
			e, err := r.codec.Decode(m)
			if err != nil { // it is in the dead letters
				e = recommend.Event{Appended: m.Time.UTC()}
			}
			e.Topic, e.Partition, e.Offset = recommend.TopicActions, p, m.Offset
			r.heads[p] = append(r.heads[p], e)
		}
	}
	return r.merge(), nil
}

// merge takes the earliest events until a partition has none left of which more
// could come in between.
func (r *actionReader) merge() (events []recommend.Event) {
	for {
		first := -1
		for p, h := range r.heads {
			if len(h) == 0 {
				if r.sources[p].next < r.ends[p] {
					return events
				}
				continue
			}
			if first < 0 || h[0].Appended.Before(r.heads[first][0].Appended) {
				first = p
			}
		}
		if first < 0 {
			return events
		}
		events = append(events, r.heads[first][0])
		r.heads[first] = r.heads[first][1:]
	}
}

// putBack returns events that next returned and nobody has observed.
func (r *actionReader) putBack(events []recommend.Event) {
	back := make([][]recommend.Event, len(r.heads))
	for _, e := range events {
		back[e.Partition] = append(back[e.Partition], e)
	}
	for p := range r.heads {
		r.heads[p] = append(back[p], r.heads[p]...)
	}
}

func (r *actionReader) done(e *recommend.Event) { r.at[e.Partition] = e.Offset + 1 }

// caughtUp reports whether everything was observed that was written at the last
// look.
func (r *actionReader) caughtUp() bool {
	for p := range r.at {
		if r.at[p] < r.ends[p] {
			return false
		}
	}
	return true
}

// look finds out how far actions are written now.
func (r *actionReader) look(ctx context.Context, c *client) error {
	name := r.sources[0].topic
	extents, err := c.extents(ctx, name)
	if err != nil {
		return err
	}
	for p := range min(len(r.ends), len(extents[name])) {
		r.ends[p] = max(r.ends[p], extents[name][p].end)
	}
	return nil
}

// extent is how many actions were ever written and how many of those observed,
// as of the last look.
func (r *actionReader) extent() (written, observed int64) {
	for p := range r.at {
		written, observed = written+r.ends[p], observed+r.at[p]
	}
	return written, observed
}

// offsets are those of the next actions to be observed.
func (r *actionReader) offsets() []int64 { return append([]int64(nil), r.at...) }

// recentIDs remembers the last events by source and id.
type recentIDs struct {
	known map[[2]string]bool
	order [][2]string
	next  int
}

func newRecentIDs(n int) *recentIDs {
	return &recentIDs{known: make(map[[2]string]bool, n), order: make([][2]string, n)}
}

// twice reports whether the event was here before, and remembers it.
func (r *recentIDs) twice(source, id string) bool {
	k := [2]string{source, id}
	if r.known[k] {
		return true
	}
	delete(r.known, r.order[r.next])
	r.known[k], r.order[r.next] = true, k
	r.next = (r.next + 1) % len(r.order)
	return false
}
