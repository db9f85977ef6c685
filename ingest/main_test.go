package ingest_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"go.uber.org/goleak"

	"vitrine.dev/ingest"
	"vitrine.dev/ingest/broker"
	"vitrine.dev/recommend"
	"vitrine.dev/recommend/link"
)

// kafka-go ends some goroutines a while after they are told to: a long poll
// that was given up ends with its answer, within half a second, and goleak
// waits that long.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// newCluster is an embedded broker, or the Kafka that VITRINE_TEST_KAFKA names
// under a prefix of the test's own, with the topics of the log.
func newCluster(t testing.TB, partitions int) ingest.Cluster {
	t.Helper()
	cluster := ingest.Cluster{Prefix: strings.ToLower(rand.Text()[:8]) + "."}
	if addr := os.Getenv("VITRINE_TEST_KAFKA"); addr != "" {
		cluster.Brokers = []string{addr}
		t.Cleanup(func() { deleteTopics(t, cluster) })
	} else {
		b, err := broker.Open(t.TempDir(), broker.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := b.Close(); err != nil {
				t.Error(err)
			}
		})
		cluster.Brokers = []string{b.Addr()}
	}
	if err := ingest.Ensure(t.Context(), cluster, ingest.Layout{Default: partitions}); err != nil {
		t.Fatal(err)
	}
	return cluster
}

// deleteTopics leaves a shared Kafka as it was found.
func deleteTopics(t testing.TB, cluster ingest.Cluster) {
	transport := &kafka.Transport{}
	defer transport.CloseIdleConnections()
	req := &kafka.DeleteTopicsRequest{Addr: kafka.TCP(cluster.Brokers...)}
	for _, topic := range recommend.Topics() {
		req.Topics = append(req.Topics, cluster.Prefix+topic)
	}
	if _, err := (&kafka.Client{Transport: transport}).DeleteTopics(context.Background(), req); err != nil {
		t.Error(err)
	}
}

func newPublisher(t testing.TB, cluster ingest.Cluster) *ingest.Publisher {
	t.Helper()
	p := ingest.NewPublisher(ingest.PublisherConfig{Cluster: cluster, Codec: ingest.Codec{SealKey: []byte("key")}})
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// A memStore keeps documents in memory. Fail, when set, may fail a call.
type memStore struct {
	recommend.Store

	mu   sync.Mutex
	docs map[recommend.Ref]recommend.Document
	fail func(op string, docs []recommend.Document) error
	puts int
}

func newMemStore() *memStore { return &memStore{docs: map[recommend.Ref]recommend.Document{}} }

func (s *memStore) Put(_ context.Context, docs ...recommend.Document) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.puts++
	if s.fail != nil {
		if err := s.fail("put", docs); err != nil && !errors.Is(err, recommend.ErrInvalid) {
			return err
		}
	}
	refused := &recommend.PutError{}
	for _, d := range docs {
		if strings.Contains(string(d.Body), "poison") {
			refused.Items = append(refused.Items, recommend.PutItemError{Ref: d.Ref, Reason: "poison"})
			continue
		}
		if old, ok := s.docs[d.Ref]; !ok || old.Version < d.Version {
			d.Body = slices.Clone(d.Body)
			s.docs[d.Ref] = d
		}
	}
	if len(refused.Items) > 0 {
		return refused
	}
	return nil
}

func (s *memStore) Get(_ context.Context, refs ...recommend.Ref) ([]recommend.Document, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		if err := s.fail("get", nil); err != nil {
			return nil, err
		}
	}
	var out []recommend.Document
	for _, r := range refs {
		if d, ok := s.docs[r]; ok {
			d.Body = slices.Clone(d.Body)
			out = append(out, d)
		}
	}
	return out, nil
}

func (s *memStore) Check(context.Context) error { return nil }

func (s *memStore) body(r recommend.Ref) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return string(s.docs[r].Body)
}

// The test fold keeps, per key, the numbers it was told in order, and per pair
// of key and number a leaf with how often. Some numbers are special.
const (
	kindState recommend.Kind = "state"
	kindLeaf  recommend.Kind = "leaf"
	testType                 = "number.v1"
)

// It remembers the last two events only, so that a repeat that it would not
// recognise must be kept from it.
type tally struct {
	Numbers []int
	Seen    []string
}

type told struct {
	N    int    `json:"n"`
	Note string `json:"note"`
	Wait string `json:"wait"` // id of a rulings document that must be there
}

func testFolder(topic string) ingest.Folder {
	return ingest.Rules[tally]{
		Topic: topic,
		Kind:  kindState,
		Check: func(e recommend.Event) (any, error) {
			if e.Type != testType {
				return nil, recommend.Refuse(recommend.Problem{Code: "unknown-type"})
			}
			var d told
			if err := json.Unmarshal(e.Data, &d); err != nil {
				return nil, recommend.Refuse(recommend.Problem{Code: "bad-data"})
			}
			return d, nil
		},
		Reads: func(_ recommend.Event, decoded any) []recommend.Ref {
			if d := decoded.(told); d.Wait != "" {
				return []recommend.Ref{{Kind: recommend.KindRuling, ID: d.Wait}}
			}
			return nil
		},
		Decide: func(s ingest.Scene, state *tally, e recommend.Event, decoded any) (ingest.Outcome, error) {
			d := decoded.(told)
			if slices.Contains(state.Seen, e.ID) {
				return ingest.Outcome{Duplicate: true}, nil
			}
			switch {
			case d.N < 0:
				return ingest.Outcome{}, recommend.Refuse(recommend.Problem{Code: "negative"})
			case d.Note == "panic":
				state.Numbers = append(state.Numbers, -1)
				panic("half done")
			case d.Wait != "" && len(s.Docs) == 0:
				return ingest.Outcome{}, &ingest.Premature{
					Topic: recommend.TopicRulings,
					Err:   recommend.Refuse(recommend.Problem{Code: "unheard"}),
				}
			}
			state.Seen = append(state.Seen, e.ID)
			if d.Note == "poison state" {
				state.Seen = append(state.Seen, "poison")
			} else if n := len(state.Seen); n > 2 && state.Seen[0] != "poison" {
				state.Seen = state.Seen[n-2:]
			}
			state.Numbers = append(state.Numbers, d.N)
			out := ingest.Outcome{Changed: true, Leaves: []ingest.Leaf{{
				Ref: recommend.Ref{Kind: kindLeaf, ID: fmt.Sprintf("%s-%d", e.Key, d.N)},
				Apply: func(old json.RawMessage) (json.RawMessage, error) {
					var l struct {
						Count int
						Note  string
					}
					if old != nil {
						if err := json.Unmarshal(old, &l); err != nil {
							return nil, err
						}
					}
					if d.Note == "fail-leaf" {
						return nil, errors.New("cannot")
					}
					l.Count++
					if !strings.HasPrefix(l.Note, "poison") {
						l.Note = d.Note
					}
					return json.Marshal(l)
				},
			}}}
			if strings.HasPrefix(d.Note, "tell") {
				out.Appends = map[string][]recommend.Event{recommend.TopicOrders: {{
					ID: "told-" + e.ID, Source: "/test/fold", Type: testType, Key: e.Key, Time: e.Time, Data: e.Data,
				}}}
			}
			return out, nil
		},
	}.Folder()
}

func testEvent(key string, id int, d told) recommend.Event {
	data, err := json.Marshal(d)
	if err != nil {
		panic(err)
	}
	return recommend.Event{
		ID: fmt.Sprintf("e%d", id), Source: "/test", Type: testType, Key: key,
		Time: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), Data: data,
	}
}

func noScene() (*recommend.Policy, *link.Registry) { return nil, nil }

func newConsumer(t testing.TB, cluster ingest.Cluster, store recommend.Store, p *ingest.Publisher, topics ...string) *ingest.Consumer {
	t.Helper()
	c := &ingest.Consumer{
		Cluster: cluster, Store: store, Log: p, Dead: p, Scene: noScene,
		Codec:   ingest.Codec{SealKey: []byte("key")},
		Backoff: func(int) time.Duration { return 5 * time.Millisecond },
	}
	if testing.Verbose() {
		c.Logger = slog.New(slog.NewTextHandler(t.Output(), nil))
	}
	for _, topic := range topics {
		c.Folders = append(c.Folders, testFolder(topic))
	}
	return c
}

// start runs c until the returned function is called, or the test ends.
func start(t testing.TB, c *ingest.Consumer) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("Run: %v", err)
			}
		case <-time.After(30 * time.Second):
			t.Error("the consumer did not stop")
		}
	})
	t.Cleanup(stop)
	return stop
}

// await polls until ok, which is told by what to expect.
func await(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(40 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

func numbers(t testing.TB, s *memStore, key string) []int {
	t.Helper()
	body := s.body(recommend.Ref{Kind: kindState, ID: key})
	if body == "" {
		return nil
	}
	var st tally
	if err := json.Unmarshal([]byte(body), &st); err != nil {
		t.Fatal(err)
	}
	return st.Numbers
}
