package exports

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// A dir is the directory of jobs: the queue, whatever process put a job there.
// Of a job x it has
//
//	x.json     the job, replaced whole
//	x.part     its result while it is written
//	x.data     its result, whole and durable
//	x.deleted  somebody took it back; it is as if it were not there
//
// and beside them "lock", which the one process that writes results holds.
type dir string

const (
	extJob     = ".json"
	extPart    = ".part"
	extData    = ".data"
	extDeleted = ".deleted"
	tmpPrefix  = ".job-"
)

func (d dir) path(id, ext string) string { return filepath.Join(string(d), id+ext) }

// goodID reports whether id can be the name of a file, and nothing else.
func goodID(id string) bool {
	const most = 64
	return id != "" && len(id) <= most && strings.Trim(id, "abcdefghijklmnopqrstuvwxyz0123456789") == ""
}

// create writes a new job durably. It fails with [fs.ErrExist] where there is
// one of that name.
func (d dir) create(j *Job) error {
	return d.write(j, os.Link)
}

// save replaces a job durably.
func (d dir) save(j *Job) error { return d.write(j, os.Rename) }

func (d dir) write(j *Job, place func(tmp, path string) error) error {
	b, err := json.Marshal(j)
	if err != nil {
		return fmt.Errorf("export %s: %w", j.ID, err)
	}
	f, err := os.CreateTemp(string(d), tmpPrefix+"*") // mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }()
	_, err = f.Write(append(b, '\n'))
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := place(f.Name(), d.path(j.ID, extJob)); err != nil {
		return err
	}
	return d.sync()
}

// sync makes names durable.
func (d dir) sync() error {
	f, err := os.Open(string(d))
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// load reads a job; [fs.ErrNotExist] where there is none, or it was deleted.
func (d dir) load(id string) (*Job, error) {
	if !goodID(id) || d.has(id, extDeleted) {
		return nil, fs.ErrNotExist
	}
	b, err := os.ReadFile(d.path(id, extJob))
	if err != nil {
		return nil, err
	}
	j := new(Job)
	if err := json.Unmarshal(b, j); err != nil {
		return nil, fmt.Errorf("export %s: %w", id, err)
	}
	return j, nil
}

func (d dir) has(id, ext string) bool {
	_, err := os.Stat(d.path(id, ext))
	return err == nil
}

// all reads every job, the oldest first. What cannot be read is left out.
func (d dir) all() ([]*Job, error) {
	names, err := os.ReadDir(string(d))
	if err != nil {
		return nil, err
	}
	var jobs []*Job
	for _, n := range names {
		if id, ok := strings.CutSuffix(n.Name(), extJob); ok {
			if j, err := d.load(id); err == nil {
				jobs = append(jobs, j)
			}
		}
	}
	slices.SortFunc(jobs, func(a, b *Job) int {
		if c := a.Created.Compare(b.Created); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return jobs, nil
}

// bury marks a job as deleted, for good.
func (d dir) bury(id string) error {
	f, err := os.OpenFile(d.path(id, extDeleted), os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), d.sync())
}

// remove deletes all that there is of a job; what hides it goes last.
func (d dir) remove(id string) error {
	for _, ext := range []string{extData, extPart, extJob, extDeleted} {
		if err := os.Remove(d.path(id, ext)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// sweep deletes what was deleted or has expired, and what belongs to no job.
// Only who holds the lock does; and no job is running.
func (d dir) sweep(now time.Time) error {
	names, err := os.ReadDir(string(d))
	if err != nil {
		return err
	}
	const abandoned = time.Hour // others may be writing it
	var errs []error
	for _, n := range names {
		name := n.Name()
		ext := filepath.Ext(name)
		id := strings.TrimSuffix(name, ext)
		switch {
		case strings.HasPrefix(name, tmpPrefix):
			if info, err := n.Info(); err == nil && time.Since(info.ModTime()) > abandoned {
				errs = append(errs, os.Remove(filepath.Join(string(d), name)))
			}
		case ext == extDeleted:
			errs = append(errs, d.remove(id))
		case ext == extPart, ext == extData && !d.has(id, extJob):
			if err := os.Remove(d.path(id, ext)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				errs = append(errs, err)
			}
		case ext == extJob:
			if j, err := d.load(id); err == nil && j.Over() && !now.Before(j.Expires) {
				errs = append(errs, d.remove(id))
			}
		}
	}
	return errors.Join(errs...)
}
