package main

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"vitrine.dev/ingest"
	"vitrine.dev/recommend"
)

// importDirs reads import files into the log, folds them, and tells of every
// record that was refused, by whichever rule.
func importDirs(ctx context.Context, cfg *config, env environment) error {
	if len(cfg.Args) == 0 {
		return errors.New("import: name a directory that holds files such as picks.jsonl")
	}
	s, err := newService(ctx, cfg)
	if err != nil {
		return err
	}
	im := importer{service: s, out: env.Stderr, verdicts: env.Stdout, dirs: cfg.Args, trusted: cfg.Trusted}
	err = im.withFolds(ctx)
	return errors.Join(err, s.engines.Close())
}

// An importer carries import files into a service that folds.
type importer struct {
	service  *service
	out      io.Writer // progress and summary
	verdicts io.Writer // one line per refused record
	dirs     []string
	trusted  bool

	files   []string
	tallies []tally // by file
	folders map[string]ingest.Folder
	sent    map[uint64]place // by digest of event id
	ends    logEnds          // where the log ended before the first append
}

// A tally counts the records of one file.
type tally struct{ read, appended, known, refused int64 }

type place struct {
	file int32
	line int32
}

// withFolds runs the import beside a consumer of its own. Others may fold at
// the same time; that is harmless.
func (im *importer) withFolds(ctx context.Context) error {
	f := im.service.follower([]recommend.Kind{recommend.KindRuling}, nil)
	consumer, err := im.service.consumer(f)
	if err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	folding, stop := context.WithCancel(ctx)
	g.Go(func() error { return f.Run(folding) })
	g.Go(func() error { return consumer.Run(folding) })
	g.Go(func() error {
		defer stop()
		return im.run(ctx, consumer)
	})
	return g.Wait()
}

// run appends every record that the store does not have yet, waits until all
// is folded, and reports.
func (im *importer) run(ctx context.Context, consumer *ingest.Consumer) error {
	start := time.Now()
	streams, files, err := openStreams(im.dirs)
	if err != nil {
		return err
	}
	im.files, im.tallies, im.sent = files, make([]tally, len(files)), make(map[uint64]place)
	im.folders = make(map[string]ingest.Folder)
	for _, f := range ingest.Folders() {
		im.folders[f.Topic] = f
	}
	lines, err := countLines(files)
	if err != nil {
		return err
	}
	// What an interrupted import appended is folded first: then the store shows
	// it, and it is not appended again.
	if im.ends, err = im.awaitFolds(ctx, consumer); err != nil {
		return err
	}
	// Letters are dated by whoever folds, and with --now by this process.
	began := im.service.cfg.now()
	if start.Before(began) {
		began = start
	}
	if err := im.appendAll(ctx, streams, lines); err != nil {
		return err
	}
	if _, err := im.awaitFolds(ctx, consumer); err != nil {
		return err
	}
	if err := im.reportDead(ctx, began); err != nil {
		return err
	}
	return im.summary(time.Since(start))
}

// Records are looked up in the store and appended in chunks of this size.
const importChunk = 1000

func (im *importer) appendAll(ctx context.Context, streams []*stream, lines int64) error {
	bar := newProgress(im.out, "read", lines)
	defer bar.end()
	chunk := make([]*record, 0, importChunk)
	var done int64
	for {
		r, err := mergeNext(streams)
		if err != nil {
			return err
		}
		if r != nil {
			chunk = append(chunk, r)
			done++
		}
		if len(chunk) == importChunk || r == nil {
			if err := im.appendChunk(ctx, chunk); err != nil {
				return err
			}
			chunk = chunk[:0]
			bar.set(done)
		}
		if r == nil {
			return nil
		}
	}
}

// appendChunk appends those records of chunk that are well formed and new.
// Topics are appended at the same time; within one the order stays.
func (im *importer) appendChunk(ctx context.Context, chunk []*record) error {
	if err := im.pseudonymise(ctx, chunk); err != nil {
		return err
	}
	var fit []*record
	for _, r := range chunk {
		im.tallies[r.file].read++
		if r.err == nil {
			r.err = im.check(r)
		}
		if r.err != nil {
			im.refuse(place{int32(r.file), int32(r.line)}, r.err) //nolint:gosec // files and lines are few
			continue
		}
		fit = append(fit, r)
	}
	fresh, err := im.unknown(ctx, fit)
	if err != nil {
		return err
	}
	byTopic := make(map[string][]recommend.Event)
	for _, r := range fresh {
		id := eventDigest(r.event.Topic, r.event.ID)
		if _, twice := im.sent[id]; twice {
			im.tallies[r.file].known++
			continue
		}
		if r.event.Time.IsZero() {
			r.event.Time = im.service.cfg.now().UTC()
		}
		r.event.Trusted = im.trusted
		byTopic[r.event.Topic] = append(byTopic[r.event.Topic], r.event)
		im.sent[id] = place{int32(r.file), int32(r.line)} //nolint:gosec // files and lines are few
		im.tallies[r.file].appended++
	}
	// Who may publish, and where, is in the log before what is judged by it: a
	// fold waits for rulings that are written, not for those still on their way.
	if rulings := byTopic[recommend.TopicRulings]; len(rulings) > 0 {
		if err := im.append(ctx, recommend.TopicRulings, rulings); err != nil {
			return err
		}
		delete(byTopic, recommend.TopicRulings)
	}
	g, ctx := errgroup.WithContext(ctx)
	for topic, events := range byTopic {
		g.Go(func() error { return im.append(ctx, topic, events) })
	}
	return g.Wait()
}

// append waits out a broker that is away: an import goes on where it stood.
func (im *importer) append(ctx context.Context, topic string, events []recommend.Event) error {
	for {
		_, err := im.service.engines.Publisher.Append(ctx, topic, events...)
		if err == nil || !errors.Is(err, recommend.ErrUnavailable) || ctx.Err() != nil {
			return err
		}
		im.service.cfg.logger.WarnContext(ctx, "log is away, trying again", "topic", topic, "err", err)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Second):
		}
	}
}

// check applies the form rules of the fold that the event is for.
func (im *importer) check(r *record) error {
	if f, ok := im.folders[r.event.Topic]; ok {
		_, err := f.Check(r.event)
		return err
	}
	return nil
}

// unknown returns the records that the store does not show yet.
func (im *importer) unknown(ctx context.Context, records []*record) ([]*record, error) {
	refs := make([]recommend.Ref, 0, len(records))
	for _, r := range records {
		if r.kind.ref != nil {
			refs = append(refs, r.kind.ref(r.event))
		}
	}
	docs, err := im.service.engines.Store.Get(ctx, refs...)
	if err != nil {
		return nil, fmt.Errorf("look up what is there: %w", err)
	}
	have := make(map[recommend.Ref]recommend.Document, len(docs))
	for _, d := range docs {
		have[d.Ref] = d
	}
	fresh := make([]*record, 0, len(records))
	for _, r := range records {
		if r.kind.ref != nil {
			if doc, ok := have[r.kind.ref(r.event)]; ok && r.kind.known(doc, r.event) {
				im.tallies[r.file].known++
				continue
			}
		}
		fresh = append(fresh, r)
	}
	return fresh, nil
}

func eventDigest(topic, id string) uint64 {
	h := fnv.New64a()
	_, _ = io.WriteString(h, topic+"\x00"+id) // never fails
	return h.Sum64()
}

func (im *importer) refuse(at place, err error) {
	im.tallies[at.file].refused++
	fmt.Fprintf(im.verdicts, "%s:%d: %v\n", im.files[at.file], at.line, err)
}

func (im *importer) summary(took time.Duration) error {
	var all tally
	fmt.Fprintf(im.out, "%-24s %10s %10s %10s %10s\n", "file", "read", "new", "unchanged", "refused")
	for i, t := range im.tallies {
		fmt.Fprintf(im.out, "%-24s %10d %10d %10d %10d\n", filepath.Base(im.files[i]), t.read, t.appended, t.known, t.refused)
		all.read += t.read
		all.appended += t.appended
		all.known += t.known
		all.refused += t.refused
	}
	fmt.Fprintf(im.out, "%-24s %10d %10d %10d %10d  in %s, %.0f records/s\n", "total", all.read, all.appended, all.known, all.refused,
		took.Round(10*time.Millisecond), float64(all.read)/took.Seconds())
	if all.refused > 0 {
		return errRefused
	}
	return nil
}
