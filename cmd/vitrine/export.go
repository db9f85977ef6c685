package main

import (
	"bufio"
	"cmp"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"vitrine.dev/ingest"
	"vitrine.dev/recommend"
)

// exportDir writes the files that import reads: what is in force of partners,
// experts, products, picks and readers, and every action and order of the log.
func exportDir(ctx context.Context, cfg *config, env environment) (err error) {
	if len(cfg.Args) != 1 {
		return errors.New("export: name one directory to write to")
	}
	if err := os.MkdirAll(cfg.Args[0], 0o750); err != nil { //nolint:gosec // the operator names the directory
		return err
	}
	eng, err := openEngines(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, eng.Close()) }()
	x := &exporter{engines: eng, dir: cfg.Args[0], now: cfg.now()}
	steps := []struct {
		file string
		run  func(context.Context, *lineWriter) error
	}{
		{"partners", x.partners},
		{"experts", x.experts},
		{"products", x.products},
		{"picks", x.picks},
		{"readers", x.readers},
		{"actions", x.events(recommend.TopicActions, recommend.TypeActed)},
		{"orders", x.events(recommend.TopicOrders, recommend.TypeOrderReported)},
	}
	for _, s := range steps {
		w, err := createLines(filepath.Join(x.dir, s.file+".jsonl.gz"), newProgress(env.Stderr, s.file, 0))
		if err != nil {
			return err
		}
		if err := errors.Join(s.run(ctx, w), w.Close()); err != nil {
			return fmt.Errorf("export %s: %w", s.file, err)
		}
	}
	return nil
}

type exporter struct {
	engines *engines
	dir     string
	now     time.Time
}

// A lineWriter writes values as lines of a gzipped file.
type lineWriter struct {
	file *os.File
	zip  *gzip.Writer
	buf  *bufio.Writer
	bar  *progress
	n    int64
}

func createLines(path string, bar *progress) (*lineWriter, error) {
	f, err := os.Create(path) //nolint:gosec // the operator names the directory
	if err != nil {
		return nil, err
	}
	z := gzip.NewWriter(f)
	return &lineWriter{file: f, zip: z, buf: bufio.NewWriterSize(z, 256<<10), bar: bar}, nil
}

func (w *lineWriter) write(v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	w.n++
	w.bar.set(w.n)
	_, err = w.buf.Write(append(b, '\n'))
	return err
}

// Close makes the file complete and durable.
func (w *lineWriter) Close() error {
	w.bar.end()
	return errors.Join(w.buf.Flush(), w.zip.Close(), w.file.Sync(), w.file.Close())
}

// all decodes every document of a kind, by id.
func all[T any](ctx context.Context, s recommend.Store, kind recommend.Kind) ([]T, error) {
	latest := make(map[string]recommend.Document) // changes may tell of one twice
	f := recommend.Follower{Store: s, Kinds: []recommend.Kind{kind}, Apply: func(_ context.Context, _ recommend.Kind, docs []recommend.Document) error {
		for _, d := range docs {
			if old, ok := latest[d.ID]; !ok || old.Version <= d.Version {
				latest[d.ID] = d
			}
		}
		return nil
	}}
	if err := f.Sync(ctx); err != nil {
		return nil, err
	}
	out := make([]T, 0, len(latest))
	for _, id := range slices.Sorted(maps.Keys(latest)) {
		var v T
		if err := json.Unmarshal(latest[id].Body, &v); err != nil {
			return nil, fmt.Errorf("%s: %w", latest[id].Ref, err)
		}
		out = append(out, v)
	}
	return out, nil
}

func writeAll[T any](w *lineWriter, vs []T) error {
	for i := range vs {
		if err := w.write(vs[i]); err != nil {
			return err
		}
	}
	return nil
}

func (x *exporter) partners(ctx context.Context, w *lineWriter) error {
	rulings, err := all[recommend.Ruling](ctx, x.engines.Store, recommend.KindRuling)
	if err != nil {
		return err
	}
	var partners []recommend.Partner
	for i := range rulings {
		if p := rulings[i].Partner; p != nil {
			p.State, p.Since = rulings[i].PartnerState(p.State), time.Time{} // Since is this installation's
			partners = append(partners, *p)
		}
	}
	slices.SortFunc(partners, func(a, b recommend.Partner) int { return cmp.Compare(a.ID, b.ID) })
	return writeAll(w, partners)
}

func (x *exporter) experts(ctx context.Context, w *lineWriter) error {
	experts, err := all[recommend.Expert](ctx, x.engines.Store, recommend.KindExpert)
	if err != nil {
		return err
	}
	slices.SortFunc(experts, func(a, b recommend.Expert) int { return cmp.Compare(a.ID, b.ID) })
	for i := range experts {
		e := &experts[i]
		v := recommend.VerifiedExpert{ID: e.ID, Name: e.Name, Topics: make([]string, len(e.Topics)), Verified: e.Verified, Bio: e.Bio, Extra: e.Extra}
		for j, a := range e.Topics {
			v.Topics[j] = a.Topic
		}
		if err := w.write(v); err != nil {
			return err
		}
	}
	return nil
}

func (x *exporter) products(ctx context.Context, w *lineWriter) error {
	products, err := all[recommend.Product](ctx, x.engines.Store, recommend.KindProduct)
	if err != nil {
		return err
	}
	slices.SortFunc(products, func(a, b recommend.Product) int {
		return cmp.Or(a.UpdatedAt.Compare(b.UpdatedAt), cmp.Compare(a.Key, b.Key))
	})
	for i := range products {
		products[i].Notice = nil // the fold's own: an import begins without
	}
	return writeAll(w, products)
}

// picks are those in force: live by their experts' events, approved where they
// were held, and not taken down. What is not may not come to life elsewhere.
func (x *exporter) picks(ctx context.Context, w *lineWriter) error {
	picks, err := all[recommend.Pick](ctx, x.engines.Store, recommend.KindPick)
	if err != nil {
		return err
	}
	rulings, err := all[recommend.Ruling](ctx, x.engines.Store, recommend.KindRuling)
	if err != nil {
		return err
	}
	ruled := make(map[string]*recommend.Ruling)
	for i := range rulings {
		if r := &rulings[i]; r.Target.Kind == recommend.TargetPick {
			ruled[r.Target.ID] = r
		}
	}
	picks = slices.DeleteFunc(picks, func(p recommend.Pick) bool {
		return ruled[p.ID].HidesPick() || !inForce(&p, ruled[p.ID]).Live(x.now)
	})
	slices.SortFunc(picks, func(a, b recommend.Pick) int {
		return cmp.Or(a.PublishedAt.Compare(b.PublishedAt), cmp.Compare(a.ID, b.ID))
	})
	for i := range picks {
		p := inForce(&picks[i], ruled[picks[i].ID])
		v := recommend.PublishedPick{ID: p.ID, Expert: p.Expert, PickContent: p.PickContent, PublishedAt: p.PublishedAt, Extra: p.Extra}
		if err := w.write(v); err != nil {
			return err
		}
	}
	return nil
}

// inForce is p as readers see it under a ruling.
func inForce(p *recommend.Pick, r *recommend.Ruling) *recommend.Pick {
	asked := p.PublishedAt
	if p.Pending != nil {
		asked = p.Pending.At
	}
	if r.Releases(asked) {
		return p.Released()
	}
	return p
}

// readers are found by the keys of their actions. Who had himself forgotten is
// not among them.
func (x *exporter) readers(ctx context.Context, w *lineWriter) error {
	ids := make(map[string]bool)
	err := ingest.Scan(ctx, x.engines.Cluster, x.engines.Codec, recommend.TopicActions, func(e recommend.Event) error {
		ids[e.Key] = true
		return nil
	})
	if err != nil {
		return err
	}
	names, err := x.unmasked(ctx, slices.Collect(maps.Keys(ids)))
	if err != nil {
		return err
	}
	sorted := slices.SortedFunc(maps.Keys(names), func(a, b string) int { return cmp.Compare(names[a], names[b]) })
	for chunk := range slices.Chunk(sorted, exportChunk) {
		refs := make([]recommend.Ref, len(chunk))
		for i, id := range chunk {
			refs[i] = recommend.Ref{Kind: recommend.KindReader, ID: id}
		}
		docs, err := x.engines.Store.Get(ctx, refs...)
		if err != nil {
			return err
		}
		for _, d := range docs {
			var r recommend.Reader
			if err := json.Unmarshal(d.Body, &r); err != nil {
				return fmt.Errorf("%s: %w", d.Ref, err)
			}
			if !r.Erased.IsZero() {
				continue
			}
			declared := r.Declared()
			declared.ID = names[r.ID]
			if err := w.write(declared); err != nil {
				return err
			}
		}
	}
	return nil
}

// exportChunk is how many readers are looked up at once.
const exportChunk = 500

// unmasked returns the readers of those pseudonyms that have one.
func (x *exporter) unmasked(ctx context.Context, pseudonyms []string) (map[string]string, error) {
	readers := make(map[string]string, len(pseudonyms))
	for chunk := range slices.Chunk(pseudonyms, exportChunk) {
		some, err := x.engines.Pseudonyms.Readers(ctx, chunk)
		if err != nil {
			return nil, err
		}
		maps.Copy(readers, some)
	}
	return readers, nil
}

// events writes the values of one type of event in the order of their times,
// with the readers' own ids, without what was done by those who had themselves
// forgotten.
func (x *exporter) events(topic, typ string) func(context.Context, *lineWriter) error {
	return func(ctx context.Context, w *lineWriter) error {
		var events []recommend.Event
		seen := make(map[string]bool) // an event appended twice is one
		err := ingest.Scan(ctx, x.engines.Cluster, x.engines.Codec, topic, func(e recommend.Event) error {
			if id := e.Source + "\x00" + e.ID; e.Type == typ && !seen[id] {
				seen[id] = true
				events = append(events, e)
			}
			return nil
		})
		if err != nil {
			return err
		}
		slices.SortStableFunc(events, func(a, b recommend.Event) int { return a.Time.Compare(b.Time) })
		names := make(map[string]bool)
		for i := range events {
			if name := readerOf(&events[i]); name != "" {
				names[name] = true
			}
		}
		readers, err := x.unmasked(ctx, slices.Collect(maps.Keys(names)))
		if err != nil {
			return err
		}
		for _, e := range events {
			ok, err := unmask(&e, readers)
			if err != nil {
				return err
			}
			if !ok {
				continue
			}
			if err := w.write(e.Data); err != nil {
				return err
			}
		}
		return nil
	}
}
