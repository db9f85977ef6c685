package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"vitrine.dev/recommend"
)

// Suffixes of the files beside that of a store: the one that is to replace it,
// and the one that it replaced last.
const (
	nextSuffix = ".next"
	oldSuffix  = ".old"
)

// Next opens an empty store in a file beside that of s, to be filled and given
// to [Store.Replace] or [Store.Discard]. What an earlier one left is deleted.
func (s *Store) Next() (*Store, error) {
	if err := remove(s.path + nextSuffix); err != nil {
		return nil, unavailable("make room for another file", err)
	}
	return Open(s.path+nextSuffix, s.opts)
}

// Discard closes next, which Next returned, and deletes its file.
func (s *Store) Discard(next *Store) error {
	err := next.Close()
	if rerr := remove(next.path); rerr != nil {
		err = errors.Join(err, unavailable("delete "+next.path, rerr))
	}
	return err
}

// remove deletes the files of the store at path, as far as they are there.
func remove(path string) error {
	var errs []error
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(path + suffix); !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// Replace puts the file of next, which Next returned, in the place of that of s,
// and keeps the one before as "….old". Puts wait from the beginning; then catchUp
// is called, which may bring next up to date, and its error ends all with
// nothing changed. Reads go on but for the moment of the change itself. Marks
// from before it are no longer known, and every channel of Notify has a token.
//
// Next is closed whatever happens. A process that is killed meanwhile leaves the
// one file or the other.
func (s *Store) Replace(ctx context.Context, next *Store, catchUp func(context.Context) error) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	if err := catchUp(ctx); err != nil {
		return errors.Join(err, s.Discard(next))
	}
	if err := next.Close(); err != nil {
		return errors.Join(err, s.Discard(next))
	}
	if err := s.swap(ctx, next.path); err != nil {
		return errors.Join(unavailable("replace "+s.path, err), s.Discard(next))
	}
	s.changed()
	return nil
}

// Generation counts the files that the store has had. What was made from
// documents of another generation is not to be put.
func (s *Store) Generation() uint64 { return s.changes.Load() }

// swap exchanges the files while nobody reads or writes.
func (s *Store) swap(ctx context.Context, path string) error {
	ctx = context.WithoutCancel(ctx)
	s.reading.Lock()
	defer s.reading.Unlock()
	err := s.closeFile()
	if err == nil {
		err = exchange(s.path, path)
	}
	if err == nil {
		s.changes.Add(1)
	}
	return errors.Join(err, s.reopen(ctx))
}

// reopen opens the file again. If that fails s is as after Close.
func (s *Store) reopen(ctx context.Context) error {
	id, readers, read, writer := s.id, s.readers, s.read, s.writer
	err := s.open(ctx)
	if err != nil {
		err = errors.Join(err, s.closeNew(readers, writer))
		s.id, s.readers, s.read, s.writer = id, readers, read, writer
	}
	return err
}

// closeNew closes what is not of before.
func (s *Store) closeNew(readers *sql.DB, w *writer) error {
	var errs []error
	if s.readers != nil && s.readers != readers {
		errs = append(errs, s.readers.Close())
	}
	if s.writer != nil && s.writer != w {
		errs = append(errs, s.writer.close())
	}
	return errors.Join(errs...)
}

// exchange moves the file at from to path in one step.
func exchange(path, from string) error {
	for _, p := range []string{path, from} {
		// A log would be taken for that of the file which comes in its place.
		if info, err := os.Stat(p + "-wal"); err == nil && info.Size() > 0 {
			return fmt.Errorf("%s is open in another program: %w", p, recommend.ErrConflict)
		}
	}
	if err := remove(path + oldSuffix); err != nil {
		return err
	}
	if err := os.Link(path, path+oldSuffix); err != nil {
		return err
	}
	if err := os.Rename(from, path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// syncDir makes a rename survive a loss of power.
func syncDir(dir string) error {
	d, err := os.Open(dir) //nolint:gosec // the folder of our own file
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// eachPage is how many documents Each reads at once.
const eachPage = 500

// Each calls f with every document of kind, of whichever kind, in the order of
// ids, and ends with the error of f. What is put meanwhile may be seen or not.
func (s *Store) Each(ctx context.Context, kind recommend.Kind, f func(recommend.Document) error) error {
	for last := ""; ; {
		docs, err := s.page(ctx, kind, last)
		if err != nil {
			return unavailable("read all of "+string(kind), err)
		}
		for _, d := range docs {
			if err := f(d); err != nil {
				return err
			}
		}
		if len(docs) < eachPage {
			return nil
		}
		last = docs[len(docs)-1].ID
	}
}

// page returns the documents of kind that follow the id after.
func (s *Store) page(ctx context.Context, kind recommend.Kind, after string) (docs []recommend.Document, err error) {
	s.reading.RLock()
	defer s.reading.RUnlock()
	rows, err := s.read.page.QueryContext(ctx, string(kind), after, eachPage)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		d := recommend.Document{Ref: recommend.Ref{Kind: kind}}
		if err := rows.Scan(&d.ID, &d.Version, (*[]byte)(&d.Body)); err != nil {
			return nil, err
		}
		docs = append(docs, d)
	}
	return docs, rows.Err()
}
