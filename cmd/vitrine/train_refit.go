package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"

	"vitrine.dev/cmd/vitrine/replay"
	"vitrine.dev/ingest"
	"vitrine.dev/recommend"
)

// refitTopics are what is learned from. What orders lead to is among the
// actions already.
func refitTopics() []string {
	return []string{recommend.TopicRulings, recommend.TopicCatalog, recommend.TopicPicks, recommend.TopicActions}
}

// refitTries is how often a publication is tried anew when the trainer at work
// was faster.
const refitTries = 20

// refit learns anew from the first event of the log, as eval does: by the folds,
// the windows and the learner of the service on a clock that stands at every
// event in turn. What comes of it takes the place of what was learned.
func (s *service) refit(ctx context.Context, req *trainRequest, out, report io.Writer) error {
	r := replay.New(replay.Config{Policy: s.world.Scene().Policy, SecretKey: s.engines.Keys.Secret("cursor"), Logger: s.cfg.logger})
	var offsets []int64
	var bar *progress
	done := int64(0)
	begun := func(extents []ingest.Extent) {
		total := int64(0)
		for _, x := range extents {
			total += x.End - x.First
			if x.Topic == recommend.TopicActions {
				offsets = append(offsets, x.End)
			}
		}
		bar = newProgress(out, "learned from", total)
	}
	err := s.engines.Cluster.ScanInOrder(ctx, s.engines.Codec, refitTopics(), begun, func(e recommend.Event) error {
		done++
		bar.set(done)
		if err := r.Apply(ctx, e); err != nil && !errors.Is(err, recommend.ErrInvalid) {
			return err
		}
		return ctx.Err()
	})
	if err != nil {
		return fmt.Errorf("train: %w", err)
	}
	bar.end()
	rows, surfaces := r.Memory().Changes()
	l := recommend.Learned{Offsets: offsets, Rows: rows, Surfaces: surfaces}
	if req.Surface != "" {
		l.Rows, l.Surfaces = nil, only(surfaces, req.Surface)
	}
	if len(l.Surfaces) == 0 && len(l.Rows) == 0 {
		return errors.New("train: the log holds nothing to learn from")
	}
	now, err := s.model(ctx)
	if err != nil {
		return err
	}
	if err := showRefit(report, now, l.Surfaces); err != nil || req.DryRun {
		return err
	}
	return s.publishRefit(ctx, l, req.Surface == "", out)
}

func only(surfaces map[string]recommend.LearnedWeights, name string) map[string]recommend.LearnedWeights {
	w, ok := surfaces[name]
	if !ok {
		return nil
	}
	return map[string]recommend.LearnedWeights{name: w}
}

// publishRefit publishes l after what was published last; anew says that rows
// from before are void.
func (s *service) publishRefit(ctx context.Context, l recommend.Learned, anew bool, progress io.Writer) error {
	for range refitTries {
		now, err := s.model(ctx)
		if err != nil {
			return err
		}
		l.By, l.MadeAt, l.Sequence, l.Epoch = "refit-"+rand.Text()[:12], s.cfg.now().UTC(), now.Sequence+1, now.Epoch
		if anew {
			l.Epoch = l.Sequence
		} else {
			l.Offsets = now.Offsets
		}
		for name, w := range l.Surfaces {
			w.Back = 0
			if m := now.Surfaces[name]; m != nil {
				w.Back = m.Back
			}
			l.Surfaces[name] = w
		}
		events, err := ingest.Publication(l)
		if err != nil {
			return fmt.Errorf("train: %w", err)
		}
		at, err := s.engines.Publisher.Append(ctx, recommend.TopicModels, events...)
		if err != nil {
			return fmt.Errorf("train: %w", err)
		}
		after, err := s.awaitModel(ctx, at[len(at)-1].Offset)
		switch {
		case err != nil:
			return err
		case after == nil:
			fmt.Fprintln(progress, "what was learned is in the log, and counts once it is folded")
			return nil
		case after.By == l.By:
			fmt.Fprintf(progress, "learned anew: publication %d, %d rows\n", l.Sequence, len(l.Rows))
			return nil
		}
	}
	return errors.New("train: the trainer at work was faster every time; try again")
}
