package ingest_test

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vitrine.dev/ingest"
	"vitrine.dev/ingest/broker"
	"vitrine.dev/recommend"
)

func TestTwoConsumersShareAndOneTakesOver(t *testing.T) {
	cluster := newCluster(t, 3)
	p := newPublisher(t, cluster)
	store := newMemStore()
	const keys = 12
	var sent int
	send := func() {
		t.Helper()
		for k := range keys {
			appendAll(t, p, recommend.TopicPicks, counting("k"+strconv.Itoa(k), sent, 10)...)
		}
		sent += 10
	}
	one, two := newConsumer(t, cluster, store, p, recommend.TopicPicks), newConsumer(t, cluster, store, p, recommend.TopicPicks)
	var joined, left assignments
	one.Logger, two.Logger = slog.New(&joined), slog.New(&left)
	start(t, one)
	await(t, "all partitions of one", func() bool { return joined.n.Load() == 3 }) // else both may join at once
	send()
	stop := start(t, two)
	await(t, "partitions of both", func() bool { return joined.n.Load() > 3 && left.n.Load() > 0 })
	send()
	stop()
	send()
	for k := range keys {
		awaitNumbers(t, store, "k"+strconv.Itoa(k), sent)
	}
}

// assignments is a log handler that counts partitions assigned.
type assignments struct {
	slog.Handler
	n atomic.Int64
}

func (a *assignments) Enabled(context.Context, slog.Level) bool { return true }
func (a *assignments) WithAttrs([]slog.Attr) slog.Handler       { return a }
func (a *assignments) Handle(_ context.Context, r slog.Record) error {
	if r.Message == "partition assigned" {
		a.n.Add(1)
	}
	return nil
}

// TestKilledConsumerIsReplaced kills a process that holds partitions. Its
// store keeps nothing, so what is read afterwards was folded by the other.
func TestKilledConsumerIsReplaced(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for a session to expire")
	}
	cluster := newCluster(t, 3)
	p := newPublisher(t, cluster)
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestChildIngester$", "-test.v")
	child.Env = append(os.Environ(), "VITRINE_TEST_CHILD="+cluster.Brokers[0]+","+cluster.Prefix)
	var out syncBuffer
	child.Stdout, child.Stderr = &out, &out
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	await(t, "the child's partitions", func() bool { return strings.Count(out.String(), "partition assigned") >= 3 })
	store := newMemStore()
	start(t, newConsumer(t, cluster, store, p, recommend.TopicPicks))
	await(t, "sharing", func() bool { return strings.Count(out.String(), "partition assigned") > 3 })
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait()
	killed := time.Now()
	const keys = 12
	for k := range keys {
		appendAll(t, p, recommend.TopicPicks, counting("k"+strconv.Itoa(k), 0, 3)...)
	}
	for k := range keys {
		awaitNumbers(t, store, "k"+strconv.Itoa(k), 3)
	}
	took := time.Since(killed)
	t.Logf("taken over after %v", took)
	if took > 15*time.Second {
		t.Errorf("taken over after %v, want ten seconds or so", took)
	}
}

// TestChildIngester is the process that TestKilledConsumerIsReplaced kills.
func TestChildIngester(t *testing.T) {
	where, ok := os.LookupEnv("VITRINE_TEST_CHILD")
	if !ok {
		t.Skip("run by another test")
	}
	addr, prefix, _ := strings.Cut(where, ",")
	cluster := ingest.Cluster{Brokers: []string{addr}, Prefix: prefix}
	c := newConsumer(t, cluster, voidStore{}, newPublisher(t, cluster), recommend.TopicPicks)
	c.Logger = slog.New(slog.NewTextHandler(os.Stdout, nil))
	if err := c.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func TestEverybodySurvivesARestartOfTheBroker(t *testing.T) {
	dir, addr := t.TempDir(), ""
	open := func() *broker.Broker {
		b, err := broker.Open(dir, broker.Options{Addr: addr})
		if err != nil {
			t.Fatal(err)
		}
		addr = b.Addr()
		return b
	}
	b := open()
	cluster := ingest.Cluster{Brokers: []string{addr}}
	if err := ingest.Ensure(t.Context(), cluster, ingest.Layout{Default: 1}); err != nil {
		t.Fatal(err)
	}
	p := newPublisher(t, cluster)
	store := newMemStore()
	start(t, newConsumer(t, cluster, store, p, recommend.TopicPicks))
	for round := range 3 {
		appendAll(t, p, recommend.TopicPicks, counting("a", 5*round, 5)...)
		awaitNumbers(t, store, "a", 5*round+5)
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
		b = open()
	}
	t.Cleanup(func() { _ = b.Close() })
	appendAll(t, p, recommend.TopicPicks, counting("a", 15, 5)...)
	awaitNumbers(t, store, "a", 20)
}
