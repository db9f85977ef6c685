// Package sqlite is the embedded store: one SQLite file that any SQLite tool
// can open.
//
// It keeps documents as the contract of [recommend.Store] says and nothing
// else: it neither folds events nor knows what a body means, but for the one
// field of a pick and of a product that is searched.
//
// The file is in WAL mode with full synchronisation, so what Put answered
// survives a loss of power. Puts at the same time share a transaction, and so
// one flush of the disk. Several processes may have a file open: each sees what
// the others put, and their writes wait for each other, up to
// [Options.BusyTimeout]. The file must lie on a local disk.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"
	driver "modernc.org/sqlite"

	"vitrine.dev/recommend"
)

// Options tunes a store. The zero value is right for most.
type Options struct {
	// BusyTimeout is how long a write waits for another process that writes;
	// 5 s if zero.
	BusyTimeout time.Duration
	// Readers is how many reads of many documents run at the same time; 4 if
	// zero. Of one document there can be two more.
	Readers int
}

// A Store is a [recommend.Store] in one SQLite file.
type Store struct {
	path string
	opts Options

	// writing is held for reading by every Put, and for writing by Replace,
	// which lets nobody write meanwhile. reading does the same for the time in
	// which there is no file to read; the fields below are of the file.
	writing sync.RWMutex
	reading sync.RWMutex
	changes atomic.Uint64 // files that this store has had before
	id      string        // of the file; part of every mark
	readers *sql.DB
	many    *semaphore.Weighted // reads of many documents
	counts  *semaphore.Weighted // who counts all of a kind
	read    statements
	writer  *writer

	mu       sync.Mutex
	notify   []chan struct{}
	closing  sync.Once
	closeErr error
}

var _ recommend.Store = (*Store)(nil)

// statements are the prepared reads.
type statements struct {
	get, getMany, changes, last, page, search *sql.Stmt
}

// Open opens the store in the file at path, and creates the file, not its
// folder, if there is none. A file that another program made, or a later
// version of this one, is an error that wraps [recommend.ErrInvalid]; a file
// that cannot be opened or read is one that wraps [recommend.ErrUnavailable].
func Open(path string, opts Options) (*Store, error) {
	if opts.BusyTimeout <= 0 {
		opts.BusyTimeout = 5 * time.Second
	}
	if opts.Readers <= 0 {
		opts.Readers = 4
	}
	// fdatasync keeps a commit as durable as fsync does and takes half the
	// time; where the platform has none, fsync stays.
	if _, err := driver.Fdatasync(true); err != nil && !errors.Is(err, driver.ErrFdatasyncUnavailable) {
		return nil, unavailable("open "+path, err)
	}
	s := &Store{path: path, opts: opts, many: semaphore.NewWeighted(int64(opts.Readers)), counts: semaphore.NewWeighted(1)}
	if err := s.open(context.Background()); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// open opens the file; on error the caller closes what it opened.
func (s *Store) open(ctx context.Context) error {
	path, opts := s.path, s.opts
	name, err := dataSource(path, opts.BusyTimeout, writerPragmas())
	if err != nil {
		return unavailable("open "+path, err)
	}
	if s.writer, s.id, err = openWriter(ctx, name, opts.BusyTimeout, s.changed); err != nil {
		return fmt.Errorf("open %s: %w", path, err)
	}
	if name, err = dataSource(path, opts.BusyTimeout, readerPragmas()); err != nil {
		return unavailable("open "+path, err)
	}
	if s.readers, err = sql.Open("sqlite", name); err != nil {
		return unavailable("open "+path, err)
	}
	const forOne = 2 // connections that reads of many leave
	s.readers.SetMaxOpenConns(opts.Readers + forOne)
	s.readers.SetMaxIdleConns(opts.Readers + forOne)
	if err := s.prepareReads(ctx); err != nil {
		return unavailable("open "+path, err)
	}
	return nil
}

// writerPragmas returns the settings of the connection that writes. The log is
// folded into the file at 16 MiB rather than 4, which makes an import a third
// faster and a start after a crash a few milliseconds slower.
func writerPragmas() []string {
	return []string{
		"journal_mode(WAL)", "synchronous(FULL)", "wal_autocheckpoint(4000)", "journal_size_limit(67108864)",
		"cache_size(-32768)", "temp_store(MEMORY)",
	}
}

// readerPragmas returns the settings of the connections that read.
func readerPragmas() []string {
	return []string{"query_only(1)", "cache_size(-16384)", "temp_store(MEMORY)"}
}

// dataSource returns the name under which the driver opens path.
func dataSource(path string, busy time.Duration, pragmas []string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	q := url.Values{"_busy_timeout": {strconv.FormatInt(busy.Milliseconds(), 10)}}
	for _, p := range pragmas {
		q.Add("_pragma", p)
	}
	u := url.URL{Scheme: "file", Path: filepath.ToSlash(abs), RawQuery: q.Encode()}
	return u.String(), nil
}

// Notify returns a channel that holds a token whenever documents of an indexed
// kind were put through this Store since the last token was taken: a follower
// in the same process need not wait for its next poll. Puts of other processes
// give no token. Every call makes a channel of its own, kept until Close;
// a follower asks once. The channel is never closed.
func (s *Store) Notify() <-chan struct{} {
	c := make(chan struct{}, 1)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.notify = append(s.notify, c)
	return c
}

// changed gives every channel of Notify a token, if it has none.
func (s *Store) changed() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.notify {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}

// Check reads from the file.
func (s *Store) Check(ctx context.Context) error {
	s.reading.RLock()
	defer s.reading.RUnlock()
	if _, err := s.lastSeq(ctx); err != nil {
		return unavailable("check", err)
	}
	return nil
}

// Close waits for the write in progress and closes the file. What is called
// afterwards fails with an error that wraps [recommend.ErrUnavailable]; a
// second Close does nothing.
func (s *Store) Close() error {
	s.closing.Do(func() {
		s.reading.Lock()
		defer s.reading.Unlock()
		if err := s.closeFile(); err != nil {
			s.closeErr = unavailable("close", err)
		}
	})
	return s.closeErr
}

func (s *Store) closeFile() error {
	var errs []error
	if s.readers != nil {
		errs = append(errs, s.readers.Close())
	}
	if s.writer != nil { // last, for the last connection tidies up the log
		errs = append(errs, s.writer.close())
	}
	return errors.Join(errs...)
}

// unavailable makes err, of operation op, an [recommend.ErrUnavailable].
func unavailable(op string, err error) error {
	return fmt.Errorf("sqlite: %s: %w: %w", op, recommend.ErrUnavailable, err)
}
