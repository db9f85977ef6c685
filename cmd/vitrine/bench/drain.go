package bench

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"vitrine.dev/ingest"
	"vitrine.dev/recommend"
	"vitrine.dev/recommend/link"
)

// A drain folds a topic that was filled before, by the real consumer, and
// measures from when it is let go until the last event is durable.
type drain struct {
	cluster   ingest.Cluster
	parts     int // partitions of the topic
	folder    ingest.Folder
	store     recommend.Store
	publisher *ingest.Publisher
	world     *recommend.World
	// gate and last make the event that the consumer is held at, and the one
	// that it ends with, of a key.
	gate, last func(key string) (recommend.Event, error)
	// fill appends what is measured.
	fill func(ctx context.Context) error
}

// Prefixes of the keys of the events at both ends of every partition.
const gateKey, lastKey = "gate", "last"

// ends are keys with a prefix, one in each of n partitions.
func ends(prefix string, n int) []string {
	keys := make([]string, n)
	for i, left := 0, n; left > 0; i++ {
		key := fmt.Sprintf("%s%d", prefix, i)
		if p := ingest.PartitionOf(key, n); keys[p] == "" {
			keys[p] = key
			left--
		}
	}
	return keys
}

// run holds the consumer at the gate of every partition, with nothing to do,
// fills the topic, lets it go, and returns how long it took.
func (d *drain) run(ctx context.Context) (took time.Duration, err error) {
	held := newHeld(d.store, d.folder.Kind, d.parts)
	consumer := &ingest.Consumer{
		Cluster: d.cluster, Group: "drain", Folders: []ingest.Folder{d.folder}, Store: held, Log: d.publisher, Dead: d.publisher,
		Codec: ingest.Codec{SealKey: make([]byte, 32)}, Logger: slog.New(slog.DiscardHandler), //nolint:mnd // nothing is sealed
		Scene: func() (*recommend.Policy, *link.Registry) {
			s := d.world.Scene()
			return s.Policy, s.Partners.Links()
		},
	}
	ctx, cancel := context.WithCancel(ctx)
	ran := make(chan error, 1)
	go func() { ran <- consumer.Run(ctx) }()
	defer func() {
		cancel()
		err = errors.Join(err, <-ran)
	}()
	if err := d.bound(ctx, gateKey, d.gate); err != nil {
		return 0, err
	}
	if err := held.await(ctx, held.waiting); err != nil {
		return 0, fmt.Errorf("ingest does not begin: %w", err)
	}
	if err := d.fill(ctx); err != nil {
		return 0, err
	}
	if err := d.bound(ctx, lastKey, d.last); err != nil {
		return 0, err
	}
	begun := time.Now()
	close(held.open)
	err = held.await(ctx, held.ended)
	return time.Since(begun), err
}

// bound appends one event to every partition.
func (d *drain) bound(ctx context.Context, prefix string, event func(string) (recommend.Event, error)) error {
	for _, key := range ends(prefix, d.parts) {
		e, err := event(key)
		if err != nil {
			return err
		}
		if _, err := d.publisher.Append(ctx, d.folder.Topic, e); err != nil {
			return err
		}
	}
	return nil
}

// A heldStore lets nobody read the states of gate keys until it is opened, and
// tells when those of last keys are written.
type heldStore struct {
	recommend.Store
	kind recommend.Kind
	open chan struct{} // closed by whoever opens it

	waiting, ended chan struct{} // closed once all partitions do, and have
	mu             sync.Mutex
	seen           map[string]bool // keys at the gate or past the end
	parts          int
}

func newHeld(s recommend.Store, kind recommend.Kind, parts int) *heldStore {
	return &heldStore{
		Store: s, kind: kind, open: make(chan struct{}), waiting: make(chan struct{}), ended: make(chan struct{}),
		seen: make(map[string]bool), parts: parts,
	}
}

// Get waits at the gate.
func (s *heldStore) Get(ctx context.Context, refs ...recommend.Ref) ([]recommend.Document, error) {
	for _, r := range refs {
		if r.Kind == s.kind && strings.HasPrefix(r.ID, gateKey) {
			s.note(gateKey, r.ID, s.waiting)
			select {
			case <-s.open:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
	}
	return s.Store.Get(ctx, refs...)
}

// Put tells of the end.
func (s *heldStore) Put(ctx context.Context, docs ...recommend.Document) error {
	err := s.Store.Put(ctx, docs...)
	if err != nil {
		return err
	}
	for _, d := range docs {
		if d.Kind == s.kind && strings.HasPrefix(d.ID, lastKey) {
			s.note(lastKey, d.ID, s.ended)
		}
	}
	return nil
}

// note closes all once every partition has come as far.
func (s *heldStore) note(prefix, key string, all chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seen[key] {
		return
	}
	s.seen[key] = true
	n := 0
	for k := range s.seen {
		if strings.HasPrefix(k, prefix) {
			n++
		}
	}
	if n == s.parts {
		close(all)
	}
}

func (s *heldStore) await(ctx context.Context, what <-chan struct{}) error {
	const patient = 3 * time.Minute
	ctx, cancel := context.WithTimeout(ctx, patient)
	defer cancel()
	select {
	case <-what:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
