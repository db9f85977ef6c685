package broker_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"

	"vitrine.dev/ingest"
	"vitrine.dev/ingest/broker"
	"vitrine.dev/recommend"
	"vitrine.dev/recommend/link"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

func open(t testing.TB, dir string) (*broker.Broker, ingest.Cluster) {
	t.Helper()
	b, err := broker.Open(dir, broker.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return b, ingest.Cluster{Brokers: []string{b.Addr()}}
}

func closeAll(t testing.TB, closers ...interface{ Close() error }) {
	t.Helper()
	for _, c := range closers {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
}

func event(id string) recommend.Event {
	return recommend.Event{ID: id, Source: "/test", Type: "test.v1", Key: "k", Time: time.Unix(1, 0), Data: []byte(`{}`)}
}

// voidStore takes everything and keeps nothing.
type voidStore struct{ recommend.Store }

func (voidStore) Put(context.Context, ...recommend.Document) error { return nil }

func (voidStore) Get(context.Context, ...recommend.Ref) ([]recommend.Document, error) {
	return nil, nil
}

func (voidStore) Check(context.Context) error { return nil }

// read returns the ids of events that the group has not folded, in order, and
// has it fold them.
func read(t testing.TB, cluster ingest.Cluster, p *ingest.Publisher) []string {
	t.Helper()
	var mu sync.Mutex
	var ids []string
	c := &ingest.Consumer{
		Cluster: cluster, Store: voidStore{}, Log: p, Dead: p,
		Scene: func() (*recommend.Policy, *link.Registry) { return nil, nil },
		Folders: []ingest.Folder{ingest.Rules[struct{}]{
			Topic: recommend.TopicPicks, Kind: recommend.KindPick,
			Check: func(e recommend.Event) (any, error) {
				mu.Lock()
				defer mu.Unlock()
				ids = append(ids, e.ID)
				return nil, nil
			},
			Decide: func(ingest.Scene, *struct{}, recommend.Event, any) (ingest.Outcome, error) {
				return ingest.Outcome{Changed: true}, nil
			},
		}.Folder()},
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	deadline := time.Now().Add(30 * time.Second)
	for {
		lag, err := c.Lag(ctx)
		if err == nil && lag[0].Events() == 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the lag stays at %v: %v", lag, err)
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	return ids
}

func TestBrokerKeepsEventsAndCommitsOverARestart(t *testing.T) {
	dir := t.TempDir()
	for round := range 3 {
		b, cluster := open(t, dir)
		if err := ingest.Ensure(t.Context(), cluster, ingest.Layout{Default: 1}); err != nil {
			t.Fatal(err)
		}
		p := ingest.NewPublisher(ingest.PublisherConfig{Cluster: cluster})
		at, err := p.Append(t.Context(), recommend.TopicPicks, event(fmt.Sprint("a", round)), event(fmt.Sprint("b", round)))
		if err != nil {
			t.Fatal(err)
		}
		if want := int64(2*round + 1); at[1].Offset != want {
			t.Errorf("round %d: offset %d, want %d", round, at[1].Offset, want)
		}
		if got, want := strings.Join(read(t, cluster, p), " "), fmt.Sprintf("a%d b%d", round, round); got != want {
			t.Errorf("round %d: read %q, want %q alone", round, got, want)
		}
		closeAll(t, p, b)
	}
}

func TestTwoBrokersDoNotShareADirectory(t *testing.T) {
	dir := t.TempDir()
	b, _ := open(t, dir)
	defer closeAll(t, b)
	if _, err := broker.Open(dir, broker.Options{}); err == nil || !strings.Contains(err.Error(), "another process") {
		t.Errorf("Open gave %v, want that it is open already", err)
	}
}

func TestBrokerListensWhereItIsTold(t *testing.T) {
	b, _ := open(t, t.TempDir())
	addr := b.Addr()
	closeAll(t, b)
	again, err := broker.Open(t.TempDir(), broker.Options{Addr: addr})
	if err != nil {
		t.Fatal(err)
	}
	defer closeAll(t, again)
	if again.Addr() != addr {
		t.Errorf("listens on %s, want %s", again.Addr(), addr)
	}
}

func TestBrokerListensOnLoopbackOnly(t *testing.T) {
	for _, addr := range []string{":9092", "0.0.0.0:9092", "[::]:9092", "192.0.2.1:9092", "shop.example:9092", "nonsense"} {
		if _, err := broker.Open(t.TempDir(), broker.Options{Addr: addr}); err == nil {
			t.Errorf("Open listens on %s", addr)
		}
	}
}

// TestNothingAcknowledgedIsLostInAKill kills a process with a broker and a
// publisher in it while they work, several times, and looks for every event
// whose append had been answered.
func TestNothingAcknowledgedIsLostInAKill(t *testing.T) {
	dir := t.TempDir()
	acked := map[string]bool{}
	for round := range 4 {
		for id := range killed(t, dir, round) {
			acked[id] = true
		}
	}
	if len(acked) < 50 {
		t.Fatalf("%d events were acknowledged, too few to tell", len(acked))
	}
	b, cluster := open(t, dir)
	p := ingest.NewPublisher(ingest.PublisherConfig{Cluster: cluster})
	defer closeAll(t, p, b)
	missing := acked
	for _, id := range read(t, cluster, p) {
		delete(missing, id)
	}
	if len(missing) > 0 {
		t.Errorf("%d acknowledged events are gone: %v", len(missing), missing)
	}
}

// killed runs a child that appends, kills it after a while and returns the
// ids it was told of.
func killed(t *testing.T, dir string, round int) map[string]bool {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestChildBroker$", "-test.v")
	child.Env = append(os.Environ(), "VITRINE_TEST_CHILD="+dir, fmt.Sprint("VITRINE_TEST_ROUND=", round))
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	acked := map[string]bool{}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		var ids []string
		if json.Unmarshal(lines.Bytes(), &ids) != nil {
			continue
		}
		for _, id := range ids {
			acked[id] = true
		}
		if len(acked) > 40+17*round {
			if err := child.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			break
		}
	}
	for lines.Scan() { // what it said before it died counts
		var ids []string
		if json.Unmarshal(lines.Bytes(), &ids) == nil {
			for _, id := range ids {
				acked[id] = true
			}
		}
	}
	_ = child.Wait()
	return acked
}

// TestChildBroker is the process that is killed. It says which events were
// acknowledged.
func TestChildBroker(t *testing.T) {
	dir, ok := os.LookupEnv("VITRINE_TEST_CHILD")
	if !ok {
		t.Skip("run by another test")
	}
	_, cluster := open(t, dir)
	if err := ingest.Ensure(t.Context(), cluster, ingest.Layout{Default: 1}); err != nil {
		t.Fatal(err)
	}
	p := ingest.NewPublisher(ingest.PublisherConfig{Cluster: cluster})
	round := os.Getenv("VITRINE_TEST_ROUND")
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := 0; ; i++ {
				ids := []string{fmt.Sprintf("%s-%d-%d", round, w, i), fmt.Sprintf("%s-%d-%d-2", round, w, i)}
				if _, err := p.Append(t.Context(), recommend.TopicPicks, event(ids[0]), event(ids[1])); err != nil {
					t.Error(err)
					return
				}
				line, err := json.Marshal(ids)
				if err != nil {
					t.Error(err)
					return
				}
				fmt.Println(string(line))
			}
		})
	}
	wg.Wait()
}

// TestMarksOfTransactionsAreNoLag writes as a transactional producer does. The
// mark that ends a transaction takes an offset and is no event.
func TestMarksOfTransactionsAreNoLag(t *testing.T) {
	b, cluster := open(t, t.TempDir())
	if err := ingest.Ensure(t.Context(), cluster, ingest.Layout{Default: 1}); err != nil {
		t.Fatal(err)
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(b.Addr()), kgo.TransactionalID("foreign"), kgo.DefaultProduceTopic(recommend.TopicPicks))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := client.BeginTransaction(); err != nil {
			t.Fatal(err)
		}
		if err := client.ProduceSync(t.Context(), kgo.KeySliceRecord([]byte("k"), []byte("{}"))).FirstErr(); err != nil {
			t.Fatal(err)
		}
		if err := client.EndTransaction(t.Context(), kgo.TryCommit); err != nil {
			t.Fatal(err)
		}
	}
	client.Close()
	p := ingest.NewPublisher(ingest.PublisherConfig{Cluster: cluster})
	defer closeAll(t, p, b)
	if ids := read(t, cluster, p); len(ids) != 0 { // returns when there is no lag
		t.Errorf("read %v, want nothing: the records lack every header", ids)
	}
	letters, err := ingest.ListDead(t.Context(), cluster, ingest.DeadFilter{})
	if err != nil {
		t.Fatal(err)
	}
	if len(letters) != 2 || letters[1].Offset != 2 {
		t.Errorf("dead letters %v, want those at 0 and 2", letters)
	}
}
