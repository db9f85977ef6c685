package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	driver "modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"
)

// groupSize is how many documents a transaction takes together before it is
// committed. More would keep the first waiting without sparing the disk much.
const groupSize = 1000

// errClosed is the cause of what fails because the store was closed.
var errClosed = errors.New("store is closed")

// A writer owns the one connection that writes. Puts that arrive while it is
// busy are written together next, so that sixteen writers pay for one flush of
// the disk and not for sixteen.
type writer struct {
	db      *sql.DB
	conn    *sql.Conn
	changed func() // told after a commit that can be followed

	prepared                []*sql.Stmt // all of the following
	begin, commit, rollback *sql.Stmt
	seq, setSeq             *sql.Stmt
	upsert                  *sql.Stmt
	upsertPlain, upsertMany *sql.Stmt
	index                   *sql.Stmt

	batches chan batch
	closing chan struct{}
	stopped chan struct{} // nil until it runs
}

// A batch is the documents of one Put.
type batch struct {
	entries []entry
	done    chan<- error // takes one value
}

// openWriter opens the file, brings its schema up to date and starts the
// writer. It returns the id of the store.
func openWriter(ctx context.Context, name string, busy time.Duration, changed func()) (w *writer, id string, err error) {
	w = &writer{changed: changed, batches: make(chan batch), closing: make(chan struct{})}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.close())
			w = nil
		}
	}()
	if w.db, err = sql.Open("sqlite", name); err != nil {
		return w, "", unavailable("open", err)
	}
	if w.conn, err = connect(ctx, w.db, busy); err != nil {
		return w, "", unavailable("connect", err)
	}
	if id, err = migrate(ctx, w.conn); err != nil {
		return w, "", err
	}
	if err := w.prepare(ctx); err != nil {
		return w, "", unavailable("prepare", err)
	}
	w.stopped = make(chan struct{})
	// Half of a group must not be cancelled with one of its Puts, nor all of it
	// with Open; the busy timeout bounds the wait.
	go w.run(context.WithoutCancel(ctx))
	return w, id, nil
}

// connect opens a connection. Of two processes that turn a new file to its
// write-ahead log SQLite lets one fail at once, whatever its busy timeout.
func connect(ctx context.Context, db *sql.DB, busy time.Duration) (*sql.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, busy)
	defer cancel()
	for {
		conn, err := db.Conn(ctx)
		if serr, ok := errors.AsType[*driver.Error](err); !ok || serr.Code()&0xff != lib.SQLITE_BUSY {
			return conn, err
		}
		select {
		case <-time.After(5 * time.Millisecond):
		case <-ctx.Done():
			return nil, err
		}
	}
}

// rowsAtOnce is how many documents that are not searched are written with one
// statement: a statement costs as much as two or three of them.
const rowsAtOnce = 16

// upsertPlain writes n documents that are not searched, of which each is left
// alone where the version there is the same or later.
func upsertPlain(n int) string {
	return `
INSERT INTO documents (kind, id, version, seq, body) VALUES ` + strings.Repeat("(?, ?, ?, ?, ?), ", n-1) + `(?, ?, ?, ?, ?)
ON CONFLICT (kind, id) DO UPDATE SET version = excluded.version, seq = excluded.seq, body = excluded.body
WHERE excluded.version > documents.version`
}

func (w *writer) prepare(ctx context.Context) error {
	for _, p := range []struct {
		stmt **sql.Stmt
		text string
	}{
		{&w.begin, "BEGIN IMMEDIATE"},
		{&w.commit, "COMMIT"},
		{&w.rollback, "ROLLBACK"},
		{&w.seq, "SELECT seq FROM store"},
		{&w.setSeq, "UPDATE store SET seq = ?"},
		{&w.upsert, `
INSERT INTO documents (kind, id, version, seq, words, body) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (kind, id) DO UPDATE SET
	version = excluded.version, seq = excluded.seq, body = excluded.body,
	words = iif(abs(documents.words) = excluded.words, -excluded.words, excluded.words)
WHERE excluded.version > documents.version
RETURNING number, words > 0`},
		{&w.upsertPlain, upsertPlain(1)},
		{&w.upsertMany, upsertPlain(rowsAtOnce)},
		{&w.index, "INSERT OR REPLACE INTO search (rowid, words) VALUES (?, ?)"},
	} {
		stmt, err := w.conn.PrepareContext(ctx, p.text)
		if err != nil {
			return fmt.Errorf("%s: %w", p.text, err)
		}
		*p.stmt, w.prepared = stmt, append(w.prepared, stmt)
	}
	return nil
}

// put hands entries to the writer and waits until they are committed. Once the
// writer has them ctx no longer matters: it is known soon whether they are
// written, and until then the writer reads what belongs to the caller.
func (w *writer) put(ctx context.Context, entries []entry) error {
	done := make(chan error, 1)
	select {
	case w.batches <- batch{entries: entries, done: done}:
		return <-done
	case <-ctx.Done():
		return ctx.Err()
	case <-w.closing:
		return errClosed
	}
}

// close lets the transaction in progress end and closes the file.
func (w *writer) close() error {
	close(w.closing)
	if w.stopped != nil {
		<-w.stopped
	}
	var errs []error
	for _, stmt := range w.prepared { // one left open would keep the file open
		errs = append(errs, stmt.Close())
	}
	if w.conn != nil {
		errs = append(errs, w.conn.Close())
	}
	if w.db != nil {
		errs = append(errs, w.db.Close())
	}
	return errors.Join(errs...)
}

func (w *writer) run(ctx context.Context) {
	defer close(w.stopped)
	for {
		select {
		case b := <-w.batches:
			w.write(ctx, w.group(b))
		case <-w.closing:
			return
		}
	}
}

// group returns first and what else waits to be written.
func (w *writer) group(first batch) []batch {
	group, n := []batch{first}, len(first.entries)
	for n < groupSize {
		select {
		case b := <-w.batches:
			group, n = append(group, b), n+len(b.entries)
		default:
			return group
		}
	}
	return group
}

// write writes group in one transaction and answers every batch of it.
func (w *writer) write(ctx context.Context, group []batch) {
	followed, err := w.transact(ctx, group)
	if err == nil && followed {
		w.changed()
	}
	for _, b := range group {
		b.done <- err
	}
}

// transact writes group and reports whether there is anything for followers.
func (w *writer) transact(ctx context.Context, group []batch) (followed bool, err error) {
	if _, err := w.begin.ExecContext(ctx); err != nil {
		return false, fmt.Errorf("begin: %w", err)
	}
	defer func() {
		if err != nil {
			_, _ = w.rollback.ExecContext(ctx) // some errors have rolled back already
		}
	}()
	// Another process may have written since, so the file says what was last.
	var before int64
	if err := w.seq.QueryRowContext(ctx).Scan(&before); err != nil {
		return false, fmt.Errorf("read seq: %w", err)
	}
	seq := before
	found, err := w.writeEntries(ctx, group, &seq)
	if err != nil {
		return false, err
	}
	// The index comes last and in one go: a write to the table between two
	// writes to it makes it flush every document by itself, at five times the
	// cost.
	for _, p := range found {
		if _, err := w.index.ExecContext(ctx, p.number, p.words); err != nil {
			return false, fmt.Errorf("index %d: %w", p.number, err)
		}
	}
	if seq != before {
		if _, err := w.setSeq.ExecContext(ctx, seq); err != nil {
			return false, fmt.Errorf("write seq: %w", err)
		}
	}
	if _, err := w.commit.ExecContext(ctx); err != nil {
		return false, fmt.Errorf("commit: %w", err)
	}
	return seq != before, nil
}

// A posting is what the index is told of a row.
type posting struct {
	number int64
	words  string
}

// writeEntries writes the entries of group in their order, counts seq up for
// those that can be followed, and returns what the index has to know.
func (w *writer) writeEntries(ctx context.Context, group []batch, seq *int64) (found []posting, err error) {
	plain := make([]*entry, 0, rowsAtOnce) // to be written before any other
	for _, b := range group {
		for i := range b.entries {
			e := &b.entries[i]
			if !e.searchable {
				if plain = append(plain, e); len(plain) == rowsAtOnce {
					if err := w.writePlain(ctx, w.upsertMany, plain, seq); err != nil {
						return nil, err
					}
					plain = plain[:0]
				}
				continue
			}
			if err := w.writeOneByOne(ctx, plain, seq); err != nil {
				return nil, err
			}
			plain = plain[:0]
			if found, err = w.writeSearchable(ctx, e, seq, found); err != nil {
				return nil, fmt.Errorf("write %s: %w", e.Ref, err)
			}
		}
	}
	return found, w.writeOneByOne(ctx, plain, seq)
}

func (w *writer) writeOneByOne(ctx context.Context, entries []*entry, seq *int64) error {
	for i := range entries {
		if err := w.writePlain(ctx, w.upsertPlain, entries[i:i+1], seq); err != nil {
			return err
		}
	}
	return nil
}

// writePlain writes entries that are not searched with a statement for as many.
// Numbers that it gives to those for which a later version is there are given to
// nobody: followers ask for what comes after a number.
func (w *writer) writePlain(ctx context.Context, stmt *sql.Stmt, entries []*entry, seq *int64) error {
	const columns = 5
	args := make([]any, 0, columns*rowsAtOnce)
	upTo := *seq
	for _, e := range entries {
		var next any // NULL
		if e.indexed {
			upTo++
			next = upTo
		}
		args = append(args, string(e.Kind), e.ID, e.Version, next, string(e.Body))
	}
	done, err := stmt.ExecContext(ctx, args...)
	if err != nil {
		return fmt.Errorf("write %d documents, %s first: %w", len(entries), entries[0].Ref, err)
	}
	if upTo == *seq {
		return nil
	}
	if n, err := done.RowsAffected(); err != nil || n > 0 {
		*seq = upTo
	}
	return nil
}

// writeSearchable writes e unless a later version is there, and appends to found
// what the index has to know. A product that changes its price changes no word;
// writing them again would cost more than all the rest.
func (w *writer) writeSearchable(ctx context.Context, e *entry, seq *int64, found []posting) ([]posting, error) {
	var next any // NULL
	if e.indexed {
		next = *seq + 1
	}
	var (
		number   int64
		newWords sql.NullBool
	)
	err := w.upsert.QueryRowContext(ctx, string(e.Kind), e.ID, e.Version, next, e.wordsHash, string(e.Body)).Scan(&number, &newWords)
	if errors.Is(err, sql.ErrNoRows) {
		return found, nil // the version there is the same or later
	}
	if err != nil {
		return found, err
	}
	if e.indexed {
		*seq++
	}
	if newWords.Bool {
		found = append(found, posting{number: number, words: e.words})
	}
	return found, nil
}
