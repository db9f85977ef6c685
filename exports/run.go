package exports

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"syscall"
	"time"

	"vitrine.dev/recommend"
)

// mostAttempts is how often a job is begun: one that ends the process with it
// does not do so for ever.
const mostAttempts = 3

// Run works on jobs until ctx ends, one at a time; the job under way is left
// in the queue then. While another process that shares the directory does, Run
// waits for its turn.
func (d *Desk) Run(ctx context.Context) error {
	tick := time.NewTicker(d.Every)
	defer tick.Stop()
	var held *os.File
	defer func() {
		if held != nil {
			_ = held.Close() // and gives it up
		}
	}()
	for {
		var err error
		if held == nil {
			if held, err = d.dir.acquire(); err != nil && !errors.Is(err, errHeld) {
				d.Logger.WarnContext(ctx, "exports cannot be locked", "err", err)
			}
		}
		if held != nil {
			if err := d.Work(ctx); err != nil && ctx.Err() == nil {
				d.Logger.WarnContext(ctx, "exports wait", "err", err)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-d.wake:
		}
	}
}

// Work deletes what is over and works on all jobs that wait. Only one process
// may do so at a time; [Desk.Run] sees to that.
func (d *Desk) Work(ctx context.Context) error {
	for ctx.Err() == nil {
		if err := d.dir.sweep(d.Now()); err != nil {
			return fmt.Errorf("exports: %w", err)
		}
		j, err := d.next()
		if err != nil || j == nil {
			return err
		}
		if err := d.work(ctx, j); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// next is the oldest job that is to be worked on, nil where there is none. One
// that is running was left by a process that is no more.
func (d *Desk) next() (*Job, error) {
	jobs, err := d.dir.all()
	if err != nil {
		return nil, fmt.Errorf("exports: %w", err)
	}
	waiting, first := 0, (*Job)(nil)
	for _, j := range jobs {
		if j.Over() {
			continue
		}
		waiting++
		if first == nil && !d.Now().Before(j.Later) {
			first = j
		}
	}
	d.meters.waiting.Set(float64(waiting))
	return first, nil
}

// work makes the result of j and notes what became of it.
func (d *Desk) work(ctx context.Context, j *Job) error {
	if j.Attempts >= mostAttempts {
		return d.fail(ctx, j, &Failure{Code: "gave-up", Message: fmt.Sprintf("it was begun %d times and not finished once", j.Attempts), Fix: "ask for less: a shorter time, fewer dimensions, or a filter"})
	}
	j.Attempts++
	j.State, j.Started = Running, d.Now().UTC()
	if err := d.dir.save(j); err != nil {
		return err
	}
	mine, cancel := context.WithTimeout(ctx, d.Longest)
	defer cancel()
	d.mu.Lock()
	d.current, d.cancel = j.ID, cancel
	d.mu.Unlock()
	defer func() {
		d.mu.Lock()
		d.current, d.cancel = "", nil
		d.mu.Unlock()
	}()
	err := d.make(mine, j)
	if err != nil {
		err = errors.Join(err, mine.Err())
	}
	switch {
	case d.dir.has(j.ID, extDeleted): // swept next
		return nil
	case err == nil:
		d.meters.jobs.WithLabelValues(string(Done)).Inc()
		d.Logger.InfoContext(ctx, "export done", "export", j.ID, "dataset", j.Dataset, "rows", j.Rows, "bytes", j.Bytes)
		return nil
	case ctx.Err() != nil: // told to stop
		j.State, j.Started = Queued, time.Time{}
		j.Attempts--
		return errors.Join(ctx.Err(), d.dir.save(j))
	case errors.Is(err, recommend.ErrUnavailable) && mine.Err() == nil && j.Attempts < mostAttempts:
		const pause = 5 * time.Second
		d.Logger.WarnContext(ctx, "export is tried again", "export", j.ID, "err", err)
		j.State, j.Later = Queued, d.Now().Add(pause*time.Duration(j.Attempts)).UTC()
		return d.dir.save(j)
	}
	why := d.failureOf(err)
	if why.Code == "internal" {
		d.Logger.ErrorContext(ctx, "export failed", "export", j.ID, "err", err)
	}
	return d.fail(ctx, j, why)
}

func (d *Desk) fail(ctx context.Context, j *Job, why *Failure) error {
	j.State, j.Why, j.Finished = Failed, why, d.Now().UTC()
	j.Rows, j.Bytes, j.Expires = 0, 0, j.Finished.Add(d.Keep)
	d.meters.jobs.WithLabelValues(string(Failed)).Inc()
	d.Logger.InfoContext(ctx, "export has no result", "export", j.ID, "dataset", j.Dataset, "code", why.Code)
	return d.dir.save(j)
}

// failureOf is what is told of err.
func (d *Desk) failureOf(err error) *Failure {
	var refusal *recommend.Refusal
	const less = "ask for less: a shorter time, fewer dimensions, or a filter"
	switch {
	case errors.As(err, &refusal) && len(refusal.Problems) > 0:
		p := refusal.Problems[0]
		return &Failure{Code: p.Code, Message: p.Message, Fix: p.Fix}
	case errors.Is(err, errTooLarge):
		return &Failure{Code: "too-large", Message: fmt.Sprintf("the result has more than %d bytes", d.Bytes), Fix: less}
	case errors.Is(err, errNoRoom), errors.Is(err, syscall.ENOSPC):
		return &Failure{Code: "no-room", Message: "what is kept of all exports takes up their room", Fix: "delete exports that you have, or wait until some expire, and ask again"}
	case errors.Is(err, context.DeadlineExceeded):
		return &Failure{Code: "timeout", Message: "it took longer than " + d.Longest.String(), Fix: less}
	case errors.Is(err, recommend.ErrUnavailable):
		return &Failure{Code: "retry-later", Message: "what it is counted from did not answer", Fix: "ask again later"}
	}
	return &Failure{Code: "internal", Message: "it failed here, and not by what was asked", Fix: "ask again; if it fails again, tell who runs this the id of the export"}
}

// make writes the result of j under a temporary name, makes it durable, gives
// it its name, and then says that it is done. A crash in between leaves a file
// that is written again.
func (d *Desk) make(ctx context.Context, j *Job) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("export %s panicked: %v\n%s", j.ID, p, debug.Stack())
		}
	}()
	room, err := d.room()
	if err != nil {
		return err
	}
	t, err := d.open(ctx, j)
	if err != nil {
		return err
	}
	part := d.dir.path(j.ID, extPart)
	f, err := os.OpenFile(part, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600) //nolint:gosec // of letters and digits
	if err != nil {
		return err
	}
	w := newBounded(f, d.Bytes, room)
	n, err := t.writeTo(ctx, newSink(j.Format, w), j)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(part))
	}
	if err := os.Rename(part, d.dir.path(j.ID, extData)); err != nil {
		return err
	}
	if err := d.dir.sync(); err != nil {
		return err
	}
	j.State, j.Finished, j.About = Done, d.Now().UTC(), &t.About
	j.Rows, j.Bytes, j.Digest, j.Expires = n, w.n, w.digest(), j.Finished.Add(d.Keep)
	return d.dir.save(j)
}

// room is how many bytes are left for results.
func (d *Desk) room() (int64, error) {
	jobs, err := d.dir.all()
	if err != nil {
		return 0, err
	}
	room := d.Total
	for _, j := range jobs {
		if j.State == Done {
			room -= j.Bytes
		}
	}
	return max(0, room), nil
}

// writeTo writes the table, and says how many rows it has.
func (t *table) writeTo(ctx context.Context, s sink, j *Job) (n int64, err error) {
	if err := s.begin(j, &t.About); err != nil {
		return 0, err
	}
	err = t.rows(ctx, func(r row) error {
		n++
		if n%1_000 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		return s.write(r)
	})
	if err != nil {
		return n, err
	}
	return n, s.end()
}
