package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"vitrine.dev/api"
	"vitrine.dev/ingest"
	"vitrine.dev/ingest/broker"
	"vitrine.dev/recommend"
	"vitrine.dev/recommend/elastic"
	"vitrine.dev/recommend/sqlite"
)

// A store is what both engines are: documents, and counts over them.
type store interface {
	recommend.Store
	recommend.Aggregates
}

// engines are the log and the store, embedded or servers. This file is the
// only place that knows which.
type engines struct {
	Cluster   ingest.Cluster
	Codec     ingest.Codec
	Keys      *api.Keys
	Publisher *ingest.Publisher
	Store     store
	// Pseudonyms lie outside of log and store.
	Pseudonyms *recommend.Pseudonyms
	// OrderPartitions is how many partitions the topic of orders has: so many
	// documents each ledger is kept in.
	OrderPartitions int
	Wake            <-chan struct{} // a token after the store changed; nil where it cannot tell
	Embedded        bool

	closers []func() error // in order of opening
}

// openEngines opens what cfg names: servers when --kafka and --elastic are
// given, else the embedded ones in --data.
func openEngines(ctx context.Context, cfg *config) (opened *engines, err error) {
	if (cfg.Kafka == "") != (cfg.Elastic == "") {
		return nil, errors.New("--kafka and --elastic go together; without both, the embedded engines in --data are used")
	}
	keys, err := api.LoadKeys(cfg.Keys)
	if err != nil {
		return nil, err
	}
	e := &engines{Keys: keys, Codec: ingest.Codec{SealKey: keys.Secret("seal")}, Embedded: cfg.Kafka == ""}
	defer func() {
		if err != nil {
			err = errors.Join(err, e.Close())
		}
	}()
	layout := ingest.Layout{Default: cfg.Partitions, Replication: cfg.Replication}
	if e.Embedded {
		if layout.Default == 0 {
			layout.Default = 1
		}
		err = e.openEmbedded(cfg)
	} else {
		err = e.openServers(ctx, cfg)
	}
	if err != nil {
		return nil, err
	}
	e.Publisher = ingest.NewPublisher(ingest.PublisherConfig{Cluster: e.Cluster, Codec: e.Codec, Now: cfg.now, Logger: cfg.logger})
	e.closers = append(e.closers, e.Publisher.Close)
	var changed *ingest.LayoutError
	if err = ingest.Ensure(ctx, e.Cluster, layout); errors.As(err, &changed) {
		if cfg.Partitions != 0 {
			cfg.logger.WarnContext(ctx, "topics keep their partitions", "err", err)
		}
		err = nil
	}
	if err != nil {
		return e, err
	}
	e.OrderPartitions, err = ingest.Partitions(ctx, e.Cluster, recommend.TopicOrders)
	return e, err
}

func (e *engines) openEmbedded(cfg *config) error {
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil { //nolint:gosec // the operator names the directory
		return fmt.Errorf("data: %w", err)
	}
	b, err := broker.Open(filepath.Join(cfg.Data, "log"), broker.Options{Logger: cfg.logger})
	if err != nil {
		return err
	}
	e.closers = append(e.closers, b.Close)
	e.Cluster = ingest.Cluster{Brokers: []string{b.Addr()}, Prefix: cfg.Prefix}
	s, err := sqlite.Open(filepath.Join(cfg.Data, "vitrine.db"), sqlite.Options{})
	if err != nil {
		return err
	}
	e.closers = append(e.closers, s.Close)
	e.Store, e.Wake = s, s.Notify()
	v, err := sqlite.OpenVault(filepath.Join(cfg.Data, "readers.db"))
	if err != nil {
		return err
	}
	e.closers = append(e.closers, v.Close)
	return e.pseudonyms(v)
}

// pseudonyms keeps the readers' names in v.
func (e *engines) pseudonyms(v recommend.Vault) (err error) {
	if e.Pseudonyms, err = recommend.NewPseudonyms(v); err != nil {
		return err
	}
	e.closers = append(e.closers, func() error {
		e.Pseudonyms.Close()
		return nil
	})
	return nil
}

func (e *engines) openServers(ctx context.Context, cfg *config) error {
	e.Cluster = ingest.Cluster{Brokers: cfg.brokers(), Prefix: cfg.Prefix}
	at := elastic.Config{
		Addresses: cfg.urls(), Prefix: strings.ReplaceAll(cfg.Prefix, ".", "-") + "vitrine", Shards: cfg.Shards, Replicas: cfg.Replicas, Logger: cfg.logger,
	}
	s, err := elastic.Open(ctx, at)
	if err != nil {
		return err
	}
	e.closers = append(e.closers, s.Close)
	e.Store = s
	v, err := elastic.OpenVault(ctx, at)
	if err != nil {
		return err
	}
	e.closers = append(e.closers, v.Close)
	return e.pseudonyms(v)
}

// Close closes everything, the last opened first.
func (e *engines) Close() error {
	var errs []error
	for _, c := range slices.Backward(e.closers) {
		errs = append(errs, c())
	}
	e.closers = nil
	return errors.Join(errs...)
}
