package ingest

import (
	"context"
	"errors"
	"slices"

	"vitrine.dev/recommend"
)

// stream folds items batch by batch, and decides each while the one before is
// being written. The states of a batch are written together with the leaves of
// the next: so a batch costs one Put, and a state is never durable before all
// that its events cause.
//
// It returns how many items, from the first, are durable. Fewer than all
// without an error means that the next ones need more than one try, or wait
// for another topic, or that no more is to be begun; the lane has forgotten what it had ahead of the store then.
func (l *lane) stream(ctx context.Context, items []item) (durable int, err error) {
	var (
		under   func() error         // waits for the write under way; nil when there is none
		written int                  // items before it have all but their states written
		begun   int                  // items before it are written or under way
		states  []recommend.Document // of the last batch written
		next    []recommend.Document // of the batch under way
	)
	land := func() error {
		if under == nil {
			return nil
		}
		err := under()
		under = nil
		if err == nil {
			durable, written, states = written, begun, next
		}
		return err
	}
	whole := true
	for begun < len(items) && whole && (begun == 0 || !l.over()) {
		batch := items[begun:min(begun+l.batchSize(), len(items))]
		var w batchWrite
		w, n, ahead, failed := l.ahead(ctx, batch)
		if err := errors.Join(land(), failed); err != nil {
			return durable, l.stopped(err)
		}
		if !ahead { // what follows is folded on its own
			l.forget()
			n = 0
		}
		if begun > 0 && n > 0 && l.over() {
			l.forget()
			break
		}
		if whole = n == len(batch); n == 0 {
			break
		}
		if l.noticed() {
			return durable, l.stopped(recommend.ErrConflict)
		}
		owed := states
		begun, next = begun+n, w.states
		l.keep(w)
		l.flying = slices.Concat(w.leaves, owed, w.states)
		under = l.beside(func() error { return l.write(ctx, w, owed) })
	}
	if err := land(); err != nil {
		return durable, l.stopped(err)
	}
	if len(states) > 0 && l.noticed() {
		return durable, l.stopped(recommend.ErrConflict)
	}
	if err := l.put(ctx, "put states", states); err != nil {
		return durable, l.stopped(err)
	}
	l.flying = nil
	return written, nil
}

// stopped tells an error that ends the lane from a refusal, or a conflict, for
// which what follows is to be tried on its own.
func (l *lane) stopped(err error) error {
	l.flying = nil
	l.forget()
	if errors.Is(err, recommend.ErrInvalid) || errors.Is(err, recommend.ErrConflict) {
		return nil
	}
	return err
}

// ahead decides and plans a batch, all of it or up to the first item that has
// to wait, while another may be under way. It is not ok when that takes more
// than one try, or when somebody else folds the partition too.
func (l *lane) ahead(ctx context.Context, batch []item) (w batchWrite, n int, ok bool, err error) {
	if l.noticed() {
		return w, 0, false, nil
	}
	docs, err := l.load(ctx, batch)
	if err != nil {
		return w, 0, false, err
	}
	l.overlay(batch, docs)
	n, _, spoiled := l.decide(batch, docs)
	if spoiled || slices.ContainsFunc(batch[:n], func(it item) bool { return it.held }) {
		return w, 0, false, nil
	}
	w, spoiled, err = l.plan(ctx, batch[:n])
	return w, n, !spoiled, err
}

// overlay puts what is under way in place of what was read from the store.
func (l *lane) overlay(batch []item, docs map[recommend.Ref]recommend.Document) {
	if len(l.flying) == 0 || docs == nil {
		return
	}
	read := make(map[recommend.Ref]bool)
	for i := range batch {
		for _, r := range batch[i].reads {
			read[r] = true
		}
	}
	for _, d := range l.flying {
		if read[d.Ref] {
			docs[d.Ref] = d
		}
	}
}

// aside starts f on a goroutine of its own and returns what waits for it.
func aside(f func() error) (wait func() error) {
	done := make(chan error, 1)
	go func() { done <- f() }()
	return func() error { return <-done }
}
