package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"vitrine.dev/recommend"
)

// Limits of a publication.
const (
	partRows      = 600_000         // bytes of rows in one part, as JSON: MaxEvent with much room
	idleOffsets   = 1000            // actions from which nothing was learned, before that alone is published
	stagedFor     = 2 * time.Minute // a publication in parts is waited for
	publishedPoll = 50 * time.Millisecond
)

// awaitFolded waits until everything published is folded.
func (l *lesson) awaitFolded(ctx context.Context, partition int) error {
	name := l.Cluster.topic(recommend.TopicModels)
	extents, err := l.client.extents(ctx, name)
	if err != nil {
		return err
	}
	x := extents[name][partition]
	for attempt := 0; ; attempt++ {
		at, err := l.client.committed(ctx, l.Cluster.group(l.Group, recommend.TopicModels), name, len(extents[name]))
		if folded, ok := at[partition]; err == nil && (ok && folded >= x.end || x.end == x.first) {
			return nil
		}
		if err := pause(ctx, l.Backoff(min(attempt, 4))); err != nil {
			return err
		}
	}
}

// resume brings the pupil to what is published.
func (l *lesson) resume(ctx context.Context) error {
	follow := recommend.NewModelFollower(l.pupil, l.Logger)
	if err := l.read(ctx); err != nil {
		return err
	}
	body, err := json.Marshal(l.known)
	if err != nil {
		return err
	}
	state := recommend.Document{Ref: stateRef, Body: body}
	if err := follow.Apply(ctx, recommend.KindModel, []recommend.Document{state}); err != nil { // rows count beside it
		return err
	}
	all := recommend.Follower{Store: l.Store, Kinds: []recommend.Kind{recommend.KindModel}, Logger: l.Logger, Page: 500, Apply: follow.Apply}
	if err := all.Sync(ctx); err != nil {
		return fmt.Errorf("read what was learned: %w", err)
	}
	l.followed = make(map[string]int64)
	for _, s := range recommend.Surfaces() {
		if m := l.known.Surface(s); m != nil && m.State != nil {
			if err := l.pupil.Resume(s, m.State); err != nil {
				l.Logger.WarnContext(ctx, "a surface is learned anew", "surface", s.String(), "err", err)
			}
			l.followed[s.String()] = m.Followed
		}
	}
	l.pupil.Changes() // what it was told is no change
	return l.goBack(ctx)
}

var stateRef = recommend.Ref{Kind: recommend.KindModel, ID: recommend.ModelKey}

// read takes the state that is folded, waiting for the store if need be.
func (l *lesson) read(ctx context.Context) error {
	for attempt := 0; ; attempt++ {
		var docs []recommend.Document
		err := once(ctx, func(ctx context.Context) (err error) {
			docs, err = l.Store.Get(ctx, stateRef)
			return err
		})
		switch {
		case err == nil:
			l.known = recommend.LearnedModel{}
			if len(docs) > 0 {
				err = json.Unmarshal(docs[0].Body, &l.known)
			}
			return err
		case !errors.Is(err, recommend.ErrUnavailable):
			return fmt.Errorf("read what is served: %w", err)
		}
		if stop := pause(ctx, l.Backoff(attempt)); stop != nil {
			return stop
		}
	}
}

// goBack follows what people took back.
func (l *lesson) goBack(ctx context.Context) error {
	for _, s := range recommend.Surfaces() {
		m := l.known.Surface(s)
		if m == nil || m.Back == l.followed[s.String()] {
			continue
		}
		v := m.Version(m.BackTo)
		if v == nil || v.Trees > 0 {
			l.followed[s.String()] = m.Back // trees have no weights to learn on from
			continue
		}
		if err := l.pupil.Restart(s, v.Weights); err != nil {
			return fmt.Errorf("go back to version %d of %s: %w", v.Version, s, err)
		}
		l.followed[s.String()] = m.Back
		l.Logger.InfoContext(ctx, "learning goes on from an older version", "surface", s.String(), "version", v.Again)
	}
	return nil
}

// publish appends what has changed, and returns once it is folded.
func (l *lesson) publish(ctx context.Context) error {
	sequence := l.known.Sequence
	if err := l.read(ctx); err != nil {
		return err
	}
	if l.known.Sequence != sequence {
		return fmt.Errorf("publication %d is there, learned from %d on: %w", l.known.Sequence, sequence, recommend.ErrConflict)
	}
	if s := l.known.Staged; s != nil && l.Now().Sub(s.At) < stagedFor {
		return nil // somebody refits, and is not to be passed
	}
	if err := l.goBack(ctx); err != nil {
		return err
	}
	rows, surfaces := l.pupil.Changes()
	offsets := l.actions.offsets()
	if len(rows) == 0 && len(surfaces) == 0 && moved(l.known.Offsets, offsets) < idleOffsets {
		return nil
	}
	for name, w := range surfaces {
		w.Back = l.followed[name]
		surfaces[name] = w
	}
	began := l.Now()
	parts, err := Publication(recommend.Learned{
		By: l.by, Sequence: sequence + 1, Epoch: l.known.Epoch, MadeAt: began.UTC(), Offsets: offsets, Surfaces: surfaces, Rows: rows,
	})
	if err != nil {
		return err
	}
	for i := range parts {
		l.allowance -= float64(len(parts[i].Data))
	}
	if err := l.append(ctx, parts); err != nil {
		return err
	}
	if err := l.awaitPublished(ctx, sequence+1); err != nil {
		return err
	}
	l.Metrics.published(&l.known, surfaces, len(rows))
	return nil
}

// moved is how many actions lie between offsets.
func moved(from, to []int64) (n int64) {
	for p := range to {
		n += to[p]
		if p < len(from) {
			n -= from[p]
		}
	}
	return n
}

// append appends events until the log has taken them.
func (l *lesson) append(ctx context.Context, events []recommend.Event) error {
	for chunk := range slices.Chunk(events, 8) {
		for attempt := 0; ; attempt++ {
			actx, cancel := context.WithTimeout(ctx, opTimeout)
			_, err := l.Log.Append(actx, recommend.TopicModels, chunk...)
			cancel()
			if err == nil {
				break
			}
			if !errors.Is(err, recommend.ErrUnavailable) {
				return fmt.Errorf("publish: %w", err)
			}
			l.Logger.WarnContext(ctx, "publishing what was learned", "attempt", attempt+1, "err", err)
			if err := pause(ctx, l.Backoff(attempt)); err != nil {
				return err
			}
		}
	}
	return nil
}

// awaitPublished waits until the fold has taken a publication of this lesson, or
// that of another.
func (l *lesson) awaitPublished(ctx context.Context, sequence int64) error {
	for attempt := 0; ; attempt++ {
		if err := l.read(ctx); err != nil {
			return err
		}
		switch {
		case l.known.Sequence == sequence && l.known.By == l.by:
			return nil
		case l.known.Sequence >= sequence:
			return fmt.Errorf("publication %d is that of %s: %w", sequence, l.known.By, recommend.ErrConflict)
		}
		if err := pause(ctx, publishedPoll<<min(attempt, 5)); err != nil {
			return err
		}
	}
}

// Publication is l as events of vitrine.models, in parts if it is too large for
// one. Their ids are made of By, Sequence and part: appending them twice is
// once.
func Publication(l recommend.Learned) ([]recommend.Event, error) {
	chunks := [][]recommend.LearnedRow{nil}
	size := 0
	for _, r := range l.Rows {
		n := len(r.Row)*4/3 + len(r.Of) + 60
		if size += n; size > partRows {
			chunks, size = append(chunks, nil), n
		}
		last := len(chunks) - 1
		chunks[last] = append(chunks[last], r)
	}
	events := make([]recommend.Event, 0, len(chunks))
	for i, rows := range chunks {
		part := l
		part.Part, part.Parts, part.Rows = i, len(chunks), rows
		if !part.Last() {
			part.Offsets, part.Surfaces = nil, nil
		}
		if err := part.Validate(); err != nil {
			return nil, fmt.Errorf("publication %d: %w", l.Sequence, err)
		}
		data, err := marshal(part)
		if err != nil {
			return nil, err
		}
		events = append(events, recommend.Event{
			ID: fmt.Sprintf("%s/%d/%d", l.By, l.Sequence, i), Source: recommend.SourceTrainer, Type: recommend.TypeModelLearned,
			Key: recommend.ModelKey, Time: l.MadeAt, Data: data,
		})
	}
	return events, nil
}
