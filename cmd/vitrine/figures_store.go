package main

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"vitrine.dev/recommend"
)

// A timed is how long requests of one kind took, by outcome.
type timed struct{ ok, invalid, canceled, unavailable prometheus.Observer }

func newTimed(v prometheus.ObserverVec, labels ...string) timed {
	of := func(outcome string) prometheus.Observer { return v.WithLabelValues(append(labels, outcome)...) }
	return timed{of("ok"), of("invalid"), of("canceled"), of("unavailable")}
}

// done measures a request that began then and ended with err: that something is
// wrong with it, or not there, is an answer; that nobody waits for it any more is
// no failure.
func (t *timed) done(began time.Time, err error) {
	o := t.unavailable
	switch {
	case err == nil, errors.Is(err, recommend.ErrNotFound):
		o = t.ok
	case errors.Is(err, recommend.ErrInvalid):
		o = t.invalid
	case errors.Is(err, context.Canceled):
		o = t.canceled
	}
	o.Observe(time.Since(began).Seconds())
}

// A measuredStore is a store whose requests are measured. Folds do not go through
// it: they measure themselves, and ask stores for more than the contract.
type measuredStore struct {
	recommend.Store
	put, get, changes, search timed
}

func (f *figures) measured(s recommend.Store) *measuredStore {
	of := func(operation string) timed { return newTimed(f.store, operation) }
	return &measuredStore{Store: s, put: of("put"), get: of("get"), changes: of("changes"), search: of("search")}
}

// Put implements [recommend.Store].
func (m *measuredStore) Put(ctx context.Context, docs ...recommend.Document) (err error) {
	defer func(began time.Time) { m.put.done(began, err) }(time.Now())
	return m.Store.Put(ctx, docs...)
}

// Get implements [recommend.Store].
func (m *measuredStore) Get(ctx context.Context, refs ...recommend.Ref) (docs []recommend.Document, err error) {
	defer func(began time.Time) { m.get.done(began, err) }(time.Now())
	return m.Store.Get(ctx, refs...)
}

// Changes implements [recommend.Store].
func (m *measuredStore) Changes(ctx context.Context, kind recommend.Kind, since recommend.Mark, limit int) (docs []recommend.Document, next recommend.Mark, err error) {
	defer func(began time.Time) { m.changes.done(began, err) }(time.Now())
	return m.Store.Changes(ctx, kind, since, limit)
}

// Search implements [recommend.Store].
func (m *measuredStore) Search(ctx context.Context, q recommend.Search) (hits []recommend.Hit, err error) {
	defer func(began time.Time) { m.search.done(began, err) }(time.Now())
	return m.Store.Search(ctx, q)
}
