package recommend

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// A bundle is some documents that are applied while readers wait.
type bundle struct {
	docs    []Document
	changes []func()
	done    chan struct{} // closed when changes are there
}

// decodeAll decodes docs in bundles, several at a time, and hands the changes
// of each to apply in their order. It returns when nothing of it runs any more,
// with the first error of apply.
func (s *Shelf) decodeAll(ctx context.Context, kind Kind, docs []Document, apply func([]func()) error) error {
	if len(docs) <= applyAtOnce {
		return apply(s.decode(ctx, kind, docs))
	}
	bundles := make([]bundle, 0, len(docs)/applyAtOnce+1)
	for len(docs) > 0 {
		n := min(applyAtOnce, len(docs))
		bundles = append(bundles, bundle{docs: docs[:n], done: make(chan struct{})})
		docs = docs[n:]
	}
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(bundles)) {
		workers.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(bundles)); i = next.Add(1) - 1 {
				bundles[i].changes = s.decode(ctx, kind, bundles[i].docs)
				close(bundles[i].done)
			}
		})
	}
	defer workers.Wait()
	for i := range bundles {
		<-bundles[i].done
		if err := apply(bundles[i].changes); err != nil {
			next.Store(int64(len(bundles))) // the rest is decoded when it comes again
			return err
		}
		bundles[i] = bundle{}
	}
	return nil
}

// decode reads documents, outside of any lock: it takes most of the time. Each
// becomes a function that changes the shelf.
func (s *Shelf) decode(ctx context.Context, kind Kind, docs []Document) []func() {
	changes := make([]func(), 0, len(docs))
	for i := range docs {
		change, err := s.change(kind, &docs[i])
		if err != nil {
			s.logger.WarnContext(ctx, "document left off the shelf", "kind", string(kind), "id", docs[i].ID, "err", err)
			continue
		}
		if change != nil {
			changes = append(changes, change)
		}
	}
	return changes
}

// read decodes the body of a document into v. Producers' own fields, which
// documents keep as they came, may hold what strict JSON does not allow.
func (d *Document) read(v any) error {
	return json.Unmarshal(d.Body, v, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
}

func (s *Shelf) change(kind Kind, d *Document) (func(), error) {
	id, version := d.ID, d.Version
	switch kind {
	case KindPick:
		p := new(pickFields)
		if err := d.read(p); err != nil {
			return nil, err
		}
		return func() { s.putPick(id, version, (*Pick)(p)) }, nil
	case KindProduct:
		p := new(productFields)
		if err := d.read(p); err != nil {
			return nil, err
		}
		return func() { s.putProduct(id, version, (*Product)(p)) }, nil
	case KindExpert:
		e := new(expertFields)
		if err := d.read(e); err != nil {
			return nil, err
		}
		return func() { s.putExpert(id, version, (*Expert)(e)) }, nil
	case KindRuling:
		r := new(Ruling)
		if err := d.read(r); err != nil {
			return nil, err
		}
		return func() { s.putRuling(version, r) }, nil
	case KindPulse:
		p := new(Pulse)
		if err := d.read(p); err != nil {
			return nil, err
		}
		partition, ok := pulsePartition(id)
		if !ok {
			return nil, fmt.Errorf("%q is no id of a pulse", clip(id))
		}
		part := partOf(p, version, partition)
		return func() { s.putPulse(p.Pick, part) }, nil
	case KindPublisher, KindReader, KindJourney, KindExposure, KindReport, KindOrder, KindEarning, KindSignal, KindModel:
	}
	return nil, nil
}
