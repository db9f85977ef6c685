// Package broker is the embedded log: a Kafka broker inside the process, kept
// in a directory, for an installation of one node.
//
// It is kfake, franz-go's broker, opened so that what it acknowledges is on
// disk: every batch and every commit is synced. Clients speak to it over a
// loopback socket with the Kafka protocol, like to any other broker; nothing
// else in the project knows that it is not Apache Kafka.
//
// What it is not: replicated, authenticated (hence loopback only), or fast
// with many partitions. One goroutine serves all requests and each partition
// syncs for itself, so few partitions share syncs better than many. It keeps
// some eighty bytes of memory for every record batch in the log. It does not
// look at the result of a sync: a disk that fails to sync, where Kafka would
// halt, goes unnoticed until it fails to write. A log that outgrows this, or
// must survive the loss of its disk, belongs on Apache Kafka.
package broker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"

	"github.com/twmb/franz-go/pkg/kfake"
)

// Options of a Broker. The zero value is good.
type Options struct {
	// Addr is the host:port to listen on; "127.0.0.1:0", any free port of the
	// loopback interface, when empty. Others than loopback are refused.
	Addr   string
	Logger *slog.Logger // none when nil
}

// A Broker is an open embedded broker.
type Broker struct {
	cluster *kfake.Cluster
	addr    string
	lock    *os.File
}

// Open starts a broker on the log in dir, which is made if need be. It fails
// when another process has dir open; after a crash, even a kill -9, it opens
// with everything that had been acknowledged.
func Open(dir string, o Options) (*Broker, error) {
	if o.Addr == "" {
		o.Addr = "127.0.0.1:0"
	}
	if err := loopback(o.Addr); err != nil {
		return nil, fmt.Errorf("open broker: %w", err)
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("open broker: %w", err)
	}
	lock, err := acquire(filepath.Join(dir, "lock"))
	if err != nil {
		return nil, fmt.Errorf("open broker in %s: %w", dir, err)
	}
	cluster, err := kfake.NewCluster(
		kfake.NumBrokers(1),
		kfake.ClusterID("vitrine"),
		kfake.DataDir(filepath.Join(dir, "log")),
		kfake.SyncWrites(),
		kfake.DefaultNumPartitions(1),
		// What was folded is known for as long as the log is kept, however
		// long the installation stands still.
		kfake.BrokerConfigs(map[string]string{"offsets.retention.minutes": "52560000"}),
		kfake.ListenFn(func(network, _ string) (net.Listener, error) {
			var lc net.ListenConfig
			return lc.Listen(context.Background(), network, o.Addr)
		}),
		kfake.WithLogger(logger{o.Logger}),
	)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open broker in %s: %w", dir, err), lock.Close())
	}
	return &Broker{cluster: cluster, addr: cluster.ListenAddrs()[0], lock: lock}, nil
}

// Addr is the host:port that clients connect to.
func (b *Broker) Addr() string { return b.addr }

// Close stops the broker. Close its clients first: they would go on trying to
// reach it.
func (b *Broker) Close() error {
	b.cluster.Close()
	if err := b.lock.Close(); err != nil {
		return fmt.Errorf("close broker: %w", err)
	}
	return nil
}

// loopback refuses addresses that others than this machine can reach.
func loopback(addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return err
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("address %s: the embedded broker has no authentication and listens on loopback only", addr)
	}
	return nil
}

// logger passes on what kfake warns of.
type logger struct{ to *slog.Logger }

// Logf implements [kfake.Logger].
func (l logger) Logf(level kfake.LogLevel, format string, args ...any) {
	if l.to == nil || level > kfake.LogLevelWarn || level == kfake.LogLevelNone {
		return
	}
	to := slog.LevelWarn
	if level == kfake.LogLevelError {
		to = slog.LevelError
	}
	l.to.Log(context.Background(), to, "embedded broker", "detail", fmt.Sprintf(format, args...))
}
