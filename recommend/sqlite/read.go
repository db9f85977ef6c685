package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/sync/semaphore"

	"vitrine.dev/recommend"
)

func (s *Store) prepareReads(ctx context.Context) error {
	for _, p := range []struct {
		stmt **sql.Stmt
		text string
	}{
		{&s.read.get, "SELECT version, body FROM documents WHERE kind = ? AND id = ?"},
		{&s.read.getMany, `
SELECT r.key, d.version, d.body
FROM json_each(?) AS r CROSS JOIN documents AS d ON d.kind = r.value ->> 0 AND d.id = r.value ->> 1
ORDER BY r.key`},
		{&s.read.changes, "SELECT seq, id, version, body FROM documents WHERE kind = ? AND seq > ? ORDER BY seq LIMIT ?"},
		{&s.read.last, "SELECT seq FROM store"},
		{&s.read.page, "SELECT id, version, body FROM documents WHERE kind = ? AND id > ? ORDER BY id LIMIT ?"},
		{&s.read.search, searchSQL},
	} {
		stmt, err := s.readers.PrepareContext(ctx, p.text)
		if err != nil {
			return fmt.Errorf("%s: %w", p.text, err)
		}
		*p.stmt = stmt
	}
	return nil
}

// Get is described at [recommend.Store].
func (s *Store) Get(ctx context.Context, refs ...recommend.Ref) ([]recommend.Document, error) {
	if err := ctx.Err(); err != nil {
		return nil, unavailable("get", err)
	}
	s.reading.RLock()
	defer s.reading.RUnlock()
	switch len(refs) {
	case 0:
		return nil, nil
	case 1:
		docs, err := s.getOne(ctx, refs[0])
		if err != nil {
			return nil, unavailable("get "+refs[0].String(), err)
		}
		return docs, nil
	}
	docs, err := s.getMany(ctx, refs)
	if err != nil {
		return nil, unavailable(fmt.Sprintf("get %d documents, %s first", len(refs), refs[0]), err)
	}
	return docs, nil
}

func (s *Store) getOne(ctx context.Context, ref recommend.Ref) ([]recommend.Document, error) {
	d := recommend.Document{Ref: ref}
	// One row is read before anybody could cancel it, and watching a context
	// costs more than the row.
	err := s.read.get.QueryRowContext(context.WithoutCancel(ctx), string(ref.Kind), ref.ID).
		Scan(&d.Version, (*[]byte)(&d.Body))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return []recommend.Document{d}, nil
}

// getMany asks for all refs in one query, which at fifty takes less than half
// the time of fifty queries.
func (s *Store) getMany(ctx context.Context, refs []recommend.Ref) (docs []recommend.Document, err error) {
	rows, err := s.manyRows(ctx, refs)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	docs = make([]recommend.Document, 0, len(refs))
	for rows.Next() {
		var (
			i int
			d recommend.Document
		)
		if err := rows.Scan(&i, &d.Version, (*[]byte)(&d.Body)); err != nil {
			return nil, err
		}
		d.Ref = refs[i]
		docs = append(docs, d)
	}
	return docs, rows.Err()
}

// manyRows are the rows of refs: their place among refs, version and body. While
// they are open they are one of Readers.
func (s *Store) manyRows(ctx context.Context, refs []recommend.Ref) (*turnRows, error) {
	names := make([][]string, len(refs))
	for i, r := range refs {
		if storable(string(r.Kind)) && storable(r.ID) { // JSON would turn another into one that is
			names[i] = []string{string(r.Kind), r.ID}
		}
	}
	list, err := json.Marshal(names)
	if err != nil {
		return nil, err
	}
	if err := s.many.Acquire(ctx, 1); err != nil {
		return nil, err
	}
	rows, err := s.read.getMany.QueryContext(ctx, string(list)) //nolint:sqlclosecheck // turnRows closes them
	if err != nil {
		s.many.Release(1)
		return nil, err
	}
	return &turnRows{rows, s.many}, nil
}

// turnRows are rows that somebody else's turn waits for.
type turnRows struct {
	*sql.Rows
	turn *semaphore.Weighted
}

// Close ends the turn too. It is called once.
func (r *turnRows) Close() error {
	err := r.Rows.Close()
	r.turn.Release(1)
	return err
}

// Changes is described at [recommend.Store]. What was put is there at once,
// and nothing comes twice. A kind that is not indexed has no changes: asking
// for them is an error that wraps [recommend.ErrInvalid].
func (s *Store) Changes(ctx context.Context, kind recommend.Kind, since recommend.Mark, limit int) ([]recommend.Document, recommend.Mark, error) {
	if !kind.Indexed() {
		return nil, since, fmt.Errorf("sqlite: changes of %s, which is not indexed: %w", kind, recommend.ErrInvalid)
	}
	s.reading.RLock()
	defer s.reading.RUnlock()
	from, err := s.parseMark(since)
	if err != nil {
		return nil, since, err
	}
	docs, to, err := s.changesFrom(ctx, kind, from, max(limit, 0))
	if err != nil {
		return nil, since, unavailable(fmt.Sprintf("changes of %s since %q", kind, since), err)
	}
	if len(docs) > 0 {
		return docs, s.mark(to), nil
	}
	last, err := s.lastSeq(ctx)
	if err != nil {
		return nil, since, unavailable("changes of "+string(kind), err)
	}
	if from > last { // the file is an older copy of the one that gave the mark
		return nil, since, fmt.Errorf("sqlite: mark %q lies after the last change, %d: %w", since, last, recommend.ErrInvalid)
	}
	return nil, since, nil
}

// changesFrom returns the documents put after seq from, and the last seq of them.
func (s *Store) changesFrom(ctx context.Context, kind recommend.Kind, from int64, limit int) (docs []recommend.Document, to int64, err error) {
	rows, err := s.read.changes.QueryContext(ctx, string(kind), from, limit)
	if err != nil {
		return nil, 0, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		d := recommend.Document{Ref: recommend.Ref{Kind: kind}}
		if err := rows.Scan(&to, &d.ID, &d.Version, (*[]byte)(&d.Body)); err != nil {
			return nil, 0, err
		}
		docs = append(docs, d)
	}
	return docs, to, rows.Err()
}

// lastSeq returns the seq of the last change of any kind.
func (s *Store) lastSeq(ctx context.Context) (seq int64, err error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	err = s.read.last.QueryRowContext(context.WithoutCancel(ctx)).Scan(&seq)
	return seq, err
}

// mark returns the mark of seq.
func (s *Store) mark(seq int64) recommend.Mark {
	return recommend.Mark(s.id + "." + strconv.FormatInt(seq, 10))
}

// parseMark is the reverse of mark. A mark of another file is unknown.
func (s *Store) parseMark(m recommend.Mark) (int64, error) {
	if m == "" {
		return 0, nil
	}
	id, number, _ := strings.Cut(string(m), ".")
	seq, err := strconv.ParseInt(number, 10, 64)
	if err != nil || id != s.id || seq < 0 {
		return 0, fmt.Errorf("sqlite: unknown mark %q: %w", m, recommend.ErrInvalid)
	}
	return seq, nil
}
