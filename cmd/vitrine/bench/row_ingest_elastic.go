package bench

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"time"

	"vitrine.dev/ingest"
	"vitrine.dev/recommend"
	"vitrine.dev/recommend/elastic"
)

// ingestElasticRow is the folding of actions and of picks from Kafka into
// Elasticsearch, beside a bare fetch of the same messages and bulk requests of
// the same lines.
func ingestElasticRow() Row {
	const name = "ingest/elastic"
	return Row{Name: name, About: "actions and picks folded from Kafka into Elasticsearch, beside bare fetches and bulk requests", Run: func(ctx context.Context, b *Bench) ([]Result, error) {
		if len(b.Kafka) == 0 || len(b.Elastic) == 0 {
			return notGiven(name, "--kafka and --elastic"), nil
		}
		var results []Result
		for _, kind := range drainKinds() {
			r, err := b.measureDrain(ctx, name+"/"+kind.name, kind, b.drainServers)
			if err != nil {
				return results, fmt.Errorf("%s: %w", kind.name, err)
			}
			results = append(results, r)
		}
		return results, nil
	}}
}

// drainServers does one round with topics and indices of its own, which go
// when it ends.
func (b *Bench) drainServers(ctx context.Context, kind drainKind, events []recommend.Event) (d *drained, err error) {
	const parts = 3 // as on Kafka where nothing else is said
	run := "bench-" + strconv.Itoa(os.Getpid()) + "-" + strconv.FormatInt(time.Now().UnixNano(), 36)
	ours, bare := run+"-a", run+"-b"
	cluster := ingest.Cluster{Brokers: b.Kafka, Prefix: run + "."}
	node := newNode(b.Elastic[0])
	defer node.close()
	defer func() {
		err = errors.Join(err, removeTopics(context.WithoutCancel(ctx), cluster), node.remove(context.WithoutCancel(ctx), run))
	}()
	pool := &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true} //nolint:mnd // as the store has
	defer pool.CloseIdleConnections()
	tap := &bulkTap{through: pool}
	store, err := elastic.Open(ctx, elastic.Config{Addresses: b.Elastic, Prefix: ours, Transport: tap})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	untapped, err := elastic.Open(ctx, elastic.Config{Addresses: b.Elastic, Prefix: ours})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, untapped.Close()) }()
	floor, err := elastic.Open(ctx, elastic.Config{Addresses: b.Elastic, Prefix: bare}) // makes its indices
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, floor.Close()) }()
	d = &drained{events: len(events)}
	if d.subject, err = b.drain(ctx, &draining{cluster: cluster, parts: parts, kind: kind, store: store, experts: untapped}, events); err != nil {
		return nil, err
	}
	deal := &share[[]byte]{all: tap.documents(ours, bare), messages: len(events)}
	d.documents = len(deal.all)
	for _, pair := range deal.all {
		d.bytes += len(pair)
	}
	topic := filled{brokers: b.Kafka, topic: cluster.Prefix + kind.folder().Topic, parts: parts, messages: len(events) + 2*parts}
	d.floor, err = topic.bareFetch(ctx, func(ctx context.Context, n int) error {
		var lines []byte
		for _, pair := range deal.of(n) {
			lines = append(lines, pair...)
		}
		if len(lines) == 0 {
			return nil
		}
		return node.bulk(ctx, lines)
	})
	return d, err
}
