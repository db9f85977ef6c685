package bench

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"vitrine.dev/ingest"
	"vitrine.dev/ingest/broker"
	"vitrine.dev/recommend"
	"vitrine.dev/recommend/sqlite"
)

// ingestEmbeddedRow is the folding of actions and of picks from the embedded
// broker into SQLite, beside a bare fetch of the same messages and bare
// transactions that write the same documents.
func ingestEmbeddedRow() Row {
	const name = "ingest/embedded"
	return Row{Name: name, About: "actions and picks folded from the embedded broker into SQLite, beside bare fetches and transactions", Run: func(ctx context.Context, b *Bench) ([]Result, error) {
		var results []Result
		for _, kind := range drainKinds() {
			r, err := b.measureDrain(ctx, name+"/"+kind.name, kind, b.drainEmbedded)
			if err != nil {
				return results, fmt.Errorf("%s: %w", kind.name, err)
			}
			results = append(results, r)
		}
		return results, nil
	}}
}

// drained is what one round took.
type drained struct {
	events         int
	subject, floor time.Duration
	documents      int // written
	bytes          int // of them
}

// measureDrain measures so many rounds of a kind.
func (b *Bench) measureDrain(ctx context.Context, name string, kind drainKind, round func(context.Context, drainKind, []recommend.Event) (*drained, error)) (Result, error) {
	n := map[string]int{"actions": 60_000, "picks": 12_000}[kind.name]
	if b.Quick || b.given > 0 && b.given < time.Second {
		n /= 6
	}
	if b.World.Picks < 1000 { //nolint:mnd // a world for a test
		n /= 10
	}
	events, err := kind.events(b.made(), n)
	if err != nil {
		return Result{}, err
	}
	var rounds []*drained
	for range b.Rounds {
		d, err := round(ctx, kind, events)
		if err != nil {
			return Result{}, err
		}
		rounds = append(rounds, d)
	}
	perSecond := func(took time.Duration) float64 { return float64(n) / took.Seconds() }
	r := Result{
		Name: name, Unit: kind.name + "/s",
		Value: median(rounds, func(d *drained) float64 { return perSecond(d.subject) }),
		Floor: median(rounds, func(d *drained) float64 { return perSecond(d.floor) }),
		Ratio: median(rounds, func(d *drained) float64 { return d.floor.Seconds() / d.subject.Seconds() }),
		More: map[string]float64{
			"documents/event": median(rounds, func(d *drained) float64 { return float64(d.documents) / float64(n) }),
			"bytes/event":     median(rounds, func(d *drained) float64 { return float64(d.bytes) / float64(n) }),
		},
	}
	r.Aims = []Aim{atLeast("ratio", r.Ratio, 0.7)}
	return r, nil
}

// drainEmbedded does one round on engines of its own.
func (b *Bench) drainEmbedded(ctx context.Context, kind drainKind, events []recommend.Event) (d *drained, err error) {
	const parts = 1 // as vitrine serve has
	dir, err := os.MkdirTemp(b.dir, "drain-")
	if err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	log, err := broker.Open(filepath.Join(dir, "log"), broker.Options{})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	store, err := sqlite.Open(filepath.Join(dir, "vitrine.db"), sqlite.Options{})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	cluster := ingest.Cluster{Brokers: []string{log.Addr()}}
	took := &recorder{Store: store}
	d = &drained{events: len(events)}
	if d.subject, err = b.drain(ctx, &draining{cluster: cluster, parts: parts, kind: kind, store: took, experts: store}, events); err != nil {
		return nil, err
	}
	d.documents, d.bytes = took.size()
	floor, err := openBare(filepath.Join(dir, "bare.db"))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, floor.close()) }()
	deal := &share[recommend.Document]{all: took.docs, messages: len(events)}
	topic := filled{brokers: cluster.Brokers, topic: kind.folder().Topic, parts: parts, messages: len(events) + 2*parts}
	d.floor, err = topic.bareFetch(ctx, func(ctx context.Context, n int) error {
		return floor.write(ctx, deal.of(n))
	})
	return d, err
}

// draining says what is folded, and where.
type draining struct {
	cluster        ingest.Cluster
	parts          int
	kind           drainKind
	store, experts recommend.Store // the second takes what is there before
}

// drain makes the topics, and folds events.
func (b *Bench) drain(ctx context.Context, x *draining, events []recommend.Event) (time.Duration, error) {
	cluster, parts, kind := x.cluster, x.parts, x.kind
	publisher := ingest.NewPublisher(ingest.PublisherConfig{Cluster: cluster, Codec: ingest.Codec{SealKey: make([]byte, 32)}}) //nolint:mnd // nothing is sealed
	defer func() { _ = publisher.Close() }()
	if err := ingest.Ensure(ctx, cluster, ingest.Layout{Default: parts, Replication: 1}); err != nil {
		return 0, err
	}
	policy, err := recommend.ParsePolicy(Policy())
	if err != nil {
		return 0, err
	}
	w := b.made()
	experts, err := w.expertDocuments(parts)
	if err != nil {
		return 0, err
	}
	if err := x.experts.Put(ctx, experts...); err != nil {
		return 0, err
	}
	const first, second = 900_001, 900_002 // apart from what is measured
	d := drain{
		cluster: cluster, parts: parts, folder: kind.folder(), store: x.store, publisher: publisher, world: recommend.NewWorld(policy, slog.New(slog.DiscardHandler)),
		gate: func(key string) (recommend.Event, error) { return kind.event(w, key, first) },
		last: func(key string) (recommend.Event, error) { return kind.event(w, key, second) },
		fill: func(ctx context.Context) error { return appendAll(ctx, publisher, kind.folder().Topic, events) },
	}
	return d.run(ctx)
}

// A recorder keeps what is put, for the floor to write it too.
type recorder struct {
	recommend.Store
	mu   sync.Mutex
	docs []recommend.Document
}

// Put implements [recommend.Store].
func (r *recorder) Put(ctx context.Context, docs ...recommend.Document) error {
	err := r.Store.Put(ctx, docs...)
	if err == nil {
		r.mu.Lock()
		r.docs = append(r.docs, docs...)
		r.mu.Unlock()
	}
	return err
}

func (r *recorder) size() (documents, bytes int) {
	for _, d := range r.docs {
		bytes += len(d.Body)
	}
	return len(r.docs), bytes
}

// A bareTable is a table of documents with the settings of the store and
// nothing else: no numbers to follow, no words to find.
type bareTable struct {
	db     *sql.DB
	upsert *sql.Stmt
}

func openBare(path string) (*bareTable, error) {
	q := url.Values{"_pragma": {"journal_mode(WAL)", "synchronous(FULL)", "wal_autocheckpoint(4000)", "cache_size(-32768)", "temp_store(MEMORY)"}}
	db, err := sql.Open("sqlite", "file:"+path+"?"+q.Encode()) // the driver is the store's
	if err != nil {
		return nil, fmt.Errorf("floor: %w", err)
	}
	db.SetMaxOpenConns(1)
	t := &bareTable{db: db}
	const table = "CREATE TABLE documents (kind TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (kind, id))"
	if _, err := db.ExecContext(context.Background(), table); err != nil {
		return nil, errors.Join(fmt.Errorf("floor: %w", err), db.Close())
	}
	t.upsert, err = db.PrepareContext(context.Background(), `INSERT INTO documents (kind, id, version, body) VALUES (?, ?, ?, ?)
ON CONFLICT (kind, id) DO UPDATE SET version = excluded.version, body = excluded.body WHERE excluded.version > version`)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("floor: %w", err), db.Close())
	}
	return t, nil
}

func (t *bareTable) close() error { return errors.Join(t.upsert.Close(), t.db.Close()) }

// write writes documents in one transaction.
func (t *bareTable) write(ctx context.Context, docs []recommend.Document) error {
	tx, err := t.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	upsert := tx.StmtContext(ctx, t.upsert)
	for i := range docs {
		d := &docs[i]
		if _, err := upsert.ExecContext(ctx, string(d.Kind), d.ID, d.Version, string(d.Body)); err != nil {
			return errors.Join(fmt.Errorf("write %s: %w", d.Ref, err), tx.Rollback())
		}
	}
	return tx.Commit()
}
