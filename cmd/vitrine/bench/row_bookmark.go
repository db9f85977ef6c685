package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"vitrine.dev/ingest"
	"vitrine.dev/ingest/broker"
	"vitrine.dev/recommend"
)

// bookmarkRow is bookmarks that are answered once they are durable and can be
// read, beside bare appends of the same actions to a broker of the same kind.
func bookmarkRow() Row {
	const connections, name = 16, "bookmark/16"
	return Row{Name: name, About: "bookmarks answered on 16 connections, beside bare appends with acks=all", Run: func(ctx context.Context, b *Bench) (_ []Result, err error) {
		s, err := b.Service(ctx)
		if err != nil {
			return nil, err
		}
		ask, err := s.bookmarks()
		if err != nil {
			return nil, err
		}
		log, err := b.openLog(ctx)
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, log.close()) }()
		subject := &Subject{Child: s.Child, Load: Load{Addr: s.Addr, Connections: connections, Next: new(atomic.Int64), Request: ask}}
		if _, err := subject.Load.Run(ctx, b.Warmup); err != nil {
			return nil, err
		}
		d := new(Duel)
		for range b.Rounds {
			bare, err := log.appends(ctx, connections, b.Duration)
			if err != nil {
				return nil, err
			}
			sample, err := subject.measure(ctx, b.Duration)
			if err != nil {
				return nil, err
			}
			d.Floor, d.Subject = append(d.Floor, bare), append(d.Subject, sample)
		}
		r := d.result(name, "bookmarks/s")
		ratio := d.ratio(func(s *Sample) float64 { return s.Quantile(99) })
		r.More["floor's p50 ms"] = median(d.Floor, func(s *Sample) float64 { return s.Quantile(50) })
		r.More["floor's p99 ms"] = median(d.Floor, func(s *Sample) float64 { return s.Quantile(99) })
		r.Aims = []Aim{atMost("p99 in the floor's", ratio, 3)}
		return []Result{r}, nil
	}}
}

// bookmarks returns requests of readers in turn, each of another pick.
func (s *Service) bookmarks() (func(int64) []byte, error) {
	w := s.bench.made()
	readers := min(len(s.asks), 2000) //nolint:mnd // enough not to meet a reader's limit of 20 writes a second
	tokens := make([]string, readers)
	for i := range tokens {
		var err error
		if tokens[i], err = s.token(ReaderID(i), "window:read"); err != nil {
			return nil, err
		}
	}
	const apart = 7919 // a prime: readers come by all picks
	return func(n int64) []byte {
		pick := pickID(int32(n * apart % int64(len(w.picks)))) //nolint:gosec // few
		return request("PUT", "/v1/bookmarks/"+pick, tokens[n%int64(readers)], "", []byte{})
	}, nil
}

// A bareLog is an embedded broker that nobody folds.
type bareLog struct {
	broker    *broker.Broker
	publisher *ingest.Publisher
	next      atomic.Int64
}

func (b *Bench) openLog(ctx context.Context) (*bareLog, error) {
	dir, err := os.MkdirTemp(b.dir, "log-")
	if err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	l := new(bareLog)
	if l.broker, err = broker.Open(filepath.Join(dir, "log"), broker.Options{}); err != nil {
		return nil, err
	}
	cluster := ingest.Cluster{Brokers: []string{l.broker.Addr()}}
	l.publisher = ingest.NewPublisher(ingest.PublisherConfig{Cluster: cluster, Codec: ingest.Codec{SealKey: make([]byte, 32)}}) //nolint:mnd // nothing is sealed
	if err := ingest.Ensure(ctx, cluster, ingest.Layout{Default: 1, Replication: 1}); err != nil {
		return nil, errors.Join(err, l.close())
	}
	return l, nil
}

func (l *bareLog) close() error { return errors.Join(l.publisher.Close(), l.broker.Close()) }

// appends appends bookmarks from so many at once, each after the answer to its
// last.
func (l *bareLog) appends(ctx context.Context, at int, d time.Duration) (*Sample, error) {
	sums := make([]Sample, at)
	begun := time.Now()
	var done sync.WaitGroup
	for i := range sums {
		s := &sums[i]
		s.Latency = newHistogram()
		done.Go(func() {
			for from := time.Now(); from.Sub(begun) < d && ctx.Err() == nil; from = time.Now() {
				if _, err := l.publisher.Append(ctx, recommend.TopicActions, bookmarked(l.next.Add(1))); err != nil {
					s.Errors, s.Error = s.Errors+1, err
					continue
				}
				s.Answers++
				_ = s.Latency.RecordValue(int64(time.Since(from)))
			}
		})
	}
	done.Wait()
	all := &Sample{Took: time.Since(begun), Latency: newHistogram()}
	for i := range sums {
		all.add(&sums[i])
	}
	return all, ctx.Err()
}

func bookmarked(n int64) recommend.Event {
	a := recommend.Action{ID: "b" + strconv.FormatInt(n, 10), Reader: "r" + strconv.FormatInt(n%1000, 10), Kind: recommend.ActBookmark, Pick: "k" + strconv.FormatInt(n, 10), At: Noon()}
	data, _ := json.Marshal(a) // plain strings
	return recommend.Event{ID: a.ID, Source: "/vitrine/bench", Type: recommend.TypeActed, Key: a.Reader, Time: a.At, Data: data}
}
